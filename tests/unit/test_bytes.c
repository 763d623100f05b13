/* SPDX-License-Identifier: MIT */
#include "core/bytes.h"

#include <string.h>

#include "tests/unit/unit.h"

static void numbers_are_in_network_order(void **state)
{
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 'x', 'y'};
	uint8_t bytes[sizeof(expected)];
	struct byte_writer writer = {.at = bytes, .n_left = sizeof(bytes)};
	struct byte_reader reader = {.at = bytes, .n_left = sizeof(bytes)};
	char text[3] = "";

	(void)state;
	bytes_write_8(&writer, 1);
	bytes_write_16(&writer, 0x0203);
	bytes_write_32(&writer, 0x04050607);
	bytes_write(&writer, "xy", 2);
	assert_false(writer.has_failed);
	assert_int_equal(writer.n_left, 0);
	assert_memory_equal(bytes, expected, sizeof(bytes));
	assert_int_equal(bytes_read_8(&reader), 1);
	assert_int_equal(bytes_read_16(&reader), 0x0203);
	assert_int_equal(bytes_read_32(&reader), 0x04050607);
	assert_false(bytes_is_done(&reader));
	bytes_read(&reader, text, 2);
	assert_string_equal(text, "xy");
	assert_true(bytes_is_done(&reader));
}

static void who_has_read_too_much_reads_zeros_from_then_on(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct byte_reader reader = {.at = bytes, .n_left = sizeof(bytes)};
	uint8_t copy[2] = {9, 9};

	(void)state;
	assert_int_equal(bytes_read_32(&reader), 0);
	assert_true(reader.has_failed);
	assert_int_equal(bytes_read_8(&reader), 0);
	assert_int_equal(bytes_read_16(&reader), 0);
	assert_null(bytes_take(&reader, 1));
	bytes_read(&reader, copy, sizeof(copy));
	assert_int_equal(copy[0] | copy[1], 0);
	assert_false(bytes_is_done(&reader));
}

static void who_has_written_too_much_writes_nothing_from_then_on(void **state)
{
	uint8_t bytes[4] = {0, 0, 9, 9};
	struct byte_writer writer = {.at = bytes, .n_left = 2};

	(void)state;
	bytes_write_8(&writer, 1);
	bytes_write_32(&writer, UINT32_MAX);
	bytes_write_8(&writer, 2);
	assert_true(writer.has_failed);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[2], 9);
	assert_int_equal(bytes[3], 9);
}

static void an_endpoint_is_family_port_and_address(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		uint8_t bytes[BYTES_ENDPOINT_IPV6];
	} rows[] = {
		{"192.0.2.1:1314", BYTES_ENDPOINT_IPV4, {4, 5, 34, 192, 0, 2, 1}},
		{"[2001:db8::1]:1314",
		 BYTES_ENDPOINT_IPV6,
		 {6, 5, 34, 0x20, 0x01, 0x0d, 0xb8, [18] = 1}},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		uint8_t bytes[BYTES_ENDPOINT_IPV6];
		struct byte_writer writer = {.at = bytes, .n_left = rows[i].size};
		struct byte_reader reader = {.at = bytes, .n_left = rows[i].size};
		struct midair_endpoint endpoint;
		struct midair_endpoint read;

		assert_int_equal(midair_endpoint_parse(&endpoint, rows[i].text), 0);
		bytes_write_endpoint(&writer, &endpoint);
		EXPECT(!writer.has_failed && writer.n_left == 0, rows[i].text);
		EXPECT(memcmp(bytes, rows[i].bytes, rows[i].size) == 0, rows[i].text);
		bytes_read_endpoint(&reader, &read);
		EXPECT(bytes_is_done(&reader), rows[i].text);
		EXPECT(midair_endpoint_equal(&read, &endpoint), rows[i].text);
	}
}

static void what_no_connection_leads_to_is_no_endpoint(void **state)
{
	static const struct {
		const char *text;
		bool is_reachable;
	} rows[] = {
		{"0.0.0.0:1", false},	 {"0.0.0.1:1", true},
		{"127.0.0.1:1", true},	 {"223.255.255.255:1", true},
		{"224.0.0.1:1", false},	 {"255.255.255.255:1", false},
		{"[::]:1", false},	 {"[::1]:1", true},
		{"[fe80::1%3]:1", true}, {"[ff02::1]:1", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint endpoint;

		assert_int_equal(midair_endpoint_parse(&endpoint, rows[i].text), 0);
		EXPECT(bytes_is_reachable(&endpoint) == rows[i].is_reachable, rows[i].text);
		endpoint.port = 0;
		EXPECT(!bytes_is_reachable(&endpoint), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_in_network_order),
		cmocka_unit_test(who_has_read_too_much_reads_zeros_from_then_on),
		cmocka_unit_test(who_has_written_too_much_writes_nothing_from_then_on),
		cmocka_unit_test(an_endpoint_is_family_port_and_address),
		cmocka_unit_test(what_no_connection_leads_to_is_no_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
