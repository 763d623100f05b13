/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The object file that the build made of bpf_table.bpf.c is part of the program. libbpf fits it
 * to the running kernel and loads it; what cannot be loaded is no error to the user, who gets
 * the same table in the ordinary way, so libbpf's messages are dropped. Each read of an
 * iterator's file runs its program over the next sockets or descriptors until 32 KiB of records
 * are full; a read never ends in the middle of a record.
 */
#include "os/bpf_table.h"

#include <arpa/inet.h>
#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/endpoint.h"
#include "os/bpf_record.h"
#include "os/cleanup.h"

#define READ_SIZE     65536
#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

/* Made by the build. */
extern const unsigned char bpf_table_object[];
extern const size_t bpf_table_object_size;

struct bpf_table {
	struct bpf_object *object;
	bool wants_facts;
	int64_t tick_ns;
};

static int ignore_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

/* The kernel's tick is the resolution of its coarse clocks. */
static int64_t read_tick_ns(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0 || tick.tv_nsec <= 0)
		return NS_PER_SECOND / 100;
	return tick.tv_nsec;
}

static int set_wishes(struct bpf_object *object, const struct diag_choice *choice)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
	const struct bpf_wishes wishes = {
		.states = choice->states,
		.local_port = choice->local_port,
		.remote_port = htons(choice->remote_port),
		.wants_facts = choice->wants_facts,
	};

	if (constants == NULL)
		return -ENOEXEC;
	return bpf_map__set_initial_value(constants, &wishes, sizeof(wishes));
}

static int load(struct bpf_object **object, const struct diag_choice *choice)
{
	struct bpf_object *opened =
		bpf_object__open_mem(bpf_table_object, bpf_table_object_size, NULL);
	int result;

	if (opened == NULL)
		return -errno;
	result = set_wishes(opened, choice);
	if (result == 0)
		result = bpf_object__load(opened);
	if (result != 0) {
		bpf_object__close(opened);
		return result;
	}
	*object = opened;
	return 0;
}

int bpf_table_open(struct bpf_table **table, const struct diag_choice *choice)
{
	struct bpf_table *opened = calloc(1, sizeof(*opened));

	if (opened == NULL)
		return -ENOMEM;
	/* The host program may use libbpf for itself. */
	libbpf_print_fn_t printer = libbpf_set_print(ignore_message);
	int result = load(&opened->object, choice);
	libbpf_set_print(printer);
	if (result != 0) {
		free(opened);
		return result;
	}
	opened->wants_facts = choice->wants_facts;
	opened->tick_ns = read_tick_ns();
	*table = opened;
	return 0;
}

struct bpf_table *bpf_table_close(struct bpf_table *table)
{
	if (table != NULL)
		bpf_object__close(table->object);
	free(table);
	return NULL;
}

/* Starts an iteration: a descriptor to read records from, or -errno. */
static int start(struct bpf_table *table, const char *program_name)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(table->object, program_name);
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);

	if (link == NULL)
		return -errno;
	int fd = bpf_iter_create(bpf_link__fd(link));
	bpf_link__destroy(link);
	return fd;
}

/* Takes one record of the expected size; a value other than 0 ends the reading. */
typedef int (*record_handler)(void *context, const void *record);

static int handle_records(const char *records, size_t n_bytes, size_t record_size,
			  record_handler handler, void *context)
{
	for (size_t at = 0; at < n_bytes; at += record_size) {
		int result = handler(context, records + at);

		if (result != 0)
			return result;
	}
	return 0;
}

static int read_records(struct bpf_table *table, const char *program, size_t record_size,
			record_handler handler, void *context)
{
	char buffer[READ_SIZE] __attribute__((aligned(8)));
	_cleanup_close_ int fd = start(table, program);

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n_bytes = read(fd, buffer, sizeof(buffer));

		if (n_bytes == 0)
			return 0;
		if (n_bytes < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n_bytes < 0)
			return -errno;
		if ((size_t)n_bytes % record_size != 0)
			return -EPROTO;
		int result =
			handle_records(buffer, (size_t)n_bytes, record_size, handler, context);
		if (result != 0)
			return result;
	}
}

struct walk {
	const struct bpf_table *table;
	diag_row_handler handler;
	void *context;
};

static struct midair_endpoint endpoint_of(const struct bpf_socket_record *record,
					  const uint8_t address[16], uint16_t port)
{
	struct midair_endpoint endpoint = {
		.family = record->family == AF_INET ? MIDAIR_IPV4 : MIDAIR_IPV6,
		.port = port,
	};

	memcpy(endpoint.address, address, sizeof(endpoint.address));
	if (record->family == AF_INET6) {
		/* fe80::/10 */
		if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
			endpoint.scope_id = record->interface;
		endpoint_unmap(&endpoint);
	}
	return endpoint;
}

static uint32_t milliseconds(const struct bpf_table *table, int64_t ticks)
{
	if (ticks <= 0)
		return 0;
	if (ticks > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)(ticks * table->tick_ns / NS_PER_MS);
}

static struct midair_tcp_facts facts_of(const struct bpf_facts_record *record)
{
	return (struct midair_tcp_facts){
		.round_trip_us = record->round_trip_us,
		.round_trip_variation_us = record->round_trip_variation_us,
		.round_trip_min_us = record->round_trip_min_us,
		.congestion_window = record->congestion_window,
		.segment_bytes = record->segment_bytes,
		.n_retransmitted = record->n_retransmitted,
		.bytes_sent = record->bytes_sent,
		.bytes_acknowledged = record->bytes_acknowledged,
		.bytes_received = record->bytes_received,
	};
}

static int handle_socket(void *context, const void *data)
{
	const struct bpf_full_record *full = data;
	const struct bpf_socket_record *record = &full->socket;
	const struct walk *walk = context;
	struct midair_row row = {
		.local = endpoint_of(record, record->local_address, record->local_port),
		.remote =
			endpoint_of(record, record->remote_address, ntohs(record->remote_port)),
		.state = (enum midair_tcp_state)record->state,
		.receive_queue_bytes = record->receive_queue_bytes,
		.send_queue_bytes = record->send_queue_bytes,
		.uid = record->uid,
		.inode = record->inode,
		.cookie = record->cookie,
		.timer = (enum midair_timer)record->timer,
		.timer_ms = milliseconds(walk->table, record->timer_ticks),
		.is_reuse_known = true,
		.has_reuse_address = (record->flags & BPF_RECORD_REUSE_ADDRESS) != 0,
		.has_reuse_port = (record->flags & BPF_RECORD_REUSE_PORT) != 0,
		.has_facts = (record->flags & BPF_RECORD_HAS_FACTS) != 0,
	};

	if (record->state < MIDAIR_TCP_ESTABLISHED || record->state > MIDAIR_TCP_BOUND_INACTIVE)
		return 0;
	if (row.has_facts)
		row.facts = facts_of(&full->facts);
	return walk->handler(walk->context, &row);
}

int bpf_table_walk(struct bpf_table *table, diag_row_handler handler, void *context)
{
	struct walk walk = {table, handler, context};
	size_t record_size = table->wants_facts ? sizeof(struct bpf_full_record)
						: sizeof(struct bpf_socket_record);

	return read_records(table, "walk_sockets", record_size, handle_socket, &walk);
}

struct visit {
	owner_handler handler;
	void *context;
	struct owner_process process;
};

static int handle_owner(void *context, const void *data)
{
	const struct bpf_owner_record *record = data;
	struct visit *visit = context;

	/* The records of one process follow one another. */
	if (record->pid != visit->process.pid) {
		visit->process = (struct owner_process){.pid = record->pid};
		memcpy(visit->process.name, record->name, sizeof(record->name));
		owner_clean_name(visit->process.name);
	}
	return visit->handler(visit->context, record->inode, &visit->process);
}

int bpf_table_visit_owners(struct bpf_table *table, owner_handler handler, void *context)
{
	struct visit visit = {.handler = handler, .context = context};
	int result = read_records(table, "walk_owners", sizeof(struct bpf_owner_record),
				  handle_owner, &visit);

	return result == OWNER_VISIT_END ? 0 : result;
}

const char *bpf_table_feature(void)
{
	return "bpf";
}
