/* SPDX-License-Identifier: MIT */
#include "core/pcp.h"

#include "tests/unit/unit.h"

#include <string.h>

static const struct midair_endpoint client4 = {
	.family = MIDAIR_IPV4, .address = {192, 168, 1, 7}, .port = 999};
static const struct midair_endpoint client6 = {.family = MIDAIR_IPV6,
					       .address = {0x20, 0x01, 0x0d, 0xb8, [15] = 7}};
static const struct pcp_mapping asked = {
	.nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
	.port = 0x1234,
	.external = {.port = 0x5678},
	.lifetime_s = 600,
};

/* RFC 6887, 7.1, 11.1: byte by byte, from the figures. */
static const uint8_t map_request[PCP_REQUEST_BYTES] = {
	2, 1, 0, 0, 0,	  0,	0x02, 0x58,				       /* header */
	0, 0, 0, 0, 0,	  0,	0,    0,    0, 0,  0xff, 0xff, 192, 168, 1, 7, /* client */
	1, 2, 3, 4, 5,	  6,	7,    8,    9, 10, 11,	 12,		       /* nonce */
	6, 0, 0, 0, 0x12, 0x34, 0x56, 0x78,				       /* TCP, ports */
	0, 0, 0, 0, 0,	  0,	0,    0,    0, 0,  0xff, 0xff, 0,   0,	 0, 0, /* whichever */
};

/* RFC 6887, 7.2, 11.1: granted for 120 s as 203.0.113.9:8080. */
static const uint8_t map_answer[60] = {
	2, 0x81, 0, 0, 0,    0,	   0,	 120,  0, 0,  1,    0,	  0,   0, 0,   0,
	0, 0,	 0, 0, 0,    0,	   0,	 0,			/* header */
	1, 2,	 3, 4, 5,    6,	   7,	 8,    9, 10, 11,   12, /* nonce */
	6, 0,	 0, 0, 0x12, 0x34, 0x1f, 0x90,			/* TCP, ports */
	0, 0,	 0, 0, 0,    0,	   0,	 0,    0, 0,  0xff, 0xff, 203, 0, 113, 9,
};

static void requests_have_the_layout_of_the_rfc(void **state)
{
	uint8_t bytes[PCP_REQUEST_BYTES] = {0};

	(void)state;
	assert_int_equal(pcp_map_request(&client4, &asked, bytes), sizeof(map_request));
	assert_memory_equal(bytes, map_request, sizeof(map_request));
	assert_int_equal(pcp_announce_request(&client4, bytes), 24);
	assert_int_equal(bytes[1], 0);
	assert_memory_equal(bytes + 8, map_request + 8, 16);
}

static void ipv6_is_sent_as_it_is_and_whichever_is_zero(void **state)
{
	static const uint8_t zero[16] = {0};
	struct pcp_mapping mapping = asked;
	uint8_t bytes[PCP_REQUEST_BYTES];

	(void)state;
	pcp_map_request(&client6, &mapping, bytes);
	assert_memory_equal(bytes + 8, client6.address, 16);
	assert_memory_equal(bytes + 44, zero, 16);
	mapping.external = client6;
	pcp_map_request(&client6, &mapping, bytes);
	assert_memory_equal(bytes + 44, client6.address, 16);
	/* a suggestion of the other family is none */
	mapping.external = client4;
	pcp_map_request(&client6, &mapping, bytes);
	assert_memory_equal(bytes + 44, zero, 16);
}

static void an_answer_tells_what_was_granted(void **state)
{
	const struct midair_endpoint external = {
		.family = MIDAIR_IPV4, .address = {203, 0, 113, 9}, .port = 8080};
	struct pcp_mapping mapping;

	(void)state;
	assert_int_equal(pcp_read(map_answer, sizeof(map_answer), &asked, &mapping),
			 PCP_MAPPED);
	assert_true(midair_endpoint_equal(&mapping.external, &external));
	assert_int_equal(mapping.lifetime_s, 120);
	assert_int_equal(mapping.port, asked.port);
}

/* One byte of the answer, and what it then is. */
static const struct {
	const char *name;
	size_t place;
	uint8_t value;
	enum pcp_answer answer;
} changes[] = {
	{"another version", 0, 3, PCP_FOREIGN},
	{"a request", 1, 0x01, PCP_FOREIGN},
	{"an announcement", 1, 0x80, PCP_FOREIGN},
	{"PEER", 1, 0x82, PCP_FOREIGN},
	{"bad version", 3, 1, PCP_NO_SERVER},
	{"not authorised", 3, 2, PCP_REFUSED},
	{"an unknown result", 3, 200, PCP_REFUSED},
	{"a reserved byte that is to be ignored", 2, 9, PCP_MAPPED},
	{"the nonce's first byte", 24, 0, PCP_FOREIGN},
	{"the nonce's last byte", 35, 0, PCP_FOREIGN},
	{"UDP", 36, 17, PCP_FOREIGN},
	{"another port of ours", 41, 0x35, PCP_FOREIGN},
	{"another outer port", 43, 0x91, PCP_MAPPED},
	{"NAT-PMP", 0, 0, PCP_NO_SERVER},
};

static void only_the_answer_to_our_request_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(changes); i++) {
		uint8_t bytes[sizeof(map_answer)];
		struct pcp_mapping mapping;

		memcpy(bytes, map_answer, sizeof(bytes));
		bytes[changes[i].place] = changes[i].value;
		EXPECT(pcp_read(bytes, sizeof(bytes), &asked, &mapping) == changes[i].answer,
		       changes[i].name);
	}
}

static void refusals_of_others_requests_are_not_ours(void **state)
{
	uint8_t bytes[sizeof(map_answer)];
	struct pcp_mapping mapping;

	(void)state;
	memcpy(bytes, map_answer, sizeof(bytes));
	bytes[3] = 8;
	bytes[24] ^= 1;
	assert_int_equal(pcp_read(bytes, sizeof(bytes), &asked, &mapping), PCP_FOREIGN);
}

static void an_announcement_answers_its_own_question_only(void **state)
{
	uint8_t bytes[24] = {2, 0x80};
	struct pcp_mapping mapping;

	(void)state;
	assert_int_equal(pcp_read(bytes, sizeof(bytes), NULL, &mapping), PCP_ANNOUNCED);
	assert_int_equal(pcp_read(bytes, sizeof(bytes), &asked, &mapping), PCP_FOREIGN);
	bytes[3] = 4;
	assert_int_equal(pcp_read(bytes, sizeof(bytes), NULL, &mapping), PCP_REFUSED);
	assert_int_equal(pcp_read(map_answer, sizeof(map_answer), NULL, &mapping), PCP_FOREIGN);
}

static void what_is_cut_or_too_long_is_nothing(void **state)
{
	static uint8_t bytes[PCP_ANSWER_MAX + 4];
	struct pcp_mapping mapping;

	(void)state;
	memcpy(bytes, map_answer, sizeof(map_answer));
	for (size_t size = 0; size < sizeof(map_answer); size++)
		assert_int_equal(pcp_read(bytes, size, &asked, &mapping), PCP_FOREIGN);
	/* options that nobody asked for, up to the longest message */
	assert_int_equal(pcp_read(bytes, PCP_ANSWER_MAX, &asked, &mapping), PCP_MAPPED);
	assert_int_equal(pcp_read(bytes, PCP_ANSWER_MAX + 4, &asked, &mapping), PCP_FOREIGN);
	assert_int_equal(pcp_read(bytes, 62, &asked, &mapping), PCP_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_have_the_layout_of_the_rfc),
		cmocka_unit_test(ipv6_is_sent_as_it_is_and_whichever_is_zero),
		cmocka_unit_test(an_answer_tells_what_was_granted),
		cmocka_unit_test(only_the_answer_to_our_request_counts),
		cmocka_unit_test(refusals_of_others_requests_are_not_ours),
		cmocka_unit_test(an_announcement_answers_its_own_question_only),
		cmocka_unit_test(what_is_cut_or_too_long_is_nothing),
	};

	return cmocka_run_group_tests_name("pcp", tests, NULL, NULL);
}
