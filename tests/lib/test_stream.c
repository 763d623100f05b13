/* SPDX-License-Identifier: MIT */
/* The encrypted stream over loopback: whole or not at all, and never more than a bounded amount
 * of memory. What relays promise is tested in test_relay.c, built a second time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/tls.h"
#include "lib/stream_internal.h"
#include "tests/crypto/barren.h"
#include "tests/crypto/tls_pump.h"
#include "tests/lib/loopback.h"
#include "tests/lib/stream_rig.h"

#define MIB    (1024u * 1024)
#define PERIOD 251
#define CHUNK  100000

static uint8_t pattern[CHUNK + PERIOD];

/* Both ends of a stream in this process. */
struct ends {
	struct midair_stream *a;
	struct midair_stream *b;
	uint64_t n_written; /* by a */
	uint64_t n_read;    /* by b */
};

static struct ends open_ends(int buffer_bytes)
{
	struct midair_stream *streams[2];
	int fds[2];

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i % PERIOD);
	tcp_pair(fds);
	for (int i = 0; i < 2; i++) {
		int size = buffer_bytes;

		if (size > 0) {
			setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
			setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		}
	}
	stream_rig_open_both(fds, streams);
	return (struct ends){.a = streams[0], .b = streams[1]};
}

static void close_ends(struct ends *ends)
{
	ends->a = midair_stream_free(ends->a);
	ends->b = midair_stream_free(ends->b);
}

static void wait_for_stream(const struct midair_stream *stream)
{
	short events = midair_stream_events(stream);

	assert_int_not_equal(events, 0);
	assert_true(wait_for(midair_stream_fd(stream), events, PATIENCE_MS));
}

/* Until there is something else to say than -EAGAIN. */
static int read_some(struct midair_stream *stream, void *buffer, size_t size, size_t *n)
{
	int result;

	while ((result = midair_stream_read(stream, buffer, size, n)) == -EAGAIN)
		wait_for_stream(stream);
	return result;
}

static void expect_text(struct midair_stream *stream, const char *text)
{
	char buffer[64];
	size_t n;

	assert_int_equal(read_some(stream, buffer, sizeof(buffer), &n), 0);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buffer, text, n);
}

static void write_text(struct midair_stream *stream, const char *text)
{
	size_t n = 0;

	assert_int_equal(midair_stream_write(stream, text, strlen(text), &n), 0);
	assert_int_equal(n, strlen(text));
}

/* a writes what it can; -EAGAIN, or what else it got. */
static int write_on(struct ends *ends, uint64_t n_bytes)
{
	int result = 0;
	size_t n;

	while (result == 0 && ends->n_written < n_bytes) {
		uint64_t left = n_bytes - ends->n_written;

		result = midair_stream_write(ends->a, pattern + ends->n_written % PERIOD,
					     left < CHUNK ? (size_t)left : CHUNK, &n);
		if (result == 0)
			ends->n_written += n;
	}
	return result;
}

static int read_on(struct ends *ends, uint64_t n_at_most)
{
	static uint8_t buffer[CHUNK];
	uint64_t limit = ends->n_read + n_at_most;
	int result = 0;
	size_t n;

	while (result == 0 && ends->n_read < limit) {
		result = midair_stream_read(ends->b, buffer, sizeof(buffer), &n);
		if (result != 0)
			break;
		if (memcmp(buffer, pattern + ends->n_read % PERIOD, n) != 0)
			fail_msg("wrong bytes after %llu", (unsigned long long)ends->n_read);
		ends->n_read += n;
	}
	return result;
}

static void each_direction_ends_by_itself(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n = 77;

	(void)state;
	write_text(ends.a, "to b");
	expect_text(ends.b, "to b");
	assert_int_equal(midair_stream_shutdown(ends.a), 0);
	assert_int_equal(midair_stream_shutdown(ends.a), 0);
	assert_int_equal(midair_stream_write(ends.a, "more", 4, &n), MIDAIR_E_STATE);
	assert_int_equal(read_some(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_END);
	assert_int_equal(midair_stream_read(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_END);
	write_text(ends.b, "to a");
	expect_text(ends.a, "to a");
	assert_int_equal(midair_stream_shutdown(ends.b), 0);
	assert_int_equal(read_some(ends.a, buffer, sizeof(buffer), &n), MIDAIR_E_END);
	assert_int_equal(n, 77);
	close_ends(&ends);
}

static void nothing_to_read_is_not_an_end(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n = 77;

	(void)state;
	assert_int_equal(midair_stream_read(ends.a, buffer, sizeof(buffer), &n), -EAGAIN);
	assert_int_equal(midair_stream_events(ends.a), POLLIN);
	assert_int_equal(n, 77);
	close_ends(&ends);
}

static void a_stream_that_is_freed_too_early_is_lost(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n;

	(void)state;
	write_text(ends.a, "torn");
	assert_int_equal(midair_stream_shutdown(ends.a), 0);
	/* b's direction has not ended, so this resets the connection */
	ends.a = midair_stream_free(ends.a);
	assert_true(wait_for(midair_stream_fd(ends.b), POLLHUP, PATIENCE_MS));
	assert_int_equal(midair_stream_write(ends.b, "x", 1, &n), 0);
	assert_int_equal(midair_stream_write(ends.b, "x", 1, &n), MIDAIR_E_LOST);
	while (midair_stream_read(ends.b, buffer, sizeof(buffer), &n) == 0) {
	}
	close_ends(&ends);
}

/* With nothing but the reset, there was no end. */
static void a_reset_is_a_loss(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n;

	(void)state;
	write_text(ends.a, "torn");
	ends.a = midair_stream_free(ends.a);
	assert_true(wait_for(midair_stream_fd(ends.b), POLLHUP, PATIENCE_MS));
	while (midair_stream_read(ends.b, buffer, sizeof(buffer), &n) == 0) {
	}
	assert_int_equal(midair_stream_read(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_LOST);
	close_ends(&ends);
}

/* Anybody on the way can send a FIN, or a RST; nobody else a close_notify. */
static void a_fin_without_close_notify_is_a_loss(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n;

	(void)state;
	write_text(ends.a, "first");
	shutdown(midair_stream_fd(ends.a), SHUT_WR);
	expect_text(ends.b, "first");
	assert_int_equal(read_some(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_LOST);
	assert_int_equal(read_some(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_LOST);
	close_ends(&ends);
}

static void bytes_that_somebody_put_in_are_a_loss(void **state)
{
	struct ends ends = open_ends(0);
	char buffer[8];
	size_t n;

	(void)state;
	write_text(ends.a, "first");
	assert_int_equal(send(midair_stream_fd(ends.a),
			      "\x17\x03\x03\x00\x14xxxxxxxxxxxxxxxxxxxx", 25, MSG_NOSIGNAL),
			 25);
	expect_text(ends.b, "first");
	assert_int_equal(read_some(ends.b, buffer, sizeof(buffer), &n), MIDAIR_E_LOST);
	assert_int_equal(midair_stream_write(ends.b, "x", 1, &n), MIDAIR_E_LOST);
	close_ends(&ends);
}

static void a_slow_reader_holds_the_writer_back(void **state)
{
	struct ends ends = open_ends(65536);

	(void)state;
	while (write_on(&ends, 64 * MIB) == -EAGAIN) {
		assert_true((midair_stream_events(ends.a) & POLLOUT) != 0);
		/* until nothing moves for a while */
		if (!wait_for(midair_stream_fd(ends.a), POLLOUT, 100))
			break;
	}
	assert_in_range(ends.n_written, 65536, 2 * MIB);
	while (ends.n_read < ends.n_written) {
		assert_int_not_equal(read_on(&ends, MIB), MIDAIR_E_LOST);
		midair_stream_flush(ends.a);
	}
	close_ends(&ends);
}

/* A huge tail: all is written, and the writer ends its direction while the reader sleeps. */
static void a_tail_arrives_whole(struct ends *ends, bool is_reader_done_first)
{
	const uint64_t n_bytes = 64 * MIB;
	char buffer[8];
	int result = 0;
	size_t n;

	if (is_reader_done_first)
		assert_int_equal(midair_stream_shutdown(ends->b), 0);
	while (result != MIDAIR_E_END) {
		if (ends->n_written < n_bytes)
			assert_int_not_equal(write_on(ends, n_bytes), MIDAIR_E_LOST);
		if (ends->n_written == n_bytes && ends->a != NULL &&
		    midair_stream_shutdown(ends->a) == 0 && is_reader_done_first) {
			/* whole: gone before the reader has seen most of it */
			assert_int_equal(read_some(ends->a, buffer, sizeof(buffer), &n),
					 MIDAIR_E_END);
			ends->a = midair_stream_free(ends->a);
		}
		result = read_on(ends, CHUNK);
		assert_int_not_equal(result, MIDAIR_E_LOST);
	}
	assert_int_equal(ends->n_read, n_bytes);
	if (!is_reader_done_first) {
		assert_int_equal(midair_stream_shutdown(ends->b), 0);
		assert_int_equal(read_some(ends->a, buffer, sizeof(buffer), &n), MIDAIR_E_END);
	}
}

static void a_huge_tail_arrives_whole_when_the_reader_ends_first(void **state)
{
	struct ends ends = open_ends(0);

	(void)state;
	a_tail_arrives_whole(&ends, true);
	close_ends(&ends);
}

static void a_huge_tail_arrives_whole_when_the_writer_ends_first(void **state)
{
	struct ends ends = open_ends(0);

	(void)state;
	a_tail_arrives_whole(&ends, false);
	close_ends(&ends);
}

static void reads_and_writes_of_every_size_come_through(void **state)
{
	const size_t sizes[] = {1, 2, 16383, 16384, 16385, 65536, 99999};
	struct ends ends = open_ends(0);
	uint8_t buffer[CHUNK];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(sizes); i++)
		for (size_t j = 0; j < N_ITEMS(sizes); j++) {
			size_t n_written = 0, n_read = 0, n = 0;

			assert_int_equal(
				midair_stream_write(ends.a, pattern, sizes[i], &n_written), 0);
			while (n_read < n_written) {
				assert_int_equal(read_some(ends.b, buffer, sizes[j], &n), 0);
				assert_memory_equal(buffer, pattern + n_read, n);
				n_read += n;
			}
		}
	close_ends(&ends);
}

static void exported_keys_are_alike(void **state)
{
	struct ends ends = open_ends(0);
	uint8_t a[64], b[64];

	(void)state;
	assert_int_equal(midair_stream_export(ends.a, "EXPORTER-test", a, sizeof(a)), 0);
	assert_int_equal(midair_stream_export(ends.b, "EXPORTER-test", b, sizeof(b)), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(strncmp(midair_stream_protocol(ends.a), "TLS 1.3, TLS_", 13), 0);
	close_ends(&ends);
}

static struct tls *open_tls(bool is_server)
{
	const struct tls_config config = {.is_server = is_server, .psk = "x"};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static void receive_flight(int fd, struct tls *tls)
{
	size_t size;
	uint8_t *input = tls_input(tls, &size);
	ssize_t n;

	assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
	n = recv(fd, input, size, MSG_DONTWAIT);
	assert_true(n > 0);
	tls_received(tls, (size_t)n);
}

/* Role A may write as soon as the other has proved itself, before its Finished has come. */
static void a_proven_server_writes_before_the_handshake_is_done(void **state)
{
	struct tls *server_tls = open_tls(true);
	struct tls *client_tls = open_tls(false);
	struct midair_stream *server = NULL;
	struct midair_stream *client = NULL;
	uint8_t key[32];
	int fds[2];

	(void)state;
	tcp_pair(fds);
	tls_pass(client_tls, server_tls);
	assert_int_equal(tls_state(server_tls), TLS_PROVEN);
	assert_int_equal(stream_new(&server, fds[0], server_tls), 0);
	write_text(server, "early");
	assert_int_equal(midair_stream_export(server, "EXPORTER-x", key, 32), MIDAIR_E_STATE);
	while (tls_state(client_tls) == TLS_HANDSHAKE)
		receive_flight(fds[1], client_tls);
	assert_int_equal(stream_new(&client, fds[1], client_tls), 0);
	expect_text(client, "early");
	write_text(client, "answer");
	expect_text(server, "answer");
	assert_int_equal(midair_stream_export(server, "EXPORTER-x", key, 32), 0);
	midair_stream_free(server);
	midair_stream_free(client);
}

/* From another process, for as long as somebody takes it. */
static pid_t flood(int fd, int other_fd, struct tls *tls, enum barren_kind kind)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	close(other_fd);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	for (;;) {
		const uint8_t *bytes;
		size_t size;

		for (int i = 0; i < 1000; i++)
			barren_put(tls, kind);
		bytes = tls_output(tls, &size);
		for (size_t n_sent = 0; n_sent < size;) {
			ssize_t n = send(fd, bytes + n_sent, size - n_sent, MSG_NOSIGNAL);

			if (n <= 0)
				_exit(0);
			n_sent += (size_t)n;
		}
		tls_sent(tls, size);
	}
}

/* A call that reads must come back. */
static void who_floods_and_says_nothing_is_lost(void **state)
{
	(void)state;
	for (enum barren_kind kind = 0; kind < N_BARREN_KINDS; kind++) {
		struct tls *server = open_tls(true);
		struct tls *client = open_tls(false);
		struct midair_stream *stream = NULL;
		char buffer[8];
		size_t n;
		int fds[2];
		pid_t pid;

		tcp_pair(fds);
		tls_pump(server, client);
		assert_int_equal(stream_new(&stream, fds[0], server), 0);
		pid = flood(fds[1], fds[0], client, kind);
		close(fds[1]);
		tls_free(client);
		assert_int_equal(read_some(stream, buffer, sizeof(buffer), &n), MIDAIR_E_LOST);
		midair_stream_free(stream);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_direction_ends_by_itself),
		cmocka_unit_test(nothing_to_read_is_not_an_end),
		cmocka_unit_test(a_stream_that_is_freed_too_early_is_lost),
		cmocka_unit_test(a_reset_is_a_loss),
		cmocka_unit_test(a_fin_without_close_notify_is_a_loss),
		cmocka_unit_test(bytes_that_somebody_put_in_are_a_loss),
		cmocka_unit_test(a_slow_reader_holds_the_writer_back),
		cmocka_unit_test(a_huge_tail_arrives_whole_when_the_reader_ends_first),
		cmocka_unit_test(a_huge_tail_arrives_whole_when_the_writer_ends_first),
		cmocka_unit_test(reads_and_writes_of_every_size_come_through),
		cmocka_unit_test(exported_keys_are_alike),
		cmocka_unit_test(who_floods_and_says_nothing_is_lost),
		cmocka_unit_test(a_proven_server_writes_before_the_handshake_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
