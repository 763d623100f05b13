/* SPDX-License-Identifier: MIT */
/*
 * The third place: host s is as far from a and from b as the scenario says, sees them as the rest
 * of the internet does, and what it sees of an endpoint-independent mapping is what the other side
 * can dial.
 */
#include "lab_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "os/cleanup.h"

#define SERVER_PORT 7000
#define HOST_PORT   7001
#define TIMEOUT_MS  5000
#define N_TRIES	    12
/* What the kernels add on an idle machine, in the fastest of several tries. */
#define EXTRA_US 200

struct visit {
	uint32_t round_trip_us;
	struct midair_endpoint seen; /* by the one who was visited */
};

static struct midair_endpoint server_of(const struct network *network,
					enum midair_family family, uint16_t port)
{
	struct midair_endpoint server = network_plan_server(network_plan_of(network), family);

	server.port = port;
	return server;
}

/* Connects from a side's own port to a listener and looks at both ends. fd stays open. */
static struct visit visit(int fd, int listener, const struct midair_endpoint *to)
{
	struct visit made = {0};
	struct sockaddr_storage address;
	socklen_t address_length = sizeof(address);
	struct tcp_info info;
	socklen_t info_length = sizeof(info);
	_cleanup_close_ int accepted = -1;

	lab_test_dial(fd, to);
	assert_int_equal(lab_test_outcome(fd, TIMEOUT_MS), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_length), 0);
	assert_true(lab_test_readable(listener, TIMEOUT_MS));
	accepted =
		accept4(listener, (struct sockaddr *)&address, &address_length, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	assert_int_equal(midair_endpoint_from_sockaddr(&made.seen, (struct sockaddr *)&address,
						       address_length),
			 0);
	made.round_trip_us = info.tcpi_rtt;
	return made;
}

static void check_distance(const struct network *network, enum lab_side side,
			   enum midair_family family, uint32_t expected_us, const char *row)
{
	_cleanup_close_ int listener =
		lab_test_socket(network, LAB_S, family, SOCK_STREAM, SERVER_PORT);
	struct midair_endpoint server = server_of(network, family, SERVER_PORT);
	uint32_t fastest_us = UINT32_MAX;

	assert_int_equal(listen(listener, 16), 0);
	for (int i = 0; i < N_TRIES; i++) {
		_cleanup_close_ int fd = lab_test_socket(network, side, family, SOCK_STREAM, 0);
		struct visit made = visit(fd, listener, &server);

		if (made.round_trip_us < fastest_us)
			fastest_us = made.round_trip_us;
	}
	print_message("%s: side %d, fastest connect() to the server %u us\n", row, side,
		      fastest_us);
	EXPECT(fastest_us >= expected_us, row);
	EXPECT(fastest_us <= expected_us + EXTRA_US, row);
}

static void the_server_is_as_far_as_the_scenario_says(void **state)
{
	static const char *const rows[] = {
		"rtt=80ms server=20ms,5ms",
		"a=drop b=eif/rst rtt=80ms server=20ms,5ms",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct network *network = lab_test_network(rows[i]);

		check_distance(network, LAB_A, MIDAIR_IPV4, 20000, rows[i]);
		check_distance(network, LAB_B, MIDAIR_IPV4, 5000, rows[i]);
		check_distance(network, LAB_A, MIDAIR_IPV6, 20000, rows[i]);
		check_distance(network, LAB_B, MIDAIR_IPV6, 5000, rows[i]);
		network_free(network);
	}
}

static void the_two_sides_keep_their_own_distance(void **state)
{
	struct network *network = lab_test_network("rtt=10ms server=60ms");
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, MIDAIR_IPV4, SERVER_PORT);
	int listener = lab_test_socket(network, LAB_B, MIDAIR_IPV4, SOCK_STREAM, SERVER_PORT);
	uint32_t fastest_us = UINT32_MAX;

	(void)state;
	assert_int_equal(listen(listener, 16), 0);
	for (int i = 0; i < N_TRIES; i++) {
		_cleanup_close_ int fd =
			lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, 0);
		struct visit made = visit(fd, listener, &peer);

		if (made.round_trip_us < fastest_us)
			fastest_us = made.round_trip_us;
	}
	close_fd(listener);
	network_free(network);
	assert_in_range(fastest_us, 10000, 10000 + EXTRA_US);
}

/* What the server sees of side a is what b sees too, when both are called from one port. */
static void check_mapping(const char *line, enum midair_family family, bool is_same)
{
	struct network *network = lab_test_network(line);
	struct midair_endpoint server = server_of(network, family, SERVER_PORT);
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, family, SERVER_PORT);
	struct midair_endpoint published = lab_test_peer(network, LAB_B, family, 0);
	int listeners[] = {
		lab_test_socket(network, LAB_S, family, SOCK_STREAM, SERVER_PORT),
		lab_test_socket(network, LAB_B, family, SOCK_STREAM, SERVER_PORT),
	};
	int fds[] = {
		lab_test_socket(network, LAB_A, family, SOCK_STREAM, HOST_PORT),
		lab_test_socket(network, LAB_A, family, SOCK_STREAM, HOST_PORT),
	};
	struct visit to_server, to_peer;

	assert_int_equal(listen(listeners[0], 1), 0);
	assert_int_equal(listen(listeners[1], 1), 0);
	to_server = visit(fds[0], listeners[0], &server);
	to_peer = visit(fds[1], listeners[1], &peer);
	published.port = to_server.seen.port;
	EXPECT(midair_endpoint_equal(&to_server.seen, &published), line);
	EXPECT(midair_endpoint_equal(&to_server.seen, &to_peer.seen) == is_same, line);
	for (int i = 0; i < 2; i++) {
		close_fd(fds[i]);
		close_fd(listeners[i]);
	}
	network_free(network);
}

static void the_server_sees_what_the_peer_can_dial(void **state)
{
	(void)state;
	check_mapping("a=drop rtt=2ms server=2ms", MIDAIR_IPV4, true);
	check_mapping("a=drop rtt=2ms server=2ms", MIDAIR_IPV6, true);
	check_mapping("a=rst rtt=2ms server=2ms", MIDAIR_IPV4, true);
	check_mapping("a=random rtt=2ms server=2ms", MIDAIR_IPV4, true);
	check_mapping("a=firewall rtt=2ms server=2ms", MIDAIR_IPV4, true);
	check_mapping("a=public rtt=2ms server=2ms", MIDAIR_IPV6, true);
	check_mapping("a=adm/preserve/eif rtt=2ms server=2ms", MIDAIR_IPV4, true);
}

static void a_symmetric_box_shows_each_another_port(void **state)
{
	(void)state;
	check_mapping("a=apdm/random rtt=2ms server=2ms", MIDAIR_IPV4, false);
	check_mapping("a=adm/sequential:1 rtt=2ms server=2ms", MIDAIR_IPV4, false);
}

static void what_is_sent_to_nobody_is_lost(void **state)
{
	struct network *network = lab_test_network("rtt=2ms server=2ms");
	const struct wire_trace *trace = wire_trace(network_wire(network));
	int fd = lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, 0);
	struct midair_endpoint nobody;

	(void)state;
	assert_int_equal(midair_endpoint_parse(&nobody, "192.0.2.99:7000"), 0);
	lab_test_dial(fd, &nobody);
	assert_int_equal(lab_test_outcome(fd, 100), -EINPROGRESS);
	assert_int_equal(trace->n_fates[LAB_A][WIRE_NOWHERE], 1);
	assert_int_equal(trace->records[0].fate, WIRE_NOWHERE);
	close_fd(fd);
	network_free(network);
}

static void without_a_server_there_is_no_third_host(void **state)
{
	struct network *network = lab_test_network("rtt=2ms");

	(void)state;
	assert_int_equal(network_host_namespace(network, LAB_S), -1);
	network_free(network);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_is_as_far_as_the_scenario_says),
		cmocka_unit_test(the_two_sides_keep_their_own_distance),
		cmocka_unit_test(the_server_sees_what_the_peer_can_dial),
		cmocka_unit_test(a_symmetric_box_shows_each_another_port),
		cmocka_unit_test(what_is_sent_to_nobody_is_lost),
		cmocka_unit_test(without_a_server_there_is_no_third_host),
	};

	(void)context;
	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
