/* SPDX-License-Identifier: MIT */
/*
 * A stranger on the wire who answers every SYN of a waiting side with ICMP unreachable, or floods
 * it with RSTs, does not end the attempt: the sides connect when the peer comes.
 */
#include "lab_test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/redial.h"
#include "lab/namespace.h"
#include "lab/runner.h"
#include "lab/wire_port.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define PORT	       1314
#define NS_PER_MS      INT64_C(1000000)
#define FLOOD_MS       400 /* the peer comes after this */
#define ETHERNET_BYTES 14
#define FRAME_BYTES    1514
/* All that a stranger sends in a test. */
#define ANSWERS_LIMIT 4000

struct stranger {
	int port_fd;
	uint32_t n_answers;
	/* Builds the answer number n to a SYN; returns its length. */
	size_t (*answer)(const uint8_t *packet, size_t n_bytes, uint32_t number, uint8_t *out);
	uint32_t n_answers_per_syn;
};

static size_t answer_unreachable(const uint8_t *packet, size_t n_bytes, uint32_t number,
				 uint8_t *out)
{
	struct segment segment;
	struct midair_endpoint box;

	(void)number;
	assert_int_equal(segment_parse(&segment, packet, n_bytes), 0);
	box = segment.destination;
	return segment_build_unreachable(&box, packet, n_bytes, out);
}

/* A stranger does not know the sequence number, so each of its guesses is wrong (RFC 9293
 * 3.10.7.3: the RST must acknowledge the SYN). */
static size_t answer_reset(const uint8_t *packet, size_t n_bytes, uint32_t number, uint8_t *out)
{
	struct segment segment;

	assert_int_equal(segment_parse(&segment, packet, n_bytes), 0);
	segment.sequence += 1 + number * 65537;
	return segment_build_reset(&segment, out);
}

static bool is_syn(const uint8_t *frame, ssize_t n_bytes)
{
	struct segment segment;

	return n_bytes > ETHERNET_BYTES &&
	       segment_parse(&segment, frame + ETHERNET_BYTES,
			     (size_t)n_bytes - ETHERNET_BYTES) == 0 &&
	       segment.kind == SEGMENT_TCP && segment.flags == SEGMENT_SYN;
}

static void answer_syn(struct stranger *stranger, const uint8_t *frame, size_t n_bytes)
{
	uint8_t out[ETHERNET_BYTES + SEGMENT_ANSWER_SIZE];

	memcpy(out, frame, ETHERNET_BYTES);
	for (uint32_t i = 0;
	     i < stranger->n_answers_per_syn && stranger->n_answers < ANSWERS_LIMIT; i++) {
		size_t n_out =
			stranger->answer(frame + ETHERNET_BYTES, n_bytes - ETHERNET_BYTES, i,
					 out + ETHERNET_BYTES);

		assert_true(n_out > 0);
		stranger->n_answers +=
			wire_port_send(stranger->port_fd, out, ETHERNET_BYTES + n_out) == 0;
	}
}

static void be_strange(struct stranger *stranger, int64_t until_ns)
{
	uint8_t frame[FRAME_BYTES];
	uint64_t age_ns;

	while ((int64_t)clock_now_ns() < until_ns) {
		ssize_t n_bytes;

		if (!lab_test_readable(stranger->port_fd, 5))
			continue;
		n_bytes = wire_port_receive(stranger->port_fd, frame, sizeof(frame), &age_ns);
		if (is_syn(frame, n_bytes))
			answer_syn(stranger, frame, (size_t)n_bytes);
	}
}

static int open_port(const struct network *network)
{
	_cleanup_close_ int home = namespace_current();
	int fd;

	assert_int_equal(namespace_enter(network_wire_namespace(network)), 0);
	fd = wire_port_open(network_wire_interface(LAB_A), NULL);
	assert_int_equal(namespace_enter(home), 0);
	assert_true(fd >= 0);
	return fd;
}

static struct side *start_side(const struct network *network, enum lab_side which,
			       int64_t wait_ms)
{
	struct timespec start = clock_realtime();
	struct side_run run = {.port = PORT};
	struct side_config config = {
		.side = which,
		.peer = lab_test_peer(network, which, MIDAIR_IPV4, PORT),
		.flags = MIDAIR_NO_LISTEN,
		.timeout_ms = 5000,
		.runs = &run,
		.n_runs = 1,
	};
	struct side *side;
	int64_t start_ns = start.tv_nsec + wait_ms * NS_PER_MS;

	run.start.tv_sec = start.tv_sec + start_ns / (1000 * NS_PER_MS);
	run.start.tv_nsec = start_ns % (1000 * NS_PER_MS);
	assert_int_equal(
		side_start(&side, &config, network_host_namespace(network, which), NULL), 0);
	return side;
}

static void check(struct stranger *stranger, uint32_t n_dials_min, uint32_t n_dials_max)
{
	struct network *network = lab_test_network("a=drop b=drop rtt=20ms");
	struct side *a, *b;
	struct side_outcome of_a, of_b;

	stranger->port_fd = open_port(network);
	a = start_side(network, LAB_A, 20);
	b = start_side(network, LAB_B, 20 + FLOOD_MS);
	be_strange(stranger, (int64_t)clock_now_ns() + (FLOOD_MS - 20) * NS_PER_MS);
	assert_int_equal(side_wait(a, 15000, NULL), 0);
	assert_int_equal(side_wait(b, 15000, NULL), 0);
	of_a = side_report(a)->outcomes[0];
	of_b = side_report(b)->outcomes[0];
	side_free(a);
	side_free(b);
	close_fd(stranger->port_fd);
	network_free(network);
	print_message("%u answers of the stranger, %u dials\n", stranger->n_answers,
		      of_a.n_dials);
	assert_true(stranger->n_answers > 0);
	assert_in_range(of_a.n_dials, n_dials_min, n_dials_max);
	assert_int_equal(run_outcome_of(&of_a, &of_b), RUN_CONNECTED);
}

static void icmp_unreachable_does_not_end_the_attempt(void **state)
{
	struct stranger stranger = {.answer = answer_unreachable, .n_answers_per_syn = 1};

	(void)state;
	/* Each one is believed and redialled, at the documented rate at most. */
	check(&stranger, 2, 2 + REDIAL_BURST + REDIAL_RATE);
}

static void a_flood_of_wrong_resets_does_not_even_disturb_it(void **state)
{
	struct stranger stranger = {.answer = answer_reset, .n_answers_per_syn = 2000};

	(void)state;
	check(&stranger, 1, 1);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(icmp_unreachable_does_not_end_the_attempt),
		cmocka_unit_test(a_flood_of_wrong_resets_does_not_even_disturb_it),
	};

	(void)context;
	return cmocka_run_group_tests_name("strangers", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
