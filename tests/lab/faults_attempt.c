/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS INTERNET_TIMEOUT_MS
#define NO_PATH	   1
#define WRONG_CODE 4
#define ROOM_TAKEN 9
#define CODE	   "4711-crossover-clockwork"
/* midair(1): at most 30 s after the last that was heard; some SYNs, and the machine is busy. */
#define NOTICED_MS   38000
#define NOTHING_SAID "nobody says this"

static void wait_ms(struct program *program, int duration_ms)
{
	assert_int_equal(program_wait_text(program, PROGRAM_ERRORS, NOTHING_SAID, duration_ms),
			 -ETIME);
}

static struct program *start_alone(const struct internet *internet, const char *option)
{
	struct program *a = internet_start_pipe(internet, LAB_A, CODE, option);

	internet_expect_words(a, "waiting for the other side");
	return a;
}

static void meet(struct internet *internet, struct program *a)
{
	struct program *b = internet_start_pipe(internet, LAB_B, CODE, NULL);

	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(internet);
}

static void expect_there_again(struct program *program)
{
	if (program_wait_text(program, PROGRAM_ERRORS, "there again", NOTICED_MS) != 0)
		fail_msg("did not notice: %s", program_text(program, PROGRAM_ERRORS));
}

void a_wait_outlives_a_nat_that_forgets_after_5_s(void **state)
{
	struct internet internet =
		internet_new("a=adf/established-timeout:5s b=drop rtt=20ms server=20ms");
	struct program *a = start_alone(&internet, NULL);

	(void)state;
	wait_ms(a, 12000);
	assert_null(strstr(program_text(a, PROGRAM_ERRORS), "trying again"));
	meet(&internet, a);
}

void a_wait_outlives_a_nat_that_restarts(void **state)
{
	struct internet internet = internet_new("a=adf b=drop rtt=20ms server=20ms");
	struct program *a = start_alone(&internet, NULL);

	(void)state;
	internet_restart_box(&internet);
	expect_there_again(a);
	meet(&internet, a);
}

/* Linux takes up a connection that it does not know in its middle (nf_conntrack_tcp_loose), when the
 * inner side speaks: that is the next probe to the server. Until then the introduction waits. */
void a_wait_outlives_a_linux_nat_that_restarts(void **state)
{
	struct internet internet = internet_new("a=drop b=drop rtt=20ms server=20ms");
	struct program *a = start_alone(&internet, NULL);

	(void)state;
	internet_restart_box(&internet);
	meet(&internet, a);
}

void a_wait_outlives_a_nat_that_moves(void **state)
{
	struct internet internet = internet_new("a=adf b=drop rtt=20ms server=20ms");
	struct program *a = start_alone(&internet, NULL), *b;

	(void)state;
	wire_move_box(network_wire(internet.network), LAB_A);
	expect_there_again(a);
	b = internet_start_pipe(&internet, LAB_B, CODE, NULL);
	internet_expect_words(b, "peer: 198.51.100.77:");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

/* The server has introduced the two, which is the code's one guess; the one behind the NAT does not
 * hear of it. */
void who_comes_before_the_loss_is_noticed_is_told(void **state)
{
	struct internet internet = internet_new("a=adf b=drop rtt=20ms server=20ms");
	struct program *a = start_alone(&internet, NULL), *b;

	(void)state;
	internet_restart_box(&internet);
	b = internet_start_pipe(&internet, LAB_B, CODE, "--timeout=5");
	internet_expect_words(b, "peer: 198.51.100.1:");
	/* Nobody has shown b that it has the code. */
	internet_expect_words(b, "cut off, or a guess");
	internet_expect_end(b, WRONG_CODE);
	if (program_wait(a, NOTICED_MS) != ROOM_TAKEN)
		fail_msg("%s", program_text(a, PROGRAM_ERRORS));
	internet_expect_words(a, "two have already met with this code");
	program_free(a);
	internet_free(&internet);
}

/* The SYNs that were on their way are lost, the next ones open the same ports again. */
void an_attempt_outlives_a_nat_that_restarts(void **state)
{
	struct internet internet = internet_new("a=hairpin b=drop rtt=1500ms server=20ms");
	struct program *a = start_alone(&internet, NULL), *b;

	(void)state;
	b = internet_start_pipe(&internet, LAB_B, CODE, NULL);
	internet_expect_words(a, "peer: ");
	internet_restart_box(&internet);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

void an_attempt_outlives_a_nat_that_moves_when_the_other_lets_in_strangers(void **state)
{
	struct internet internet = internet_new("a=adf b=eif rtt=1500ms server=20ms");
	struct program *a = start_alone(&internet, NULL), *b;

	(void)state;
	b = internet_start_pipe(&internet, LAB_B, CODE, NULL);
	internet_expect_words(a, "peer: ");
	wire_move_box(network_wire(internet.network), LAB_A);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

static void expect_no_path(const char *line, bool is_moved)
{
	struct internet internet = internet_new(line);
	struct program *a = start_alone(&internet, "--timeout=6"), *b;

	b = internet_start_pipe(&internet, LAB_B, CODE, "--timeout=6");
	internet_expect_words(a, "peer: ");
	if (is_moved)
		wire_move_box(network_wire(internet.network), LAB_A);
	else
		internet_restart_box(&internet);

	/* What b has told it did not come through, so it cannot know that nobody has guessed. */
	internet_expect_words(a, "(network-changed)");
	internet_expect_words(b, "reason: ");
	internet_expect_end(a, WRONG_CODE);
	internet_expect_end(b, NO_PATH);
	internet_free(&internet);
}

void an_attempt_through_a_nat_that_moved_says_so(void **state)
{
	(void)state;
	expect_no_path("a=adf b=drop rtt=1500ms server=20ms", true);
}

void an_attempt_through_other_ports_says_so(void **state)
{
	(void)state;
	expect_no_path("a=random b=drop rtt=1500ms server=20ms", false);
}

/* Nobody answers for 8 s: what keeps the way open is that the SYN is said again. */
void a_meeting_outlives_5_s_for_half_open_connections(void **state)
{
	struct internet internet =
		internet_new("a=hairpin/syn-timeout:5s b=drop/syn-timeout:5s "
			     "rtt=20ms server=20ms");
	const char *const from_a[INTERNET_ARGUMENTS] = {"midair", "meet", "203.0.113.1:1400",
							"--from", "1400"};
	const char *const from_b[INTERNET_ARGUMENTS] = {"midair", "meet", "198.51.100.1:1400",
							"--from", "1400"};
	struct program *a = internet_start(&internet, LAB_A, from_a), *b;

	(void)state;
	wait_ms(a, 8000);
	b = internet_start(&internet, LAB_B, from_b);
	internet_talk_and_end(a, b);
	internet_free(&internet);
}
