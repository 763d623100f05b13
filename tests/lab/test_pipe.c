/* SPDX-License-Identifier: MIT */
/*
 * test_pipe MIDAIR: the commands, as people type them, on three hosts of the lab: "midair serve" in
 * the middle of the internet, "midair pipe" behind two NATs.
 */
#include "internet.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lab/firewall.h"
#include "lab/port_mapper.h"
#include "os/clock.h"

#define TIMEOUT_MS INTERNET_TIMEOUT_MS
/* The two do not always come in one segment. */
#define N_IMPATIENT 20

static void a_code_makes_a_direct_pipe_behind_two_nats(void **state)
{
	static const char *const rows[] = {
		"a=drop b=rst rtt=20ms server=20ms",
		"a=random b=eif/rst rtt=20ms server=40ms,10ms",
		"a=public b=apdm/random rtt=20ms server=20ms",
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct internet internet = internet_new(rows[i]);
		struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
		char code[MIDAIR_CODE_SIZE];

		internet_read_code(a, code);
		b = internet_start_pipe(&internet, LAB_B, code, NULL);
		internet_expect_words(a, "path: direct");
		internet_expect_words(b, "path: direct");
		internet_expect_words(b, "TLS 1.3");
		internet_talk_and_end(a, b);
		internet_free(&internet);
	}
}

/* What waits on standard input goes out with the last of the handshake, and comes in with it. */
static void messages_that_wait_come_out_at_once(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=4ms server=4ms");

	(void)state;
	for (int i = 0; i < N_IMPATIENT; i++) {
		struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
		char code[MIDAIR_CODE_SIZE];

		assert_int_equal(program_write(a, "I love you.\n", TIMEOUT_MS), 0);
		internet_read_code(a, code);
		b = internet_start_pipe(&internet, LAB_B, code, NULL);
		assert_int_equal(program_write(b, "I know.\n", TIMEOUT_MS), 0);
		internet_expect_output(b, "I love you.\n");
		internet_expect_output(a, "I know.\n");
		program_close_input(a);
		program_close_input(b);
		internet_expect_end(a, 0);
		internet_expect_end(b, 0);
	}
	internet_free(&internet);
}

static void a_wrong_code_is_told_to_both_and_spent(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=20ms server=20ms");
	struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE], other[MIDAIR_CODE_SIZE], wrong[2 * MIDAIR_CODE_SIZE];
	int room_length;

	(void)state;
	internet_read_code(a, code);
	room_length = (int)strcspn(code, "-") + 1;
	/* The same room, and twice the first word of the list that is not the code's. */
	snprintf(wrong, sizeof(wrong), "%.*s", room_length, code);
	for (uint32_t nth = 0; nth < 2; nth++) {
		assert_int_equal(midair_code_complete(other, wrong, nth), 0);
		if (strncmp(other, code, strlen(other)) != 0)
			break;
	}
	snprintf(wrong, sizeof(wrong), "%s-%s", other, other + room_length);
	b = internet_start_pipe(&internet, LAB_B, wrong, NULL);
	internet_expect_end(b, 4);
	internet_expect_end(a, 4);
	/* The right one comes too late. */
	b = internet_start_pipe(&internet, LAB_B, code, "--wait=2");
	assert_true(program_wait(b, TIMEOUT_MS) != 0);
	program_free(b);
	internet_free(&internet);
}

static void a_server_that_was_killed_while_both_wait_is_found_again(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=20ms server=20ms");
	struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	internet_read_code(a, code);
	program_signal(internet.server, SIGKILL);
	assert_int_equal(program_wait(internet.server, TIMEOUT_MS), 128 + SIGKILL);
	program_free(internet.server);
	b = internet_start_pipe(&internet, LAB_B, code, NULL);
	internet.server = internet_start_server(&internet);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

static void a_pipe_outlives_the_server(void **state)
{
	struct internet internet = internet_new("a=rst b=drop rtt=20ms server=20ms");
	struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	internet_read_code(a, code);
	b = internet_start_pipe(&internet, LAB_B, code, NULL);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	program_signal(internet.server, SIGKILL);
	assert_int_equal(program_wait(internet.server, TIMEOUT_MS), 128 + SIGKILL);
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

static void no_server_and_no_way_have_their_own_status(void **state)
{
	struct internet internet =
		internet_new("a=apdm/random b=apdm/random rtt=20ms server=20ms");
	struct program *a = internet_start_pipe(&internet, LAB_A, NULL, NULL), *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	internet_read_code(a, code);
	b = internet_start_pipe(&internet, LAB_B, code, NULL);
	internet_expect_end(a, 21);
	internet_expect_end(b, 21);
	internet.server = program_free(internet.server);
	a = internet_start_pipe(&internet, LAB_A, NULL, "--wait=1");
	internet_expect_end(a, 7);
	internet_free(&internet);
}

/* Its gateway is asked by PCP, and nobody waits for it. */
static bool is_open(const struct internet *internet)
{
	return lab_test_has_rule(internet->network, LAB_A, FIREWALL_PINHOLES, "accept");
}

static void an_ipv6_firewall_is_opened_while_one_waits(void **state)
{
	const char *const host[INTERNET_ARGUMENTS] = {"midair", "pipe", "--server",
						      "[2001:db8:5::1]:1314"};
	const char *join[INTERNET_ARGUMENTS] = {"midair", "pipe", "--server",
						"[2001:db8:5::1]:1314"};
	uint64_t end_ns = clock_now_ns() + TIMEOUT_MS * UINT64_C(1000000);
	struct internet internet;
	struct program *a, *b;
	char code[MIDAIR_CODE_SIZE];

	(void)state;
	if (!port_mapper_is_there())
		skip();
	internet = internet_new("a=firewall/port-mapping b=public rtt=20ms server=20ms");
	a = internet_start(&internet, LAB_A, host);
	internet_read_code(a, code);
	while (!is_open(&internet))
		assert_true(clock_now_ns() < end_ns);
	join[4] = code;
	b = internet_start(&internet, LAB_B, join);
	internet_expect_words(b, "path: direct, [2001:db8:b::1]:");
	internet_talk_and_end(a, b);
	assert_false(is_open(&internet));
	internet_free(&internet);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_makes_a_direct_pipe_behind_two_nats),
		cmocka_unit_test(messages_that_wait_come_out_at_once),
		cmocka_unit_test(a_wrong_code_is_told_to_both_and_spent),
		cmocka_unit_test(a_server_that_was_killed_while_both_wait_is_found_again),
		cmocka_unit_test(a_pipe_outlives_the_server),
		cmocka_unit_test(no_server_and_no_way_have_their_own_status),
		cmocka_unit_test(an_ipv6_firewall_is_opened_while_one_waits),
	};

	(void)context;
	return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	return internet_main(argc, argv, group);
}
