/* SPDX-License-Identifier: MIT */
#include "lib/event_queue.h"

#include "tests/unit/unit.h"

static void put(struct event_queue *queue, enum midair_event_type type, uint32_t number)
{
	event_queue_put(queue, &(struct midair_event){.type = type, .try_number = number});
}

static void events_come_out_in_the_order_they_went_in(void **state)
{
	static struct event_queue queue;
	struct midair_event event;
	uint32_t n_in = 0;
	uint32_t n_out = 0;

	(void)state;
	assert_false(event_queue_take(&queue, &event));
	/* many times around the ring, at every fill level */
	for (uint32_t round = 0; round < 500; round++) {
		for (uint32_t i = 0; i < round % 60; i++)
			put(&queue, MIDAIR_EVENT_DIAL, ++n_in);
		while (event_queue_take(&queue, &event))
			assert_int_equal(event.try_number, ++n_out);
		assert_int_equal(n_in, n_out);
	}
}

static void an_empty_queue_leaves_the_output_alone(void **state)
{
	static struct event_queue queue;
	struct midair_event event = {.try_number = 77};

	(void)state;
	assert_false(event_queue_take(&queue, &event));
	assert_int_equal(event.try_number, 77);
}

/* What recurs for as long as the attempt lasts must not crowd out how it ended. */
static void whatever_floods_the_queue_the_end_still_fits(void **state)
{
	const enum midair_event_type floods[] = {
		MIDAIR_EVENT_DIAL,   MIDAIR_EVENT_REFUSED, MIDAIR_EVENT_STRANGER,
		MIDAIR_EVENT_LANDED, MIDAIR_EVENT_WAITING,
	};
	const enum midair_event_type ends[] = {MIDAIR_EVENT_CONNECTED, MIDAIR_EVENT_FAILED};

	(void)state;
	for (size_t flood = 0; flood < N_ITEMS(floods); flood++)
		for (size_t end = 0; end < N_ITEMS(ends); end++) {
			struct event_queue queue = {0};
			struct midair_event event = {0};
			uint32_t n_events = 0;

			for (uint32_t i = 0; i < 1000; i++)
				put(&queue, floods[flood], i);
			put(&queue, ends[end], 1);
			while (event_queue_take(&queue, &event))
				n_events++;
			assert_int_equal(event.type, ends[end]);
			assert_int_equal(n_events, EVENT_QUEUE_SIZE - EVENT_QUEUE_RESERVE + 1);
		}
}

static void a_full_queue_keeps_the_oldest(void **state)
{
	static struct event_queue queue;
	struct midair_event event;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		put(&queue, MIDAIR_EVENT_FAILED, i);
	for (uint32_t i = 0; i < EVENT_QUEUE_SIZE; i++) {
		assert_true(event_queue_take(&queue, &event));
		assert_int_equal(event.try_number, i);
	}
	assert_false(event_queue_take(&queue, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_in_the_order_they_went_in),
		cmocka_unit_test(an_empty_queue_leaves_the_output_alone),
		cmocka_unit_test(whatever_floods_the_queue_the_end_still_fits),
		cmocka_unit_test(a_full_queue_keeps_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
