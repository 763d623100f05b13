/* SPDX-License-Identifier: MIT */
#include "os/diag.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "core/random.h"
#include "tests/unit/unit.h"

struct message {
	struct nlmsghdr header;
	struct inet_diag_msg body;
};
static_assert(sizeof(struct message) == NLMSG_LENGTH(sizeof(struct inet_diag_msg)),
	      "no padding between the two");

static struct message good_message(void)
{
	struct message message = {
		.header = {.nlmsg_len = sizeof(message), .nlmsg_type = SOCK_DIAG_BY_FAMILY},
		.body =
			{
				.idiag_family = AF_INET,
				.idiag_state = MIDAIR_TCP_ESTABLISHED,
				.id =
					{
						.idiag_sport = htons(1314),
						.idiag_dport = htons(80),
						.idiag_src = {htonl(0x7f000001)},
						.idiag_dst = {htonl(0xc0000202)},
						.idiag_cookie = {7, 1},
					},
				.idiag_rqueue = 11,
				.idiag_wqueue = 22,
				.idiag_uid = 1000,
				.idiag_inode = 4711,
			},
	};

	return message;
}

static int parse(const struct message *message, struct midair_row *row)
{
	return diag_parse_row(message, sizeof(*message), row);
}

static const char *text(const struct midair_endpoint *endpoint)
{
	static char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];

	return midair_endpoint_format(endpoint, buffer);
}

static void a_row_has_all_that_the_message_says(void **state)
{
	struct message message = good_message();
	struct midair_row row;

	(void)state;
	assert_int_equal(parse(&message, &row), 0);
	assert_string_equal(text(&row.local), "127.0.0.1:1314");
	assert_string_equal(text(&row.remote), "192.0.2.2:80");
	assert_int_equal(row.state, MIDAIR_TCP_ESTABLISHED);
	assert_int_equal(row.receive_queue_bytes, 11);
	assert_int_equal(row.send_queue_bytes, 22);
	assert_int_equal(row.uid, 1000);
	assert_int_equal(row.inode, 4711);
	assert_true(row.cookie == (UINT64_C(1) << 32 | 7));
	assert_int_equal(row.pid, 0);
	assert_string_equal(row.process, "");
}

static void a_mapped_address_is_ipv4_and_a_scope_belongs_to_link_local(void **state)
{
	static const struct {
		const char *source;
		const char *expected;
	} table[] = {
		{"::ffff:192.0.2.1", "192.0.2.1:1314"},
		{"2001:db8::1", "[2001:db8::1]:1314"},
		{"::", "[::]:1314"},
		{"fe80::1", "[fe80::1%3]:1314"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(table); i++) {
		struct message message = good_message();
		struct midair_row row;

		message.body.idiag_family = AF_INET6;
		message.body.id.idiag_if = 3;
		inet_pton(AF_INET6, table[i].source, message.body.id.idiag_src);
		EXPECT(parse(&message, &row) == 0, table[i].source);
		EXPECT(strcmp(text(&row.local), table[i].expected) == 0, table[i].source);
	}
}

static void a_listener_has_no_bytes_to_send(void **state)
{
	struct message message = good_message();
	struct midair_row row;

	(void)state;
	message.body.idiag_state = MIDAIR_TCP_LISTEN;
	message.body.idiag_wqueue = 4096; /* the backlog's limit */
	assert_int_equal(parse(&message, &row), 0);
	assert_int_equal(row.receive_queue_bytes, 11);
	assert_int_equal(row.send_queue_bytes, 0);
}

static void a_closed_socket_in_the_table_is_bound_only(void **state)
{
	struct message message = good_message();
	struct midair_row row;

	(void)state;
	message.body.idiag_state = MIDAIR_TCP_CLOSE;
	assert_int_equal(parse(&message, &row), 0);
	assert_int_equal(row.state, MIDAIR_TCP_BOUND_INACTIVE);
}

static void attributes_after_the_row_are_passed_over(void **state)
{
	struct {
		struct message message;
		unsigned char attributes[13];
	} longer = {.message = good_message(), .attributes = {0xff, 0xff, 0xff}};
	struct midair_row row;

	(void)state;
	longer.message.header.nlmsg_len = sizeof(longer.message) + sizeof(longer.attributes);
	assert_int_equal(diag_parse_row(&longer, sizeof(longer), &row), 0);
	assert_int_equal(row.local.port, 1314);
}

static void a_short_message_is_a_syntax_error_at_every_length(void **state)
{
	struct message message = good_message();
	struct midair_row row = {.uid = 12345};

	(void)state;
	for (size_t n_bytes = 0; n_bytes < sizeof(message); n_bytes++) {
		assert_int_equal(diag_parse_row(&message, n_bytes, &row), MIDAIR_E_SYNTAX);
		struct message shorter = message;
		shorter.header.nlmsg_len = (uint32_t)n_bytes;
		assert_int_equal(parse(&shorter, &row), MIDAIR_E_SYNTAX);
	}
	message.header.nlmsg_len = sizeof(message) + 1;
	assert_int_equal(parse(&message, &row), MIDAIR_E_SYNTAX);
	message.header.nlmsg_len = UINT32_MAX;
	assert_int_equal(parse(&message, &row), MIDAIR_E_SYNTAX);
	assert_int_equal(row.uid, 12345);
}

static void other_messages_are_told_apart(void **state)
{
	static const uint16_t types[] = {NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE, 0xffff};
	static const uint8_t families[] = {AF_UNSPEC, AF_UNIX, AF_PACKET, 255};
	static const uint8_t states[] = {0, MIDAIR_TCP_BOUND_INACTIVE + 1, 255};
	struct midair_row row;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(types); i++) {
		struct message message = good_message();

		message.header.nlmsg_type = types[i];
		assert_int_equal(parse(&message, &row), MIDAIR_E_UNSUPPORTED);
	}
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		struct message message = good_message();

		message.body.idiag_family = families[i];
		assert_int_equal(parse(&message, &row), MIDAIR_E_UNSUPPORTED);
	}
	for (size_t i = 0; i < N_ITEMS(states); i++) {
		struct message message = good_message();

		message.body.idiag_state = states[i];
		assert_int_equal(parse(&message, &row), MIDAIR_E_SYNTAX);
	}
}

static void garbage_at_any_alignment_gives_a_valid_row_or_none(void **state)
{
	struct message message = good_message();
	unsigned char bytes[sizeof(message) + 8];
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (int round = 0; round < 20000; round++) {
		size_t shift = random_below(&random, 8);
		struct midair_row row;

		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes + shift, &message, sizeof(message));
		for (uint64_t i = random_below(&random, 16); i > 0; i--)
			bytes[shift + random_below(&random, sizeof(message))] =
				(unsigned char)random_next(&random);
		if (diag_parse_row(bytes + shift, sizeof(message), &row) != 0)
			continue;
		assert_true(row.state >= MIDAIR_TCP_ESTABLISHED &&
			    row.state <= MIDAIR_TCP_BOUND_INACTIVE);
		assert_true(row.local.family == MIDAIR_IPV4 || row.local.family == MIDAIR_IPV6);
	}
}

#define LINE_IPV4                                                                                \
	"   3: 0100007F:0522 020200C0:0050 01 00000016:0000000B 02:0000000A 00000001  1000     " \
	"   0 4711 2 0000000000000000 20 4 30 10 -1"
#define LINE_IPV6                                                                               \
	"  12: B80D0120000000000000000001000000:0522 00000000000000000000000000000000:0000 0A " \
	"00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0"
#define LINE_MAPPED                                                                             \
	"   0: 0000000000000000FFFF00000100007F:0522 0000000000000000FFFF00000100007F:0051 06 " \
	"00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000"

static void a_line_of_proc_gives_the_same_row(void **state)
{
	struct midair_row row;

	(void)state;
	assert_int_equal(diag_parse_line(LINE_IPV4, strlen(LINE_IPV4), &row), 0);
	assert_string_equal(text(&row.local), "127.0.0.1:1314");
	assert_string_equal(text(&row.remote), "192.0.2.2:80");
	assert_int_equal(row.state, MIDAIR_TCP_ESTABLISHED);
	assert_int_equal(row.send_queue_bytes, 22);
	assert_int_equal(row.receive_queue_bytes, 11);
	assert_int_equal(row.uid, 1000);
	assert_int_equal(row.inode, 4711);
	assert_int_equal(diag_parse_line(LINE_IPV6, strlen(LINE_IPV6), &row), 0);
	assert_string_equal(text(&row.local), "[2001:db8::1]:1314");
	assert_int_equal(row.remote.port, 0);
	assert_int_equal(row.state, MIDAIR_TCP_LISTEN);
	assert_int_equal(diag_parse_line(LINE_MAPPED, strlen(LINE_MAPPED), &row), 0);
	assert_string_equal(text(&row.local), "127.0.0.1:1314");
	assert_int_equal(row.state, MIDAIR_TCP_TIME_WAIT);
}

static void a_cut_or_spoilt_line_of_proc_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"   3:",
		"   3: 0100007F 020200C0:0050 01",
		"   3: 0100007F:052 020200C0:0050:01",
		"   3: 0100007F0100007F:0522 020200C0:0050 01 00000016:0000000B",
		"   3: 0100007F:0522 020200C0:0050 0D 0:0 0:0 0 0 0 1",
		"   3: 0100007F:0522 020200C0:0050 00 0:0 0:0 0 0 0 1",
	};
	struct midair_row row;
	const char *whole = LINE_IPV4;
	size_t n_needed = (size_t)(strstr(whole, "4711") - whole);

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lines); i++)
		EXPECT(diag_parse_line(lines[i], strlen(lines[i]), &row) == MIDAIR_E_SYNTAX,
		       lines[i]);
	for (size_t n_bytes = 0; n_bytes <= n_needed; n_bytes++)
		assert_int_equal(diag_parse_line(whole, n_bytes, &row), MIDAIR_E_SYNTAX);
	const char *heading = "  sl  local_address rem_address   st tx_queue rx_queue";
	assert_int_equal(diag_parse_line(heading, strlen(heading), &row), MIDAIR_E_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_all_that_the_message_says),
		cmocka_unit_test(a_mapped_address_is_ipv4_and_a_scope_belongs_to_link_local),
		cmocka_unit_test(a_listener_has_no_bytes_to_send),
		cmocka_unit_test(a_closed_socket_in_the_table_is_bound_only),
		cmocka_unit_test(attributes_after_the_row_are_passed_over),
		cmocka_unit_test(a_short_message_is_a_syntax_error_at_every_length),
		cmocka_unit_test(other_messages_are_told_apart),
		cmocka_unit_test(garbage_at_any_alignment_gives_a_valid_row_or_none),
		cmocka_unit_test(a_line_of_proc_gives_the_same_row),
		cmocka_unit_test(a_cut_or_spoilt_line_of_proc_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
