/* SPDX-License-Identifier: MIT */
/*
 * The server that dials back cannot be aimed, as the packets on the wire show: whatever is asked, by
 * whom, and in whose name, no SYN of the server's goes anywhere but to the end of a connection that
 * stands and has asked; and there are few of them.
 */
#include "lab_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/checksum.h"
#include "core/wire.h"
#include "lab/namespace.h"
#include "lab/server.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define PORT	    5000
#define VICTIM_PORT 6000
#define PATIENCE_MS 5000
#define NS_PER_MS   UINT64_C(1000000)
/* The kernel repeats a SYN after a second. */
#define REPEATED_MS 1300
/* What the lab's server leaves as it is by default (docs/SERVER.md). */
#define PROBES_OF_ONE 8
#define N_TOO_MANY    40

struct world {
	struct network *network;
	struct server *server;
	int fd; /* the asker's connection, from a's PORT */
};

static struct world world_of(const char *line)
{
	struct world world = {.network = lab_test_network(line), .fd = -1};

	assert_int_equal(server_start(&world.server, world.network, NULL), 0);
	return world;
}

static void end(struct world *world)
{
	close_fd(world->fd);
	server_free(world->server);
	network_free(world->network);
}

static struct midair_endpoint server_of(const struct world *world)
{
	struct midair_endpoint server =
		network_plan_server(network_plan_of(world->network), MIDAIR_IPV4);

	server.port = MIDAIR_SERVER_PORT;
	return server;
}

static void say(const struct world *world, const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	assert_int_equal(send(world->fd, bytes, size, MSG_NOSIGNAL), size);
}

static const struct wire_message hello = {
	.type = WIRE_HELLO,
	.hello = {.version_min = WIRE_VERSION_MIN, .version_max = WIRE_VERSION_MAX},
};

static struct wire_message probe_of(uint8_t kind)
{
	return (struct wire_message){.type = WIRE_PROBE, .probe = {.token = 1, .kind = kind}};
}

static void greet(struct world *world)
{
	const struct midair_endpoint server = server_of(world);

	world->fd = lab_test_socket(world->network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, PORT);
	lab_test_dial(world->fd, &server);
	assert_int_equal(lab_test_outcome(world->fd, PATIENCE_MS), 0);
	say(world, &hello);
}

static void ask(const struct world *world, uint8_t kind)
{
	const struct wire_message probe = probe_of(kind);

	say(world, &probe);
}

/* Waits for the results of so many. Returns how many of them were limited. */
static uint32_t hear_results(const struct world *world, uint32_t n_wanted)
{
	static uint8_t bytes[65536];
	size_t n_bytes = 0;
	uint32_t n_limited = 0;

	while (n_wanted > 0) {
		struct wire_message message;
		int size = wire_decode(bytes, n_bytes, &message);

		assert_true(size >= 0);
		if (size == 0) {
			ssize_t n;

			assert_true(lab_test_readable(world->fd, PATIENCE_MS));
			n = recv(world->fd, bytes + n_bytes, sizeof(bytes) - n_bytes, 0);
			assert_true(n > 0);
			n_bytes += (size_t)n;
			continue;
		}
		n_bytes -= (size_t)size;
		memmove(bytes, bytes + size, n_bytes);
		if (message.type != WIRE_PROBE_RESULT)
			continue;
		n_wanted--;
		n_limited += message.probe_result.outcome == WIRE_PROBE_LIMITED;
	}
	return n_limited;
}

/* The server's segments with these flags, to the endpoint, port 0: any; NULL: to anybody. */
static uint32_t count_sent(const struct world *world, uint8_t flags,
			   const struct midair_endpoint *to)
{
	const struct wire_trace *trace = wire_trace(network_wire(world->network));
	uint32_t n = 0;

	for (uint32_t i = 0; i < trace->n_records; i++) {
		const struct segment *segment = &trace->records[i].segment;
		struct midair_endpoint destination = segment->destination;

		if (to && to->port == 0)
			destination.port = 0;
		n += trace->records[i].from == LAB_S && segment->kind == SEGMENT_TCP &&
		     segment->flags == flags &&
		     (!to || midair_endpoint_equal(&destination, to));
	}
	return n;
}

static bool wait_sent(const struct world *world, uint8_t flags,
		      const struct midair_endpoint *to, uint32_t n_wanted)
{
	uint64_t end_ns = clock_now_ns() + PATIENCE_MS * NS_PER_MS;

	while (count_sent(world, flags, to) < n_wanted) {
		if (clock_now_ns() >= end_ns)
			return false;
		lab_test_readable(world->fd >= 0 ? world->fd : -1, 5);
	}
	return true;
}

static void every_syn_goes_to_the_connection_that_asks(void **state)
{
	struct world world = world_of("a=public b=public rtt=20ms server=20ms");
	struct midair_endpoint asker = lab_test_peer(world.network, LAB_B, MIDAIR_IPV4, PORT);

	(void)state;
	greet(&world);
	for (uint8_t kind = WIRE_PROBE_FRESH; kind <= WIRE_PROBE_REFUSING; kind++)
		ask(&world, kind);
	hear_results(&world, WIRE_PROBE_REFUSING - WIRE_PROBE_FRESH + 1);
	assert_int_equal(count_sent(&world, SEGMENT_SYN, &asker), 4);
	assert_int_equal(count_sent(&world, SEGMENT_SYN, NULL), 4);
	end(&world);
}

static void they_are_few(void **state)
{
	struct world world = world_of("a=public b=public rtt=20ms server=20ms");
	uint32_t n_limited;

	(void)state;
	greet(&world);
	/* One after the other, so that they are not too many at a time. */
	for (uint32_t i = 0; i < PROBES_OF_ONE; i++) {
		ask(&world, WIRE_PROBE_FRESH);
		assert_int_equal(hear_results(&world, 1), 0);
	}
	for (uint32_t i = 0; i < N_TOO_MANY; i++)
		ask(&world, WIRE_PROBE_FRESH);
	n_limited = hear_results(&world, N_TOO_MANY);
	assert_int_equal(n_limited, N_TOO_MANY);
	assert_int_equal(count_sent(&world, SEGMENT_SYN, NULL), PROBES_OF_ONE);
	end(&world);
}

/* A box that drops: otherwise each SYN would be repeated after a second. */
static void they_end_with_the_connection_that_asked(void **state)
{
	struct world world = world_of("a=drop b=public rtt=20ms server=20ms");

	(void)state;
	greet(&world);
	ask(&world, WIRE_PROBE_FRESH);
	ask(&world, WIRE_PROBE_ALTERNATIVE);
	assert_true(wait_sent(&world, SEGMENT_SYN, NULL, 2));
	world.fd = close_fd(world.fd);
	/* what must not come is waited for */
	lab_test_readable(-1, REPEATED_MS);
	assert_int_equal(count_sent(&world, SEGMENT_SYN, NULL), 2);
	end(&world);
}

#define IP_BYTES  20
#define TCP_BYTES 20

static void put_16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put_32(uint8_t *to, uint32_t value)
{
	put_16(to, value >> 16);
	put_16(to + 2, value & 0xffff);
}

/* A segment with HELLO and PROBE in it. Returns its length. */
static size_t forge(uint8_t *packet, const struct midair_endpoint *source,
		    const struct midair_endpoint *destination, uint8_t flags)
{
	const struct wire_message probe = probe_of(WIRE_PROBE_FRESH);
	uint8_t *tcp = packet + IP_BYTES;
	size_t size = TCP_BYTES;
	uint16_t sum;

	memset(packet, 0, IP_BYTES + TCP_BYTES);
	size += wire_encode(&hello, tcp + size);
	size += wire_encode(&probe, tcp + size);
	packet[0] = 0x45;
	put_16(packet + 2, (uint32_t)(IP_BYTES + size));
	packet[8] = 64;
	packet[9] = IPPROTO_TCP;
	memcpy(packet + 12, source->address, 4);
	memcpy(packet + 16, destination->address, 4);
	put_16(tcp, source->port);
	put_16(tcp + 2, destination->port);
	put_32(tcp + 4, flags == SEGMENT_SYN ? 1000 : 1001);
	put_32(tcp + 8, flags == SEGMENT_SYN ? 0 : 77777);
	tcp[12] = TCP_BYTES / 4 << 4;
	tcp[13] = flags;
	put_16(tcp + 14, 65535);
	sum = checksum_add(checksum_sum(packet + 12, 8), (uint16_t)(IPPROTO_TCP + size));
	put_16(tcp + 16, (uint16_t)~checksum_add(sum, checksum_sum(tcp, size)));
	return IP_BYTES + size;
}

/* A socket of host a's that writes IP headers of its own. */
static int raw_socket(const struct world *world)
{
	_cleanup_close_ int home = namespace_current();
	int fd;

	assert_int_equal(namespace_enter(network_host_namespace(world->network, LAB_A)), 0);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	assert_int_equal(namespace_enter(home), 0);
	assert_true(fd >= 0);
	return fd;
}

static void send_forged(const struct world *world, const struct midair_endpoint *victim,
			uint8_t flags)
{
	_cleanup_close_ int fd = raw_socket(world);
	const struct midair_endpoint server = server_of(world);
	uint8_t packet[IP_BYTES + TCP_BYTES + 2 * WIRE_MESSAGE_MAX];
	size_t size = forge(packet, victim, &server, flags);
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(&server, &address);

	assert_int_equal(sendto(fd, packet, size, 0, (const struct sockaddr *)&address, length),
			 size);
}

/* With the victim's address a stranger gets no connection, and without one the server dials nobody:
 * not for data in the SYN (there is no TCP Fast Open), not for a guessed acknowledgement. */
static void in_a_strangers_name_nothing_can_be_asked(void **state)
{
	struct world world = world_of("a=public b=public rtt=20ms server=20ms");
	struct midair_endpoint victim =
		lab_test_peer(world.network, LAB_A, MIDAIR_IPV4, VICTIM_PORT);

	(void)state;
	send_forged(&world, &victim, SEGMENT_SYN);
	assert_true(wait_sent(&world, SEGMENT_SYN | SEGMENT_ACK, &victim, 1));
	send_forged(&world, &victim, SEGMENT_ACK | SEGMENT_PSH);
	assert_true(wait_sent(&world, SEGMENT_RST, &victim, 1));
	/* It serves: what it had to do for the victim it would have done before. */
	greet(&world);
	ask(&world, WIRE_PROBE_FRESH);
	hear_results(&world, 1);
	victim.port = 0;
	assert_int_equal(count_sent(&world, SEGMENT_SYN, &victim), 0);
	assert_int_equal(count_sent(&world, SEGMENT_SYN, NULL), 1);
	end(&world);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_syn_goes_to_the_connection_that_asks),
		cmocka_unit_test(they_are_few),
		cmocka_unit_test(they_end_with_the_connection_that_asked),
		cmocka_unit_test(in_a_strangers_name_nothing_can_be_asked),
	};

	(void)context;
	return cmocka_run_group_tests_name("check_aim", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
