/* SPDX-License-Identifier: MIT */
/* Slow readers and slow writers of midair pipe: how much is on its way, and what it costs the two
 * programs in memory. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/pipe_world.h"
#include "tests/cli/secret_world.h"

#define KIB   1024u
#define MIB   (1024u * KIB)
#define CHUNK (64 * KIB)

/* What may be on its way when nobody reads: two pipes and the buffers of two sockets, which grow
 * to tcp_wmem's and tcp_rmem's 4 and 6 MiB, and what the two programs hold. */
#define UNREAD_MOST (16 * MIB)
/* What a program may grow by meanwhile: its buffers, and what the sanitizers add to them. */
#define GROWTH_MOST (2 * MIB)

static struct command *server;
static char chunk[CHUNK];

/* A sender, a receiver, and how large they were when they were connected. */
struct ends {
	struct command *sender;
	struct command *receiver;
	size_t sender_bytes;
	size_t receiver_bytes;
	size_t n_sent;
	size_t n_heard;
};

/* Without the pages of its file, which come and go. */
static size_t own_memory(const struct command *command)
{
	static const char name[] = "RssAnon:";
	char bytes[8192];

	command_proc(command, "status", bytes, sizeof(bytes));
	assert_non_null(strstr(bytes, name));
	return strtoul(strstr(bytes, name) + strlen(name), NULL, 10) * KIB;
}

static void connect_ends(struct ends *ends)
{
	char code[MIDAIR_CODE_SIZE];

	*ends = (struct ends){.sender = pipe_start_first(code)};
	ends->receiver = pipe_start(2, (const char *const[]){code, NULL});
	command_wait_text(ends->sender, "path: ");
	command_wait_text(ends->receiver, "path: ");
	command_feed(ends->receiver, NULL);
	assert_int_equal(fcntl(ends->sender->input_fd, F_SETFL, O_NONBLOCK), 0);
	ends->sender_bytes = own_memory(ends->sender);
	ends->receiver_bytes = own_memory(ends->receiver);
}

static void expect_small(const struct ends *ends)
{
	size_t sender_bytes = own_memory(ends->sender);
	size_t receiver_bytes = own_memory(ends->receiver);

	if (sender_bytes > ends->sender_bytes + GROWTH_MOST)
		fail_msg("the sender grew from %zu to %zu bytes", ends->sender_bytes,
			 sender_bytes);
	if (receiver_bytes > ends->receiver_bytes + GROWTH_MOST)
		fail_msg("the receiver grew from %zu to %zu bytes", ends->receiver_bytes,
			 receiver_bytes);
}

static char byte_at(size_t offset)
{
	return (char)(offset * 31 + offset / 4096);
}

/* Sends until the pipe takes nothing for this long, or all have gone. */
static void send_on(struct ends *ends, size_t n_all, int patience_ms)
{
	int fd = ends->sender->input_fd;

	while (ends->n_sent < n_all && wait_for(fd, POLLOUT, patience_ms)) {
		size_t n = n_all - ends->n_sent < CHUNK ? n_all - ends->n_sent : CHUNK;
		ssize_t n_written;

		for (size_t i = 0; i < n; i++)
			chunk[i] = byte_at(ends->n_sent + i);
		n_written = write(fd, chunk, n);
		assert_true(n_written > 0 || errno == EAGAIN);
		ends->n_sent += n_written > 0 ? (size_t)n_written : 0;
	}
}

/* Returns whether there was anything. */
static bool hear_on(struct ends *ends, size_t most, int patience_ms)
{
	int fd = ends->receiver->output.fd;
	ssize_t n;

	if (!wait_for(fd, POLLIN, patience_ms))
		return false;
	n = read(fd, chunk, most);
	assert_true(n >= 0);
	for (ssize_t i = 0; i < n; i++)
		if (chunk[i] != byte_at(ends->n_heard + (size_t)i))
			fail_msg("byte %zu is another one", ends->n_heard + (size_t)i);
	ends->n_heard += (size_t)n;
	return n > 0;
}

static void end_both(struct ends *ends)
{
	if (ends->sender->input_fd >= 0)
		command_feed(ends->sender, NULL);
	while (hear_on(ends, CHUNK, PATIENCE_MS))
		;
	assert_int_equal(ends->n_heard, ends->n_sent);
	close(ends->receiver->output.fd);
	ends->receiver->output.fd = -1;
	pipe_end_with(ends->receiver, 0);
	pipe_end_well(ends->sender, "");
}

static void who_does_not_read_stops_the_writer_and_costs_no_memory(void **state)
{
	struct ends ends;

	(void)state;
	connect_ends(&ends);
	send_on(&ends, 64 * MIB, 500);
	assert_in_range(ends.n_sent, CHUNK, UNREAD_MOST);
	expect_small(&ends);
	end_both(&ends);
}

/* A little at a time, so that the writer is mostly ahead and mostly stopped. */
static void a_slow_reader_gets_everything_at_its_own_pace(void **state)
{
	const size_t n_all = 24 * MIB;
	struct ends ends;

	(void)state;
	connect_ends(&ends);
	send_on(&ends, n_all, 200);
	while (ends.n_heard < n_all) {
		assert_true(hear_on(&ends, 16 * KIB, PATIENCE_MS));
		send_on(&ends, n_all, 0);
		assert_true(ends.n_sent - ends.n_heard <= UNREAD_MOST);
		if (ends.n_heard / MIB % 8 == 4)
			expect_small(&ends);
	}
	end_both(&ends);
}

/* One byte after the other: each comes out before the next goes in, and nothing piles up. */
static void a_slow_writer_is_heard_byte_by_byte(void **state)
{
	struct ends ends;

	(void)state;
	connect_ends(&ends);
	for (size_t i = 1; i <= 3000; i++) {
		send_on(&ends, i, PATIENCE_MS);
		while (ends.n_heard < i)
			assert_true(hear_on(&ends, CHUNK, PATIENCE_MS));
	}
	expect_small(&ends);
	end_both(&ends);
}

static int set_up(void **state)
{
	struct midair_endpoint at = own_address(200, 11317);

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
		cmocka_unit_test(who_does_not_read_stops_the_writer_and_costs_no_memory),
		cmocka_unit_test(a_slow_reader_gets_everything_at_its_own_pace),
		cmocka_unit_test(a_slow_writer_is_heard_byte_by_byte),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
