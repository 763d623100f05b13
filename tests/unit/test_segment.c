/* SPDX-License-Identifier: MIT */
#include "core/segment.h"

#include <string.h>

#include "core/checksum.h"
#include "core/random.h"
#include "tests/unit/unit.h"

/* Two SYNs, byte by byte; make_syn() puts the checksums in, by a sum of its own. */
static const uint8_t syn_ipv4[] = {
	0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0,	  0, /* IPv4 */
	10,   0,    0,	  2,	198,  51,   100,  2,	0x05, 0x22, 0x05, 0x23,
	1,    2,    3,	  4,	0,    0,    0,	  0, /* 1314 > 1315 */
	0x60, 0x02, 0xff, 0xff, 0,    0,    0,	  0,	2,    4,    5,	  0xb4,
};

static const uint8_t syn_ipv6[] = {
	0x60, 0, 0, 0, 0, 20, 6, 64,   0x20, 1,	   0xd,	 0xb8, 0,    0,	   0,
	0,    0, 0, 0, 0, 0,  0, 0,    2,    0x20, 1,	 0xd,  0xb8, 0,	   0,
	0,    1, 0, 0, 0, 0,  0, 0,    0,    9,	   0x05, 0x22, 0x05, 0x23, 1,
	2,    3, 4, 0, 0, 0,  0, 0x50, 0x02, 0xff, 0xff, 0,    0,    0,	   0,
};

static uint32_t raw_sum(const uint8_t *bytes, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (i & 1) ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static bool is_ipv4(const uint8_t *packet)
{
	return packet[0] >> 4 == 4;
}

static size_t header_size(const uint8_t *packet)
{
	return is_ipv4(packet) ? (size_t)(packet[0] & 15) * 4 : 40;
}

/* The sum over pseudo-header and transport: 0xffff when the checksum in it is right. */
static uint16_t transport_sum(const uint8_t *packet, size_t n)
{
	size_t ip = header_size(packet);
	uint8_t protocol = packet[is_ipv4(packet) ? 9 : 6];
	uint32_t sum = raw_sum(packet + ip, n - ip);

	if (protocol != 1)
		sum += protocol + (uint32_t)(n - ip) +
		       (is_ipv4(packet) ? raw_sum(packet + 12, 8) : raw_sum(packet + 8, 32));
	return finish(sum);
}

static void assert_checksums(const uint8_t *packet, size_t n)
{
	if (is_ipv4(packet))
		assert_int_equal(finish(raw_sum(packet, header_size(packet))), 0xffff);
	assert_int_equal(transport_sum(packet, n), 0xffff);
}

/* Copies the SYN and puts its checksums in. */
static size_t make_syn(enum midair_family family, uint8_t packet[64])
{
	const uint8_t *from = family == MIDAIR_IPV4 ? syn_ipv4 : syn_ipv6;
	size_t n = family == MIDAIR_IPV4 ? sizeof(syn_ipv4) : sizeof(syn_ipv6);
	size_t ip = family == MIDAIR_IPV4 ? 20 : 40;
	uint16_t sum;

	memcpy(packet, from, n);
	if (family == MIDAIR_IPV4) {
		sum = (uint16_t)~finish(raw_sum(packet, ip));
		packet[10] = (uint8_t)(sum >> 8);
		packet[11] = (uint8_t)sum;
	}
	sum = (uint16_t)~transport_sum(packet, n);
	packet[ip + 16] = (uint8_t)(sum >> 8);
	packet[ip + 17] = (uint8_t)sum;
	assert_checksums(packet, n);
	return n;
}

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint result;

	assert_int_equal(midair_endpoint_parse(&result, text), 0);
	return result;
}

static const enum midair_family families[] = {MIDAIR_IPV4, MIDAIR_IPV6};

static void a_syn_is_read(void **state)
{
	uint8_t packet[64];
	char text[SEGMENT_TEXT_SIZE];
	struct segment segment;

	(void)state;
	assert_int_equal(segment_parse(&segment, packet, make_syn(MIDAIR_IPV4, packet)), 0);
	assert_string_equal(segment_format(&segment, text),
			    "10.0.0.2:1314 > 198.51.100.2:1315 SYN");
	assert_int_equal(segment.sequence, 0x01020304);
	assert_int_equal(segment.payload_bytes, 0);
	assert_int_equal(segment_parse(&segment, packet, make_syn(MIDAIR_IPV6, packet)), 0);
	assert_string_equal(segment_format(&segment, text),
			    "[2001:db8::2]:1314 > [2001:db8:0:1::9]:1315 SYN");
}

static void rewriting_mends_the_checksums(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		bool is_v4 = families[i] == MIDAIR_IPV4;
		uint8_t packet[64];
		size_t n = make_syn(families[i], packet);
		struct segment segment;
		struct segment again;

		assert_int_equal(segment_parse(&segment, packet, n), 0);
		segment.source = endpoint(is_v4 ? "203.0.113.7:61000" : "[2001:db8::7]:61000");
		segment.destination = endpoint(is_v4 ? "10.9.8.7:9" : "[2001:db8:ffff::1]:9");
		segment_rewrite(&segment, packet, n);
		assert_checksums(packet, n);
		assert_int_equal(segment_parse(&again, packet, n), 0);
		assert_true(midair_endpoint_equal(&again.source, &segment.source));
		assert_true(midair_endpoint_equal(&again.destination, &segment.destination));
		assert_int_equal(again.sequence, segment.sequence);
	}
}

static void a_wrong_checksum_stays_wrong(void **state)
{
	uint8_t packet[64];
	size_t n = make_syn(MIDAIR_IPV4, packet);
	struct segment segment;

	(void)state;
	packet[36] ^= 0x55;
	assert_int_equal(segment_parse(&segment, packet, n), 0);
	segment.source = endpoint("203.0.113.7:61000");
	segment_rewrite(&segment, packet, n);
	assert_int_not_equal(transport_sum(packet, n), 0xffff);
}

static void a_rewrite_to_the_other_family_writes_nothing(void **state)
{
	uint8_t packet[64];
	uint8_t before[64];
	size_t n = make_syn(MIDAIR_IPV4, packet);
	struct segment segment;

	(void)state;
	memcpy(before, packet, n);
	assert_int_equal(segment_parse(&segment, packet, n), 0);
	segment.source = endpoint("[2001:db8::7]:61000");
	segment_rewrite(&segment, packet, n);
	assert_memory_equal(packet, before, n);
}

static void the_reset_fits_the_segment(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		uint8_t packet[64];
		uint8_t out[SEGMENT_ANSWER_SIZE];
		size_t n = make_syn(families[i], packet);
		struct segment syn;
		struct segment reset;

		assert_int_equal(segment_parse(&syn, packet, n), 0);
		n = segment_build_reset(&syn, out);
		assert_checksums(out, n);
		assert_int_equal(segment_parse(&reset, out, n), 0);
		assert_true(midair_endpoint_equal(&reset.source, &syn.destination));
		assert_true(midair_endpoint_equal(&reset.destination, &syn.source));
		assert_int_equal(reset.flags, SEGMENT_RST | SEGMENT_ACK);
		assert_int_equal(reset.acknowledgement, syn.sequence + 1);
		assert_int_equal(reset.sequence, 0);
		/* RFC 9293 3.10.7.1: to a segment with an ACK, SEQ=SEG.ACK and no ACK */
		syn.flags = SEGMENT_SYN | SEGMENT_ACK;
		syn.acknowledgement = 77;
		assert_true(segment_answer_reset(&syn, &reset));
		assert_int_equal(reset.flags, SEGMENT_RST);
		assert_int_equal(reset.sequence, 77);
	}
}

static void nothing_answers_a_reset(void **state)
{
	uint8_t packet[64];
	uint8_t out[SEGMENT_ANSWER_SIZE];
	size_t n = make_syn(MIDAIR_IPV4, packet);
	struct midair_endpoint box = endpoint("203.0.113.1:1");
	struct segment segment;

	(void)state;
	packet[33] = SEGMENT_RST;
	assert_int_equal(segment_parse(&segment, packet, n), 0);
	assert_int_equal(segment_build_reset(&segment, out), 0);
	assert_int_equal(segment_build_unreachable(&box, packet, n, out), 0);
}

static void the_icmp_error_quotes_the_segment(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		bool is_v4 = families[i] == MIDAIR_IPV4;
		struct midair_endpoint box =
			endpoint(is_v4 ? "203.0.113.1:1" : "[2001:db8::1]:1");
		uint8_t packet[64];
		uint8_t out[SEGMENT_ANSWER_SIZE];
		uint8_t answer[SEGMENT_ANSWER_SIZE];
		size_t n = make_syn(families[i], packet);
		struct segment syn;
		struct segment error;

		assert_int_equal(segment_parse(&syn, packet, n), 0);
		n = segment_build_unreachable(&box, packet, n, out);
		assert_checksums(out, n);
		assert_int_equal(segment_parse(&error, out, n), 0);
		assert_int_equal(error.kind, SEGMENT_ICMP_ERROR);
		assert_int_equal(error.error, SEGMENT_ERROR_HOST);
		assert_int_equal(error.sequence, syn.sequence);
		assert_true(midair_endpoint_equal(&error.about_source, &syn.source));
		assert_true(midair_endpoint_equal(&error.about_destination, &syn.destination));
		/* no answer about an error, or the two would go on for ever */
		assert_int_equal(segment_build_unreachable(&box, out, n, answer), 0);
	}
}

static void an_icmp_error_is_translated_inside_and_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		bool is_v4 = families[i] == MIDAIR_IPV4;
		struct midair_endpoint box =
			endpoint(is_v4 ? "203.0.113.1:1" : "[2001:db8::1]:1");
		uint8_t packet[64];
		uint8_t out[SEGMENT_ANSWER_SIZE];
		size_t n = make_syn(families[i], packet);
		size_t quote = (is_v4 ? 20u : 40u) + 8;
		struct segment error;
		struct segment again;

		n = segment_build_unreachable(&box, packet, n, out);
		assert_int_equal(segment_parse(&error, out, n), 0);
		error.about_source =
			endpoint(is_v4 ? "192.168.1.2:4000" : "[2001:db8:5::5]:4000");
		error.destination = error.about_source;
		error.destination.port = 0;
		segment_rewrite(&error, out, n);
		assert_checksums(out, n);
		assert_checksums(out + quote, n - quote);
		assert_int_equal(segment_parse(&again, out, n), 0);
		assert_true(midair_endpoint_equal(&again.about_source, &error.about_source));
		assert_true(midair_endpoint_equal(&again.destination, &error.destination));
	}
}

/* RFC 792 asks for no more of the quoted packet than this. */
static void an_error_that_quotes_eight_bytes_is_enough(void **state)
{
	struct midair_endpoint box = endpoint("203.0.113.1:1");
	uint8_t packet[64];
	uint8_t out[SEGMENT_ANSWER_SIZE];
	size_t n = make_syn(MIDAIR_IPV4, packet);
	struct segment error;

	(void)state;
	assert_true(segment_build_unreachable(&box, packet, n, out) > 56);
	out[2] = 0;
	out[3] = 56;
	assert_int_equal(segment_parse(&error, out, 56), 0);
	assert_int_equal(error.about_source.port, 1314);
	error.about_source = endpoint("192.168.1.2:4000");
	segment_rewrite(&error, out, 56);
	assert_int_equal(segment_parse(&error, out, 56), 0);
	assert_int_equal(error.about_source.port, 4000);
	out[3] = 55;
	assert_int_equal(segment_parse(&error, out, 55), MIDAIR_E_SYNTAX);
}

static void each_icmp_type_has_its_meaning(void **state)
{
	static const struct {
		enum midair_family family;
		uint8_t type, code;
		int result;
		enum segment_error error;
	} cases[] = {
		{MIDAIR_IPV4, 3, 0, 0, SEGMENT_ERROR_NO_ROUTE},
		{MIDAIR_IPV4, 3, 1, 0, SEGMENT_ERROR_HOST},
		{MIDAIR_IPV4, 3, 2, 0, SEGMENT_ERROR_PROTOCOL},
		{MIDAIR_IPV4, 3, 3, 0, SEGMENT_ERROR_PORT},
		{MIDAIR_IPV4, 3, 4, 0, SEGMENT_ERROR_TOO_BIG},
		{MIDAIR_IPV4, 3, 13, 0, SEGMENT_ERROR_PROHIBITED},
		{MIDAIR_IPV4, 11, 0, 0, SEGMENT_ERROR_EXPIRED},
		{MIDAIR_IPV4, 12, 0, 0, SEGMENT_ERROR_OTHER},
		{MIDAIR_IPV4, 8, 0, MIDAIR_E_UNSUPPORTED, SEGMENT_ERROR_NONE},
		{MIDAIR_IPV6, 1, 0, 0, SEGMENT_ERROR_NO_ROUTE},
		{MIDAIR_IPV6, 1, 1, 0, SEGMENT_ERROR_PROHIBITED},
		{MIDAIR_IPV6, 1, 3, 0, SEGMENT_ERROR_HOST},
		{MIDAIR_IPV6, 1, 4, 0, SEGMENT_ERROR_PORT},
		{MIDAIR_IPV6, 2, 0, 0, SEGMENT_ERROR_TOO_BIG},
		{MIDAIR_IPV6, 3, 0, 0, SEGMENT_ERROR_EXPIRED},
		{MIDAIR_IPV6, 4, 1, 0, SEGMENT_ERROR_PROTOCOL},
		{MIDAIR_IPV6, 128, 0, MIDAIR_E_UNSUPPORTED, SEGMENT_ERROR_NONE},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(cases); i++) {
		bool is_v4 = cases[i].family == MIDAIR_IPV4;
		struct midair_endpoint box =
			endpoint(is_v4 ? "203.0.113.1:1" : "[2001:db8::1]:1");
		uint8_t packet[64];
		uint8_t out[SEGMENT_ANSWER_SIZE];
		size_t n = make_syn(cases[i].family, packet);
		struct segment error = {.error = SEGMENT_ERROR_NONE};

		n = segment_build_unreachable(&box, packet, n, out);
		out[is_v4 ? 20 : 40] = cases[i].type;
		out[is_v4 ? 21 : 41] = cases[i].code;
		assert_int_equal(segment_parse(&error, out, n), cases[i].result);
		assert_int_equal(error.error, cases[i].error);
	}
}

static void other_packets_are_left_alone(void **state)
{
	uint8_t packet[64];
	struct segment segment;
	size_t n = make_syn(MIDAIR_IPV4, packet);

	(void)state;
	packet[9] = 17; /* UDP */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_UNSUPPORTED);
	n = make_syn(MIDAIR_IPV4, packet);
	packet[6] = 0x20; /* more fragments */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_UNSUPPORTED);
	n = make_syn(MIDAIR_IPV4, packet);
	packet[7] = 1; /* a later fragment */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_UNSUPPORTED);
	n = make_syn(MIDAIR_IPV6, packet);
	packet[6] = 44; /* fragment header */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_UNSUPPORTED);
	packet[0] = 0x10;
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_UNSUPPORTED);
	assert_int_equal(segment_parse(&segment, packet, 0), MIDAIR_E_SYNTAX);
}

static void every_truncation_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		uint8_t packet[64];
		size_t n = make_syn(families[i], packet);
		struct segment segment;

		for (size_t length = 0; length < n; length++)
			assert_int_equal(segment_parse(&segment, packet, length),
					 MIDAIR_E_SYNTAX);
		/* padding past the IP length is no payload */
		memset(packet + n, 0xee, sizeof(packet) - n);
		assert_int_equal(segment_parse(&segment, packet, sizeof(packet)), 0);
		assert_int_equal(segment.payload_bytes, 0);
	}
}

static void lengths_that_contradict_are_refused(void **state)
{
	uint8_t packet[64];
	struct segment segment;
	size_t n = make_syn(MIDAIR_IPV4, packet);

	(void)state;
	packet[0] = 0x44; /* an IP header of 16 bytes */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_SYNTAX);
	n = make_syn(MIDAIR_IPV4, packet);
	packet[3] = 19; /* a total shorter than the header */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_SYNTAX);
	n = make_syn(MIDAIR_IPV4, packet);
	packet[32] = 0x40; /* a TCP header of 16 bytes */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_SYNTAX);
	packet[32] = 0x70; /* of 28, past the end */
	assert_int_equal(segment_parse(&segment, packet, n), MIDAIR_E_SYNTAX);
}

/* The sanitizers watch. */
static void damaged_packets_never_crash(void **state)
{
	struct random random;
	struct midair_endpoint box = endpoint("203.0.113.1:1");

	(void)state;
	random_init(&random, 1);
	for (int round = 0; round < 20000; round++) {
		uint8_t packet[SEGMENT_ANSWER_SIZE];
		uint8_t out[SEGMENT_ANSWER_SIZE];
		uint8_t syn[64];
		size_t n = make_syn(families[round & 1], syn);
		struct segment segment;

		memcpy(packet, syn, n);
		if (round & 2 && families[round & 1] == MIDAIR_IPV4)
			n = segment_build_unreachable(&box, syn, n, packet);
		for (int i = 0; i < 3; i++)
			packet[random_below(&random, n)] = (uint8_t)random_next(&random);
		n = random_below(&random, n + 1);
		if (segment_parse(&segment, packet, n) == 0) {
			segment.source.port ^= 1;
			segment.about_source.port ^= 1;
			segment_rewrite(&segment, packet, n);
			segment_build_reset(&segment, out);
		}
		segment_build_unreachable(&box, packet, n, out);
	}
}

static void an_odd_byte_is_summed_as_if_a_zero_followed(void **state)
{
	static const uint8_t bytes[] = {0x01, 0x02, 0x03};

	(void)state;
	assert_int_equal(checksum_sum(bytes, 3), 0x0402);
	assert_int_equal(checksum_add(0xffff, 0x0001), 0x0001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_is_read),
		cmocka_unit_test(rewriting_mends_the_checksums),
		cmocka_unit_test(a_wrong_checksum_stays_wrong),
		cmocka_unit_test(a_rewrite_to_the_other_family_writes_nothing),
		cmocka_unit_test(the_reset_fits_the_segment),
		cmocka_unit_test(nothing_answers_a_reset),
		cmocka_unit_test(the_icmp_error_quotes_the_segment),
		cmocka_unit_test(an_icmp_error_is_translated_inside_and_out),
		cmocka_unit_test(an_error_that_quotes_eight_bytes_is_enough),
		cmocka_unit_test(each_icmp_type_has_its_meaning),
		cmocka_unit_test(other_packets_are_left_alone),
		cmocka_unit_test(every_truncation_is_noticed),
		cmocka_unit_test(lengths_that_contradict_are_refused),
		cmocka_unit_test(damaged_packets_never_crash),
		cmocka_unit_test(an_odd_byte_is_summed_as_if_a_zero_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
