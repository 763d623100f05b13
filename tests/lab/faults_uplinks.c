/* SPDX-License-Identifier: MIT */
/*
 * Host a has two interfaces, each with a NAT of its own behind it. One family goes out by each; or one
 * of them is dead; or the way out changes while the host waits, and when it is connected.
 */
#include "faults.h"

#include "os/clock.h"

#define LINE	  "a=drop b=drop rtt=20ms server=20ms"
#define CODE	  "4711-crossover-clockwork"
#define NO_DIRECT 21
#define NO_SERVER 7
#define PATH_LOST 22
/* midair(1), and the machine is busy. */
#define NOTICED_MS 38000
#define SILENT_MS  46000
/* RFC 8305: the other family has its turn after 250 ms, and is taken 250 ms later. */
#define SOON_MS 2000

static struct internet set_up(void)
{
	return internet_around(lab_test_layout(LINE, NETWORK_TWO_UPLINKS), false);
}

static void lead_out(const struct internet *internet, enum lab_side by,
		     enum midair_family family)
{
	struct lab_reason reason;

	if (network_lead_out(internet->network, by, family, &reason))
		fail_msg("%s", reason.text);
}

static struct program *start_pipe(const struct internet *internet, enum lab_side side,
				  const char *server)
{
	const char *const arguments[INTERNET_ARGUMENTS] = {"midair", "pipe", "--server", server,
							   CODE};

	return internet_start(internet, side, arguments);
}

static void change_uplink(const struct internet *internet)
{
	wire_cut(network_wire(internet->network), LAB_A, true);
	lead_out(internet, LAB_U, MIDAIR_IPV4);
	lead_out(internet, LAB_U, MIDAIR_IPV6);
}

/* The server has two addresses, and each is reached by another way. */
void each_family_goes_its_own_way(void **state)
{
	struct internet internet = set_up();
	struct program *a, *b;

	(void)state;
	lead_out(&internet, LAB_U, MIDAIR_IPV6);
	a = start_pipe(&internet, LAB_A, FAULTS_SERVER_NAME);
	internet_expect_words(a, "waiting for the other side");
	b = start_pipe(&internet, LAB_B, FAULTS_SERVER_NAME);
	internet_expect_words(b, "path: direct");
	internet_expect_words(b, "[2001:db8:c::1]:");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

void what_the_other_family_cannot_reach_is_found_by_this_one(void **state)
{
	struct internet internet = set_up();
	uint64_t begin_ms = clock_now_ns() / 1000000;
	struct program *a, *b;

	(void)state;
	lead_out(&internet, LAB_U, MIDAIR_IPV6);
	wire_cut(network_wire(internet.network), LAB_U, true);
	a = start_pipe(&internet, LAB_A, FAULTS_SERVER_NAME);
	internet_expect_words(a, "waiting for the other side");
	b = start_pipe(&internet, LAB_B, FAULTS_SERVER_NAME);
	internet_expect_words(a, "path: direct");
	internet_expect_words(b, "path: direct");
	assert_true(clock_now_ns() / 1000000 - begin_ms < 2 * SOON_MS);
	internet_expect_words(b, "198.51.100.1:");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

/* Which interface is taken is the kernel's routes' affair. */
void a_way_out_that_is_dead_is_told(void **state)
{
	struct internet internet = set_up();
	struct program *a;

	(void)state;
	wire_cut(network_wire(internet.network), LAB_A, true);
	a = start_pipe(&internet, LAB_A, INTERNET_SERVER);
	internet_expect_words(a, "server cannot be reached");
	internet_expect_end(a, NO_SERVER);
	internet_free(&internet);
}

void who_waits_outlives_a_change_of_the_way_out(void **state)
{
	struct internet internet = set_up();
	struct program *a = start_pipe(&internet, LAB_A, INTERNET_SERVER), *b;

	(void)state;
	internet_expect_words(a, "waiting for the other side");
	change_uplink(&internet);
	if (program_wait_text(a, PROGRAM_ERRORS, "there again", NOTICED_MS) != 0)
		fail_msg("did not notice: %s", program_text(a, PROGRAM_ERRORS));
	b = start_pipe(&internet, LAB_B, INTERNET_SERVER);
	internet_expect_words(b, "peer: 198.51.102.1:");
	internet_expect_words(b, "path: direct");
	internet_talk_and_end(a, b);
	internet_free(&internet);
}

void a_pipe_ends_with_that_reason_when_the_way_out_changes(void **state)
{
	struct internet internet = set_up();
	struct program *ends[2];

	(void)state;
	internet_open_pipe(&internet, ends);
	/* What ends the handshake is through as well. */
	assert_int_equal(program_write(ends[1], "I know.\n", INTERNET_TIMEOUT_MS), 0);
	internet_expect_output(ends[0], "I know.\n");
	change_uplink(&internet);
	for (int i = 0; i < 2; i++) {
		if (program_wait_text(ends[i], PROGRAM_ERRORS, "fell silent", SILENT_MS) != 0)
			fail_msg("goes on: %s", program_text(ends[i], PROGRAM_ERRORS));
		internet_expect_end(ends[i], PATH_LOST);
	}
	internet_free(&internet);
}

void two_without_a_common_family_are_told(void **state)
{
	struct internet internet = set_up();
	const char *const families[] = {"-4", "-6"};
	struct program *ends[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *const arguments[INTERNET_ARGUMENTS] = {
			"midair", "pipe", families[i], "--server", FAULTS_SERVER_NAME, CODE};

		ends[i] = internet_start(&internet, (enum lab_side)i, arguments);
	}
	for (int i = 0; i < 2; i++) {
		/* not after the time for an attempt, which is longer than this waits */
		internet_expect_words(ends[i], "(no-common-family)");
		internet_expect_end(ends[i], NO_DIRECT);
	}
	internet_free(&internet);
}
