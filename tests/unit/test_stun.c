/* SPDX-License-Identifier: MIT */
/* STUN against the messages of RFC 5769, and against what hostile ends may send. */
#include "core/stun.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/stun_samples.h"
#include "tests/unit/unit.h"

static struct midair_endpoint endpoint_of(const char *text)
{
	struct midair_endpoint endpoint = {0};

	assert_int_equal(midair_endpoint_parse(&endpoint, text), 0);
	return endpoint;
}

/* In memory of exactly that size. */
static bool read_answer(const uint8_t *bytes, size_t size, const uint8_t *transaction,
			struct midair_endpoint *mapped)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	bool is_read;

	assert_non_null(exact);
	if (size > 0)
		memcpy(exact, bytes, size);
	is_read = stun_read_answer(exact, size, transaction, mapped);
	free(exact);
	return is_read;
}

static size_t answer_to(const uint8_t *bytes, size_t size, uint8_t answer[STUN_MESSAGE_MAX])
{
	struct midair_endpoint observed = endpoint_of("192.0.2.1:32853");
	uint8_t *exact = malloc(size > 0 ? size : 1);
	size_t n_bytes;

	assert_non_null(exact);
	if (size > 0)
		memcpy(exact, bytes, size);
	n_bytes = stun_answer(exact, size, &observed, answer);
	free(exact);
	return n_bytes;
}

static void the_request_is_a_header_alone(void **state)
{
	static const uint8_t expected[] = {
		0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, SAMPLE_TRANSACTION};
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};
	uint8_t bytes[STUN_HEADER_BYTES];

	(void)state;
	assert_int_equal(stun_request(bytes, transaction), sizeof(bytes));
	assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void the_sample_responses_are_read(void **state)
{
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};
	struct midair_endpoint ipv4 = endpoint_of("192.0.2.1:32853");
	struct midair_endpoint ipv6 =
		endpoint_of("[2001:db8:1234:5678:11:2233:4455:6677]:32853");
	struct midair_endpoint mapped;

	(void)state;
	assert_true(read_answer(sample_response_ipv4, sizeof(sample_response_ipv4), transaction,
				&mapped));
	assert_true(midair_endpoint_equal(&mapped, &ipv4));
	assert_true(read_answer(sample_response_ipv6, sizeof(sample_response_ipv6), transaction,
				&mapped));
	assert_true(midair_endpoint_equal(&mapped, &ipv6));
}

/* The fingerprint covers all of it. */
static void one_wrong_bit_in_a_sample_response_is_seen(void **state)
{
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(sample_response_ipv4); bit++) {
		uint8_t bytes[sizeof(sample_response_ipv4)];
		struct midair_endpoint mapped = {.port = 77};

		memcpy(bytes, sample_response_ipv4, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* The type of FINGERPRINT itself may become another one that nobody must know. */
		if (bit / 8 == 72 || bit / 8 == 73)
			continue;
		assert_false(read_answer(bytes, sizeof(bytes), transaction, &mapped));
		assert_int_equal(mapped.port, 77);
	}
}

static void the_addresses_are_written_as_in_the_sample_responses(void **state)
{
	static const struct {
		const char *observed;
		const uint8_t *response;
		size_t size; /* of the attribute */
	} rows[] = {
		{"192.0.2.1:32853", sample_response_ipv4, 12},
		{"[2001:db8:1234:5678:11:2233:4455:6677]:32853", sample_response_ipv6, 24},
	};
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint observed = endpoint_of(rows[i].observed);
		struct midair_endpoint mapped;
		uint8_t request[STUN_HEADER_BYTES];
		uint8_t answer[STUN_MESSAGE_MAX];
		size_t size;

		stun_request(request, transaction);
		size = stun_answer(request, sizeof(request), &observed, answer);
		EXPECT(size == STUN_HEADER_BYTES + rows[i].size, rows[i].observed);
		EXPECT(answer[0] == 1 && answer[1] == 1 && answer[3] == rows[i].size,
		       rows[i].observed);
		EXPECT(!memcmp(answer + 4, rows[i].response + 4, 16), rows[i].observed);
		/* behind SOFTWARE in the sample */
		EXPECT(!memcmp(answer + 20, rows[i].response + 36, rows[i].size),
		       rows[i].observed);
		EXPECT(read_answer(answer, size, transaction, &mapped), rows[i].observed);
		EXPECT(midair_endpoint_equal(&mapped, &observed), rows[i].observed);
	}
}

/* It has PRIORITY (0x0024), which must be understood and belongs to ICE, and a FINGERPRINT. */
static void the_sample_request_is_told_what_is_not_understood(void **state)
{
	static const uint8_t expected[] = {0x01, 0x11, 0x00, 0x2c, 0x21, 0x12, 0xa4, 0x42,
					   SAMPLE_TRANSACTION,
					   /* ERROR-CODE 420 */
					   0x00, 0x09, 0x00, 0x15, 0x00, 0x00, 0x04, 0x14, 'U',
					   'n', 'k', 'n', 'o', 'w', 'n', ' ', 'A', 't', 't',
					   'r', 'i', 'b', 'u', 't', 'e', 0, 0, 0,
					   /* UNKNOWN-ATTRIBUTES */
					   0x00, 0x0a, 0x00, 0x02, 0x00, 0x24, 0x00, 0x00,
					   /* FINGERPRINT, without its value */
					   0x80, 0x28, 0x00, 0x04};
	uint8_t answer[STUN_MESSAGE_MAX];

	(void)state;
	assert_int_equal(answer_to(sample_request, sizeof(sample_request), answer),
			 sizeof(expected) + 4);
	assert_memory_equal(answer, expected, sizeof(expected));
}

static void credentials_that_nobody_asked_for_do_no_harm(void **state)
{
	uint8_t answer[STUN_MESSAGE_MAX];

	(void)state;
	assert_int_equal(answer_to(sample_authenticated, sizeof(sample_authenticated), answer),
			 STUN_HEADER_BYTES + 12);
	assert_int_equal(answer[1], 1);
}

static void a_wrong_fingerprint_gets_no_answer(void **state)
{
	uint8_t request[sizeof(sample_request)];
	uint8_t answer[STUN_MESSAGE_MAX];

	(void)state;
	for (size_t i = STUN_HEADER_BYTES; i < sizeof(request); i++) {
		memcpy(request, sample_request, sizeof(request));
		request[i] ^= 0x01;
		/* as above: 0x8029 is not FINGERPRINT */
		if (i != 100 && i != 101)
			assert_int_equal(answer_to(request, sizeof(request), answer), 0);
	}
}

/* A header with these attributes. */
struct attributes {
	uint32_t type;
	size_t size;
	uint8_t bytes[64];
};

static size_t build(const struct attributes *attributes, uint8_t out[STUN_MESSAGE_MAX])
{
	const uint8_t header[] = {(uint8_t)(attributes->type >> 8),
				  (uint8_t)attributes->type,
				  0,
				  (uint8_t)attributes->size,
				  0x21,
				  0x12,
				  0xa4,
				  0x42,
				  SAMPLE_TRANSACTION};

	memcpy(out, header, sizeof(header));
	memcpy(out + sizeof(header), attributes->bytes, attributes->size);
	return sizeof(header) + attributes->size;
}

static void the_server_answers_what_it_should_and_nothing_else(void **state)
{
	static const struct {
		const char *name;
		struct attributes request;
		uint32_t answer; /* type; 0: none */
	} rows[] = {
		{"a request", {0x0001, 0, {0}}, 0x0101},
		{"an indication", {0x0011, 0, {0}}, 0},
		{"a success response", {0x0101, 0, {0}}, 0},
		{"an error response", {0x0111, 0, {0}}, 0},
		{"another method", {0x0003, 0, {0}}, 0},
		{"SOFTWARE", {0x0001, 8, {0x80, 0x22, 0, 3, 'a', 'b', 'c'}}, 0x0101},
		{"an unknown one that may be", {0x0001, 4, {0xff, 0xff, 0, 0}}, 0x0101},
		{"an unknown one that may not", {0x0001, 4, {0x7f, 0xff, 0, 0}}, 0x0111},
		{"CHANGE-REQUEST", {0x0001, 8, {0, 3, 0, 4, 0, 0, 0, 6}}, 0x0111},
		{"an attribute cut short", {0x0001, 4, {0x80, 0x22, 0, 1}}, 0},
		{"half an attribute's header",
		 {0x0001, 8, {0x80, 0x22, 0, 0, 0x80, 0x22}},
		 0x0101},
		{"an attribute that lies", {0x0001, 8, {0x80, 0x22, 0xff, 0xff}}, 0},
		{"unknown after the integrity",
		 {0x0001, 28, {0, 8, 0, 20, [24] = 0x7f, 0xff}},
		 0x0101},
		{"an integrity of another size", {0x0001, 8, {0, 8, 0, 4}}, 0},
		{"a short SHA-256 integrity", {0x0001, 16, {0, 0x1c, 0, 12}}, 0},
		{"a SHA-256 integrity", {0x0001, 36, {0, 0x1c, 0, 32}}, 0x0101},
		{"a short FINGERPRINT", {0x0001, 4, {0x80, 0x28, 0, 0}}, 0},
		{"something after FINGERPRINT",
		 {0x0001, 12, {0x80, 0x28, 0, 4, 0, 0, 0, 0, 0x80, 0x22, 0, 0}},
		 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint8_t request[STUN_MESSAGE_MAX];
		uint8_t answer[STUN_MESSAGE_MAX];
		size_t size = build(&rows[i].request, request);
		size_t n_bytes = answer_to(request, size, answer);

		EXPECT((n_bytes > 0) == (rows[i].answer != 0), rows[i].name);
		EXPECT(n_bytes == 0 || (uint32_t)(answer[0] << 8 | answer[1]) == rows[i].answer,
		       rows[i].name);
		EXPECT(n_bytes == 0 || stun_size(answer, n_bytes) == (int)n_bytes,
		       rows[i].name);
	}
}

static void a_request_full_of_unknown_attributes_is_answered_in_one_message(void **state)
{
	uint8_t request[STUN_MESSAGE_MAX] = {0, 1, 0x01, 0xec, 0x21, 0x12, 0xa4, 0x42};
	uint8_t answer[STUN_MESSAGE_MAX];
	size_t size;

	(void)state;
	for (size_t i = STUN_HEADER_BYTES; i < sizeof(request); i += 4)
		request[i] = 0x7f;
	size = answer_to(request, sizeof(request), answer);
	assert_int_equal(stun_size(answer, size), size);
	/* as many as there were */
	assert_int_equal(answer[50] << 8 | answer[51], 2 * 123);
}

static void who_cannot_be_observed_gets_no_answer(void **state)
{
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};
	struct midair_endpoint nobody = {0};
	uint8_t request[STUN_HEADER_BYTES];
	uint8_t answer[STUN_MESSAGE_MAX];

	(void)state;
	stun_request(request, transaction);
	assert_int_equal(stun_answer(request, sizeof(request), &nobody, answer), 0);
}

static void the_client_takes_only_an_answer_to_its_question(void **state)
{
	static const struct {
		const char *name;
		struct attributes answer;
		const char *mapped; /* NULL: refused */
	} rows[] = {
		{"MAPPED-ADDRESS",
		 {0x0101, 12, {0, 1, 0, 8, 0, 1, 5, 34, 192, 0, 2, 7}},
		 "192.0.2.7:1314"},
		{"the other one goes first",
		 {0x0101, 24, {0, 1,	0, 8, 0, 1, 5,	  34,	192,  0,    2,	  7,
			       0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43}},
		 "192.0.2.1:32853"},
		{"RFC 3489's SOURCE-ADDRESS",
		 {0x0101, 24, {0, 4, 0, 8, 0, 1, 5, 34, 10,  0, 0, 1,
			       0, 1, 0, 8, 0, 1, 5, 34, 192, 0, 2, 7}},
		 "192.0.2.7:1314"},
		{"IPv4 in disguise",
		 {0x0101, 24, {0, 1, 0, 20, 0, 2, 5, 34, [18] = 0xff, 0xff, 192, 0, 2, 7}},
		 "192.0.2.7:1314"},
		{"no address", {0x0101, 0, {0}}, NULL},
		{"an error", {0x0111, 12, {0, 1, 0, 8, 0, 1, 5, 34, 192, 0, 2, 7}}, NULL},
		{"a request", {0x0001, 12, {0, 1, 0, 8, 0, 1, 5, 34, 192, 0, 2, 7}}, NULL},
		{"no family", {0x0101, 12, {0, 1, 0, 8, 0, 3, 5, 34, 192, 0, 2, 7}}, NULL},
		{"a short address", {0x0101, 8, {0, 1, 0, 4, 0, 1, 5, 34}}, NULL},
		{"a long address",
		 {0x0101, 16, {0, 1, 0, 12, 0, 1, 5, 34, 192, 0, 2, 7}},
		 NULL},
		{"no port", {0x0101, 12, {0, 1, 0, 8, 0, 1, 0, 0, 192, 0, 2, 7}}, NULL},
		{"everybody",
		 {0x0101, 12, {0, 1, 0, 8, 0, 1, 5, 34, 255, 255, 255, 255}},
		 NULL},
		{"what must be known and is not",
		 {0x0101, 16, {0x7f, 0, 0, 0, 0, 1, 0, 8, 0, 1, 5, 34, 192, 0, 2, 7}},
		 NULL},
	};
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};
	static const uint8_t other[] = {SAMPLE_TRANSACTION - 1};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint8_t bytes[STUN_MESSAGE_MAX];
		size_t size = build(&rows[i].answer, bytes);
		struct midair_endpoint mapped = {.port = 77};
		bool is_read = read_answer(bytes, size, transaction, &mapped);

		EXPECT(is_read == (rows[i].mapped != NULL), rows[i].name);
		if (is_read) {
			struct midair_endpoint expected = endpoint_of(rows[i].mapped);

			EXPECT(midair_endpoint_equal(&mapped, &expected), rows[i].name);
		} else {
			EXPECT(mapped.port == 77, rows[i].name);
		}
		EXPECT(!read_answer(bytes, size, other, &mapped), rows[i].name);
		EXPECT(!read_answer(bytes, size + 4, transaction, &mapped), rows[i].name);
	}
}

static void the_size_is_known_as_soon_as_it_can_be(void **state)
{
	(void)state;
	for (size_t size = 0; size <= sizeof(sample_request); size++)
		assert_int_equal(stun_size(sample_request, size),
				 size < 8 ? 0 : (int)sizeof(sample_request));
}

static void what_is_not_stun_is_refused_early(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		uint8_t bytes[8];
	} rows[] = {
		{"our own protocol", 1, {0x41}},
		{"RTP", 1, {0x80}},
		{"TLS is of the same top bits, but", 4, {0x16, 0x03, 0x01, 0x02}},
		{"HTTP", 1, {'G'}},
		{"an odd length", 4, {0, 1, 0, 3}},
		{"too long", 4, {0, 1, 1, 0xf0}},
		{"no cookie", 8, {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43}},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		EXPECT(stun_size(rows[i].bytes, rows[i].size) == -1, rows[i].name);
	assert_int_equal(stun_size((const uint8_t[]){0, 1, 1, 0xec, 0x21, 0x12, 0xa4, 0x42}, 8),
			 STUN_MESSAGE_MAX);
}

static void random_attributes_are_answered_well_formed_or_not_at_all(void **state)
{
	static const uint8_t transaction[] = {SAMPLE_TRANSACTION};
	struct random random;
	uint32_t n_answers = 0;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 50000; i++) {
		uint8_t bytes[STUN_MESSAGE_MAX];
		uint8_t answer[STUN_MESSAGE_MAX];
		struct midair_endpoint mapped;
		size_t size = 4 * (size_t)random_below(&random, 30);

		stun_request(bytes, transaction);
		bytes[3] = (uint8_t)size;
		for (size_t n = 0; n < size; n++)
			bytes[STUN_HEADER_BYTES + n] =
				(uint8_t)random_below(&random, n % 4 == 2 ? 1 : 20);
		size = answer_to(bytes, STUN_HEADER_BYTES + size, answer);
		n_answers += size > 0;
		assert_true(size == 0 || stun_size(answer, size) == (int)size);
		read_answer(bytes, (size_t)stun_size(bytes, 20), transaction, &mapped);
	}
	assert_true(n_answers > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_a_header_alone),
		cmocka_unit_test(the_sample_responses_are_read),
		cmocka_unit_test(one_wrong_bit_in_a_sample_response_is_seen),
		cmocka_unit_test(the_addresses_are_written_as_in_the_sample_responses),
		cmocka_unit_test(the_sample_request_is_told_what_is_not_understood),
		cmocka_unit_test(credentials_that_nobody_asked_for_do_no_harm),
		cmocka_unit_test(a_wrong_fingerprint_gets_no_answer),
		cmocka_unit_test(the_server_answers_what_it_should_and_nothing_else),
		cmocka_unit_test(
			a_request_full_of_unknown_attributes_is_answered_in_one_message),
		cmocka_unit_test(who_cannot_be_observed_gets_no_answer),
		cmocka_unit_test(the_client_takes_only_an_answer_to_its_question),
		cmocka_unit_test(the_size_is_known_as_soon_as_it_can_be),
		cmocka_unit_test(what_is_not_stun_is_refused_early),
		cmocka_unit_test(random_attributes_are_answered_well_formed_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
