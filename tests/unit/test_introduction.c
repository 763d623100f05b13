/* SPDX-License-Identifier: MIT */
#include "core/introduction.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/unit.h"

static const uint8_t confirmation[34] = {1, 32, [2] = 0xaa, [33] = 0xbb};
static const uint8_t host_ipv4[10] = {2, 8, 1, 4, 0x05, 0x22, 192, 0, 2, 1};
static const uint8_t report_ipv4[21] = {3,    19,   3,	  2, 0xff, 0xfd, 3,   2, 9, 1, 0x9c,
					0x40, 0x05, 0x22, 4, 0x9c, 0x41, 192, 0, 2, 1};
static const uint8_t mapped_ipv6[22] = {2,    20,   3,	  6,	0x05,	 0x22,
					0x20, 0x01, 0x0d, 0xb8, [21] = 1};

/* The decoder gets memory of exactly that size. */
static bool decode(struct introduction *introduction, const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	bool is_read;

	assert_non_null(exact);
	if (size > 0)
		memcpy(exact, bytes, size);
	is_read = introduction_decode(introduction, exact, size);
	free(exact);
	return is_read;
}

static void the_bytes_are_those_of_the_document(void **state)
{
	struct introduction introduction = {
		.has_confirmation = true,
		.confirmation = {[0] = 0xaa, [31] = 0xbb},
		.n_candidates = 2,
		.candidates =
			{{CANDIDATE_HOST,
			  {.address = {192, 0, 2, 1}, .port = 1314, .family = MIDAIR_IPV4}},
			 {CANDIDATE_MAPPED,
			  {.address = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
			   .port = 1314,
			   .family = MIDAIR_IPV6}}},
		.reports[0] = {.family = MIDAIR_IPV4,
			       .mapping = REPORT_MAPPING_ADDRESS_DEPENDENT,
			       .allocation = REPORT_ALLOCATION_SEQUENTIAL,
			       .delta = -3,
			       .filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
			       .reaction = REPORT_REACTION_DROP,
			       .syn_in = REPORT_YES,
			       .reset_closes = REPORT_NO,
			       .n_layers = 1,
			       .last_port = 40000,
			       .local = {.family = MIDAIR_IPV4, .port = 1314},
			       .mapped = {.address = {192, 0, 2, 1},
					  .port = 40001,
					  .family = MIDAIR_IPV4}},
	};
	uint8_t expected[INTRODUCTION_PADDED_BYTES] = {0};
	uint8_t bytes[INTRODUCTION_BYTES_MAX];

	(void)state;
	memcpy(expected, confirmation, 34);
	memcpy(expected + 34, host_ipv4, 10);
	memcpy(expected + 44, mapped_ipv6, 22);
	memcpy(expected + 66, report_ipv4, 21);
	assert_int_equal(introduction_encode(&introduction, bytes), 352);
	assert_memory_equal(bytes, expected, 352);
}

static void draw_endpoint(struct random *random, struct midair_endpoint *endpoint, bool is_ipv4)
{
	endpoint->family = is_ipv4 ? MIDAIR_IPV4 : MIDAIR_IPV6;
	endpoint->port = (uint16_t)(1 + random_below(random, UINT16_MAX));
	for (size_t n = 0; n < (is_ipv4 ? 4 : 16); n++)
		endpoint->address[n] = (uint8_t)random_next(random);
	endpoint->address[0] = (uint8_t)(1 + random_below(random, 223));
}

static void draw_report(struct random *random, struct nat_report *report, bool is_ipv4)
{
	draw_endpoint(random, &report->mapped, is_ipv4);
	report->family = report->mapped.family;
	report->local.family = report->family;
	report->local.port = (uint16_t)random_next(random);
	report->mapping = (enum report_mapping)random_below(random, 6);
	report->allocation = (enum report_allocation)random_below(random, 4);
	report->delta = (int16_t)random_next(random);
	report->filtering = (enum report_filtering)random_below(random, 5);
	report->reaction = (enum report_reaction)random_below(random, 5);
	report->syn_in = (enum report_answer)random_below(random, 3);
	report->reset_closes = (enum report_answer)random_below(random, 3);
	report->hairpin = (enum report_answer)random_below(random, 3);
	report->n_layers = (uint8_t)random_next(random);
	report->last_port = (uint16_t)random_next(random);
}

static struct introduction random_introduction(struct random *random)
{
	struct introduction introduction;

	memset(&introduction, 0, sizeof(introduction));
	introduction.has_confirmation = random_below(random, 2) != 0;
	for (size_t i = 0; introduction.has_confirmation && i < 32; i++)
		introduction.confirmation[i] = (uint8_t)random_next(random);
	introduction.n_candidates =
		(uint32_t)random_below(random, INTRODUCTION_CANDIDATES_MAX + 1);
	for (uint32_t i = 0; i < introduction.n_candidates; i++) {
		struct candidate *candidate = &introduction.candidates[i];
		bool is_ipv4 = random_below(random, 2) != 0;

		candidate->type = (enum candidate_type)(1 + random_below(random, 3));
		draw_endpoint(random, &candidate->endpoint, is_ipv4);
	}
	for (int i = 0; i < 2; i++)
		if (random_below(random, 2) != 0)
			draw_report(random, &introduction.reports[i], i == 0);
	return introduction;
}

static void what_was_encoded_is_decoded_alike_and_has_always_the_same_size(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 20000; i++) {
		struct introduction introduction = random_introduction(&random);
		struct introduction decoded;
		uint8_t bytes[INTRODUCTION_BYTES_MAX];

		assert_int_equal(introduction_encode(&introduction, bytes),
				 INTRODUCTION_PADDED_BYTES);
		assert_true(decode(&decoded, bytes, INTRODUCTION_PADDED_BYTES));
		assert_memory_equal(&decoded, &introduction, sizeof(introduction));
	}
}

static void what_cannot_be_said_is_not_encoded(void **state)
{
	static const struct candidate rows[] = {
		{CANDIDATE_HOST, {.family = MIDAIR_IPV4, .address = {10}, .port = 0}},
		{CANDIDATE_HOST, {.family = MIDAIR_FAMILY_NONE, .port = 1}},
		{CANDIDATE_HOST, {.family = MIDAIR_IPV4, .port = 1}},
		{CANDIDATE_HOST, {.family = MIDAIR_IPV4, .address = {224}, .port = 1}},
		{(enum candidate_type)0, {.family = MIDAIR_IPV4, .address = {10}, .port = 1}},
		{(enum candidate_type)4, {.family = MIDAIR_IPV4, .address = {10}, .port = 1}},
	};
	struct introduction introduction = {.n_candidates = INTRODUCTION_CANDIDATES_MAX + 1};
	uint8_t bytes[INTRODUCTION_BYTES_MAX];

	(void)state;
	assert_int_equal(introduction_encode(&introduction, bytes), 0);
	introduction.n_candidates = 1;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		introduction.candidates[0] = rows[i];
		assert_int_equal(introduction_encode(&introduction, bytes), 0);
	}
}

static void a_report_of_no_use_is_not_encoded(void **state)
{
	struct introduction introduction = {.n_candidates = 0};
	struct nat_report report = {
		.family = MIDAIR_IPV4,
		.mapped = {.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1},
	};
	uint8_t bytes[INTRODUCTION_BYTES_MAX];

	(void)state;
	introduction.reports[0] = report;
	assert_int_equal(introduction_encode(&introduction, bytes), INTRODUCTION_PADDED_BYTES);
	introduction.reports[0].mapped.port = 0;
	assert_int_equal(introduction_encode(&introduction, bytes), 0);
	introduction.reports[0] = (struct nat_report){.family = MIDAIR_FAMILY_NONE};
	introduction.reports[1] = report;
	assert_int_equal(introduction_encode(&introduction, bytes), 0);
}

static void there_is_one_report_for_each_family(void **state)
{
	struct introduction introduction;
	uint8_t bytes[42];

	(void)state;
	memcpy(bytes, report_ipv4, 21);
	memcpy(bytes + 21, report_ipv4, 21);
	assert_true(decode(&introduction, bytes, 21));
	assert_int_equal(introduction.reports[0].delta, -3);
	assert_int_equal(introduction.reports[1].family, MIDAIR_FAMILY_NONE);
	assert_false(decode(&introduction, bytes, 42));
}

static void what_a_later_version_says_of_a_nat_is_unknown(void **state)
{
	struct introduction introduction;
	uint8_t bytes[21];

	(void)state;
	memcpy(bytes, report_ipv4, 21);
	bytes[2] = bytes[3] = bytes[6] = bytes[7] = bytes[8] = 0xff;
	assert_true(decode(&introduction, bytes, 21));
	assert_int_equal(introduction.reports[0].mapping, REPORT_MAPPING_UNKNOWN);
	assert_int_equal(introduction.reports[0].allocation, REPORT_ALLOCATION_UNKNOWN);
	assert_int_equal(introduction.reports[0].filtering, REPORT_FILTERING_UNKNOWN);
	assert_int_equal(introduction.reports[0].reaction, REPORT_REACTION_UNKNOWN);
	assert_int_equal(introduction.reports[0].syn_in, REPORT_UNKNOWN);
	assert_int_equal(introduction.reports[0].hairpin, REPORT_UNKNOWN);
	assert_int_equal(introduction.reports[0].mapped.port, 40001);
}

static void bytes_are_read_as_the_document_says(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		uint8_t bytes[64];
		bool is_read;
		uint32_t n_candidates;
	} rows[] = {
		{"nothing", 0, {0}, true, 0},
		{"padding", 5, {0}, true, 0},
		{"no more after the end", 3, {0, 0, 1}, false, 0},
		{"an unknown field", 4, {9, 2, 1, 2}, true, 0},
		{"an unknown field of no length", 2, {255, 0}, true, 0},
		{"a tag without a length", 1, {9}, false, 0},
		{"an unknown field that is too long", 4, {9, 3, 1, 2}, false, 0},
		{"a candidate", 10, {2, 8, 2, 4, 0, 1, 10, 0, 0, 1}, true, 1},
		{"one of an unknown type", 10, {2, 8, 4, 4, 0, 1, 10, 0, 0, 1}, true, 0},
		{"one of type 0", 10, {2, 8, 0, 4, 0, 1, 10, 0, 0, 1}, true, 0},
		{"one of an unknown family", 5, {2, 3, 1, 7, 0}, true, 0},
		{"one without a family", 3, {2, 1, 1}, false, 0},
		{"one without anything", 2, {2, 0}, false, 0},
		{"one that is short", 9, {2, 7, 1, 4, 0, 1, 10, 0, 0}, false, 0},
		{"one that is long", 11, {2, 9, 1, 4, 0, 1, 10, 0, 0, 1, 0}, false, 0},
		{"one without a port", 10, {2, 8, 1, 4, 0, 0, 10, 0, 0, 1}, false, 0},
		{"one at no address", 10, {2, 8, 1, 4, 0, 1, 0, 0, 0, 0}, false, 0},
		{"one at many addresses", 10, {2, 8, 1, 4, 0, 1, 239, 0, 0, 1}, false, 0},
		{"one that is IPv4 in disguise",
		 22,
		 {2, 20, 1, 6, 0, 1, [16] = 0xff, 0xff, 192, 0, 2, 1},
		 false,
		 0},
		{"a report", 21, {3, 19, [14] = 4, 0, 1, 10, 0, 0, 1}, true, 0},
		{"one of an unknown family", 16, {3, 14, [14] = 7, 0}, true, 0},
		{"one without an endpoint", 14, {3, 12}, false, 0},
		{"one without anything", 2, {3, 0}, false, 0},
		{"one that is short", 20, {3, 18, [14] = 4, 0, 1, 10, 0, 0}, false, 0},
		{"one that is long", 22, {3, 20, [14] = 4, 0, 1, 10, 0, 0, 1, 0}, false, 0},
		{"one without a port", 21, {3, 19, [14] = 4, 0, 0, 10, 0, 0, 1}, false, 0},
		{"one at no address", 21, {3, 19, [14] = 4, 0, 1, 0, 0, 0, 0}, false, 0},
		{"a short confirmation", 33, {1, 31}, false, 0},
		{"a long confirmation", 35, {1, 33}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct introduction introduction = {.n_candidates = 77};

		EXPECT(decode(&introduction, rows[i].bytes, rows[i].size) == rows[i].is_read,
		       rows[i].name);
		EXPECT(introduction.n_candidates ==
			       (rows[i].is_read ? rows[i].n_candidates : 77),
		       rows[i].name);
	}
}

static void there_is_one_confirmation(void **state)
{
	struct introduction introduction;
	uint8_t bytes[68];

	(void)state;
	memcpy(bytes, confirmation, 34);
	memcpy(bytes + 34, confirmation, 34);
	assert_true(decode(&introduction, bytes, 34));
	assert_true(introduction.has_confirmation);
	assert_int_equal(introduction.confirmation[31], 0xbb);
	assert_false(decode(&introduction, bytes, 68));
}

static void candidates_beyond_the_table_are_left_out(void **state)
{
	uint8_t bytes[20 * sizeof(host_ipv4)];
	struct introduction introduction;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		memcpy(bytes + i * sizeof(host_ipv4), host_ipv4, sizeof(host_ipv4));
		bytes[i * sizeof(host_ipv4) + 9] = (uint8_t)(i + 1);
	}
	assert_true(decode(&introduction, bytes, sizeof(bytes)));
	assert_int_equal(introduction.n_candidates, INTRODUCTION_CANDIDATES_MAX);
	assert_int_equal(introduction.candidates[0].endpoint.address[3], 1);
	assert_int_equal(introduction.candidates[11].endpoint.address[3], 12);
}

static void an_introduction_cut_short_is_only_read_between_two_fields(void **state)
{
	uint8_t bytes[66];
	struct introduction introduction;

	(void)state;
	memcpy(bytes, confirmation, 34);
	memcpy(bytes + 34, host_ipv4, 10);
	memcpy(bytes + 44, mapped_ipv6, 22);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		bool is_between = size == 0 || size == 34 || size == 44 || size == 66;

		assert_int_equal(decode(&introduction, bytes, size), is_between);
	}
}

static void more_bytes_than_a_message_holds_are_refused(void **state)
{
	static const uint8_t bytes[INTRODUCTION_BYTES_MAX + 1];
	struct introduction introduction;

	(void)state;
	assert_true(decode(&introduction, bytes, INTRODUCTION_BYTES_MAX));
	assert_false(decode(&introduction, bytes, INTRODUCTION_BYTES_MAX + 1));
}

/* What was read can be said again, and is then the same. */
static void random_bytes_are_refused_or_encoded_to_the_same_meaning(void **state)
{
	struct random random;
	uint32_t n_read = 0;

	(void)state;
	random_init(&random, 2);
	for (int i = 0; i < 50000; i++) {
		uint8_t bytes[64];
		uint8_t again[INTRODUCTION_BYTES_MAX];
		size_t size = (size_t)random_below(&random, sizeof(bytes));
		struct introduction first;
		struct introduction second;

		for (size_t n = 0; n < size; n++)
			bytes[n] = (uint8_t)random_below(&random, n % 10 < 4 ? 10 : 256);
		if (!decode(&first, bytes, size))
			continue;
		n_read++;
		assert_int_equal(introduction_encode(&first, again), INTRODUCTION_PADDED_BYTES);
		assert_true(decode(&second, again, INTRODUCTION_PADDED_BYTES));
		assert_memory_equal(&first, &second, sizeof(first));
	}
	assert_true(n_read > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_are_those_of_the_document),
		cmocka_unit_test(
			what_was_encoded_is_decoded_alike_and_has_always_the_same_size),
		cmocka_unit_test(what_cannot_be_said_is_not_encoded),
		cmocka_unit_test(a_report_of_no_use_is_not_encoded),
		cmocka_unit_test(there_is_one_report_for_each_family),
		cmocka_unit_test(what_a_later_version_says_of_a_nat_is_unknown),
		cmocka_unit_test(bytes_are_read_as_the_document_says),
		cmocka_unit_test(there_is_one_confirmation),
		cmocka_unit_test(candidates_beyond_the_table_are_left_out),
		cmocka_unit_test(an_introduction_cut_short_is_only_read_between_two_fields),
		cmocka_unit_test(more_bytes_than_a_message_holds_are_refused),
		cmocka_unit_test(random_bytes_are_refused_or_encoded_to_the_same_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
