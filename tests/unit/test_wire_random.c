/* SPDX-License-Identifier: MIT */
/* What the encoder does: properties over seeded random messages and random bytes, and what it
 * refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "core/wire.h"
#include "tests/unit/unit.h"

#define ROUNDS 20000

static const enum wire_type types[] = {
	WIRE_HELLO,	   WIRE_ENTER,	       WIRE_SEALED,	  WIRE_LEAVE, WIRE_WELCOME,
	WIRE_ROOM,	   WIRE_PEER,	       WIRE_LEFT,	  WIRE_ERROR, WIRE_PROBE_INFO,
	WIRE_PROBE,	   WIRE_PROBES,	       WIRE_PROBE_RESULT, WIRE_RELAY, WIRE_RELAY_READY,
	WIRE_RELAY_WANTED, WIRE_RELAY_REFUSED,
};

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
	return least + (uint32_t)random_below(random, (uint64_t)most - least + 1);
}

static void fill(struct random *random, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)random_next(random);
}

static struct midair_endpoint random_endpoint(struct random *random)
{
	struct midair_endpoint endpoint = {.port = (uint16_t)between(random, 1, UINT16_MAX)};

	endpoint.family = random_below(random, 2) ? MIDAIR_IPV4 : MIDAIR_IPV6;
	fill(random, endpoint.address, endpoint.family == MIDAIR_IPV4 ? 4 : 16);
	/* unicast, whatever the rest is */
	endpoint.address[0] = (uint8_t)between(random, 1, 223);
	return endpoint;
}

static void random_enter(struct random *random, struct wire_enter *enter)
{
	enter->flags = (uint8_t)random_below(random, 3);
	enter->lifetime_s = between(random, 1, WIRE_LIFETIME_S_MAX);
	if (!(enter->flags & WIRE_ENTER_ALLOCATE))
		enter->name_size = (uint8_t)between(random, 1, WIRE_NAME_MAX);
	fill(random, enter->name, enter->name_size);
	fill(random, enter->share_a, sizeof(enter->share_a));
	fill(random, enter->share_b, sizeof(enter->share_b));
}

static void random_probes(struct random *random, struct wire_probes *probes)
{
	probes->second_port = (uint16_t)random_next(random);
	probes->silent_port = (uint16_t)random_next(random);
	probes->refusing_port = (uint16_t)random_next(random);
	if (random_below(random, 2))
		probes->alternative = random_endpoint(random);
}

static void random_probe_result(struct random *random, struct wire_probe_result *result)
{
	result->token = (uint16_t)random_next(random);
	result->kind = (uint8_t)between(random, WIRE_PROBE_FRESH, WIRE_PROBE_REFUSING);
	result->outcome = (uint8_t)between(random, WIRE_PROBE_CONNECTED, WIRE_PROBE_UNABLE);
	result->error = (uint8_t)between(random, 0, WIRE_PROBE_ERROR_OTHER);
	result->elapsed_ms = (uint16_t)random_next(random);
}

static struct wire_message random_message(struct random *random)
{
	struct wire_message message;

	memset(&message, 0, sizeof(message));
	message.type = types[random_below(random, N_ITEMS(types))];
	switch (message.type) {
	case WIRE_HELLO:
		message.hello.version_min = (uint8_t)between(random, 1, 255);
		message.hello.version_max =
			(uint8_t)between(random, message.hello.version_min, 255);
		break;
	case WIRE_ENTER:
		random_enter(random, &message.enter);
		break;
	case WIRE_SEALED:
		message.sealed.size = (uint16_t)between(random, 1, WIRE_SEALED_MAX);
		fill(random, message.sealed.bytes, message.sealed.size);
		break;
	case WIRE_LEAVE:
		message.reason = (enum wire_reason)between(random, 1, WIRE_REASON_GAVE_UP);
		break;
	case WIRE_WELCOME:
		message.welcome.version = 1;
		message.welcome.capabilities = (uint16_t)random_next(random);
		message.welcome.observed = random_endpoint(random);
		break;
	case WIRE_ROOM:
		message.room.number = (uint32_t)random_next(random);
		message.room.lifetime_s = between(random, 0, WIRE_LIFETIME_S_MAX);
		break;
	case WIRE_PEER:
		message.peer.role = (uint8_t)between(random, MIDAIR_ROLE_A, MIDAIR_ROLE_B);
		fill(random, message.peer.share, sizeof(message.peer.share));
		message.peer.observed = random_endpoint(random);
		break;
	case WIRE_LEFT:
		message.reason = (enum wire_reason)between(random, 0, WIRE_REASON_GAVE_UP);
		break;
	case WIRE_ERROR:
		message.error = (enum wire_error)between(random, 1, WIRE_ERROR_CLOSING);
		break;
	case WIRE_PROBE_INFO:
		break;
	case WIRE_PROBE:
		message.probe.token = (uint16_t)random_next(random);
		message.probe.kind =
			(uint8_t)between(random, WIRE_PROBE_FRESH, WIRE_PROBE_REFUSING);
		break;
	case WIRE_PROBES:
		random_probes(random, &message.probes);
		break;
	case WIRE_PROBE_RESULT:
		random_probe_result(random, &message.probe_result);
		break;
	case WIRE_RELAY:
		message.relay = (enum wire_relay)between(random, WIRE_RELAY_YES, WIRE_RELAY_NO);
		break;
	case WIRE_RELAY_READY:
	case WIRE_RELAY_WANTED:
		break;
	case WIRE_RELAY_REFUSED:
		message.refusal = (enum wire_refusal)between(random, WIRE_REFUSAL_UNABLE,
							     WIRE_REFUSAL_PEER);
		break;
	}
	return message;
}

static void what_was_encoded_is_decoded_alike(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < ROUNDS; i++) {
		struct wire_message message = random_message(&random);
		struct wire_message decoded;
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t size = wire_encode(&message, bytes);

		assert_true(size > 0);
		assert_int_equal(wire_decode(bytes, size, &decoded), size);
		assert_memory_equal(&decoded, &message, sizeof(message));
	}
}

/* In memory of exactly that size. */
static void check_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	uint8_t again[WIRE_MESSAGE_MAX];
	struct wire_message message;
	int n_bytes;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	n_bytes = wire_decode(exact, size, &message);
	assert_in_range(n_bytes + 1, 0, size + 1);
	if (n_bytes > 0) {
		size_t n_again = wire_encode(&message, again);

		/* what a later version's HELLO says in addition is not kept */
		if (message.type == WIRE_HELLO && message.hello.version_max > WIRE_VERSION_MAX)
			exact[2] = exact[3] = again[2] = again[3] = 0;
		else
			assert_int_equal(n_again, n_bytes);
		assert_memory_equal(again, exact, n_again);
	}
	free(exact);
}

static void random_bytes_are_refused_or_encoded_alike(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 2);
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t bytes[200];
		size_t size = (size_t)random_below(&random, sizeof(bytes));

		fill(&random, bytes, size);
		if (size >= 4 && random_below(&random, 4)) {
			bytes[0] = (uint8_t)types[random_below(&random, N_ITEMS(types))];
			bytes[1] = bytes[2] = 0;
			bytes[3] = (uint8_t)(size - 4);
		}
		check_bytes(bytes, size);
	}
}

static void damaged_messages_are_refused_or_encoded_alike(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 3);
	for (int i = 0; i < ROUNDS; i++) {
		struct wire_message message = random_message(&random);
		uint8_t bytes[WIRE_MESSAGE_MAX];
		size_t size = wire_encode(&message, bytes);

		bytes[random_below(&random, size)] ^= (uint8_t)(1u << random_below(&random, 8));
		check_bytes(bytes, (size_t)random_below(&random, size) + 1);
		check_bytes(bytes, size);
	}
}

static void a_scope_stays_at_home(void **state)
{
	struct wire_message message = {
		.type = WIRE_WELCOME,
		.welcome = {.version = 1,
			    .observed = {.address = {0xfe, 0x80, [15] = 1},
					 .scope_id = 3,
					 .port = 1314,
					 .family = MIDAIR_IPV6}},
	};
	struct wire_message decoded;
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(&message, bytes);

	(void)state;
	assert_int_equal(wire_decode(bytes, size, &decoded), size);
	assert_int_equal(decoded.welcome.observed.scope_id, 0);
	message.welcome.observed.scope_id = 0;
	assert_true(
		midair_endpoint_equal(&decoded.welcome.observed, &message.welcome.observed));
}

static void what_cannot_be_sent_is_not_encoded(void **state)
{
	static const struct {
		const char *name;
		struct wire_message message;
	} rows[] = {
		{"no type", {.type = 0}},
		{"a type of nobody's", {.type = 0x5f}},
		{"a probe of no kind", {.type = WIRE_PROBE}},
		{"a result without an outcome",
		 {.type = WIRE_PROBE_RESULT, .probe_result = {.kind = WIRE_PROBE_FRESH}}},
		{"relay: neither yes nor no", {.type = WIRE_RELAY}},
		{"relay refused for no reason", {.type = WIRE_RELAY_REFUSED}},
		{"hello without a version", {.type = WIRE_HELLO}},
		{"hello backwards", {.type = WIRE_HELLO, .hello = {2, 1}}},
		{"enter without a name", {.type = WIRE_ENTER, .enter = {.lifetime_s = 1}}},
		{"enter with a long name",
		 {.type = WIRE_ENTER, .enter = {.lifetime_s = 1, .name_size = 33}}},
		{"allocate with a name",
		 {.type = WIRE_ENTER,
		  .enter = {.flags = WIRE_ENTER_ALLOCATE, .lifetime_s = 1, .name_size = 1}}},
		{"allocate reusable",
		 {.type = WIRE_ENTER,
		  .enter = {.flags = WIRE_ENTER_ALLOCATE | WIRE_ENTER_REUSABLE,
			    .lifetime_s = 1}}},
		{"enter for no time",
		 {.type = WIRE_ENTER, .enter = {.flags = WIRE_ENTER_ALLOCATE}}},
		{"enter for more than a day",
		 {.type = WIRE_ENTER,
		  .enter = {.flags = WIRE_ENTER_ALLOCATE, .lifetime_s = 86401}}},
		{"nothing sealed", {.type = WIRE_SEALED}},
		{"too much sealed", {.type = WIRE_SEALED, .sealed = {.size = 1001}}},
		{"leave without a word", {.type = WIRE_LEAVE, .reason = WIRE_REASON_GONE}},
		{"welcome of nobody", {.type = WIRE_WELCOME, .welcome = {.version = 1}}},
		{"room for more than a day",
		 {.type = WIRE_ROOM, .room = {.lifetime_s = 86401}}},
		{"peer without a role", {.type = WIRE_PEER}},
		{"left for no reason", {.type = WIRE_LEFT, .reason = 4}},
		{"no error", {.type = WIRE_ERROR, .error = 0}},
		{"an unknown error", {.type = WIRE_ERROR, .error = 9}},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint8_t bytes[WIRE_MESSAGE_MAX];

		EXPECT(wire_encode(&rows[i].message, bytes) == 0, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_encoded_is_decoded_alike),
		cmocka_unit_test(random_bytes_are_refused_or_encoded_alike),
		cmocka_unit_test(damaged_messages_are_refused_or_encoded_alike),
		cmocka_unit_test(a_scope_stays_at_home),
		cmocka_unit_test(what_cannot_be_sent_is_not_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
