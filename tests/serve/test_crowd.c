/* SPDX-License-Identifier: MIT */
/* Many at once: silent ones, full tables, one address with too many, no descriptor left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

#define N_FLOOD	      10000u
#define N_ADDRESSES   400u
#define FIRST_ADDRESS 1000u

static const char *const no_options[] = {NULL};

/* How long two honest clients take from connect() to both introductions. */
static uint64_t pair_ms(const struct rig *rig, const char *name)
{
	uint64_t begin_ms = rig_now_ms();
	struct client a = client_connect(rig->port, 1);
	struct client b = client_connect(rig->port, 2);

	client_join(&a, name, 0);
	client_join(&b, name, 0);
	client_hear(&a, WIRE_PEER);
	client_hear(&b, WIRE_PEER);
	uint64_t took_ms = rig_now_ms() - begin_ms;

	client_close(&a);
	client_close(&b);
	return took_ms;
}

static void use_all_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < N_FLOOD + 100)
		skip();
}

static void ten_thousand_that_never_speak_do_not_keep_two_from_meeting(void **state)
{
	/* Long enough to speak that the first is still there when the last has come. */
	static const char *const options[] = {"--limit", "connects-burst=1000", "--limit",
					      "speak-ms=10000", NULL};
	static int flood[N_FLOOD];
	char name[32];
	uint64_t slowest_ms = 0;

	(void)state;
	use_all_descriptors();
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < N_FLOOD; i++) {
		flood[i] = client_connect(rig->port, FIRST_ADDRESS + i % N_ADDRESSES).fd;
		if (i % 500 != 0)
			continue;
		snprintf(name, sizeof(name), "in the flood %u", i);
		uint64_t took_ms = pair_ms(rig, name);

		slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
	}
	rig_wait_metric(rig, "connections{state=\"silent\"}", N_FLOOD);
	for (uint32_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "after it %u", i);
		uint64_t took_ms = pair_ms(rig, name);

		slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
	}
	assert_true(slowest_ms < 1000);
	assert_int_equal(rig_metric(rig, "connections{state=\"silent\"}"), N_FLOOD);
	assert_int_equal(rig_metric(rig, "evictions_total"), 0);
	/* and their time to speak ends */
	rig_wait_metric(rig, "connections{state=\"silent\"}", 0);
	for (uint32_t i = 0; i < N_FLOOD; i++)
		close(flood[i]);
	assert_int_equal(rig_stop(rig), 0);
}

static void a_full_table_sends_the_oldest_silent_one_away(void **state)
{
	static const char *const options[] = {"--max-connections", "20", NULL};
	struct client silent[20];

	(void)state;
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < 20; i++)
		silent[i] = client_connect(rig->port, 10 + i);
	rig_wait_metric(rig, "connections{state=\"silent\"}", 20);
	struct client newest = client_connect(rig->port, 50);

	client_join(&newest, "room", 0);
	client_hear_error(&silent[0], WIRE_ERROR_BUSY);
	client_hear_nothing(&silent[1], 20);
	assert_int_equal(rig_metric(rig, "evictions_total"), 1);
	assert_int_equal(rig_metric(rig, "connections{state=\"silent\"}"), 19);
	for (uint32_t i = 1; i < 20; i++)
		client_close(&silent[i]);
	client_close(&newest);
	assert_int_equal(rig_stop(rig), 0);
}

static void a_table_of_those_who_wait_refuses_with_busy(void **state)
{
	static const char *const options[] = {"--max-connections", "3", NULL};
	struct client waiting[3];

	(void)state;
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < 3; i++) {
		waiting[i] = client_connect(rig->port, 10 + i);
		client_join(&waiting[i], NULL, 0);
	}
	struct client fourth = client_connect(rig->port, 50);

	client_hear_error(&fourth, WIRE_ERROR_BUSY);
	client_close(&waiting[0]);
	rig_wait_metric(rig, "connections{state=\"waiting\"}", 2);
	fourth = client_connect(rig->port, 50);
	client_join(&fourth, NULL, 0);
	for (uint32_t i = 1; i < 3; i++)
		client_close(&waiting[i]);
	client_close(&fourth);
	assert_int_equal(rig_stop(rig), 0);
}

static void an_address_has_so_many_connections_and_another_one_its_own(void **state)
{
	static const char *const options[] = {"--limit", "connections-per-address=5", NULL};
	struct client clients[5];

	(void)state;
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < 5; i++)
		clients[i] = client_connect(rig->port, 10);
	rig_wait_metric(rig, "connections{state=\"silent\"}", 5);
	struct client sixth = client_connect(rig->port, 10);

	client_hear_error(&sixth, WIRE_ERROR_TOO_MANY);
	assert_true(pair_ms(rig, "others") < 1000);
	client_close(&clients[0]);
	rig_wait_metric(rig, "connections{state=\"silent\"}", 4);
	sixth = client_connect(rig->port, 10);
	client_join(&sixth, NULL, 0);
	client_close(&sixth);
	for (uint32_t i = 1; i < 5; i++)
		client_close(&clients[i]);
	assert_int_equal(rig_stop(rig), 0);
}

static void an_address_opens_so_many_rooms(void **state)
{
	static const char *const options[] = {"--limit", "rooms-per-address=3", NULL};
	struct client clients[4];

	(void)state;
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < 4; i++) {
		clients[i] = client_connect(rig->port, 10);
		client_hello(&clients[i]);
		client_enter(&clients[i], NULL, 0);
		client_hear(&clients[i], WIRE_WELCOME);
		if (i < 3)
			client_hear(&clients[i], WIRE_ROOM);
	}
	client_hear_error(&clients[3], WIRE_ERROR_TOO_MANY);
	for (uint32_t i = 0; i < 3; i++)
		client_close(&clients[i]);
	assert_int_equal(rig_stop(rig), 0);
}

/* The table is larger than the number of descriptors, which is never so unless both are tiny. */
static void without_a_descriptor_it_waits_and_does_not_spin(void **state)
{
	enum { N = 400 };
	static int crowd[N];

	(void)state;
	struct rig *rig = rig_start_with_descriptors(no_options, 200);
	uint64_t begin_ms = rig_now_ms();

	for (uint32_t i = 0; i < N; i++)
		crowd[i] = client_connect(rig->port, FIRST_ADDRESS + i).fd;
	rig_wait_log(rig, 0, "accept-pause");
	/* It waits at the other listener as well. */
	struct client scraper = client_connect(rig->metrics_port, 1);
	uint64_t cpu_ms = rig_cpu_ms(rig);
	struct client probe = client_connect(rig->port, 1);

	client_hear_nothing(&probe, 1000);
	uint64_t busy_ms = rig_cpu_ms(rig) - cpu_ms;

	assert_true(busy_ms < 500);
	for (uint32_t i = 0; i < N; i++)
		close(crowd[i]);
	client_join(&probe, NULL, 0);
	client_close(&probe);
	client_close(&scraper);
	assert_true(rig_metric(rig, "accept_pauses_total") > 0);
	assert_true(rig_now_ms() - begin_ms < 10000);
	assert_int_equal(rig_stop(rig), 0);
}

/* The worker keeps 1,024 of them; the rest wait in the kernel, and are none the worse for it. */
static void half_messages_beyond_their_places_become_whole_all_the_same(void **state)
{
	enum { N = 1100 };
	static const char *const options[] = {"--limit", "speak-ms=60000", NULL};
	static struct client clients[N];
	static const uint8_t hello[] = {0x41, 0, 0, 6, 'M', 'I', 'D', 'R', 1, 1};

	(void)state;
	use_all_descriptors();
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < N; i++) {
		clients[i] = client_connect(rig->port, FIRST_ADDRESS + i % N_ADDRESSES);
		client_send(&clients[i], hello, 7);
	}
	rig_wait_metric(rig, "connections{state=\"silent\"}", N);
	assert_true(pair_ms(rig, "honest") < 1000);
	for (uint32_t i = 0; i < N; i++) {
		client_send(&clients[i], hello + 7, sizeof(hello) - 7);
		client_hear(&clients[i], WIRE_WELCOME);
		client_close(&clients[i]);
	}
	assert_int_equal(rig_stop(rig), 0);
}

static void two_workers_serve_a_crowd_of_pairs(void **state)
{
	static const char *const options[] = {"--workers", "2", "--limit",
					      "connections-per-address=1000", NULL};
	enum { N = 300 };
	static struct client clients[2][N];

	(void)state;
	struct rig *rig = rig_start(options);

	for (uint32_t i = 0; i < N; i++)
		for (uint32_t j = 0; j < 2; j++) {
			char name[32];

			clients[j][i] = client_connect(rig->port, 100 + i % 50);
			snprintf(name, sizeof(name), "pair %u", i);
			client_hello(&clients[j][i]);
			client_enter(&clients[j][i], name, 0);
		}
	for (uint32_t i = 0; i < N; i++) {
		for (uint32_t j = 0; j < 2; j++) {
			client_hear(&clients[j][i], WIRE_WELCOME);
			client_hear(&clients[j][i], WIRE_ROOM);
			client_hear(&clients[j][i], WIRE_PEER);
			client_sealed(&clients[j][i], "hello", 5);
		}
		client_hear(&clients[0][i], WIRE_SEALED);
		client_hear(&clients[1][i], WIRE_SEALED);
		client_close(&clients[0][i]);
	}
	for (uint32_t i = 0; i < N; i++) {
		client_hear(&clients[1][i], WIRE_LEFT);
		client_close(&clients[1][i]);
	}
	assert_int_equal(rig_metric(rig, "introductions_total"), N);
	rig_wait_metric(rig, "connections{state=\"introduced\"}", 0);
	assert_int_equal(rig_stop(rig), 0);
}

/* Messages of all lengths, as fast as they go: each ends somewhere else in what is read. */
static void a_long_stream_of_messages_neither_stalls_nor_tears(void **state)
{
	static const char *const options[] = {
		"--limit", "sealed-messages=65535", "--limit", "sealed-bytes=67108864",
		"--limit", "messages-burst=60000",  "--limit", "output-bytes=16777216",
		NULL,
	};
	enum { N = 5000 };
	struct rig *rig = rig_start(options);
	struct client a = client_connect(rig->port, 14);
	struct client b = client_connect(rig->port, 15);
	static uint8_t stream[N * WIRE_MESSAGE_MAX];
	struct wire_message message = {.type = WIRE_SEALED};
	size_t size = 0, n_sent = 0;
	uint32_t n_heard = 0;

	(void)state;
	client_join(&a, "stream", 0);
	client_join(&b, "stream", 0);
	client_hear(&a, WIRE_PEER);
	client_hear(&b, WIRE_PEER);
	for (uint32_t i = 0; i < N; i++) {
		message.sealed.size = (uint16_t)(4 + (i * 7919) % (WIRE_SEALED_MAX - 4));
		memcpy(message.sealed.bytes, &i, sizeof(i));
		size += wire_encode(&message, stream + size);
	}
	while (n_heard < N) {
		ssize_t n = n_sent < size ? send(a.fd, stream + n_sent, size - n_sent,
						 MSG_NOSIGNAL | MSG_DONTWAIT)
					  : 0;
		uint32_t number;

		n_sent += n > 0 ? (size_t)n : 0;
		for (uint32_t i = 0; i < 4 && n_heard < N; i++) {
			struct wire_sealed heard = client_hear(&b, WIRE_SEALED).sealed;

			memcpy(&number, heard.bytes, sizeof(number));
			assert_int_equal(number, n_heard++);
		}
	}
	client_close(&a);
	client_close(&b);
	assert_int_equal(rig_stop(rig), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_that_never_speak_do_not_keep_two_from_meeting),
		cmocka_unit_test(a_full_table_sends_the_oldest_silent_one_away),
		cmocka_unit_test(a_table_of_those_who_wait_refuses_with_busy),
		cmocka_unit_test(an_address_has_so_many_connections_and_another_one_its_own),
		cmocka_unit_test(an_address_opens_so_many_rooms),
		cmocka_unit_test(without_a_descriptor_it_waits_and_does_not_spin),
		cmocka_unit_test(a_long_stream_of_messages_neither_stalls_nor_tears),
		cmocka_unit_test(half_messages_beyond_their_places_become_whole_all_the_same),
		cmocka_unit_test(two_workers_serve_a_crowd_of_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
