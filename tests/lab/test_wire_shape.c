/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include "lab/wire_shape.h"

#define MS UINT64_C(1000000)

static void a_packet_comes_out_after_the_delay(void **state)
{
	const struct wire_direction direction = {.delay_ns = 40 * MS};
	struct wire_shaper shaper;
	uint64_t due_ns = 0;

	(void)state;
	wire_shaper_init(&shaper, &direction, 1);
	assert_int_equal(wire_shaper_step(&shaper, 1000 * MS, 60, &due_ns), WIRE_SHAPE_SEND);
	assert_int_equal(due_ns, 1040 * MS);
}

static void jitter_adds_up_to_its_value_and_keeps_the_order(void **state)
{
	const struct wire_direction direction = {.delay_ns = 10 * MS, .jitter_ns = 5 * MS};
	struct wire_shaper shaper;
	uint64_t last_ns = 0, largest_ns = 0;

	(void)state;
	wire_shaper_init(&shaper, &direction, 7);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t now_ns = i * MS / 10;
		uint64_t due_ns = 0;

		wire_shaper_step(&shaper, now_ns, 60, &due_ns);
		assert_true(due_ns >= last_ns);
		assert_true(due_ns >= now_ns + 10 * MS);
		assert_true(due_ns <= now_ns + 15 * MS);
		if (due_ns - now_ns > largest_ns)
			largest_ns = due_ns - now_ns;
		last_ns = due_ns;
	}
	assert_true(largest_ns > 13 * MS);
}

static void loss_happens_as_often_as_said(void **state)
{
	const struct wire_direction direction = {.loss_ppm = 50000};
	struct wire_shaper shaper;
	uint32_t n_lost = 0;

	(void)state;
	wire_shaper_init(&shaper, &direction, 3);
	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t due_ns;

		n_lost += wire_shaper_step(&shaper, i, 60, &due_ns) == WIRE_SHAPE_LOSE;
	}
	/* 5,000 expected, five standard deviations are 345. */
	assert_in_range(n_lost, 4655, 5345);
}

static void reordered_packets_overtake(void **state)
{
	const struct wire_direction direction = {.delay_ns = 10 * MS, .reorder_ppm = 200000};
	struct wire_shaper shaper;
	uint32_t n_early = 0;

	(void)state;
	wire_shaper_init(&shaper, &direction, 3);
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t due_ns = 0;

		wire_shaper_step(&shaper, i * MS, 60, &due_ns);
		if (due_ns == i * MS + 5 * MS)
			n_early++;
		else
			assert_int_equal(due_ns, i * MS + 10 * MS);
	}
	assert_in_range(n_early, 1800, 2200);
}

static void a_rate_spaces_packets_and_a_full_backlog_drops(void **state)
{
	/* 1,000 bytes take 8 ms at 1 Mbit/s; 100 ms of backlog hold 12 to 13 of them. */
	const struct wire_direction direction = {.rate_bit_per_s = 1000000};
	struct wire_shaper shaper;
	uint32_t n_sent = 0, n_dropped = 0;

	(void)state;
	wire_shaper_init(&shaper, &direction, 1);
	for (int i = 0; i < 20; i++) {
		uint64_t due_ns = 0;

		switch (wire_shaper_step(&shaper, 0, 1000, &due_ns)) {
		case WIRE_SHAPE_SEND:
			assert_int_equal(due_ns, ++n_sent * 8 * MS);
			break;
		case WIRE_SHAPE_OVERFLOW:
			n_dropped++;
			break;
		case WIRE_SHAPE_LOSE:
			fail_msg("no loss was asked for");
		}
	}
	assert_int_equal(n_sent, 13);
	assert_int_equal(n_dropped, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_comes_out_after_the_delay),
		cmocka_unit_test(jitter_adds_up_to_its_value_and_keeps_the_order),
		cmocka_unit_test(loss_happens_as_often_as_said),
		cmocka_unit_test(reordered_packets_overtake),
		cmocka_unit_test(a_rate_spaces_packets_and_a_full_backlog_drops),
	};

	return cmocka_run_group_tests_name("wire_shape", tests, NULL, NULL);
}
