/* SPDX-License-Identifier: MIT */
/*
 * Somebody on the path sends a recorded ClientHello once more, on a connection of its own, and is
 * faster than its author. The binder is right, so the server answers that connection: the peers
 * are kept from meeting. That is all that it brings.
 */
#include <stdlib.h>

#include "tests/crypto/tls_pump.h"
#include "tests/unit/unit.h"

#define FLIGHT_SIZE 16384

static const char payload[] = "for the author of the hello alone";

struct flight {
	size_t size;
	uint8_t bytes[FLIGHT_SIZE];
};

static struct tls *open_end(bool is_server)
{
	const struct tls_config config = {.is_server = is_server, .psk = {1, 2, 3}};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static struct flight take(struct tls *from)
{
	struct flight flight;
	const uint8_t *bytes = tls_output(from, &flight.size);

	assert_in_range(flight.size, 1, FLIGHT_SIZE);
	memcpy(flight.bytes, bytes, flight.size);
	tls_sent(from, flight.size);
	return flight;
}

/* The server after a hello that was not sent by its author, with something to say. */
static struct tls *deceive(const struct flight *hello, struct flight *answer)
{
	struct tls *server = open_end(true);

	tls_give(server, hello->bytes, hello->size);
	assert_int_equal(tls_state(server), TLS_PROVEN);
	assert_int_equal(tls_write(server, payload, sizeof(payload)), sizeof(payload));
	*answer = take(server);
	return server;
}

static void the_answer_to_a_replayed_hello_can_be_read_by_its_author_alone(void **state)
{
	char read[sizeof(payload)] = "";
	struct tls *author = open_end(false);
	struct tls *another = open_end(false); /* even one with the same secret */
	struct flight hello = take(author);
	struct flight answer;
	struct tls *server = deceive(&hello, &answer);

	(void)state;
	assert_null(memmem(answer.bytes, answer.size, payload, sizeof(payload) - 1));
	(void)take(another);
	tls_give(another, answer.bytes, answer.size);
	assert_int_equal(tls_state(another), TLS_FAILED);
	assert_int_equal(tls_read(another, read, sizeof(read)), 0);
	tls_give(author, answer.bytes, answer.size);
	assert_int_equal(tls_read(author, read, sizeof(read)), sizeof(read));
	assert_string_equal(read, payload);
	tls_free(author);
	tls_free(another);
	tls_free(server);
}

static void whoever_replays_cannot_go_on(void **state)
{
	char read[64];
	struct tls *author = open_end(false);
	struct flight hello = take(author);
	struct flight answers[2];
	struct tls *honest = deceive(&hello, &answers[0]);
	struct tls *deceived = deceive(&hello, &answers[1]);
	struct flight finished;

	(void)state;
	tls_give(author, answers[0].bytes, answers[0].size);
	assert_int_equal(tls_write(author, payload, sizeof(payload)), sizeof(payload));
	finished = take(author);
	/* all that was recorded, to the server that was deceived */
	tls_give(deceived, finished.bytes, finished.size);
	assert_int_equal(tls_state(deceived), TLS_FAILED);
	assert_int_equal(tls_read(deceived, read, sizeof(read)), 0);
	tls_give(honest, finished.bytes, finished.size);
	assert_int_equal(tls_state(honest), TLS_DONE);
	tls_free(author);
	tls_free(honest);
	tls_free(deceived);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_answer_to_a_replayed_hello_can_be_read_by_its_author_alone),
		cmocka_unit_test(whoever_replays_cannot_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
