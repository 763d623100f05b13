/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/row_index.h"
#include "core/select.h"
#include "lib/table_internal.h"
#include "os/cleanup.h"
#include "os/socket_count.h"

/* The kernel may call a walk torn when sockets come and go; then it is done again. */
#define TABLE_WALKS_MAX 3
/* Fewer sockets are read faster than BPF programs are loaded (about 30 ms). */
#define BPF_WORTH_ROWS 20000u

#define BOUND_STATE DIAG_STATE(MIDAIR_TCP_BOUND_INACTIVE)

int table_make_room(void **array, size_t n_elements, size_t *room, size_t element_size)
{
	if (n_elements < *room)
		return 0;
	size_t wanted = *room == 0 ? 256 : *room + *room / 2;
	void *grown = reallocarray(*array, wanted, element_size);

	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	*room = wanted;
	return 0;
}

static int make_room(struct midair_table *table)
{
	size_t room = table->rows_room;
	int result = table_make_room((void **)&table->rows, table->n_rows, &table->rows_room,
				     sizeof(table->rows[0]));

	if (result != 0 || (table->flags & MIDAIR_TABLE_FACTS) == 0)
		return result;
	return table_make_room((void **)&table->facts, table->n_rows, &room,
			       sizeof(table->facts[0]));
}

static int add_row(void *context, const struct midair_row *row)
{
	struct midair_table *table = context;

	if (!select_row(&table->selection, row))
		return 0;
	if (table->n_rows == TABLE_ROWS_MAX)
		return MIDAIR_E_LIMIT;
	int result = make_room(table);
	if (result != 0)
		return result;
	if (table->facts != NULL)
		table->facts[table->n_rows] = row->facts;
	table->rows[table->n_rows++] = (struct table_row){
		.local = row->local,
		.remote = row->remote,
		.inode = row->inode,
		.cookie = row->cookie,
		.receive_queue_bytes = row->receive_queue_bytes,
		.send_queue_bytes = row->send_queue_bytes,
		.uid = row->uid,
		.timer_ms = row->timer_ms,
		.state = (uint8_t)row->state,
		.timer = (uint8_t)row->timer,
		.is_reuse_known = row->is_reuse_known,
		.has_reuse_address = row->has_reuse_address,
		.has_reuse_port = row->has_reuse_port,
		.has_facts = row->has_facts,
	};
	return 0;
}

/* ---- the ways to read --------------------------------------------------------------------- */

static int read_by_diag(struct midair_table *table, const struct diag_choice *choice)
{
	size_t n_rows_before = table->n_rows;
	int result = -EINTR;

	for (int walk = 0; walk < TABLE_WALKS_MAX && result == -EINTR; walk++) {
		table->n_rows = n_rows_before;
		result = diag_walk_choice(choice, add_row, table);
	}
	if (result == -ENOENT || result == -EPROTONOSUPPORT)
		return MIDAIR_E_UNSUPPORTED;
	return result;
}

static int try_bpf(struct midair_table *table, const struct diag_choice *choice)
{
	int result = bpf_table_open(&table->bpf, choice);

	if (result == 0)
		result = bpf_table_walk(table->bpf, add_row, table);
	return result;
}

/* The kernel does not iterate over sockets that are only bound. */
static int read_by_bpf(struct midair_table *table, const struct diag_choice *choice)
{
	struct diag_choice bound = *choice;

	table->bpf_result = try_bpf(table, choice);
	if (table->bpf_result != 0 && table->bpf_result != MIDAIR_E_LIMIT) {
		table->bpf = bpf_table_close(table->bpf);
		table->n_rows = 0;
		return read_by_diag(table, choice);
	}
	bound.states &= BOUND_STATE;
	if (table->bpf_result != 0 || bound.states == 0)
		return table->bpf_result;
	return read_by_diag(table, &bound);
}

static bool is_bpf_worth(const struct midair_table *table)
{
	if ((table->flags & MIDAIR_TABLE_NO_BPF) != 0)
		return false;
	if ((table->flags & MIDAIR_TABLE_BPF) != 0)
		return true;
	return (table->flags & MIDAIR_TABLE_PROCESSES) != 0 &&
	       socket_count_read() >= BPF_WORTH_ROWS;
}

/* One pair is looked up in microseconds. The look-up tells no facts and no reuse options. */
static bool is_look_up(const struct midair_table *table, struct midair_endpoint *local,
		       struct midair_endpoint *remote)
{
	return (table->flags & (MIDAIR_TABLE_FACTS | MIDAIR_TABLE_BPF)) == 0 &&
	       select_is_pair(&table->selection, local, remote);
}

static int look_up(struct midair_table *table, const struct midair_endpoint *local,
		   const struct midair_endpoint *remote, uint32_t states)
{
	struct midair_row row;
	int result = diag_find(local, remote, &row);

	if (result == -ENOENT || (result == 0 && (states & DIAG_STATE(row.state)) == 0))
		return 0;
	if (result == -EPROTONOSUPPORT)
		return MIDAIR_E_UNSUPPORTED;
	return result != 0 ? result : add_row(table, &row);
}

/* ---- rows that came twice ----------------------------------------------------------------- */

/* The kept row of this socket, or UINT32_MAX. Cookie 0 is no cookie: /proc/net/tcp has none. */
static uint32_t find_kept(const struct midair_table *table, const struct row_index *index,
			  uint64_t cookie)
{
	uint32_t at = 0, row;

	do
		row = row_index_find(index, cookie, &at);
	while (row != UINT32_MAX && table->rows[row].cookie != cookie);
	return row;
}

static void move_row(struct midair_table *table, size_t to, size_t from)
{
	if (to == from)
		return;
	table->rows[to] = table->rows[from];
	if (table->facts != NULL)
		table->facts[to] = table->facts[from];
}

static int drop_repeated(struct midair_table *table)
{
	struct row_index index;
	size_t n_slots = row_index_room(table->n_rows);
	_cleanup_free_ struct row_index_slot *slots = calloc(n_slots, sizeof(*slots));
	uint32_t n_kept = 0;

	if (slots == NULL)
		return -ENOMEM;
	row_index_init(&index, slots, n_slots);
	for (size_t i = 0; i < table->n_rows; i++) {
		uint64_t cookie = table->rows[i].cookie;
		uint32_t kept = cookie == 0 ? UINT32_MAX : find_kept(table, &index, cookie);

		if (kept == UINT32_MAX) {
			kept = n_kept++;
			if (cookie != 0)
				row_index_add(&index, cookie, kept);
		}
		move_row(table, kept, i);
	}
	table->n_rows = n_kept;
	return 0;
}

int table_read(struct midair_table *table)
{
	struct midair_endpoint local, remote;
	const struct diag_choice choice = {
		.states = select_states(table->flags, &table->selection),
		.local_port = table->selection.local_port,
		.remote_port = table->selection.remote_port,
		.wants_facts = (table->flags & MIDAIR_TABLE_FACTS) != 0,
	};

	table->bpf_result = MIDAIR_E_STATE;
	if (is_look_up(table, &local, &remote))
		return look_up(table, &local, &remote, choice.states);
	int result = is_bpf_worth(table) ? read_by_bpf(table, &choice)
					 : read_by_diag(table, &choice);
	if (result != 0 || !diag_has_cookies())
		return result;
	return drop_repeated(table);
}
