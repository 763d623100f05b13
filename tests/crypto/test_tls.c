/* SPDX-License-Identifier: MIT */
/* TLS from memory to memory: who may come in, and who may not. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "crypto/tls.h"
#include "tests/crypto/tls_pump.h"
#include "tests/unit/unit.h"

#define FLIGHT_SIZE 4096

struct pair {
	struct tls *server;
	struct tls *client;
};

static struct tls *open_end(bool is_server, uint8_t psk, bool is_handshake_only)
{
	const struct tls_config config = {.is_server = is_server,
					  .psk = {psk, 2, 3},
					  .is_handshake_only = is_handshake_only};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	assert_int_equal(tls_state(tls), TLS_HANDSHAKE);
	return tls;
}

static struct pair open_pair(uint8_t server_psk, uint8_t client_psk)
{
	return (struct pair){.server = open_end(true, server_psk, false),
			     .client = open_end(false, client_psk, false)};
}

static void close_pair(struct pair *pair)
{
	pair->server = tls_free(pair->server);
	pair->client = tls_free(pair->client);
	/* the program's own use of OpenSSL must not find our errors */
	assert_int_equal(ERR_peek_error(), 0);
}

static struct pair open_done_pair(void)
{
	struct pair pair = open_pair(1, 1);

	tls_pump(pair.server, pair.client);
	assert_int_equal(tls_state(pair.server), TLS_DONE);
	assert_int_equal(tls_state(pair.client), TLS_DONE);
	return pair;
}

static size_t n_output(struct tls *tls)
{
	size_t size;

	tls_output(tls, &size);
	return size;
}

/* Takes a whole flight out of an end. */
static size_t take_flight(struct tls *from, uint8_t flight[FLIGHT_SIZE])
{
	size_t size;
	const uint8_t *bytes = tls_output(from, &size);

	assert_in_range(size, 1, FLIGHT_SIZE);
	memcpy(flight, bytes, size);
	tls_sent(from, size);
	return size;
}

static void expect_text(struct tls *tls, const char *text)
{
	char buffer[64];
	size_t n = tls_read(tls, buffer, sizeof(buffer));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(buffer, text, n);
}

static void both_ends_of_a_secret_come_together_in_one_round_trip(void **state)
{
	struct pair pair = open_pair(1, 1);

	(void)state;
	assert_int_equal(n_output(pair.server), 0);
	assert_true(tls_pass(pair.client, pair.server) > 0);
	assert_int_equal(tls_state(pair.server), TLS_PROVEN);
	assert_true(tls_pass(pair.server, pair.client) > 0);
	assert_int_equal(tls_state(pair.client), TLS_DONE);
	assert_true(tls_pass(pair.client, pair.server) > 0);
	assert_int_equal(tls_state(pair.server), TLS_DONE);
	assert_int_equal(n_output(pair.server) + n_output(pair.client), 0);
	assert_string_equal(tls_cipher(pair.server), tls_cipher(pair.client));
	close_pair(&pair);
}

static void another_secret_is_refused_without_a_word(void **state)
{
	struct pair pair = open_pair(1, 7);

	(void)state;
	tls_pass(pair.client, pair.server);
	assert_int_equal(tls_state(pair.server), TLS_FAILED);
	assert_int_equal(n_output(pair.server), 0);
	assert_int_equal(tls_write(pair.server, "x", 1), 0);
	close_pair(&pair);
}

static void two_ends_of_one_role_fail(void **state)
{
	struct tls *one = open_end(false, 1, false);
	struct tls *other = open_end(false, 1, false);
	uint8_t hello[FLIGHT_SIZE], other_hello[FLIGHT_SIZE];
	size_t n = take_flight(one, hello);
	size_t n_other = take_flight(other, other_hello);

	(void)state;
	tls_give(one, other_hello, n_other);
	tls_give(other, hello, n);
	assert_int_equal(tls_state(one), TLS_FAILED);
	assert_int_equal(tls_state(other), TLS_FAILED);
	tls_free(one);
	tls_free(other);
	one = open_end(true, 1, false);
	other = open_end(true, 1, false);
	tls_pump(one, other);
	assert_int_equal(tls_state(one), TLS_HANDSHAKE);
	assert_int_equal(n_output(one), 0);
	tls_free(one);
	tls_free(other);
}

/* A self-connection, or somebody who sends back what he gets. */
static void a_reflection_fails(void **state)
{
	struct pair pair = open_pair(1, 1);
	uint8_t flight[FLIGHT_SIZE];
	size_t n;

	(void)state;
	n = take_flight(pair.client, flight);
	tls_give(pair.client, flight, n);
	assert_int_equal(tls_state(pair.client), TLS_FAILED);
	tls_give(pair.server, flight, n);
	assert_int_equal(tls_state(pair.server), TLS_PROVEN);
	n = take_flight(pair.server, flight);
	tls_give(pair.server, flight, n);
	assert_int_equal(tls_state(pair.server), TLS_FAILED);
	close_pair(&pair);
}

static void a_data_record_sent_back_fails(void **state)
{
	struct pair pair = open_done_pair();
	uint8_t flight[FLIGHT_SIZE];
	uint8_t buffer[64];
	size_t n;

	(void)state;
	assert_int_equal(tls_write(pair.client, "mine", 4), 4);
	n = take_flight(pair.client, flight);
	tls_give(pair.client, flight, n);
	assert_int_equal(tls_read(pair.client, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_state(pair.client), TLS_FAILED);
	close_pair(&pair);
}

static void a_record_that_comes_twice_fails(void **state)
{
	struct pair pair = open_done_pair();
	uint8_t flight[FLIGHT_SIZE];
	uint8_t buffer[64];
	size_t n;

	(void)state;
	assert_int_equal(tls_write(pair.client, "once", 4), 4);
	n = take_flight(pair.client, flight);
	tls_give(pair.server, flight, n);
	tls_give(pair.server, flight, n);
	expect_text(pair.server, "once");
	assert_int_equal(tls_read(pair.server, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_state(pair.server), TLS_FAILED);
	close_pair(&pair);
}

enum flight { CLIENT_HELLO, SERVER_FLIGHT, CLIENT_FINISHED, DATA, N_FLIGHTS };

/* Runs the exchange up to a flight, leaves that in bytes, and returns who is to get it. */
static struct tls *run_up_to(struct pair *pair, enum flight flight, uint8_t bytes[FLIGHT_SIZE],
			     size_t *size)
{
	bool is_from_server = flight == SERVER_FLIGHT;

	*pair = open_pair(1, 1);
	if (flight >= SERVER_FLIGHT)
		tls_pass(pair->client, pair->server);
	if (flight >= CLIENT_FINISHED)
		tls_pass(pair->server, pair->client);
	if (flight == DATA) {
		tls_pass(pair->client, pair->server);
		assert_int_equal(tls_write(pair->client, "data", 4), 4);
	}
	*size = take_flight(is_from_server ? pair->server : pair->client, bytes);
	return is_from_server ? pair->client : pair->server;
}

/* Whether the exchange comes to its good end from here. */
static bool is_good(struct pair *pair, enum flight flight)
{
	uint8_t buffer[64];

	tls_pump(pair->client, pair->server);
	return tls_state(pair->client) == TLS_DONE && tls_state(pair->server) == TLS_DONE &&
	       (flight != DATA || tls_read(pair->server, buffer, sizeof(buffer)) > 0);
}

static void no_byte_may_be_changed(void **state)
{
	uint8_t bytes[FLIGHT_SIZE];
	size_t size = 1;
	struct pair pair;

	(void)state;
	for (enum flight flight = CLIENT_HELLO; flight < N_FLIGHTS; flight++)
		for (size_t i = 0; i < size; i++) {
			struct tls *to = run_up_to(&pair, flight, bytes, &size);
			/* a record's version must be ignored (RFC 8446, 5.1), until it is
			 * additional data */
			bool may_change = i == 2 && flight <= SERVER_FLIGHT;

			bytes[i] ^= 1;
			tls_give(to, bytes, size);
			if (is_good(&pair, flight) != may_change)
				fail_msg("flight %d, byte %zu", flight, i);
			close_pair(&pair);
		}
}

static void nothing_happens_before_a_flight_is_whole(void **state)
{
	uint8_t bytes[FLIGHT_SIZE];
	struct pair pair;
	size_t size;

	(void)state;
	for (enum flight flight = CLIENT_HELLO; flight < N_FLIGHTS; flight++) {
		struct tls *to = run_up_to(&pair, flight, bytes, &size);

		for (size_t i = 0; i < size; i++) {
			assert_false(is_good(&pair, flight));
			assert_int_not_equal(tls_state(to), TLS_FAILED);
			tls_give(to, &bytes[i], 1);
		}
		assert_true(is_good(&pair, flight));
		close_pair(&pair);
	}
}

static void what_the_server_says_with_its_finished_is_read_at_once(void **state)
{
	struct pair pair = open_pair(1, 1);
	char buffer[64];

	(void)state;
	tls_pass(pair.client, pair.server);
	assert_int_equal(tls_write(pair.server, "half a round trip", 17), 17);
	tls_pass(pair.server, pair.client);
	assert_int_equal(tls_state(pair.client), TLS_DONE);
	expect_text(pair.client, "half a round trip");
	/* the server reads nothing that is not bound to a Finished */
	assert_int_equal(tls_read(pair.server, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_write(pair.client, "answer", 6), 6);
	tls_pass(pair.client, pair.server);
	assert_int_equal(tls_state(pair.server), TLS_DONE);
	expect_text(pair.server, "answer");
	close_pair(&pair);
}

/* The bytes after the handshake belong to somebody else, and must be left where they are. */
static void the_handshake_alone_stops_at_its_last_byte(void **state)
{
	struct pair pair = {.server = open_end(true, 1, true),
			    .client = open_end(false, 1, true)};
	uint8_t wire[FLIGHT_SIZE];
	char ours[32], theirs[32];
	size_t n;

	(void)state;
	n = take_flight(pair.client, wire);
	memcpy(wire + n, "plain", 5);
	assert_int_equal(tls_give(pair.server, wire, n), n);
	n = take_flight(pair.server, wire);
	memcpy(wire + n, "plain", 5);
	assert_int_equal(tls_give(pair.client, wire, n + 5), n);
	assert_int_equal(tls_state(pair.client), TLS_DONE);
	n = take_flight(pair.client, wire);
	memcpy(wire + n, "plain", 5);
	assert_int_equal(tls_give(pair.server, wire, n + 5), n);
	assert_int_equal(tls_state(pair.server), TLS_DONE);
	assert_int_equal(tls_export(pair.server, "EXPORTER-a", ours, 32), 0);
	assert_int_equal(tls_export(pair.client, "EXPORTER-a", theirs, 32), 0);
	assert_memory_equal(ours, theirs, 32);
	close_pair(&pair);
}

static void exported_keys_are_alike_and_differ_by_label(void **state)
{
	struct pair pair = open_pair(1, 1);
	uint8_t ours[255 * 32], theirs[255 * 32], other[32];

	(void)state;
	assert_int_equal(tls_export(pair.server, "EXPORTER-a", ours, 32), -EIO);
	tls_pump(pair.server, pair.client);
	assert_int_equal(tls_export(pair.server, "EXPORTER-a", ours, sizeof(ours)), 0);
	assert_int_equal(tls_export(pair.client, "EXPORTER-a", theirs, sizeof(theirs)), 0);
	assert_memory_equal(ours, theirs, sizeof(ours));
	assert_int_equal(tls_export(pair.client, "EXPORTER-b", other, sizeof(other)), 0);
	assert_memory_not_equal(ours, other, sizeof(other));
	assert_int_not_equal(tls_export(pair.client, "EXPORTER-b", theirs, 255 * 32 + 1), 0);
	close_pair(&pair);
}

static void each_direction_ends_by_itself(void **state)
{
	struct pair pair = open_done_pair();
	char buffer[64];

	(void)state;
	assert_int_equal(tls_write(pair.server, "last", 4), 4);
	assert_true(tls_close(pair.server));
	assert_true(tls_close(pair.server));
	assert_int_equal(tls_write(pair.server, "more", 4), 0);
	tls_pass(pair.server, pair.client);
	expect_text(pair.client, "last");
	assert_int_equal(tls_read(pair.client, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_state(pair.client), TLS_ENDED);
	assert_int_equal(tls_write(pair.client, "still", 5), 5);
	assert_true(tls_close(pair.client));
	tls_pass(pair.client, pair.server);
	expect_text(pair.server, "still");
	assert_int_equal(tls_read(pair.server, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_state(pair.server), TLS_ENDED);
	close_pair(&pair);
}

/* Sends n bytes in pieces of every size to readers with buffers of every size. */
static void carry_much(struct tls *from, struct tls *to, size_t n_bytes)
{
	static uint8_t data[100000];
	static uint8_t got[100000];
	size_t n_sent = 0, n_got = 0, piece = 1, room = 1;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	while (n_got < n_bytes) {
		size_t at = n_sent % sizeof(data);
		size_t wanted = piece < sizeof(data) - at ? piece : sizeof(data) - at;
		size_t n;

		if (wanted > n_bytes - n_sent)
			wanted = n_bytes - n_sent;
		n_sent += tls_write(from, data + at, wanted);
		tls_pump(from, to);
		while ((n = tls_read(to, got, room)) > 0) {
			for (size_t i = 0; i < n; i++)
				if (got[i] != data[(n_got + i) % sizeof(data)])
					fail_msg("wrong byte %zu", n_got + i);
			n_got += n;
			room = room * 3 % sizeof(got) + 1;
		}
		piece = piece * 5 % sizeof(data) + 1;
		if (tls_state(to) == TLS_FAILED || tls_state(from) == TLS_FAILED)
			fail_msg("failed after %zu bytes", n_got);
	}
}

static void bytes_of_every_grain_come_through(void **state)
{
	struct pair pair = open_done_pair();

	(void)state;
	carry_much(pair.server, pair.client, 3000000);
	carry_much(pair.client, pair.server, 3000000);
	close_pair(&pair);
}

static void keys_are_changed_before_they_are_worn_out(void **state)
{
	const struct tls_config config = {.psk = {1, 2, 3}, .records_per_key = 3};
	struct tls_config server_config = config;
	struct pair pair;

	(void)state;
	server_config.is_server = true;
	server_config.records_per_key = 5;
	assert_int_equal(tls_new(&pair.server, &server_config), 0);
	assert_int_equal(tls_new(&pair.client, &config), 0);
	tls_pump(pair.server, pair.client);
	carry_much(pair.server, pair.client, 1000000);
	carry_much(pair.client, pair.server, 1000000);
	carry_much(pair.server, pair.client, 1000000);
	close_pair(&pair);
}

static void output_and_input_are_bounded(void **state)
{
	static uint8_t data[TLS_BATCH_BYTES * 2];
	struct pair pair = open_done_pair();
	size_t n_taken = tls_write(pair.client, data, sizeof(data));
	size_t n_given;

	(void)state;
	assert_in_range(n_taken, TLS_BATCH_BYTES / 2, TLS_BATCH_BYTES);
	assert_int_equal(tls_write(pair.client, data, sizeof(data)), 0);
	assert_in_range(n_output(pair.client), 1, TLS_BATCH_BYTES);
	assert_false(tls_close(pair.client) && n_output(pair.client) > TLS_BATCH_BYTES);
	n_given = tls_pass(pair.client, pair.server);
	for (int i = 0; i < 10; i++) {
		tls_write(pair.client, data, sizeof(data));
		n_given += tls_pass(pair.client, pair.server);
	}
	assert_in_range(n_given, 1, TLS_BATCH_BYTES);
	close_pair(&pair);
}

static void an_idle_connection_goes_on_after_its_memory_was_given_back(void **state)
{
	struct pair pair = open_done_pair();

	(void)state;
	for (int i = 0; i < 3; i++) {
		tls_trim(pair.client);
		tls_trim(pair.server);
		assert_int_equal(tls_write(pair.client, "again", 5), 5);
		tls_trim(pair.client); /* not empty: stays */
		tls_pass(pair.client, pair.server);
		tls_trim(pair.server);
		expect_text(pair.server, "again");
	}
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_a_secret_come_together_in_one_round_trip),
		cmocka_unit_test(another_secret_is_refused_without_a_word),
		cmocka_unit_test(two_ends_of_one_role_fail),
		cmocka_unit_test(a_reflection_fails),
		cmocka_unit_test(a_data_record_sent_back_fails),
		cmocka_unit_test(a_record_that_comes_twice_fails),
		cmocka_unit_test(no_byte_may_be_changed),
		cmocka_unit_test(nothing_happens_before_a_flight_is_whole),
		cmocka_unit_test(what_the_server_says_with_its_finished_is_read_at_once),
		cmocka_unit_test(the_handshake_alone_stops_at_its_last_byte),
		cmocka_unit_test(exported_keys_are_alike_and_differ_by_label),
		cmocka_unit_test(each_direction_ends_by_itself),
		cmocka_unit_test(bytes_of_every_grain_come_through),
		cmocka_unit_test(keys_are_changed_before_they_are_worn_out),
		cmocka_unit_test(output_and_input_are_bounded),
		cmocka_unit_test(an_idle_connection_goes_on_after_its_memory_was_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
