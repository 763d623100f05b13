/* SPDX-License-Identifier: MIT */
/* What clients can do to each other and to the server by what they send and do not read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/random.h"
#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* Honest clients meet as ever. */
static void check_service(void)
{
	static uint32_t count;
	char name[32];
	struct client a = client_connect(rig->port, 201);
	struct client b = client_connect(rig->port, 202);

	snprintf(name, sizeof(name), "service %u", count++);
	client_join(&a, name, 0);
	client_join(&b, name, 0);
	client_hear(&a, WIRE_PEER);
	client_hear(&b, WIRE_PEER);
	client_close(&a);
	client_close(&b);
}

static void bytes_that_are_no_message_end_the_connection(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t size;
	} rows[] = {
		{"a browser", "GET / HTTP/1.1\r\n\r\n", 18},
		{"an unknown type", "\x5f\0\0\0", 4},
		{"a type of the server's", "\x61\0\0\0", 4},
		{"second byte not 0", "\x41\1", 2},
		{"longer than any body", "\x43\0\xff\xff", 4},
		{"longer than its type", "\x44\0\0\2", 4},
		{"too short for its type", "\x41\0\0\5", 4},
		{"magic of something else", "\x41\0\0\6MIDS\1\1", 10},
		{"versions the wrong way round", "\x41\0\0\6MIDR\3\2", 10},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct client client = client_connect(rig->port, 1);

		client_send(&client, rows[i].bytes, rows[i].size);
		client_hear_error(&client, WIRE_ERROR_PROTOCOL);
	}
	check_service();
}

static void strangers_of_other_protocols_are_cut_off(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t size;
	} rows[] = {
		{"TLS", "\x16\3\1\0\xf8\1\0\0\xf4\3\3abcdefghijklmnop", 27},
		{"STUN with a length beyond all", "\0\1\xff\xfc\x21\x12\xa4\x42", 8},
		{"STUN without the cookie", "\0\1\0\0ABCDabcdefghijkl", 20},
		{"a STUN indication",
		 "\0\x11\0\0\x21\x12\xa4\x42"
		 "abcdefghijkl",
		 20},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct client client = client_connect(rig->port, 2);

		client_send(&client, rows[i].bytes, rows[i].size);
		client_hear_end(&client);
	}
	check_service();
}

static void another_version_is_told_so(void **state)
{
	struct client client = client_connect(rig->port, 3);

	(void)state;
	client_say(&client, &(struct wire_message){
				    .type = WIRE_HELLO,
				    .hello = {WIRE_VERSION_MAX + 1, WIRE_VERSION_MAX + 9},
			    });
	client_hear_error(&client, WIRE_ERROR_VERSION);
	/* one that can do more than we can is understood */
	client = client_connect(rig->port, 3);
	client_say(&client, &(struct wire_message){
				    .type = WIRE_HELLO,
				    .hello = {WIRE_VERSION_MIN, WIRE_VERSION_MAX + 9},
			    });
	assert_int_equal(client_hear(&client, WIRE_WELCOME).welcome.version, WIRE_VERSION_MAX);
	client_close(&client);
}

static void messages_in_the_wrong_order_end_the_connection(void **state)
{
	struct client client = client_connect(rig->port, 4);

	(void)state;
	client_enter(&client, "order", 0);
	client_hear_error(&client, WIRE_ERROR_PROTOCOL);
	client = client_connect(rig->port, 4);
	client_join(&client, "order", 0);
	client_sealed(&client, "early", 5);
	client_hear_error(&client, WIRE_ERROR_PROTOCOL);
	/* its room went with it */
	client = client_connect(rig->port, 4);
	client_join(&client, "order", 0);
	client_hear_nothing(&client, 50);
	client_close(&client);
}

static void half_a_message_costs_time_and_no_memory(void **state)
{
	struct client slow = client_connect(rig->port, 5);
	struct client half = client_connect(rig->port, 6);
	struct client cut = client_connect(rig->port, 7);
	uint64_t begin_ms = rig_now_ms();

	(void)state;
	client_send(&half, "\x41\0\0\6MID", 7);
	client_send(&cut, "\x41\0\0\6MID", 7);
	shutdown(cut.fd, SHUT_WR);
	client_hear_end(&cut);
	client_hear_error(&slow, WIRE_ERROR_SLOW);
	client_hear_error(&half, WIRE_ERROR_SLOW);
	uint64_t took_ms = rig_now_ms() - begin_ms;

	assert_in_range(took_ms, 900, 5000); /* speak-ms is 1,000 */
}

static void a_message_in_single_bytes_is_a_message(void **state)
{
	struct client client = client_connect(rig->port, 8);
	uint8_t bytes[2 * WIRE_MESSAGE_MAX];
	const struct wire_message hello = {
		.type = WIRE_HELLO,
		.hello = {WIRE_VERSION_MIN, WIRE_VERSION_MAX},
	};
	const struct wire_message enter = {
		.type = WIRE_ENTER,
		.enter = {.flags = WIRE_ENTER_ALLOCATE, .lifetime_s = 60},
	};
	size_t size = wire_encode(&hello, bytes);

	(void)state;
	size += wire_encode(&enter, bytes + size);
	for (size_t i = 0; i < size; i++)
		client_send(&client, bytes + i, 1);
	client_hear(&client, WIRE_WELCOME);
	client_hear(&client, WIRE_ROOM);
	client_close(&client);
}

/* The limits of this rig allow far more than the server's send buffer holds. */
static void a_slow_reader_is_sent_away_and_its_peer_is_told(void **state)
{
	struct client reader = client_connect(rig->port, 9);
	struct client writer = client_connect(rig->port, 10);
	const int small = 4096;
	char text[WIRE_SEALED_MAX] = "x";

	(void)state;
	setsockopt(reader.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	client_join(&reader, "slow", 0);
	client_join(&writer, "slow", 0);
	client_hear(&writer, WIRE_PEER);
	for (uint32_t i = 0; i < 20000; i++) {
		struct wire_message message = {.type = WIRE_SEALED,
					       .sealed.size = sizeof(text)};
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t size = wire_encode(&message, bytes);

		if (send(writer.fd, bytes, size, MSG_NOSIGNAL) < 0)
			break;
		if (i % 16 == 0 &&
		    recv(writer.fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK) > 0)
			break;
	}
	assert_int_equal(client_hear(&writer, WIRE_LEFT).reason, WIRE_REASON_GONE);
	assert_int_equal(rig_metric(rig, "slow_readers_total"), 1);
	client_close(&reader);
	client_close(&writer);
	check_service();
}

static void garbage_of_any_kind_leaves_the_server_well(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (uint32_t i = 0; i < 300; i++) {
		struct client client = client_connect(rig->port, 20 + i % 50);
		uint8_t bytes[3000];
		size_t size = random_below(&random, sizeof(bytes));
		uint8_t valid[WIRE_MESSAGE_MAX];
		const struct wire_message hello = {
			.type = WIRE_HELLO,
			.hello = {WIRE_VERSION_MIN, WIRE_VERSION_MAX},
		};
		size_t n_valid = wire_encode(&hello, valid);

		for (size_t j = 0; j < size; j++)
			bytes[j] = (uint8_t)random_next(&random);
		/* some of it after a good beginning, some with one bit changed */
		if (i % 3 == 1)
			send(client.fd, valid, n_valid, MSG_NOSIGNAL);
		if (i % 3 == 2 && size > n_valid) {
			memcpy(bytes, valid, n_valid);
			bytes[random_below(&random, n_valid)] ^=
				(uint8_t)(1u << random_below(&random, 8));
		}
		send(client.fd, bytes, size, MSG_NOSIGNAL);
		client_close(&client);
	}
	check_service();
}

static void stun_requests_beyond_their_number_end_the_connection(void **state)
{
	static const uint8_t request[] = "\0\1\0\0\x21\x12\xa4\x42"
					 "abcdefghijkl";
	struct client client = client_connect(rig->port, 13);
	uint8_t answers[8192];
	size_t n_answers = 0;
	ssize_t n;

	(void)state;
	/* 100 is the default */
	for (uint32_t i = 0; i < 101; i++)
		send(client.fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
	while ((n = recv(client.fd, answers + n_answers, sizeof(answers) - n_answers, 0)) > 0)
		n_answers += (size_t)n;
	assert_int_equal(n_answers % 32, 0);
	assert_true(n_answers <= 100 * 32u);
	assert_int_equal(rig_metric(rig, "stun_answers_total"), 100);
	client_close(&client);
	check_service();
}

static int begin(void **state)
{
	static const char *const options[] = {
		"--limit", "speak-ms=1000",	    "--limit", "sealed-messages=65535",
		"--limit", "sealed-bytes=67108864", "--limit", "messages-burst=60000",
		"--limit", "output-bytes=4608",	    NULL,
	};

	(void)state;
	rig = rig_start(options);
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
		cmocka_unit_test(bytes_that_are_no_message_end_the_connection),
		cmocka_unit_test(strangers_of_other_protocols_are_cut_off),
		cmocka_unit_test(another_version_is_told_so),
		cmocka_unit_test(messages_in_the_wrong_order_end_the_connection),
		cmocka_unit_test(half_a_message_costs_time_and_no_memory),
		cmocka_unit_test(a_message_in_single_bytes_is_a_message),
		cmocka_unit_test(a_slow_reader_is_sent_away_and_its_peer_is_told),
		cmocka_unit_test(garbage_of_any_kind_leaves_the_server_well),
		cmocka_unit_test(stun_requests_beyond_their_number_end_the_connection),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
