/* SPDX-License-Identifier: MIT */
/*
 * The wire's delays are right: a real connect() over it takes the round trip. The time is the
 * kernel's own (TCP_INFO), which leaves out how long this process takes to wake up.
 */
#include "lab_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"

#define PORT	   7000
#define NS_PER_US  UINT64_C(1000)
#define TIMEOUT_MS 5000
#define ROUNDS	   8
/* What two kernels and four veth ends may add on an idle machine. The fastest of several tries is
 * compared, since a busy machine adds any time to some of them: to most of the long ones, since a
 * processor that has slept for long wakes up late. So a machine without a fast one among the usual
 * number of tries gets more of them, for some time. */
#define EXTRA_US   100
#define TRY_FOR_NS UINT64_C(12000000000)

static uint32_t round_trip_us(const struct network *network, enum midair_family family)
{
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, family, PORT);
	_cleanup_close_ int fd = lab_test_socket(network, LAB_A, family, SOCK_STREAM, 0);
	struct tcp_info info;
	socklen_t length = sizeof(info);

	lab_test_dial(fd, &peer);
	assert_int_equal(lab_test_outcome(fd, TIMEOUT_MS), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	return info.tcpi_rtt;
}

static void check_round_trip(const char *line, enum midair_family family, uint32_t expected_us,
			     int n_tries)
{
	uint64_t end_ns = clock_now_ns() + TRY_FOR_NS;
	struct network *network = lab_test_network(line);
	int listener = lab_test_socket(network, LAB_B, family, SOCK_STREAM, PORT);
	uint32_t fastest_us = UINT32_MAX;

	assert_int_equal(listen(listener, 128), 0);
	for (int i = 0; i < n_tries || clock_now_ns() < end_ns; i++) {
		uint32_t time_us = round_trip_us(network, family);

		if (time_us < fastest_us)
			fastest_us = time_us;
		if (i + 1 >= n_tries && fastest_us <= expected_us + EXTRA_US)
			break;
	}
	close_fd(listener);
	network_free(network);
	print_message("%s: fastest connect() %u us\n", line, fastest_us);
	EXPECT(fastest_us >= expected_us, line);
	EXPECT(fastest_us <= expected_us + EXTRA_US, line);
}

static void a_connect_takes_one_round_trip(void **state)
{
	(void)state;
	check_round_trip("rtt=0.1ms", MIDAIR_IPV4, 100, 60);
	check_round_trip("rtt=0.4ms", MIDAIR_IPV4, 400, 60);
	check_round_trip("rtt=2ms", MIDAIR_IPV4, 2000, 60);
	check_round_trip("rtt=20ms", MIDAIR_IPV4, 20000, 40);
	check_round_trip("rtt=80ms", MIDAIR_IPV4, 80000, 20);
	check_round_trip("rtt=200ms", MIDAIR_IPV4, 200000, 10);
	check_round_trip("rtt=400ms", MIDAIR_IPV4, 400000, 6);
}

static void the_same_over_ipv6(void **state)
{
	(void)state;
	check_round_trip("rtt=0.4ms", MIDAIR_IPV6, 400, 60);
	check_round_trip("rtt=80ms", MIDAIR_IPV6, 80000, 15);
}

/* Packets of a few connections, and how many of them came out within a tenth of a millisecond. */
static void count_precise(uint32_t *n_seen, uint32_t *n_precise)
{
	struct network *network = lab_test_network("rtt=20ms");
	int listener = lab_test_socket(network, LAB_B, MIDAIR_IPV4, SOCK_STREAM, PORT);
	const struct wire_trace *trace = wire_trace(network_wire(network));

	*n_seen = *n_precise = 0;
	assert_int_equal(listen(listener, 128), 0);
	for (int i = 0; i < 20; i++)
		round_trip_us(network, MIDAIR_IPV4);
	for (uint32_t i = 0; i < trace->n_records; i++) {
		const struct wire_record *record = &trace->records[i];
		uint64_t late_ns = record->finished_ns - record->sent_ns - 10000 * NS_PER_US;

		*n_seen += record->fate == WIRE_DELIVERED;
		*n_precise += record->fate == WIRE_DELIVERED && late_ns < 100 * NS_PER_US;
	}
	print_message("%u of %u packets to 0.1 ms, the latest %.3f ms late\n", *n_precise,
		      *n_seen, (double)trace->lateness_max_ns / 1e6);
	close_fd(listener);
	network_free(network);
}

static void the_wire_itself_is_precise_to_a_tenth_of_a_millisecond(void **state)
{
	uint32_t n_seen = 0, n_precise = 0;

	(void)state;
	/* Nine in ten, in the best of several rounds: others may want the processor too. */
	for (int i = 0; i < ROUNDS && (n_seen == 0 || n_precise * 10 < n_seen * 9); i++)
		count_precise(&n_seen, &n_precise);
	assert_true(n_seen >= 40);
	assert_true(n_precise * 10 >= n_seen * 9);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connect_takes_one_round_trip),
		cmocka_unit_test(the_same_over_ipv6),
		cmocka_unit_test(the_wire_itself_is_precise_to_a_tenth_of_a_millisecond),
	};

	(void)context;
	return cmocka_run_group_tests_name("delays", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
