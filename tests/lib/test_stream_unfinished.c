/* SPDX-License-Identifier: MIT */
/* Role A's stream, begun after a hello whose author never finishes: perhaps somebody else has sent
 * it once more. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/tls.h"
#include "lib/stream_internal.h"
#include "os/clock.h"
#include "tests/crypto/tls_pump.h"
#include "tests/lib/loopback.h"

#define NS_PER_MS UINT64_C(1000000)

/* clock_now_ns() of the library, by --wrap: no test waits for five seconds. */
static uint64_t passed_ns;
uint64_t __real_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void);

uint64_t __wrap_clock_now_ns(void)
{
	return __real_clock_now_ns() + passed_ns;
}

struct ends {
	struct tls *client;
	struct midair_stream *server;
	int client_fd;
};

static struct tls *open_tls(bool is_server)
{
	const struct tls_config config = {.is_server = is_server, .psk = "x"};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static struct ends open_ends(void)
{
	struct ends ends = {.client = open_tls(false)};
	struct tls *server = open_tls(true);
	int fds[2];

	passed_ns = 0;
	tcp_pair(fds);
	tls_pass(ends.client, server);
	assert_int_equal(tls_state(server), TLS_PROVEN);
	assert_int_equal(stream_new(&ends.server, fds[0], server), 0);
	ends.client_fd = fds[1];
	return ends;
}

static void close_ends(struct ends *ends)
{
	midair_stream_free(ends->server);
	tls_free(ends->client);
	close(ends->client_fd);
}

/* Takes the server's flight and sends Finished. */
static void finish(struct ends *ends)
{
	const uint8_t *bytes;
	size_t size;

	while (tls_state(ends->client) == TLS_HANDSHAKE) {
		uint8_t *input = tls_input(ends->client, &size);
		ssize_t n;

		assert_true(wait_for(ends->client_fd, POLLIN, PATIENCE_MS));
		n = recv(ends->client_fd, input, size, MSG_DONTWAIT);
		assert_true(n > 0);
		tls_received(ends->client, (size_t)n);
	}
	assert_int_equal(tls_state(ends->client), TLS_DONE);
	bytes = tls_output(ends->client, &size);
	assert_int_equal(send(ends->client_fd, bytes, size, MSG_NOSIGNAL), size);
	tls_sent(ends->client, size);
	assert_true(wait_for(midair_stream_fd(ends->server), POLLIN, PATIENCE_MS));
}

static void without_finished_it_is_lost_after_five_seconds(void **state)
{
	struct ends ends = open_ends();
	char buffer[8];
	size_t n;

	(void)state;
	assert_in_range(midair_stream_timeout(ends.server), 4900, 11001);
	assert_int_equal(midair_stream_read(ends.server, buffer, 8, &n), -EAGAIN);
	passed_ns = 4900 * NS_PER_MS;
	assert_int_equal(midair_stream_read(ends.server, buffer, 8, &n), -EAGAIN);
	assert_int_equal(midair_stream_write(ends.server, "x", 1, &n), 0);
	passed_ns = 11001 * NS_PER_MS;
	assert_int_equal(midair_stream_timeout(ends.server), 0);
	assert_int_equal(midair_stream_read(ends.server, buffer, 8, &n), MIDAIR_E_LOST);
	assert_int_equal(midair_stream_write(ends.server, "x", 1, &n), MIDAIR_E_LOST);
	assert_int_equal(midair_stream_shutdown(ends.server), MIDAIR_E_LOST);
	assert_int_equal(midair_stream_timeout(ends.server), -1);
	close_ends(&ends);
}

static void with_finished_there_is_no_deadline(void **state)
{
	struct ends ends = open_ends();
	char buffer[8];
	size_t n;

	(void)state;
	finish(&ends);
	assert_int_equal(midair_stream_read(ends.server, buffer, 8, &n), -EAGAIN);
	assert_int_equal(midair_stream_timeout(ends.server), -1);
	passed_ns = 60000 * NS_PER_MS;
	assert_int_equal(midair_stream_read(ends.server, buffer, 8, &n), -EAGAIN);
	assert_int_equal(midair_stream_write(ends.server, "x", 1, &n), 0);
	close_ends(&ends);
}

/* Finished lies in the socket, where nobody has looked. */
static void who_only_writes_is_not_punished(void **state)
{
	struct ends ends = open_ends();
	size_t n;

	(void)state;
	finish(&ends);
	passed_ns = 60000 * NS_PER_MS;
	assert_int_equal(midair_stream_write(ends.server, "x", 1, &n), 0);
	assert_int_equal(midair_stream_timeout(ends.server), -1);
	close_ends(&ends);
}

/* Nobody wakes it: the peer is silent, and so is our own input. */
static void a_relay_does_not_wait_for_ever(void **state)
{
	struct ends ends = open_ends();
	struct midair_relay_result moved;
	uint64_t start_ms = now_ms();
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	passed_ns = (uint64_t)(midair_stream_timeout(ends.server) - 200) * NS_PER_MS;
	assert_int_equal(midair_stream_relay(in[0], out[1], ends.server, -1, 0, &moved),
			 MIDAIR_E_LOST);
	assert_in_range(now_ms() - start_ms, 150, 3000);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
	close_ends(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_finished_it_is_lost_after_five_seconds),
		cmocka_unit_test(with_finished_there_is_no_deadline),
		cmocka_unit_test(who_only_writes_is_not_punished),
		cmocka_unit_test(a_relay_does_not_wait_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
