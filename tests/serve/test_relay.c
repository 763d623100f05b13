/* SPDX-License-Identifier: MIT */
/* Pairs whose bytes the server forwards: who gets that, what it keeps of TCP, and its limits. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 10000
#define KIB	    1024u

static struct rig *rig;

struct pair {
	struct client a, b;
};

static void introduce(struct pair *pair, const char *name)
{
	pair->a = client_connect(rig->port, 1);
	pair->b = client_connect(rig->port, 2);
	client_join(&pair->a, name, 0);
	client_join(&pair->b, name, 0);
	client_hear(&pair->a, WIRE_PEER);
	client_hear(&pair->b, WIRE_PEER);
}

static void answer(struct client *client, enum wire_relay relay)
{
	client_say(client, &(struct wire_message){.type = WIRE_RELAY, .relay = relay});
}

static void begin(struct pair *pair, const char *name)
{
	introduce(pair, name);
	answer(&pair->a, WIRE_RELAY_YES);
	client_hear(&pair->b, WIRE_RELAY_WANTED);
	answer(&pair->b, WIRE_RELAY_YES);
	client_hear(&pair->a, WIRE_RELAY_READY);
	client_hear(&pair->b, WIRE_RELAY_READY);
}

static void close_both(struct pair *pair)
{
	client_close(&pair->a);
	client_close(&pair->b);
}

static void start(const char *const options[])
{
	rig = rig_start(options);
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(rig_stop(rig), 0);
	return 0;
}

static bool is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd one = {.fd = fd, .events = events};

	return poll(&one, 1, timeout_ms) == 1;
}

/* recv() within some time: the number, 0 for FIN, or -errno. */
static ssize_t receive(const struct client *client, void *bytes, size_t size)
{
	ssize_t n;

	assert_int_equal(client->n_bytes, 0);
	if (!is_ready(client->fd, POLLIN, PATIENCE_MS))
		fail_msg("nothing came");
	n = recv(client->fd, bytes, size, MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

static void expect(const struct client *client, const char *text)
{
	char bytes[64] = "";
	size_t n = 0;

	while (n < strlen(text)) {
		ssize_t now = receive(client, bytes + n, strlen(text) - n);

		assert_true(now > 0);
		n += (size_t)now;
	}
	assert_string_equal(bytes, text);
}

static void expect_fin(const struct client *client)
{
	char byte;

	assert_int_equal(receive(client, &byte, 1), 0);
}

/* What is still on its way may come first. */
static size_t expect_reset(const struct client *client)
{
	static char bytes[65536];
	size_t n_bytes = 0;
	ssize_t n;

	while ((n = receive(client, bytes, sizeof(bytes))) > 0)
		n_bytes += (size_t)n;
	assert_int_equal(n, -ECONNRESET);
	return n_bytes;
}

static void expect_closed(const struct client *client)
{
	char byte;

	assert_true(receive(client, &byte, 1) <= 0);
	assert_true(send(client->fd, &byte, 1, MSG_NOSIGNAL) < 0);
}

/* A byte at each place that tells it from its neighbours. */
static void fill(char *bytes, size_t size, size_t from)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)((from + i) * 31 / 7);
}

/* As much as the kernel and the server take without a reader. */
static size_t send_until_full(const struct client *client, size_t limit)
{
	static char bytes[65536];
	size_t n_sent = 0;

	while (n_sent < limit && is_ready(client->fd, POLLOUT, 1000)) {
		size_t size = sizeof(bytes) < limit - n_sent ? sizeof(bytes) : limit - n_sent;
		ssize_t n;

		fill(bytes, size, n_sent);
		n = send(client->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		n_sent += n > 0 ? (size_t)n : 0;
	}
	return n_sent;
}

/* The next bytes, which must be what fill() makes. */
static size_t check_some(const struct client *client, size_t from)
{
	static char bytes[65536];
	static char wanted[65536];
	ssize_t n = receive(client, bytes, sizeof(bytes));

	assert_true(n > 0);
	fill(wanted, (size_t)n, from);
	assert_memory_equal(bytes, wanted, (size_t)n);
	return (size_t)n;
}

static void bytes_go_both_ways_and_each_direction_has_its_own_end(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "x");
	client_send(&pair.a, "from a", 6);
	expect(&pair.b, "from a");
	client_send(&pair.b, "from b", 6);
	expect(&pair.a, "from b");
	client_send(&pair.a, "last", 4);
	shutdown(pair.a.fd, SHUT_WR);
	expect(&pair.b, "last");
	expect_fin(&pair.b);
	client_send(&pair.b, "goes on", 7);
	expect(&pair.a, "goes on");
	assert_int_equal(rig_metric(rig, "relays"), 1);
	shutdown(pair.b.fd, SHUT_WR);
	expect_fin(&pair.a);
	rig_wait_metric(rig, "relay_ends_total{reason=\"done\"}", 1);
	rig_wait_metric(rig, "relays", 0);
	assert_int_equal(rig_metric(rig, "relay_bytes_total"), 6 + 6 + 4 + 7);
	close_both(&pair);
}

static void a_reset_reaches_the_other_side_as_one(void **state)
{
	const struct linger reset = {.l_onoff = 1};
	struct pair pair;

	(void)state;
	begin(&pair, "x");
	setsockopt(pair.b.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	client_close(&pair.b);
	expect_reset(&pair.a);
	client_close(&pair.a);
	rig_wait_metric(rig, "relay_ends_total{reason=\"reset\"}", 1);
	/* after FIN in one direction too */
	begin(&pair, "y");
	shutdown(pair.a.fd, SHUT_WR);
	expect_fin(&pair.b);
	setsockopt(pair.a.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	client_close(&pair.a);
	/* recv() says that FIN has come, for ever: the error is told otherwise */
	assert_true(is_ready(pair.b.fd, 0, PATIENCE_MS));
	expect_closed(&pair.b);
	client_close(&pair.b);
	rig_wait_metric(rig, "relay_ends_total{reason=\"reset\"}", 2);
	rig_wait_metric(rig, "connections{state=\"relayed\"}", 0);
}

static void who_has_asked_alone_waits_and_may_leave(void **state)
{
	struct pair pair;

	(void)state;
	introduce(&pair, "x");
	answer(&pair.b, WIRE_RELAY_YES);
	client_hear(&pair.a, WIRE_RELAY_WANTED);
	/* what is sealed still reaches the one who waits */
	client_sealed(&pair.a, "sealed", 6);
	client_hear(&pair.b, WIRE_SEALED);
	client_hear_nothing(&pair.b, 50);
	client_leave(&pair.b, WIRE_REASON_GAVE_UP);
	assert_int_equal(client_hear(&pair.a, WIRE_LEFT).reason, WIRE_REASON_GAVE_UP);
	answer(&pair.a, WIRE_RELAY_YES);
	assert_int_equal(client_hear(&pair.a, WIRE_RELAY_REFUSED).refusal, WIRE_REFUSAL_PEER);
	close_both(&pair);
}

static void who_declines_is_told_to_the_other_who_may_go_on(void **state)
{
	struct pair pair;

	(void)state;
	introduce(&pair, "x");
	answer(&pair.a, WIRE_RELAY_YES);
	client_hear(&pair.b, WIRE_RELAY_WANTED);
	answer(&pair.b, WIRE_RELAY_NO);
	assert_int_equal(client_hear(&pair.a, WIRE_RELAY_REFUSED).refusal, WIRE_REFUSAL_PEER);
	client_sealed(&pair.a, "sealed", 6);
	client_hear(&pair.b, WIRE_SEALED);
	answer(&pair.a, WIRE_RELAY_YES);
	client_hear(&pair.b, WIRE_RELAY_WANTED);
	answer(&pair.b, WIRE_RELAY_YES);
	client_hear(&pair.a, WIRE_RELAY_READY);
	close_both(&pair);
}

static void who_speaks_on_after_asking_breaks_the_protocol(void **state)
{
	struct pair pair;

	(void)state;
	introduce(&pair, "x");
	answer(&pair.a, WIRE_RELAY_YES);
	client_hear(&pair.b, WIRE_RELAY_WANTED);
	client_sealed(&pair.a, "sealed", 6);
	client_hear_error(&pair.a, WIRE_ERROR_PROTOCOL);
	client_hear(&pair.b, WIRE_LEFT);
	close_both(&pair);
}

/* More than the server reads at once: its rest is for the peer as well. */
static void what_follows_the_request_at_once_is_forwarded(void **state)
{
	static uint8_t bytes[WIRE_MESSAGE_MAX + 8 * KIB];
	const struct wire_message yes = {.type = WIRE_RELAY, .relay = WIRE_RELAY_YES};
	struct pair pair;
	size_t size = wire_encode(&yes, bytes);

	(void)state;
	memset(bytes + size, 'x', 8 * KIB);
	introduce(&pair, "hasty");
	answer(&pair.a, WIRE_RELAY_YES);
	client_hear(&pair.b, WIRE_RELAY_WANTED);
	client_send(&pair.b, bytes, size + 8 * KIB);
	client_hear(&pair.b, WIRE_RELAY_READY);
	client_hear(&pair.a, WIRE_RELAY_READY);
	for (size_t left = 8 * KIB - pair.a.n_bytes; left > 0;) {
		pair.a.n_bytes = 0; /* what came with READY */
		ssize_t n = receive(&pair.a, bytes, left);

		assert_true(n > 0);
		left -= (size_t)n;
	}
	client_send(&pair.b, "later", 5);
	expect(&pair.a, "later");
	close_both(&pair);
	rig_wait_metric(rig, "relays", 0);
}

/* Nothing is read for a reader that does not, in any of the buffers on the way; and then all of it
 * arrives. */
static void a_slow_reader_holds_the_sender_back(void **state)
{
	struct pair pair;
	size_t n_sent, n_read = 0;
	char before[64], after[64];

	(void)state;
	begin(&pair, "x");
	rig_proc(rig, "status", "VmRSS:", before, sizeof(before));
	n_sent = send_until_full(&pair.a, 256u * KIB * KIB);
	assert_true(n_sent < 32u * KIB * KIB);
	rig_proc(rig, "status", "VmRSS:", after, sizeof(after));
	assert_true(strtol(after, NULL, 10) < strtol(before, NULL, 10) + 4096);
	/* the other direction is not held back */
	client_send(&pair.b, "meanwhile", 9);
	expect(&pair.a, "meanwhile");
	while (n_read < n_sent)
		n_read += check_some(&pair.b, n_read);
	close_both(&pair);
}

static void a_greedy_pair_does_not_keep_another_one_waiting(void **state)
{
	struct pair greedy, modest;
	uint64_t slowest_ms = 0;
	size_t n_sent = 0, n_read = 0;

	(void)state;
	begin(&greedy, "greedy");
	begin(&modest, "modest");
	for (int i = 0; i < 50; i++) {
		uint64_t begin_ms = rig_now_ms();

		n_sent += send_until_full(&greedy.a, 256 * KIB);
		client_send(&modest.a, "ping", 4);
		expect(&modest.b, "ping");
		if (rig_now_ms() - begin_ms > slowest_ms)
			slowest_ms = rig_now_ms() - begin_ms;
		while (is_ready(greedy.b.fd, POLLIN, 0)) {
			static char bytes[65536];
			ssize_t n = receive(&greedy.b, bytes, sizeof(bytes));

			assert_true(n > 0);
			n_read += (size_t)n;
		}
	}
	assert_true(n_sent > 0 && n_read > 0);
	assert_true(slowest_ms < 1000);
	close_both(&greedy);
	close_both(&modest);
}

static void the_log_tells_of_it_without_addresses(void **state)
{
	struct pair pair;
	size_t at;

	(void)state;
	begin(&pair, "4711");
	at = rig_wait_log(rig, 0, "relayed");
	shutdown(pair.a.fd, SHUT_WR);
	shutdown(pair.b.fd, SHUT_WR);
	rig_wait_log(rig, at, "relay-ended");
	rig_wait_log(rig, at, "reason=done");
	assert_null(strstr(strstr(rig->log, "relayed"), "127."));
	close_both(&pair);
}

static void sigterm_is_a_reset_for_both(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "x");
	rig_signal(rig, SIGTERM);
	expect_reset(&pair.a);
	expect_reset(&pair.b);
	close_both(&pair);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void a_server_without_the_option_refuses(void **state)
{
	struct client client;
	struct pair pair;

	(void)state;
	start((const char *const[]){NULL});
	client = client_connect(rig->port, 3);
	client_hello(&client);
	assert_int_equal(
		client_hear(&client, WIRE_WELCOME).welcome.capabilities & WIRE_CAN_RELAY, 0);
	client_close(&client);
	introduce(&pair, "x");
	answer(&pair.a, WIRE_RELAY_YES);
	assert_int_equal(client_hear(&pair.a, WIRE_RELAY_REFUSED).refusal, WIRE_REFUSAL_UNABLE);
	client_hear_nothing(&pair.b, 50);
	close_both(&pair);
}

static void one_pair_too_many_is_refused_until_another_ends(void **state)
{
	struct pair first, second;

	(void)state;
	start((const char *const[]){"--relay", "--limit", "relay-rooms=1", NULL});
	begin(&first, "x");
	introduce(&second, "y");
	answer(&second.a, WIRE_RELAY_YES);
	assert_int_equal(client_hear(&second.a, WIRE_RELAY_REFUSED).refusal, WIRE_REFUSAL_BUSY);
	close_both(&first);
	rig_wait_metric(rig, "relays", 0);
	answer(&second.a, WIRE_RELAY_YES);
	client_hear(&second.b, WIRE_RELAY_WANTED);
	answer(&second.b, WIRE_RELAY_YES);
	client_hear(&second.b, WIRE_RELAY_READY);
	close_both(&second);
}

static void bytes_beyond_the_limit_reset_the_pair(void **state)
{
	struct pair pair;
	size_t n_read;

	(void)state;
	start((const char *const[]){"--relay", "--relay-bytes", "64K", NULL});
	begin(&pair, "x");
	client_send(&pair.b, "some", 4);
	expect(&pair.a, "some");
	send_until_full(&pair.a, 1024 * KIB);
	n_read = expect_reset(&pair.b);
	assert_true(n_read <= 64 * KIB - 4);
	/* where send() has not told already, recv() does */
	expect_closed(&pair.a);
	close_both(&pair);
	rig_wait_metric(rig, "relay_ends_total{reason=\"bytes\"}", 1);
	assert_int_equal(rig_metric(rig, "relay_bytes_total"), 64 * KIB);
	/* exactly as many are whole */
	begin(&pair, "y");
	assert_int_equal(send_until_full(&pair.a, 64 * KIB), 64 * KIB);
	shutdown(pair.a.fd, SHUT_WR);
	for (n_read = 0; n_read < 64 * KIB;)
		n_read += check_some(&pair.b, n_read);
	expect_fin(&pair.b);
	close_both(&pair);
}

static void the_rate_is_kept(void **state)
{
	uint64_t begin_ms, took_ms;
	struct pair pair;
	size_t n_read = 0;

	(void)state;
	start((const char *const[]){"--relay", "--relay-rate", "512K", NULL});
	begin(&pair, "x");
	begin_ms = rig_now_ms();
	assert_int_equal(send_until_full(&pair.a, 896 * KIB), 896 * KIB);
	while (n_read < 896 * KIB)
		n_read += check_some(&pair.b, n_read);
	took_ms = rig_now_ms() - begin_ms;
	/* a quarter of a second's bytes may go at once, the rest takes 1.5 s */
	assert_true(took_ms >= 1400);
	assert_true(took_ms < 4000);
	close_both(&pair);
}

static void time_and_silence_have_an_end(void **state)
{
	static const struct {
		const char *option;
		const char *value;
		const char *metric;
	} rows[] = {
		{"--relay-time", "1", "relay_ends_total{reason=\"time\"}"},
		{"--limit", "relay-idle-s=1", "relay_ends_total{reason=\"idle\"}"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint64_t begin_ms;
		struct pair pair;

		start((const char *const[]){"--relay", rows[i].option, rows[i].value, NULL});
		begin(&pair, "x");
		begin_ms = rig_now_ms();
		expect_reset(&pair.a);
		expect_reset(&pair.b);
		assert_true(rig_now_ms() - begin_ms >= 900);
		assert_true(rig_now_ms() - begin_ms < 3000);
		rig_wait_metric(rig, rows[i].metric, 1);
		close_both(&pair);
		if (i + 1 < N_ITEMS(rows))
			stop(NULL);
	}
}

/* RFC 7323 2.3: the scale is agreed on with the SYNs, long before a pair is relayed. */
static void more_than_64_kib_may_be_on_their_way(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "long");
	for (int i = 0; i < 2; i++) {
		struct tcp_info info;
		socklen_t length = sizeof(info);

		assert_int_equal(getsockopt(i == 0 ? pair.a.fd : pair.b.fd, IPPROTO_TCP,
					    TCP_INFO, &info, &length),
				 0);
		/* what the server lets us send, and we let it */
		assert_true((info.tcpi_options & TCPI_OPT_WSCALE) != 0);
		assert_true(info.tcpi_snd_wscale > 0);
		assert_int_equal(info.tcpi_snd_wscale, info.tcpi_rcv_wscale);
	}
	close_both(&pair);
}

static int start_one(void **state)
{
	(void)state;
	start((const char *const[]){"--relay", "--require-sandbox", "--log-addresses", "no",
				    NULL});
	return 0;
}

/* The two may be in different workers. */
static int start_four(void **state)
{
	(void)state;
	start((const char *const[]){"--relay", "--workers", "4", "--log-addresses", "no",
				    NULL});
	return 0;
}

#define FORWARDING(test)                                                                       \
	cmocka_unit_test_setup_teardown(test, start_one, stop),                                \
		cmocka_unit_test_setup_teardown(test, start_four, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORWARDING(bytes_go_both_ways_and_each_direction_has_its_own_end),
		FORWARDING(a_reset_reaches_the_other_side_as_one),
		FORWARDING(who_has_asked_alone_waits_and_may_leave),
		FORWARDING(who_declines_is_told_to_the_other_who_may_go_on),
		FORWARDING(who_speaks_on_after_asking_breaks_the_protocol),
		FORWARDING(more_than_64_kib_may_be_on_their_way),
		FORWARDING(what_follows_the_request_at_once_is_forwarded),
		FORWARDING(a_slow_reader_holds_the_sender_back),
		FORWARDING(a_greedy_pair_does_not_keep_another_one_waiting),
		FORWARDING(the_log_tells_of_it_without_addresses),
		FORWARDING(sigterm_is_a_reset_for_both),
		cmocka_unit_test_teardown(a_server_without_the_option_refuses, stop),
		cmocka_unit_test_teardown(one_pair_too_many_is_refused_until_another_ends,
					  stop),
		cmocka_unit_test_teardown(bytes_beyond_the_limit_reset_the_pair, stop),
		cmocka_unit_test_teardown(the_rate_is_kept, stop),
		cmocka_unit_test_teardown(time_and_silence_have_an_end, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
