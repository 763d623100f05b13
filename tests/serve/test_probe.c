/* SPDX-License-Identifier: MIT */
/* The server dials a client that asks for it: that client and nobody else, and not too often. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

/* The one that the server gets by --alt is 127.0.0.9. */
#define OTHER_ADDRESS "127.0.0.9"
#define FIRST_PORT    20000u
#define N_CHOICES     8000u

static struct rig *rig;
static uint16_t probe_port;

static struct sockaddr_in address_of(const char *text, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
	return address;
}

/* A socket on the address and port (0: any), shared with others of ours. -1: it is taken. */
static int try_socket(const char *text, uint16_t port)
{
	struct sockaddr_in address = address_of(text, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	const int on = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static int listener_on(const char *text, uint16_t port)
{
	int fd = try_socket(text, port);

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	return poll(&one, 1, timeout_ms) == 1;
}

/* Connects from the address's fresh port, says HELLO. */
static struct client asker(const char *text)
{
	struct sockaddr_in to = address_of("127.0.0.1", rig->port);
	struct client client = {.fd = try_socket(text, 0)};
	struct pollfd one = {.fd = client.fd, .events = POLLOUT};

	assert_true(client.fd >= 0);
	if (connect(client.fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(poll(&one, 1, 5000), 1);
	client_hello(&client);
	assert_true(client_hear(&client, WIRE_WELCOME).welcome.capabilities & WIRE_CAN_PROBE);
	return client;
}

static void ask(struct client *client, enum wire_probe_kind kind)
{
	client_say(client,
		   &(struct wire_message){.type = WIRE_PROBE,
					  .probe = {.token = 77, .kind = (uint8_t)kind}});
}

static void expect_result(struct client *client, enum wire_probe_outcome outcome)
{
	struct wire_message message = client_hear(client, WIRE_PROBE_RESULT);

	assert_int_equal(message.probe_result.token, 77);
	assert_int_equal(message.probe_result.outcome, outcome);
}

/* Who has connected; the connection is closed. */
static struct sockaddr_in accept_one(int listener)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof(from);
	int fd;

	assert_true(is_readable(listener, 5000));
	fd = accept(listener, (struct sockaddr *)&from, &size);
	assert_true(fd >= 0);
	close(fd);
	return from;
}

static void the_dial_comes_to_who_asked_and_to_nobody_else(void **state)
{
	static const struct {
		enum wire_probe_kind kind;
		const char *from;
	} rows[] = {
		{WIRE_PROBE_FRESH, "127.0.0.1"},
		{WIRE_PROBE_ALTERNATIVE, OTHER_ADDRESS},
		{WIRE_PROBE_REFUSING, "127.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct client client = asker("127.0.0.5");
		uint16_t port = port_of(client.fd);
		int listener = listener_on("127.0.0.5", port);
		/* The same port of the neighbours, and of the server itself. */
		int others[] = {listener_on("127.0.0.6", port), listener_on("127.0.0.1", port),
				listener_on(OTHER_ADDRESS, port)};
		struct sockaddr_in from;

		ask(&client, rows[i].kind);
		expect_result(&client, WIRE_PROBE_CONNECTED);
		from = accept_one(listener);
		assert_int_equal(from.sin_addr.s_addr,
				 address_of(rows[i].from, 0).sin_addr.s_addr);
		assert_int_not_equal(ntohs(from.sin_port), rig->port);
		for (size_t n = 0; n < N_ITEMS(others); n++) {
			assert_false(is_readable(others[n], 0));
			close(others[n]);
		}
		assert_false(is_readable(listener, 0));
		close(listener);
		client_close(&client);
	}
}

/* There is no field for a target, and a message with one is none. */
static void a_message_that_names_a_target_is_refused(void **state)
{
	/* PROBE, ten bytes: token, kind, and the family, port and address of another. */
	static const uint8_t bytes[] = {0x46, 0, 0, 10, 0, 77, 1, 4, 0x50, 0, 127, 0, 0, 6};
	struct client client = asker("127.0.0.5");

	(void)state;
	client_send(&client, bytes, sizeof(bytes));
	client_hear_error(&client, WIRE_ERROR_PROTOCOL);
	client_close(&client);
}

static void who_does_not_listen_is_told_of_its_own_reset(void **state)
{
	struct client client = asker("127.0.0.5");

	(void)state;
	ask(&client, WIRE_PROBE_FRESH);
	expect_result(&client, WIRE_PROBE_RESET);
	client_close(&client);
}

static int dial_from(const char *text, uint16_t local_port, uint16_t port)
{
	struct sockaddr_in to = address_of("127.0.0.1", port);
	int fd = try_socket(text, local_port);

	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

static int outcome_of(int fd, int timeout_ms)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&one, 1, timeout_ms) != 1)
		return EINPROGRESS;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	return error;
}

static void a_syn_to_the_silent_port_is_met_by_the_servers_own(void **state)
{
	struct client client = asker("127.0.0.5");
	uint16_t silent_port = (uint16_t)(probe_port + 1);
	int fd = dial_from("127.0.0.5", port_of(client.fd), silent_port);
	int error;

	(void)state;
	assert_int_equal(outcome_of(fd, 200), EINPROGRESS);
	ask(&client, WIRE_PROBE_SILENT);
	expect_result(&client, WIRE_PROBE_CONNECTED);
	/* Established, and reset already when we look late. */
	error = outcome_of(fd, 2000);
	assert_true(error == 0 || error == ECONNRESET);
	close(fd);
	client_close(&client);
}

static void the_refusing_port_refuses_and_the_second_answers(void **state)
{
	int refused = dial_from("127.0.0.5", 0, (uint16_t)(probe_port + 2));
	struct client second = client_connect(probe_port, 5);
	struct wire_message message;

	(void)state;
	assert_int_equal(outcome_of(refused, 2000), ECONNREFUSED);
	close(refused);
	client_hello(&second);
	client_hear(&second, WIRE_WELCOME);
	client_say(&second, &(struct wire_message){.type = WIRE_PROBE_INFO});
	message = client_hear(&second, WIRE_PROBES);
	assert_int_equal(message.probes.second_port, probe_port);
	assert_int_equal(message.probes.silent_port, probe_port + 1);
	assert_int_equal(message.probes.refusing_port, probe_port + 2);
	assert_int_equal(message.probes.alternative.address[3], 9);
	assert_int_equal(message.probes.alternative.port, rig->port);
	client_close(&second);
}

static void a_flood_of_probes_is_limited_and_hurts_nobody(void **state)
{
	struct client client = asker("127.0.0.7");
	uint64_t n_before = rig_metric(rig, "probes_total{outcome=\"reset\"}");
	uint32_t n_limited = 0;

	(void)state;
	for (int i = 0; i < 50; i++)
		ask(&client, WIRE_PROBE_FRESH);
	for (int i = 0; i < 50; i++)
		n_limited += client_hear(&client, WIRE_PROBE_RESULT).probe_result.outcome ==
			     WIRE_PROBE_LIMITED;
	assert_in_range(n_limited, 42, 50);
	client_close(&client);
	assert_in_range(rig_metric(rig, "probes_total{outcome=\"reset\"}") - n_before, 1, 8);
	the_dial_comes_to_who_asked_and_to_nobody_else(NULL);
}

/* Many connections of many addresses, each asks and goes: nothing is left behind. */
static void who_goes_leaves_no_dial(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		char text[24];

		snprintf(text, sizeof(text), "127.0.1.%d", i + 1);
		struct client client = asker(text);

		ask(&client, WIRE_PROBE_SILENT);
		client_close(&client);
	}
	rig_wait_metric(rig, "connections{state=\"greeted\"}", 0);
	the_dial_comes_to_who_asked_and_to_nobody_else(NULL);
}

static void a_server_that_cannot_says_so_and_works(void **state)
{
	static const char *const options[] = {"--probe-port", "off", NULL};
	struct client client;

	(void)state;
	assert_int_equal(rig_stop(rig), 0);
	rig = rig_start(options);
	client = client_connect(rig->port, 5);
	client_hello(&client);
	assert_false(client_hear(&client, WIRE_WELCOME).welcome.capabilities & WIRE_CAN_PROBE);
	ask(&client, WIRE_PROBE_FRESH);
	expect_result(&client, WIRE_PROBE_UNABLE);
	client_close(&client);
	client = client_connect(rig->port, 5);
	client_join(&client, "still a room", 0);
	client_close(&client);
}

/* Three ports in a row, below those that the kernel gives out by itself. */
static uint16_t find_ports(void)
{
	for (uint32_t i = 0; i < N_CHOICES; i += 3) {
		uint16_t first =
			(uint16_t)(FIRST_PORT + ((uint32_t)getpid() * 3 + i) % N_CHOICES);
		int fds[3];
		bool is_free = true;

		for (int n = 0; n < 3; n++) {
			fds[n] = try_socket("127.0.0.1", (uint16_t)(first + n));
			is_free &= fds[n] >= 0;
		}
		for (int n = 0; n < 3; n++)
			close(fds[n]);
		if (is_free)
			return first;
	}
	fail_msg("no ports");
	return 0;
}

static int begin(void **state)
{
	char port[8];
	const char *options[] = {"--probe-port", port, "--alt", OTHER_ADDRESS, NULL};

	(void)state;
	probe_port = find_ports();
	snprintf(port, sizeof(port), "%u", probe_port);
	rig = rig_start(options);
	assert_true(rig_log_has(rig, "probes state=on"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	return rig_stop(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dial_comes_to_who_asked_and_to_nobody_else),
		cmocka_unit_test(a_message_that_names_a_target_is_refused),
		cmocka_unit_test(who_does_not_listen_is_told_of_its_own_reset),
		cmocka_unit_test(a_syn_to_the_silent_port_is_met_by_the_servers_own),
		cmocka_unit_test(the_refusing_port_refuses_and_the_second_answers),
		cmocka_unit_test(a_flood_of_probes_is_limited_and_hurts_nobody),
		cmocka_unit_test(who_goes_leaves_no_dial),
		cmocka_unit_test(a_server_that_cannot_says_so_and_works),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
