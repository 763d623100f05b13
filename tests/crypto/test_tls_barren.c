/* SPDX-License-Identifier: MIT */
/* A peer that talks without end and says nothing. */
#include "tests/crypto/barren.h"
#include "tests/crypto/tls_pump.h"

struct pair {
	struct tls *victim;
	struct tls *peer;
};

static struct pair open_pair(bool is_victim_server)
{
	const struct tls_config server = {.is_server = true, .psk = {1, 2, 3}};
	const struct tls_config client = {.psk = {1, 2, 3}};
	struct pair pair;

	assert_int_equal(tls_new(&pair.victim, is_victim_server ? &server : &client), 0);
	assert_int_equal(tls_new(&pair.peer, is_victim_server ? &client : &server), 0);
	tls_pump(pair.victim, pair.peer);
	assert_int_equal(tls_state(pair.victim), TLS_DONE);
	return pair;
}

static void close_pair(struct pair *pair)
{
	tls_free(pair->victim);
	tls_free(pair->peer);
}

/* Each record is read before the next one comes. */
static void give_barren(struct pair *pair, enum barren_kind kind, uint32_t n)
{
	uint8_t buffer[16];

	for (uint32_t i = 0; i < n; i++) {
		barren_put(pair->peer, kind);
		tls_pass(pair->peer, pair->victim);
		assert_int_equal(tls_read(pair->victim, buffer, sizeof(buffer)), 0);
	}
}

static void give_text(struct pair *pair)
{
	uint8_t buffer[16];

	assert_int_equal(tls_write(pair->peer, "text", 4), 4);
	tls_pass(pair->peer, pair->victim);
	assert_int_equal(tls_read(pair->victim, buffer, sizeof(buffer)), 4);
}

static void thirty_two_in_a_row_are_borne_and_no_more(void **state)
{
	(void)state;
	for (enum barren_kind kind = 0; kind < N_BARREN_KINDS; kind++)
		for (int is_server = 0; is_server < 2; is_server++) {
			struct pair pair = open_pair(is_server);

			give_barren(&pair, kind, 32);
			assert_int_equal(tls_state(pair.victim), TLS_DONE);
			give_barren(&pair, kind, 1);
			assert_int_equal(tls_state(pair.victim), TLS_FAILED);
			close_pair(&pair);
		}
}

static void it_is_those_in_a_row_that_count(void **state)
{
	struct pair pair = open_pair(true);

	(void)state;
	for (int i = 0; i < 10; i++) {
		give_barren(&pair, BARREN_REQUEST, 16);
		give_barren(&pair, BARREN_EMPTY, 16);
		give_text(&pair);
		assert_int_equal(tls_state(pair.victim), TLS_DONE);
	}
	close_pair(&pair);
}

/* All in one batch, behind bytes that are good: those are read, and then it is over. */
static void what_came_before_the_flood_is_read(void **state)
{
	struct pair pair = open_pair(false);
	uint8_t buffer[64];

	(void)state;
	assert_int_equal(tls_write(pair.peer, "text", 4), 4);
	for (int i = 0; i < 1000; i++)
		barren_put(pair.peer, BARREN_EMPTY);
	tls_pass(pair.peer, pair.victim);
	assert_int_equal(tls_read(pair.victim, buffer, sizeof(buffer)), 4);
	assert_int_equal(tls_read(pair.victim, buffer, sizeof(buffer)), 0);
	assert_int_equal(tls_state(pair.victim), TLS_FAILED);
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thirty_two_in_a_row_are_borne_and_no_more),
		cmocka_unit_test(it_is_those_in_a_row_that_count),
		cmocka_unit_test(what_came_before_the_flood_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
