/* SPDX-License-Identifier: MIT */
/*
 * What goes through midair pipe arrives whole, whatever the order in which the ends close. Two
 * other programs' losses are tests here: one loses the last 2 MiB when the sender ends at once
 * (ncat --ssl --send-only), one delivers a few MB of 1 GiB when the receiver has nothing to say
 * (gs-netcat -C), both with exit status 0 at both ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/pipe_world.h"
#include "tests/cli/secret_world.h"

#define MIB   (UINT64_C(1) << 20)
#define CHUNK 65536u
/* More than a stopped program's kernel takes for it, less than the sender's keeps. */
#define UNREAD (768 * 1024)

static struct command *server;

/* Bytes that a pump has still to move, and a checksum of those that it has moved. */
struct flow {
	int fd; /* -1: over */
	uint64_t left;
	uint64_t n_bytes;
	uint64_t checksum; /* FNV-1a */
	uint64_t seed;
	unsigned char chunk[CHUNK];
	size_t n_chunk; /* of a sender: made, and not yet written */
	size_t n_written;
};

static uint64_t add_to_checksum(uint64_t checksum, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		checksum = (checksum ^ bytes[i]) * UINT64_C(1099511628211);
	return checksum;
}

static struct flow *flow_new(int fd, uint64_t left, uint64_t seed)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	assert_non_null(flow);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	*flow = (struct flow){.fd = fd, .left = left, .seed = seed};
	flow->checksum = UINT64_C(14695981039346656037);
	return flow;
}

static void make_chunk(struct flow *flow)
{
	flow->n_chunk = flow->left < CHUNK ? (size_t)flow->left : CHUNK;
	flow->n_written = 0;
	for (size_t i = 0; i < flow->n_chunk; i++) {
		flow->seed ^= flow->seed << 13; /* xorshift64 */
		flow->seed ^= flow->seed >> 7;
		flow->seed ^= flow->seed << 17;
		flow->chunk[i] = (unsigned char)flow->seed;
	}
	flow->checksum = add_to_checksum(flow->checksum, flow->chunk, flow->n_chunk);
	flow->left -= flow->n_chunk;
}

/* Writes what there is room for; closes after the last byte. */
static void send_some(struct flow *flow)
{
	if (flow->n_written == flow->n_chunk)
		make_chunk(flow);
	while (flow->n_written < flow->n_chunk) {
		ssize_t n = write(flow->fd, flow->chunk + flow->n_written,
				  flow->n_chunk - flow->n_written);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			fail_msg("the pipe took %llu bytes: %s",
				 (unsigned long long)flow->n_bytes, strerror(errno));
		flow->n_written += (size_t)n;
		flow->n_bytes += (uint64_t)n;
	}
	if (flow->left == 0) {
		close(flow->fd);
		flow->fd = -1;
	}
}

static void receive_some(struct flow *flow)
{
	ssize_t n = read(flow->fd, flow->chunk, CHUNK);

	if (n < 0 && errno == EAGAIN)
		return;
	assert_true(n >= 0);
	flow->checksum = add_to_checksum(flow->checksum, flow->chunk, (size_t)n);
	flow->n_bytes += (uint64_t)n;
	if (n == 0) {
		close(flow->fd);
		flow->fd = -1;
	}
}

/* Moves bytes until all are over. senders come first, n_senders of them. */
static void pump(struct flow *flows[], size_t n_senders, size_t n_flows)
{
	uint64_t end_ms = now_ms() + 6 * PATIENCE_MS;

	for (;;) {
		struct pollfd fds[4];
		bool is_any = false;

		for (size_t i = 0; i < n_flows; i++) {
			fds[i] = (struct pollfd){.fd = flows[i]->fd,
						 .events = i < n_senders ? POLLOUT : POLLIN};
			is_any |= flows[i]->fd >= 0;
		}
		if (!is_any)
			return;
		if (poll(fds, (nfds_t)n_flows, PATIENCE_MS) == 0 || now_ms() > end_ms)
			fail_msg("no byte has moved for %d ms", PATIENCE_MS);
		for (size_t i = 0; i < n_flows; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0)
				i < n_senders ? send_some(flows[i]) : receive_some(flows[i]);
	}
}

/* Two connected ends. */
static void connect_ends(struct command **a, struct command **b)
{
	char code[MIDAIR_CODE_SIZE];

	*a = pipe_start_first(code);
	*b = pipe_start(2, (const char *const[]){code, NULL});
	command_wait_text(*a, "path: ");
	command_wait_text(*b, "path: ");
}

/* The outputs have been read by a pump already. */
static void end_both(struct command *a, struct command *b)
{
	a->input_fd = b->input_fd = -1;
	a->output.fd = b->output.fd = -1;
	pipe_end_with(a, 0);
	pipe_end_with(b, 0);
}

static void check_arrived(const struct flow *sent, const struct flow *received)
{
	assert_int_equal(received->n_bytes, sent->n_bytes);
	assert_true(received->checksum == sent->checksum);
}

static void much_goes_both_ways_at_once(void **state)
{
	struct command *a;
	struct command *b;
	struct flow *flows[4];

	(void)state;
	connect_ends(&a, &b);
	flows[0] = flow_new(a->input_fd, 48 * MIB + 12345, 1);
	flows[1] = flow_new(b->input_fd, 48 * MIB + 54321, 2);
	flows[2] = flow_new(a->output.fd, 0, 0);
	flows[3] = flow_new(b->output.fd, 0, 0);
	pump(flows, 2, 4);
	check_arrived(flows[0], flows[3]);
	check_arrived(flows[1], flows[2]);
	end_both(a, b);
	for (size_t i = 0; i < 4; i++)
		free(flows[i]);
}

enum order {
	RECEIVER_SILENT_FIRST, /* its input has ended before the first byte */
	RECEIVER_SILENT_LAST,  /* its input ends when it has everything */
	RECEIVER_READS_LATE,   /* the sender has closed before the first byte is read */
};

static void sends_one_way(enum order order, bool is_first_sender, uint64_t size)
{
	struct command *a;
	struct command *b;
	struct command *sender;
	struct command *receiver;
	struct flow *sent;
	struct flow *received;
	struct flow *nothing;

	connect_ends(&a, &b);
	sender = is_first_sender ? a : b;
	receiver = is_first_sender ? b : a;
	if (order != RECEIVER_SILENT_LAST)
		command_feed(receiver, NULL);
	sent = flow_new(sender->input_fd, size, size);
	received = flow_new(receiver->output.fd, 0, 0);
	nothing = flow_new(sender->output.fd, 0, 0);
	if (order == RECEIVER_READS_LATE)
		pump(&sent, 1, 1);
	pump((struct flow *[]){sent, received}, 1, 2);
	if (order == RECEIVER_SILENT_LAST)
		command_feed(receiver, NULL);
	pump(&nothing, 0, 1);
	check_arrived(sent, received);
	assert_int_equal(nothing->n_bytes, 0);
	end_both(a, b);
	free(sent);
	free(received);
	free(nothing);
}

static void the_tail_arrives_when_the_sender_ends_at_once(void **state)
{
	static const uint64_t sizes[] = {1,	  16384,       16385,	65537,
					 3 * MIB, 3 * MIB + 1, 24 * MIB};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(sizes); i++) {
		sends_one_way(RECEIVER_SILENT_FIRST, i % 2 == 0, sizes[i]);
		sends_one_way(RECEIVER_SILENT_LAST, i % 2 != 0, sizes[i]);
	}
}

/* What fits into the buffers of sockets and pipes: the sender's part is over when the reader
 * begins. */
static void the_tail_waits_for_a_reader_that_comes_late(void **state)
{
	(void)state;
	sends_one_way(RECEIVER_READS_LATE, true, 100000);
	sends_one_way(RECEIVER_READS_LATE, false, 100000);
}

/* All that the sender has to say is with its kernel, and the other side has ended: what is missing is
 * that the other machine has it. That one is stopped, and then dies. */
static void the_sender_does_not_end_before_its_tail_has_arrived(void **state)
{
	struct command *a;
	struct command *b;
	struct flow *sent;
	struct flow *nothing;

	(void)state;
	connect_ends(&a, &b);
	command_feed(b, NULL);
	/* until the end of its direction has been seen */
	nothing = flow_new(a->output.fd, 0, 0);
	pump(&nothing, 0, 1);
	a->output.fd = -1;
	assert_int_equal(kill(b->pid, SIGSTOP), 0);
	sent = flow_new(a->input_fd, UNREAD, 9);
	pump(&sent, 1, 1);
	a->input_fd = -1;
	assert_false(wait_for(a->errors.fd, POLLHUP, 1000));
	assert_int_equal(kill(b->pid, SIGKILL), 0);
	pipe_end_with(a, 3);
	pipe_end_with(b, -SIGKILL);
	free(sent);
	free(nothing);
}

static void half_close_is_kept_in_both_directions(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct command *a;
		struct command *b;
		struct command *asks;
		struct command *answers;
		struct flow *question;
		struct flow *heard;

		connect_ends(&a, &b);
		asks = i == 0 ? a : b;
		answers = i == 0 ? b : a;
		question = flow_new(asks->input_fd, 1000, 7);
		heard = flow_new(answers->output.fd, 0, 0);
		/* until the end of the question has been seen at the other end */
		pump((struct flow *[]){question, heard}, 1, 2);
		check_arrived(question, heard);
		asks->input_fd = -1;
		answers->output.fd = -1;
		command_feed(answers, "the answer");
		pipe_end_well(asks, "the answer");
		pipe_end_with(answers, 0);
		free(question);
		free(heard);
	}
}

static void a_reader_that_leaves_is_told_at_both_ends(void **state)
{
	struct command *a;
	struct command *b;

	(void)state;
	connect_ends(&a, &b);
	close(a->output.fd);
	a->output.fd = -1;
	command_feed(b, "nobody reads this");
	command_finish(a);
	assert_non_null(strstr(a->errors.bytes, "Broken pipe"));
	pipe_end_with(a, 5);
	pipe_end_with(b, 3);
}

static int set_up(void **state)
{
	struct midair_endpoint at = own_address(200, 11315);

	(void)state;
	world_make();
	server = server_start(&at);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_stop(server);
	world_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(much_goes_both_ways_at_once),
		cmocka_unit_test(the_tail_arrives_when_the_sender_ends_at_once),
		cmocka_unit_test(the_tail_waits_for_a_reader_that_comes_late),
		cmocka_unit_test(the_sender_does_not_end_before_its_tail_has_arrived),
		cmocka_unit_test(half_close_is_kept_in_both_directions),
		cmocka_unit_test(a_reader_that_leaves_is_told_at_both_ends),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
