/* SPDX-License-Identifier: MIT */
#include "core/relay_meter.h"

#include "tests/unit/unit.h"

#define KIB	 1024u
#define START_MS 1000000u

static void without_limits_everything_may_go(void **state)
{
	struct relay_meter meter;

	(void)state;
	relay_meter_init(&meter, START_MS, 0, 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(relay_meter_allow(&meter, START_MS, 1u << 30), 1u << 30);
		relay_meter_count(&meter, 1u << 30);
	}
	assert_false(relay_meter_is_exhausted(&meter));
}

static void the_life_s_bytes_are_used_up_exactly(void **state)
{
	struct relay_meter meter;

	(void)state;
	relay_meter_init(&meter, START_MS, 3, 0);
	assert_int_equal(relay_meter_allow(&meter, START_MS, 2 * KIB), 2 * KIB);
	relay_meter_count(&meter, 2 * KIB);
	assert_false(relay_meter_is_exhausted(&meter));
	assert_int_equal(relay_meter_allow(&meter, START_MS, 2 * KIB), KIB);
	relay_meter_count(&meter, KIB);
	assert_true(relay_meter_is_exhausted(&meter));
	assert_int_equal(relay_meter_allow(&meter, START_MS + 86400000, 1), 0);
}

/* Asking as a server does: whenever it has been told that it is worth while. */
static void over_a_minute_the_rate_is_what_was_asked_for(void **state)
{
	static const uint32_t rates[] = {1, 7, 64, 1000, 1000000, 100000000};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rates); i++) {
		struct relay_meter meter;
		uint64_t now_ms = START_MS;
		uint64_t expected = 60 * (uint64_t)rates[i] * KIB;
		uint64_t n_bytes = 0;

		relay_meter_init(&meter, now_ms, 0, rates[i]);
		while (now_ms < START_MS + 60000) {
			size_t n = relay_meter_allow(&meter, now_ms, SIZE_MAX);

			relay_meter_count(&meter, n);
			n_bytes += n;
			now_ms += n > 0 ? 1 : relay_meter_wait_ms(&meter);
			assert_true(n > 0 || relay_meter_wait_ms(&meter) > 0);
		}
		/* and what an idle pair may send at once */
		assert_true(n_bytes >= expected - expected / 10 || rates[i] < 64);
		assert_true(n_bytes <= expected + expected / 100 + 64 * KIB +
					       (uint64_t)rates[i] * KIB / 4);
	}
}

static void a_pause_earns_no_more_than_the_burst(void **state)
{
	struct relay_meter meter;

	(void)state;
	relay_meter_init(&meter, START_MS, 0, 1024);
	assert_int_equal(relay_meter_allow(&meter, START_MS, SIZE_MAX), 256 * KIB);
	relay_meter_count(&meter, 256 * KIB);
	assert_int_equal(relay_meter_allow(&meter, START_MS, SIZE_MAX), 0);
	assert_int_equal(relay_meter_allow(&meter, START_MS + 86400000, SIZE_MAX), 256 * KIB);
	/* a clock that was read a moment earlier by another thread */
	assert_int_equal(relay_meter_allow(&meter, START_MS, SIZE_MAX), 256 * KIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_limits_everything_may_go),
		cmocka_unit_test(the_life_s_bytes_are_used_up_exactly),
		cmocka_unit_test(over_a_minute_the_rate_is_what_was_asked_for),
		cmocka_unit_test(a_pause_earns_no_more_than_the_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
