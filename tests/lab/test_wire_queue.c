/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include "core/random.h"
#include "lab/wire_queue.h"

static int make_queue(void **state)
{
	*state = wire_queue_new();
	return *state ? 0 : -1;
}

static int free_queue(void **state)
{
	wire_queue_free(*state);
	return 0;
}

static void an_empty_queue_is_never_due(void **state)
{
	assert_true(wire_queue_due_ns(*state) == UINT64_MAX);
}

static void packets_come_out_soonest_first_and_ties_in_order(void **state)
{
	struct wire_queue *queue = *state;
	struct random random;
	uint64_t last_due_ns = 0, last_order = 0;

	random_init(&random, 11);
	for (int i = 0; i < 5000; i++) {
		struct wire_packet *packet = wire_queue_take(queue);

		assert_non_null(packet);
		packet->due_ns = 1 + random_below(&random, 300);
		wire_queue_push(queue, packet);
	}
	for (int i = 0; i < 5000; i++) {
		uint64_t due_ns = wire_queue_due_ns(queue);
		struct wire_packet *packet = wire_queue_pop(queue);

		assert_int_equal(packet->due_ns, due_ns);
		assert_true(due_ns >= last_due_ns);
		assert_true(due_ns > last_due_ns || packet->order > last_order);
		last_due_ns = due_ns;
		last_order = packet->order;
		wire_queue_give(queue, packet);
	}
	assert_true(wire_queue_due_ns(queue) == UINT64_MAX);
}

static void a_full_queue_takes_no_more_until_one_is_given_back(void **state)
{
	struct wire_queue *queue = *state;
	struct wire_packet *packet = NULL;

	for (int i = 0; i < WIRE_PACKETS_MAX; i++) {
		packet = wire_queue_take(queue);
		assert_non_null(packet);
	}
	assert_null(wire_queue_take(queue));
	wire_queue_give(queue, packet);
	assert_ptr_equal(wire_queue_take(queue), packet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_queue_is_never_due, make_queue,
						free_queue),
		cmocka_unit_test_setup_teardown(
			packets_come_out_soonest_first_and_ties_in_order, make_queue,
			free_queue),
		cmocka_unit_test_setup_teardown(
			a_full_queue_takes_no_more_until_one_is_given_back, make_queue,
			free_queue),
	};

	return cmocka_run_group_tests_name("wire_queue", tests, NULL, NULL);
}
