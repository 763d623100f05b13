/* SPDX-License-Identifier: MIT */
/* Loss, reordering and rate, as real datagrams meet them. */
#include "lab_test.h"

#include <errno.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"

#define PORT	  7000
#define QUIET_MS  150
#define NS_PER_MS UINT64_C(1000000)

struct flight {
	uint32_t n_received;
	uint32_t n_overtaken; /* came after a later one */
	uint64_t first_ns, last_ns;
};

static void receive_all(int fd, struct flight *flight, uint32_t *newest, int quiet_ms)
{
	uint32_t number;

	while (lab_test_readable(fd, quiet_ms)) {
		if (recv(fd, &number, sizeof(number), 0) < (ssize_t)sizeof(number))
			continue;
		flight->last_ns = clock_now_ns();
		if (flight->n_received++ == 0)
			flight->first_ns = flight->last_ns;
		if (number < *newest)
			flight->n_overtaken++;
		else
			*newest = number;
	}
}

/* Sends numbered datagrams from a to b, in groups that no buffer on the way is too small for. */
static struct flight send_datagrams(const struct network *network, uint32_t n_sent,
				    uint32_t n_group, size_t n_bytes)
{
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, MIDAIR_IPV4, PORT);
	_cleanup_close_ int sender =
		lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_DGRAM, 0);
	_cleanup_close_ int receiver =
		lab_test_socket(network, LAB_B, MIDAIR_IPV4, SOCK_DGRAM, PORT);
	struct flight flight = {0};
	uint32_t newest = 0;
	uint32_t message[256] = {0};

	assert_true(n_bytes <= sizeof(message));
	lab_test_dial(sender, &peer);
	for (uint32_t i = 0; i < n_sent; i++) {
		message[0] = i;
		assert_int_equal(send(sender, message, n_bytes, 0), n_bytes);
		if (i % n_group == n_group - 1)
			receive_all(receiver, &flight, &newest, 4);
	}
	receive_all(receiver, &flight, &newest, QUIET_MS);
	return flight;
}

static void five_per_cent_are_lost(void **state)
{
	struct network *network = lab_test_network("rtt=1ms loss=5%");
	struct flight flight = send_datagrams(network, 4000, 50, 64);
	const struct wire_trace *trace = wire_trace(network_wire(network));
	uint32_t n_lost = trace->n_fates[LAB_A][WIRE_LOST];

	(void)state;
	network_free(network);
	/* 200 expected, five standard deviations are 69. */
	assert_in_range(n_lost, 131, 269);
	assert_int_equal(flight.n_received, 4000 - n_lost);
	assert_int_equal(flight.n_overtaken, 0);
}

static void a_fifth_overtakes(void **state)
{
	struct network *network = lab_test_network("rtt=2ms reorder=20%");
	struct flight flight = send_datagrams(network, 2000, 50, 64);

	(void)state;
	network_free(network);
	assert_int_equal(flight.n_received, 2000);
	assert_true(flight.n_overtaken > 200);
}

static void jitter_keeps_the_order(void **state)
{
	struct network *network = lab_test_network("rtt=2ms jitter=2ms");
	struct flight flight = send_datagrams(network, 1000, 50, 64);

	(void)state;
	network_free(network);
	assert_int_equal(flight.n_received, 1000);
	assert_int_equal(flight.n_overtaken, 0);
}

static void a_slow_line_spaces_packets(void **state)
{
	/* 958 bytes of data are frames of 1,000 bytes: 8 ms each at 1 Mbit/s. */
	struct network *network = lab_test_network("rtt=2ms rate=1mbit");
	struct flight flight = send_datagrams(network, 11, 11, 958);
	uint64_t time_ms = (flight.last_ns - flight.first_ns) / NS_PER_MS;

	(void)state;
	network_free(network);
	assert_int_equal(flight.n_received, 11);
	/* Ten spaces; the first or the last packet may be noticed a little late. */
	assert_in_range(time_ms, 75, 90);
}

static void what_a_slow_line_cannot_hold_is_dropped(void **state)
{
	struct network *network = lab_test_network("rtt=2ms rate=1mbit");
	struct flight flight = send_datagrams(network, 40, 40, 958);
	const struct wire_trace *trace = wire_trace(network_wire(network));
	uint32_t n_dropped = trace->n_fates[LAB_A][WIRE_OVERFLOWED];

	(void)state;
	network_free(network);
	assert_true(n_dropped >= 20);
	assert_int_equal(flight.n_received + n_dropped, 40);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_per_cent_are_lost),
		cmocka_unit_test(a_fifth_overtakes),
		cmocka_unit_test(jitter_keeps_the_order),
		cmocka_unit_test(a_slow_line_spaces_packets),
		cmocka_unit_test(what_a_slow_line_cannot_hold_is_dropped),
	};

	(void)context;
	return cmocka_run_group_tests_name("weather", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
