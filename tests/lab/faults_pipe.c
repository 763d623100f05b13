/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"

#define TIMEOUT_MS INTERNET_TIMEOUT_MS
#define PATH_LOST  22
#define LOST	   3
/* midair(1): 40 s after the last that was heard, 25 s after something was sent in vain; and the
 * machine is busy. */
#define SILENT_MS 45000
#define UNSENT_MS 29000
/* Nobody ends before: the path may come back. */
#define PATIENCE_MS 18000
/* More than all buffers between the two ends hold. */
#define BULK_BYTES (16u << 20)
#define LOOK_MS	   50

static const char silent_words[] = "the path fell silent";

struct pipe_ends {
	struct internet internet;
	struct program *ends[2];
	uint64_t fault_ms;
};

static uint64_t now_ms(void)
{
	return clock_now_ns() / 1000000;
}

static void set_up(struct pipe_ends *made, const char *line, bool is_relayed)
{
	*made = (struct pipe_ends){
		.internet = internet_around(lab_test_network(line), is_relayed),
	};
	internet_open_pipe(&made->internet, made->ends);
	assert_int_equal(program_write(made->ends[0], "I love you.\n", TIMEOUT_MS), 0);
	internet_expect_output(made->ends[1], "I love you.\n");
	assert_int_equal(program_write(made->ends[1], "I know.\n", TIMEOUT_MS), 0);
	internet_expect_output(made->ends[0], "I know.\n");
}

static void begin(struct pipe_ends *made, const char *line)
{
	set_up(made, line, false);
}

static void restart(struct pipe_ends *made)
{
	made->fault_ms = now_ms();
	internet_restart_box(&made->internet);
}

/* Neither of the two speaks for so long, and both are listened to. */
static void wait_ms(struct pipe_ends *made, int duration_ms)
{
	uint64_t end_ms = now_ms() + (uint64_t)duration_ms;

	while (now_ms() < end_ms)
		for (int i = 0; i < 2; i++)
			assert_int_equal(program_wait_text(made->ends[i], PROGRAM_ERRORS,
							   "the connection:", LOOK_MS),
					 -ETIME);
}

/* Both are read from until they have ended. */
static void expect_ends(struct pipe_ends *made, const int statuses[2], const char *words,
			int limit_ms)
{
	bool has_ended[2] = {false, false};

	while (!has_ended[0] || !has_ended[1])
		for (int i = 0; i < 2; i++) {
			int seen = has_ended[i] ? 0 : program_wait(made->ends[i], LOOK_MS);
			int after_ms = (int)(now_ms() - made->fault_ms);

			if (after_ms > limit_ms)
				fail_msg("side %d goes on after %d ms: %s", i, after_ms,
					 program_text(made->ends[i], PROGRAM_ERRORS));
			if (has_ended[i] || seen == -ETIME)
				continue;
			has_ended[i] = true;
			print_message("side %d ended after %d ms\n", i, after_ms);
			if (seen != statuses[i])
				fail_msg("side %d ended with %d instead of %d: %s", i, seen,
					 statuses[i],
					 program_text(made->ends[i], PROGRAM_ERRORS));
			if (words &&
			    !strstr(program_text(made->ends[i], PROGRAM_ERRORS), words))
				fail_msg("side %d did not say why: %s", i,
					 program_text(made->ends[i], PROGRAM_ERRORS));
			if (words)
				assert_true(after_ms >= PATIENCE_MS);
		}
	for (int i = 0; i < 2; i++)
		program_free(made->ends[i]);
	internet_free(&made->internet);
}

static void expect_silence(struct pipe_ends *made, int limit_ms)
{
	const int statuses[2] = {PATH_LOST, PATH_LOST};

	expect_ends(made, statuses, silent_words, limit_ms);
}

/* Goes on to write when the pipe has long been full: a transfer is under way. */
static void begin_transfer(struct pipe_ends *made, int side)
{
	char *bulk = malloc(BULK_BYTES + 1);

	assert_non_null(bulk);
	memset(bulk, 'x', BULK_BYTES);
	bulk[BULK_BYTES] = '\0';
	assert_int_equal(program_write(made->ends[side], bulk, 300), -ETIME);
	internet_expect_output(made->ends[1 - side], "xxxxxxxx");
	free(bulk);
}

void an_idle_pipe_whose_nat_restarts_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf b=drop rtt=20ms server=20ms");
	restart(&made);
	expect_silence(&made, SILENT_MS);
}

void an_idle_pipe_whose_nat_moves_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf/rst b=adf/rst rtt=20ms server=20ms");
	made.fault_ms = now_ms();
	wire_move_box(network_wire(made.internet.network), LAB_B);
	expect_silence(&made, SILENT_MS);
}

void a_pipe_whose_nat_forgets_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf/established-timeout:5s b=drop rtt=20ms server=20ms");
	made.fault_ms = now_ms();
	expect_silence(&made, SILENT_MS);
}

void a_pipe_that_speaks_into_the_void_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf b=drop rtt=20ms server=20ms");
	restart(&made);
	for (int i = 0; i < 2; i++)
		assert_int_equal(program_write(made.ends[i], "Are you there?\n", TIMEOUT_MS),
				 0);
	expect_silence(&made, UNSENT_MS);
}

void a_transfer_from_behind_the_nat_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf b=drop rtt=20ms server=20ms rate=20mbit");
	begin_transfer(&made, 0);
	restart(&made);
	expect_silence(&made, SILENT_MS);
}

void a_transfer_to_behind_the_nat_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf b=drop rtt=20ms server=20ms rate=20mbit");
	begin_transfer(&made, 1);
	restart(&made);
	expect_silence(&made, SILENT_MS);
}

/* One direction has ended whole, the other has not. */
void half_a_pipe_ends_with_that_reason(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf b=drop rtt=20ms server=20ms");
	program_close_input(made.ends[0]);
	assert_int_equal(program_wait_text(made.ends[1], PROGRAM_OUTPUT, "never said",
					   TIMEOUT_MS),
			 -EPIPE);
	restart(&made);
	expect_silence(&made, SILENT_MS);
}

/* A box that answers what it does not know with RST ends the sender at once, as a peer would that
 * has vanished. The other side hears nothing. */
void a_transfer_that_a_nat_resets_is_lost_on_both_sides(void **state)
{
	const int statuses[2] = {PATH_LOST, LOST};
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf/rst b=drop rtt=20ms server=20ms rate=20mbit");
	begin_transfer(&made, 1);
	restart(&made);
	expect_ends(&made, statuses, NULL, SILENT_MS);
}

/* The server tells the one whose own path stands, and can only do so by RST. */
void an_idle_relayed_pipe_ends_on_both_sides(void **state)
{
	const int statuses[2] = {PATH_LOST, LOST};
	struct pipe_ends made;

	(void)state;
	set_up(&made, "a=adf b=drop rtt=20ms server=20ms", true);
	restart(&made);
	expect_ends(&made, statuses, NULL, SILENT_MS);
}

void a_relayed_transfer_ends_on_both_sides(void **state)
{
	const int statuses[2] = {PATH_LOST, LOST};
	struct pipe_ends made;

	(void)state;
	set_up(&made, "a=adf b=drop rtt=20ms server=20ms rate=20mbit", true);
	begin_transfer(&made, 1);
	restart(&made);
	expect_ends(&made, statuses, NULL, SILENT_MS);
}

static void talk_and_end(struct pipe_ends *made)
{
	assert_int_equal(program_write(made->ends[0], "Still there?\n", TIMEOUT_MS), 0);
	internet_expect_output(made->ends[1], "Still there?\n");
	assert_int_equal(program_write(made->ends[1], "Yes.\n", TIMEOUT_MS), 0);
	internet_expect_output(made->ends[0], "Yes.\n");
	for (int i = 0; i < 2; i++)
		program_close_input(made->ends[i]);
	for (int i = 0; i < 2; i++)
		internet_expect_end(made->ends[i], 0);
	internet_free(&made->internet);
}

/* It takes the connection up again when the inner side speaks: with the keep-alive at the latest. Until
 * then the other side's words are said again. */
void a_pipe_outlives_a_linux_nat_that_restarts(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=drop b=drop rtt=20ms server=20ms");
	/* a late acknowledgement would do as well */
	wait_ms(&made, 1000);
	restart(&made);
	assert_int_equal(program_write(made.ends[1], "Are you there?\n", TIMEOUT_MS), 0);
	if (program_wait_text(made.ends[0], PROGRAM_OUTPUT, "Are you there?", SILENT_MS) != 0)
		fail_msg("nothing came: %s", program_text(made.ends[0], PROGRAM_ERRORS));
	print_message("after %d ms\n", (int)(now_ms() - made.fault_ms));
	talk_and_end(&made);
}

void an_idle_pipe_outlives_a_nat_that_forgets_after_25_s(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf/established-timeout:25s b=adf/established-timeout:25s rtt=20ms "
		     "server=20ms");
	wait_ms(&made, 32000);
	talk_and_end(&made);
}

void a_pipe_that_speaks_one_way_outlives_a_nat_that_forgets_after_5_s(void **state)
{
	struct pipe_ends made;

	(void)state;
	begin(&made, "a=adf/established-timeout:5s b=drop rtt=20ms server=20ms");
	for (int i = 0; i < 12; i++) {
		assert_int_equal(program_write(made.ends[1], "And I.\n", TIMEOUT_MS), 0);
		wait_ms(&made, 2500);
	}
	talk_and_end(&made);
}
