/* SPDX-License-Identifier: MIT */
/*
 * The messages, built from the tables of docs/PROTOCOL.md byte by byte, against the code. What is
 * not in the document is not accepted, and what is in it is. (Messages made by the encoder are in
 * test_wire_random.c.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "tests/unit/protocol_table.h"
#include "tests/unit/unit.h"

#ifndef PROTOCOL_MD
#error "PROTOCOL_MD is the path of docs/PROTOCOL.md"
#endif

#define FRAME_SIZE 2048

static struct protocol_table table;

/* A form with a value for each of its fields. The bytes of a field wider than four are fill. */
struct sample {
	const struct table_form *form;
	uint32_t values[TABLE_FIELDS];
	uint8_t fill;
	uint32_t rest; /* what "rest" stands for */
};

static uint32_t resolve(const struct sample *sample, const struct table_value *value)
{
	if (!value->is_field)
		return value->number;
	if (strcmp(value->field, "rest") == 0)
		return sample->rest;
	for (size_t i = 0; i < sample->form->n_fields; i++)
		if (strcmp(sample->form->fields[i].name, value->field) == 0)
			return sample->values[i];
	fail_msg("%s: there is no field %s", sample->form->heading, value->field);
	return 0;
}

/* The first allowed value of every field but the chosen one, which has this value. */
static struct sample sample_with(const struct table_form *form, size_t chosen, uint32_t value)
{
	struct sample sample = {.form = form, .fill = 0x55, .rest = 1};

	for (size_t i = 0; i < form->n_fields; i++)
		sample.values[i] =
			i == chosen ? value : resolve(&sample, &form->fields[i].least);
	return sample;
}

static struct sample sample_of(const struct table_form *form)
{
	return sample_with(form, SIZE_MAX, 0);
}

/* The frame that the document describes. Returns its size. */
static size_t frame(const struct sample *sample, uint8_t out[FRAME_SIZE])
{
	const struct table_message *message =
		protocol_table_message(&table, sample->form->message);
	size_t size = WIRE_HEADER_BYTES;

	assert_non_null(message);
	for (size_t i = 0; i < sample->form->n_fields; i++) {
		const struct table_field *field = &sample->form->fields[i];
		uint32_t n_bytes = resolve(sample, &field->bytes);

		for (uint32_t n = n_bytes; n > 0; n--) {
			bool is_number = n_bytes <= 4 && field->allowed == TABLE_RANGE;
			uint32_t byte = is_number || field->allowed == TABLE_EITHER
						? sample->values[i] >> (8 * (n - 1))
						: sample->fill;

			out[size++] = (uint8_t)byte;
		}
	}
	out[0] = (uint8_t)message->type;
	out[1] = 0;
	out[2] = (uint8_t)((size - WIRE_HEADER_BYTES) >> 8);
	out[3] = (uint8_t)(size - WIRE_HEADER_BYTES);
	return size;
}

/* The decoder gets memory of exactly that size, so that a sanitizer sees a read past it. */
static int decode(const uint8_t *bytes, size_t size, struct wire_message *message)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);
	int result;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	result = wire_decode(exact, size, message);
	free(exact);
	return result;
}

static void expect_accepted(const struct sample *sample)
{
	uint8_t bytes[FRAME_SIZE];
	uint8_t again[WIRE_MESSAGE_MAX];
	struct wire_message message;
	size_t size = frame(sample, bytes);

	EXPECT(decode(bytes, size, &message) == (int)size, sample->form->heading);
	EXPECT((uint32_t)message.type == bytes[0], sample->form->heading);
	EXPECT(wire_encode(&message, again) == size, sample->form->heading);
	EXPECT(memcmp(bytes, again, size) == 0, sample->form->heading);
}

static void expect_refused(const struct sample *sample)
{
	uint8_t bytes[FRAME_SIZE];
	struct wire_message message = {.type = 77};
	size_t size = frame(sample, bytes);

	EXPECT(decode(bytes, size, &message) == -1, sample->form->heading);
	EXPECT(message.type == 77, sample->form->heading);
}

static void the_document_has_every_message_of_the_code_and_no_other(void **state)
{
	static const struct {
		const char *name;
		enum wire_type type;
	} rows[] = {
		{"HELLO", WIRE_HELLO},
		{"ENTER", WIRE_ENTER},
		{"SEALED", WIRE_SEALED},
		{"LEAVE", WIRE_LEAVE},
		{"WELCOME", WIRE_WELCOME},
		{"ROOM", WIRE_ROOM},
		{"PEER", WIRE_PEER},
		{"LEFT", WIRE_LEFT},
		{"ERROR", WIRE_ERROR},
		{"PROBE_INFO", WIRE_PROBE_INFO},
		{"PROBE", WIRE_PROBE},
		{"PROBES", WIRE_PROBES},
		{"PROBE_RESULT", WIRE_PROBE_RESULT},
		{"RELAY", WIRE_RELAY},
		{"RELAY_READY", WIRE_RELAY_READY},
		{"RELAY_WANTED", WIRE_RELAY_WANTED},
		{"RELAY_REFUSED", WIRE_RELAY_REFUSED},
	};

	(void)state;
	assert_int_equal(table.n_messages, N_ITEMS(rows));
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct table_message *message =
			protocol_table_message(&table, rows[i].name);

		EXPECT(message && message->type == (uint32_t)rows[i].type, rows[i].name);
	}
}

static void any_other_type_is_refused_at_its_first_byte(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 256; type++) {
		uint8_t byte = (uint8_t)type;
		struct wire_message message;
		bool is_known = false;

		for (size_t i = 0; i < table.n_messages; i++)
			is_known |= table.messages[i].type == type;
		assert_int_equal(decode(&byte, 1, &message), is_known ? 0 : -1);
	}
}

static void the_direction_is_in_the_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < table.n_messages; i++) {
		const struct table_message *message = &table.messages[i];
		bool is_servers = strcmp(message->from, "server") == 0;

		EXPECT(message->type >= (is_servers ? 0x61u : 0x41u), message->name);
		EXPECT(message->type <= (is_servers ? 0x7fu : 0x5fu), message->name);
	}
}

static void every_form_is_accepted_as_it_stands(void **state)
{
	(void)state;
	assert_true(table.n_forms >= table.n_messages);
	for (size_t i = 0; i < table.n_forms; i++) {
		struct sample sample = sample_of(&table.forms[i]);

		expect_accepted(&sample);
	}
}

static uint32_t widest(const struct table_field *field)
{
	return field->bytes.number >= 4 ? UINT32_MAX : (1u << 8 * field->bytes.number) - 1;
}

static void check_range(const struct table_form *form, size_t i)
{
	const struct table_field *field = &form->fields[i];
	struct sample base = sample_of(form);
	uint32_t least = resolve(&base, &field->least);
	uint32_t most = resolve(&base, &field->most);
	struct sample sample = sample_with(form, i, least);

	expect_accepted(&sample);
	sample = sample_with(form, i, most);
	expect_accepted(&sample);
	/* A size of another field is wrong beyond its limits even when that field has it. */
	if (least > 0) {
		sample = sample_with(form, i, least - 1);
		expect_refused(&sample);
	}
	if (most < widest(field)) {
		sample = sample_with(form, i, most + 1);
		expect_refused(&sample);
		sample = sample_with(form, i, widest(field));
		sample.values[i] = strcmp(field->name, "name_size") ? widest(field) : most + 1;
		expect_refused(&sample);
	}
}

static void check_either(const struct table_form *form, size_t i)
{
	const struct table_field *field = &form->fields[i];

	for (uint32_t value = 0; value <= widest(field); value++) {
		struct sample sample = sample_with(form, i, value);

		if (value == field->least.number || value == field->most.number)
			expect_accepted(&sample);
		else
			expect_refused(&sample);
	}
}

/* The form is one of several: a value that is wrong in it may be right in another one. */
static bool is_other_form(const struct table_form *form, const struct table_field *field)
{
	return strcmp(form->heading, "`HELLO` of this version") == 0 &&
	       strcmp(field->name, "magic") != 0;
}

static void the_limits_of_every_number_are_where_the_document_says(void **state)
{
	size_t n_checked = 0;

	(void)state;
	for (size_t f = 0; f < table.n_forms; f++) {
		const struct table_form *form = &table.forms[f];

		for (size_t i = 0; i < form->n_fields; i++) {
			if (is_other_form(form, &form->fields[i]))
				continue;
			if (form->fields[i].allowed == TABLE_RANGE)
				check_range(form, i);
			if (form->fields[i].allowed == TABLE_EITHER)
				check_either(form, i);
			n_checked++;
		}
	}
	assert_true(n_checked > 30);
}

static size_t offset_of(const struct sample *sample, size_t field)
{
	size_t offset = WIRE_HEADER_BYTES;

	for (size_t i = 0; i < field; i++)
		offset += resolve(sample, &sample->form->fields[i].bytes);
	return offset;
}

static void put_address(const struct sample *sample, size_t field, const uint8_t *address,
			size_t size, bool is_accepted)
{
	uint8_t bytes[FRAME_SIZE];
	struct wire_message message;
	size_t n_bytes = frame(sample, bytes);

	assert_int_equal(size, sample->form->fields[field].bytes.number);
	memcpy(bytes + offset_of(sample, field), address, size);
	EXPECT(decode(bytes, n_bytes, &message) == (is_accepted ? (int)n_bytes : -1),
	       sample->form->heading);
}

static void check_addresses_4(const struct sample *sample, size_t field)
{
	static const struct {
		uint8_t address[4];
		bool is_accepted;
	} rows[] = {
		{{0, 0, 0, 0}, false},	       {{0, 0, 0, 1}, true},
		{{10, 0, 0, 1}, true},	       {{127, 0, 0, 1}, true},
		{{223, 255, 255, 255}, true},  {{224, 0, 0, 0}, false},
		{{255, 255, 255, 255}, false},
	};

	for (size_t i = 0; i < N_ITEMS(rows); i++)
		put_address(sample, field, rows[i].address, 4, rows[i].is_accepted);
}

static void check_addresses_6(const struct sample *sample, size_t field)
{
	static const struct {
		uint8_t address[16];
		bool is_accepted;
	} rows[] = {
		{{0}, false},
		{{[15] = 1}, true},
		{{[0] = 0x20, [1] = 0x01}, true},
		{{[0] = 0xfe, [1] = 0x80, [15] = 1}, true},
		{{[0] = 0xff, [1] = 0x02, [15] = 1}, false},
		{{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}, false},
	};

	for (size_t i = 0; i < N_ITEMS(rows); i++)
		put_address(sample, field, rows[i].address, 16, rows[i].is_accepted);
}

static void only_unicast_addresses_are_accepted(void **state)
{
	size_t n_checked = 0;

	(void)state;
	for (size_t f = 0; f < table.n_forms; f++) {
		struct sample sample = sample_of(&table.forms[f]);

		for (size_t i = 0; i < sample.form->n_fields; i++) {
			if (sample.form->fields[i].allowed != TABLE_UNICAST)
				continue;
			if (sample.form->fields[i].bytes.number == 4)
				check_addresses_4(&sample, i);
			else
				check_addresses_6(&sample, i);
			n_checked++;
		}
	}
	assert_int_equal(n_checked, 6);
}

static void a_message_cut_short_anywhere_is_waited_for(void **state)
{
	(void)state;
	for (size_t f = 0; f < table.n_forms; f++) {
		struct sample sample = sample_of(&table.forms[f]);
		uint8_t bytes[FRAME_SIZE];
		struct wire_message message = {.type = 77};
		size_t size = frame(&sample, bytes);

		for (size_t n = 0; n < size; n++)
			EXPECT(decode(bytes, n, &message) == 0, sample.form->heading);
		EXPECT(message.type == 77, sample.form->heading);
	}
}

static void what_follows_a_message_is_left_alone(void **state)
{
	(void)state;
	for (size_t f = 0; f < table.n_forms; f++) {
		struct sample sample = sample_of(&table.forms[f]);
		uint8_t bytes[FRAME_SIZE];
		struct wire_message message;
		size_t size = frame(&sample, bytes);

		memset(bytes + size, 0xff, 100);
		EXPECT(decode(bytes, size + 100, &message) == (int)size, sample.form->heading);
	}
}

/* At the header, before any of the body has come. */
static void a_length_that_the_type_cannot_have_is_refused_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < table.n_messages; i++) {
		const struct table_message *message = &table.messages[i];

		for (uint32_t length = 0; length <= UINT16_MAX; length++) {
			uint8_t header[] = {(uint8_t)message->type, 0, (uint8_t)(length >> 8),
					    (uint8_t)length};
			struct wire_message decoded;
			bool is_possible = length >= message->least && length <= message->most;

			EXPECT(wire_decode(header, sizeof(header), &decoded) ==
				       (is_possible ? 0 : -1),
			       message->name);
		}
	}
}

static void the_second_byte_is_zero(void **state)
{
	(void)state;
	for (size_t i = 0; i < table.n_messages; i++) {
		uint8_t header[] = {(uint8_t)table.messages[i].type, 1};
		struct wire_message decoded;

		EXPECT(decode(header, 2, &decoded) == -1, table.messages[i].name);
	}
}

/* Bodies of every possible length that are not the form's: one byte more and one byte less. */
static void a_body_is_exactly_as_long_as_its_fields(void **state)
{
	(void)state;
	for (size_t f = 0; f < table.n_forms; f++) {
		struct sample sample = sample_of(&table.forms[f]);
		uint8_t bytes[FRAME_SIZE];
		struct wire_message message;
		size_t size = frame(&sample, bytes);

		if (strcmp(sample.form->message, "SEALED") == 0)
			continue;
		bytes[size] = 0x55;
		bytes[3]++;
		EXPECT(decode(bytes, size + 1, &message) == -1, sample.form->heading);
		bytes[3] = (uint8_t)(bytes[3] - 2);
		EXPECT(decode(bytes, size - 1, &message) == -1, sample.form->heading);
	}
}

static void a_later_versions_hello_may_say_more(void **state)
{
	uint8_t bytes[WIRE_MESSAGE_MAX] = {WIRE_HELLO, 0, 4, 0, 0x4d, 0x49, 0x44, 0x52, 1, 2};
	struct wire_message message;

	(void)state;
	assert_int_equal(decode(bytes, sizeof(bytes), &message), WIRE_MESSAGE_MAX);
	assert_int_equal(message.hello.version_min, 1);
	assert_int_equal(message.hello.version_max, 2);
	bytes[9] = WIRE_VERSION_MAX;
	assert_int_equal(decode(bytes, sizeof(bytes), &message), -1);
	/* none of its versions is ours: it must be understood, to be told so */
	bytes[8] = 7;
	bytes[9] = 9;
	assert_int_equal(decode(bytes, sizeof(bytes), &message), WIRE_MESSAGE_MAX);
	assert_int_equal(message.hello.version_min, 7);
}

static void reasons_and_errors_have_the_names_of_the_document(void **state)
{
	(void)state;
	assert_int_equal(table.n_reasons, WIRE_REASON_GAVE_UP + 1);
	for (size_t i = 0; i < table.n_reasons; i++) {
		const struct table_code *code = &table.reasons[i];

		EXPECT(!strcmp(wire_reason_name((enum wire_reason)code->number), code->name),
		       code->name);
	}
	assert_int_equal(table.n_errors, WIRE_ERROR_CLOSING);
	for (size_t i = 0; i < table.n_errors; i++) {
		const struct table_code *code = &table.errors[i];

		EXPECT(!strcmp(wire_error_name((enum wire_error)code->number), code->name),
		       code->name);
	}
	assert_string_equal(wire_reason_name((enum wire_reason)99), "unknown");
	assert_string_equal(wire_error_name((enum wire_error)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_has_every_message_of_the_code_and_no_other),
		cmocka_unit_test(any_other_type_is_refused_at_its_first_byte),
		cmocka_unit_test(the_direction_is_in_the_type),
		cmocka_unit_test(every_form_is_accepted_as_it_stands),
		cmocka_unit_test(the_limits_of_every_number_are_where_the_document_says),
		cmocka_unit_test(only_unicast_addresses_are_accepted),
		cmocka_unit_test(a_message_cut_short_anywhere_is_waited_for),
		cmocka_unit_test(what_follows_a_message_is_left_alone),
		cmocka_unit_test(a_length_that_the_type_cannot_have_is_refused_at_once),
		cmocka_unit_test(the_second_byte_is_zero),
		cmocka_unit_test(a_body_is_exactly_as_long_as_its_fields),
		cmocka_unit_test(a_later_versions_hello_may_say_more),
		cmocka_unit_test(reasons_and_errors_have_the_names_of_the_document),
	};

	if (!protocol_table_read(&table, PROTOCOL_MD))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
