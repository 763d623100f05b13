/* SPDX-License-Identifier: MIT */
/* The timer of a sock_diag row, and the attributes behind it, TCP_INFO among them. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>

#include "os/diag.h"
#include "tests/unit/unit.h"

struct message {
	struct nlmsghdr header;
	struct inet_diag_msg body;
	char attributes[1024];
};

static void begin(struct message *message, enum midair_tcp_state tcp_state)
{
	memset(message, 0, sizeof(*message));
	message->header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	message->header.nlmsg_len = NLMSG_SPACE(sizeof(message->body));
	message->body.idiag_family = AF_INET;
	message->body.idiag_state = (uint8_t)tcp_state;
	message->body.id.idiag_sport = htons(1);
}

static void add_attribute(struct message *message, uint16_t type, const void *data,
			  size_t n_bytes)
{
	char *end = (char *)message + message->header.nlmsg_len;
	struct nlattr attribute = {
		.nla_type = type,
		.nla_len = (uint16_t)(sizeof(attribute) + n_bytes),
	};

	memcpy(end, &attribute, sizeof(attribute));
	memcpy(end + sizeof(attribute), data, n_bytes);
	message->header.nlmsg_len += (uint32_t)(sizeof(attribute) + (n_bytes + 3) / 4 * 4);
}

static struct tcp_info some_info(void)
{
	struct tcp_info info;

	memset(&info, 0, sizeof(info));
	info.tcpi_rtt = 1001;
	info.tcpi_rttvar = 1002;
	info.tcpi_min_rtt = 1003;
	info.tcpi_snd_cwnd = 10;
	info.tcpi_snd_mss = 1448;
	info.tcpi_total_retrans = 7;
	info.tcpi_bytes_sent = UINT64_C(1) << 40;
	info.tcpi_bytes_acked = 5;
	info.tcpi_bytes_received = 6;
	return info;
}

static void facts_come_from_tcp_info(void **state)
{
	const struct tcp_info info = some_info();
	struct message message;
	struct midair_row row;

	(void)state;
	begin(&message, MIDAIR_TCP_ESTABLISHED);
	add_attribute(&message, INET_DIAG_SHUTDOWN, "x", 1);
	add_attribute(&message, INET_DIAG_INFO, &info, sizeof(info));
	add_attribute(&message, INET_DIAG_CONG, "cubic", 6);
	assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
	assert_true(row.has_facts);
	assert_int_equal(row.facts.round_trip_us, 1001);
	assert_int_equal(row.facts.round_trip_variation_us, 1002);
	assert_int_equal(row.facts.round_trip_min_us, 1003);
	assert_int_equal(row.facts.congestion_window, 10);
	assert_int_equal(row.facts.segment_bytes, 1448);
	assert_int_equal(row.facts.n_retransmitted, 7);
	assert_true(row.facts.bytes_sent == UINT64_C(1) << 40);
	assert_int_equal(row.facts.bytes_acknowledged, 5);
	assert_int_equal(row.facts.bytes_received, 6);
	assert_false(row.is_reuse_known);
}

static void an_older_kernel_says_less(void **state)
{
	const struct tcp_info info = some_info();
	struct message message;
	struct midair_row row;

	(void)state;
	begin(&message, MIDAIR_TCP_ESTABLISHED);
	add_attribute(&message, INET_DIAG_INFO, &info,
		      offsetof(struct tcp_info, tcpi_bytes_acked));
	assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
	assert_true(row.has_facts && row.facts.round_trip_us == 1001);
	assert_true(row.facts.bytes_acknowledged == 0 && row.facts.bytes_sent == 0);
}

static void a_listener_and_a_bound_socket_have_no_facts(void **state)
{
	static const enum midair_tcp_state states[] = {MIDAIR_TCP_LISTEN, MIDAIR_TCP_CLOSE};
	const struct tcp_info info = some_info();
	struct message message;
	struct midair_row row;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(states); i++) {
		begin(&message, states[i]);
		add_attribute(&message, INET_DIAG_INFO, &info, sizeof(info));
		assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
		assert_false(row.has_facts);
	}
}

/* The row is right; what follows it is passed over. No length leads outside the message. */
static void a_broken_attribute_spoils_nothing(void **state)
{
	static const uint16_t lengths[] = {0, 1, 3, 5, 200, UINT16_MAX};
	const struct tcp_info info = some_info();
	struct message message;
	struct midair_row row;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lengths); i++) {
		begin(&message, MIDAIR_TCP_ESTABLISHED);
		char *attribute = (char *)&message + message.header.nlmsg_len;
		add_attribute(&message, INET_DIAG_INFO, &info, 4);
		memcpy(attribute, &lengths[i], sizeof(lengths[i]));
		assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
		assert_true(row.local.port == 1);
		assert_int_equal(row.facts.bytes_received, 0);
	}
	for (size_t n_bytes = 0; n_bytes < 32; n_bytes++) {
		begin(&message, MIDAIR_TCP_ESTABLISHED);
		add_attribute(&message, INET_DIAG_INFO, &info, sizeof(info));
		message.header.nlmsg_len =
			(uint32_t)(NLMSG_SPACE(sizeof(message.body)) + n_bytes);
		assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
	}
}

static void a_timer_has_its_name_and_time(void **state)
{
	static const struct {
		uint8_t value;
		enum midair_timer timer;
		uint32_t timer_ms;
		const char *name;
	} rows[] = {
		{0, MIDAIR_TIMER_NONE, 0, "none"},
		{1, MIDAIR_TIMER_RETRANSMIT, 5000, "retransmit"},
		{2, MIDAIR_TIMER_KEEPALIVE, 5000, "keepalive"},
		{3, MIDAIR_TIMER_TIME_WAIT, 5000, "time-wait"},
		{4, MIDAIR_TIMER_PROBE, 5000, "probe"},
		{5, MIDAIR_TIMER_NONE, 0, "none"},
	};
	struct message message;
	struct midair_row row;

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		begin(&message, MIDAIR_TCP_ESTABLISHED);
		message.body.idiag_timer = rows[i].value;
		message.body.idiag_expires = 5000;
		assert_int_equal(diag_parse_row(&message, message.header.nlmsg_len, &row), 0);
		EXPECT(row.timer == rows[i].timer, rows[i].name);
		EXPECT(row.timer_ms == rows[i].timer_ms, rows[i].name);
		EXPECT(strcmp(midair_timer_name(row.timer), rows[i].name) == 0, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_from_tcp_info),
		cmocka_unit_test(an_older_kernel_says_less),
		cmocka_unit_test(a_listener_and_a_bound_socket_have_no_facts),
		cmocka_unit_test(a_broken_attribute_spoils_nothing),
		cmocka_unit_test(a_timer_has_its_name_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
