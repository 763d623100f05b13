/* SPDX-License-Identifier: MIT */
/* Who has its bytes forwarded: the server's answers to RELAY in every state of the other side. */
#include "core/rendezvous.h"
#include "tests/unit/rendezvous_play.h"
#include "tests/unit/unit.h"

static struct scene *scene;
static uint32_t a, b;

static void meet(const char *name)
{
	a = scene_enter(scene, 1, name, 1, 0);
	b = scene_enter(scene, 2, name, 3, 0);
	scene_forget(scene);
}

static int setup(void **state)
{
	(void)state;
	scene = scene_new(16);
	scene->rendezvous.has_relay = true;
	meet("7");
	return 0;
}

static void both_must_ask_and_then_neither_is_heard_any_more(void **state)
{
	(void)state;
	scene_say(scene, b, "RELAY");
	scene_expect(scene, a, "WANTED");
	scene_expect(scene, b, "");
	scene_say(scene, a, "RELAY");
	scene_expect(scene, a, "WANTED RELAY");
	/* role A's connection comes first, whoever asked first */
	assert_int_equal(scene->relay[0], a);
	assert_int_equal(scene->relay[1], b);
	scene_relayed(scene, true);
	scene_expect(scene, a, "WANTED RELAY READY");
	scene_expect(scene, b, "READY");
	assert_int_equal(scene->rendezvous.n_relays, 1);
	assert_int_equal(rendezvous_input(&scene->rendezvous, scene->now_ms, a,
					  (const uint8_t *)"bytes", 5, &scene->update),
			 0);
	assert_int_equal(scene->update.n_actions, 0);
}

static void what_is_forwarded_has_no_deadline_of_ours_and_is_told_nothing(void **state)
{
	(void)state;
	scene_say(scene, a, "RELAY");
	scene_say(scene, b, "RELAY");
	scene_relayed(scene, true);
	scene_forget(scene);
	scene_pass(scene, 86400000);
	scene_close(scene);
	scene_gone(scene, a);
	scene_gone(scene, b);
	scene_expect(scene, a, "");
	scene_expect(scene, b, "");
	assert_int_equal(scene->rendezvous.n_relays, 0);
	assert_int_equal(scene->rendezvous.n_used, 0);
	assert_int_equal(scene->rendezvous.registry.counts[ROOM_INTRODUCED], 0);
}

static void who_cannot_be_forwarded_is_refused_and_may_ask_again(void **state)
{
	(void)state;
	scene_say(scene, a, "RELAY");
	scene_say(scene, b, "RELAY");
	scene_forget(scene);
	scene_relayed(scene, false);
	scene_expect(scene, a, "REFUSED(busy)");
	scene_expect(scene, b, "REFUSED(busy)");
	scene_say(scene, a, "SEALED RELAY");
	scene_expect(scene, b, "REFUSED(busy) SEALED WANTED");
}

static void a_no_ends_the_other_s_wait(void **state)
{
	(void)state;
	scene_say(scene, b, "NO-RELAY"); /* nobody has asked */
	scene_expect(scene, a, "");
	scene_say(scene, a, "RELAY");
	scene_say(scene, b, "NO-RELAY");
	scene_expect(scene, a, "REFUSED(peer)");
	scene_expect(scene, b, "WANTED");
}

static void without_a_relay_and_without_a_peer_there_is_none(void **state)
{
	(void)state;
	scene->rendezvous.has_relay = false;
	scene_say(scene, a, "RELAY");
	scene_expect(scene, a, "REFUSED(unable)");
	scene_expect(scene, b, "");
	scene->rendezvous.has_relay = true;
	scene_say(scene, b, "LEAVE");
	scene_say(scene, a, "RELAY");
	scene_expect(scene, a, "REFUSED(unable) LEFT(done) REFUSED(peer)");
}

static void one_address_has_its_share_and_gets_it_back(void **state)
{
	uint32_t first_a = a, first_b = b;

	(void)state;
	/* address 1 has the first pair's one side */
	scene->rendezvous.config.limits.relayed_per_address = 1;
	scene_say(scene, first_a, "RELAY");
	scene_say(scene, first_b, "RELAY");
	scene_relayed(scene, true);
	a = scene_enter(scene, 1, "8", 1, 0);
	b = scene_enter(scene, 3, "8", 3, 0);
	scene_forget(scene);
	scene_say(scene, b, "RELAY");
	scene_expect(scene, b, "REFUSED(busy)");
	scene_say(scene, a, "RELAY");
	scene_expect(scene, a, "REFUSED(busy)");
	scene_gone(scene, first_a);
	scene_gone(scene, first_b);
	scene_say(scene, b, "RELAY");
	scene_say(scene, a, "RELAY");
	scene_relayed(scene, true);
	scene_expect(scene, a, "REFUSED(busy) WANTED RELAY READY");
}

static void the_limit_holds_for_who_asks_first_and_who_asks_second(void **state)
{
	uint32_t first_a = a, first_b = b;

	(void)state;
	scene->rendezvous.config.limits.relay_rooms = 1;
	meet("8");
	scene_say(scene, a, "RELAY");
	scene_say(scene, first_a, "RELAY");
	scene_say(scene, first_b, "RELAY");
	scene_relayed(scene, true);
	scene_forget(scene);
	scene_say(scene, b, "RELAY");
	scene_expect(scene, a, "REFUSED(busy)");
	scene_expect(scene, b, "REFUSED(busy)");
	scene_say(scene, a, "RELAY");
	scene_expect(scene, a, "REFUSED(busy) REFUSED(busy)");
	scene_expect(scene, b, "REFUSED(busy)");
}

static void who_waits_for_the_other_keeps_its_deadline_and_hears_that_it_left(void **state)
{
	(void)state;
	scene_say(scene, a, "RELAY");
	scene_gone(scene, b);
	scene_expect(scene, a, "LEFT(gone)");
	scene_pass(scene, 1000 * scene->rendezvous.config.limits.pair_s + 1000);
	scene_expect(scene, a, "LEFT(gone) ERROR(expired) FIN");
}

static void only_leave_may_be_said_after_asking(void **state)
{
	static const char *const words[] = {"SEALED", "RELAY", "NO-RELAY", "HELLO", "ENTER"};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(words); i++) {
		setup(NULL);
		scene_say(scene, a, "RELAY");
		scene_say(scene, a, words[i]);
		scene_expect(scene, a, "ERROR(protocol) FIN");
		scene_expect(scene, b, "WANTED LEFT(gave-up)");
	}
	setup(NULL);
	scene_say(scene, a, "RELAY LEAVE");
	scene_expect(scene, b, "WANTED LEFT(done)");
	setup(NULL);
	scene_say(scene, scene_arrive(scene, 9), "HELLO RELAY");
	scene_expect(scene, a, "");
}

static void the_welcome_tells_of_the_relay(void **state)
{
	struct wire_message message;

	(void)state;
	for (int has_relay = 0; has_relay < 2; has_relay++) {
		uint32_t one;

		setup(NULL);
		scene->rendezvous.has_relay = has_relay == 1;
		one = scene_arrive(scene, 5);
		scene_say(scene, one, "HELLO");
		assert_true(wire_decode(scene->update.actions[0].bytes,
					scene->update.actions[0].size, &message) > 0);
		assert_int_equal(message.welcome.capabilities,
				 has_relay == 1 ? WIRE_CAN_RELAY : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(both_must_ask_and_then_neither_is_heard_any_more, setup),
		cmocka_unit_test_setup(
			what_is_forwarded_has_no_deadline_of_ours_and_is_told_nothing, setup),
		cmocka_unit_test_setup(who_cannot_be_forwarded_is_refused_and_may_ask_again,
				       setup),
		cmocka_unit_test_setup(a_no_ends_the_other_s_wait, setup),
		cmocka_unit_test_setup(without_a_relay_and_without_a_peer_there_is_none, setup),
		cmocka_unit_test_setup(one_address_has_its_share_and_gets_it_back, setup),
		cmocka_unit_test_setup(the_limit_holds_for_who_asks_first_and_who_asks_second,
				       setup),
		cmocka_unit_test_setup(
			who_waits_for_the_other_keeps_its_deadline_and_hears_that_it_left,
			setup),
		cmocka_unit_test(only_leave_may_be_said_after_asking),
		cmocka_unit_test(the_welcome_tells_of_the_relay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
