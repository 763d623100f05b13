/* SPDX-License-Identifier: MIT */
/* What a server does when it is asked to dial: it dials nobody but who asks (rendezvous_play.c
 * compares each dial's target with the connection's own end), not too often, and tells. */
#include <string.h>

#include "core/rendezvous.h"
#include "tests/unit/rendezvous_play.h"
#include "tests/unit/unit.h"

static struct scene *able_scene(void)
{
	struct scene *scene = scene_new(200);

	scene->kind = WIRE_PROBE_FRESH;
	scene->rendezvous.probes = (struct rendezvous_probes){
		.is_able = true,
		.second_port = 2,
		.silent_port = 3,
		.refusing_port = 4,
		.alternatives = {{.family = MIDAIR_IPV4, .address = {10, 9, 9, 9}, .port = 1}},
	};
	return scene;
}

static uint32_t ask(struct scene *scene, uint8_t address)
{
	uint32_t connection = scene_arrive(scene, address);

	scene_say(scene, connection, "HELLO PROBE");
	return connection;
}

static void every_outcome_is_told_once(void **state)
{
	static const struct {
		enum wire_probe_outcome outcome;
		const char *told;
	} rows[] = {
		{WIRE_PROBE_CONNECTED, "WELCOME DIAL RESULT(connected)"},
		{WIRE_PROBE_RESET, "WELCOME DIAL RESULT(reset)"},
		{WIRE_PROBE_UNREACHABLE, "WELCOME DIAL RESULT(unreachable)"},
		{WIRE_PROBE_UNABLE, "WELCOME DIAL RESULT(unable)"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scene *scene = able_scene();
		uint32_t connection = ask(scene, 1);

		scene_dialled(scene, rows[i].outcome);
		scene_dialled(scene, rows[i].outcome);
		scene_expect(scene, connection, rows[i].told);
		assert_int_equal(scene->rendezvous.n_dials, 0);
		assert_int_equal(scene->rendezvous.counters.probes[rows[i].outcome], 1);
	}
}

static void a_dial_without_an_answer_ends_in_time(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection = ask(scene, 1);

	(void)state;
	scene_pass(scene, RENDEZVOUS_DIAL_MS - 1);
	scene_expect(scene, connection, "WELCOME DIAL");
	scene_pass(scene, 1);
	scene_expect(scene, connection, "WELCOME DIAL RESULT(silence) HANGUP");
}

static void the_silent_ports_dial_ends_before_the_client_repeats_its_syn(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection;

	(void)state;
	scene->kind = WIRE_PROBE_SILENT;
	connection = ask(scene, 1);
	scene_pass(scene, RENDEZVOUS_DIAL_SILENT_MS);
	scene_expect(scene, connection, "WELCOME DIAL RESULT(silence) HANGUP");
}

static void a_dial_ends_with_the_connection_that_asked(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection = ask(scene, 1);

	(void)state;
	scene_say(scene, connection, "PROBE PROBE");
	scene_gone(scene, connection);
	scene_expect(scene, connection, "WELCOME DIAL DIAL DIAL HANGUP HANGUP HANGUP");
	assert_int_equal(scene->rendezvous.n_dials, 0);
	scene_dialled(scene, WIRE_PROBE_CONNECTED);
	scene_expect(scene, connection, "WELCOME DIAL DIAL DIAL HANGUP HANGUP HANGUP");
}

static void a_server_that_cannot_says_so(void **state)
{
	struct scene *scene = scene_new(10);
	uint32_t connection = scene_arrive(scene, 1);

	(void)state;
	scene->kind = WIRE_PROBE_FRESH;
	scene_say(scene, connection, "HELLO INFO PROBE");
	scene_expect(scene, connection, "WELCOME PROBES RESULT(unable)");
}

static void without_another_address_strangers_are_not_played(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection;

	(void)state;
	scene->kind = WIRE_PROBE_ALTERNATIVE;
	scene->rendezvous.probes.alternatives[0].family = MIDAIR_FAMILY_NONE;
	connection = ask(scene, 1);
	scene_expect(scene, connection, "WELCOME RESULT(unable)");
}

static void one_connection_asks_only_so_often(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection;
	uint32_t n_dials = 0;

	(void)state;
	scene->rendezvous.config.limits.probes_per_connection = 3;
	connection = scene_arrive(scene, 1);
	scene_say(scene, connection, "HELLO");
	for (int i = 0; i < 6; i++) {
		scene_forget(scene);
		scene_say(scene, connection, "PROBE");
		n_dials += scene->told[connection][0] == 'D';
		scene_dialled(scene, WIRE_PROBE_RESET);
	}
	assert_int_equal(n_dials, 3);
	assert_int_equal(scene->rendezvous.counters.probes[WIRE_PROBE_LIMITED], 3);
}

static void one_connection_has_only_so_many_dials_at_a_time(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection = scene_arrive(scene, 1);

	(void)state;
	scene_say(scene, connection, "HELLO PROBE PROBE PROBE PROBE PROBE");
	scene_expect(scene, connection, "WELCOME DIAL DIAL DIAL DIAL RESULT(limited)");
}

/* limit: of the burst. Returns how many dials were begun. */
static uint32_t ask_from(struct scene *scene, uint32_t n_connections, bool is_one_address)
{
	uint32_t n_dials = 0;

	for (uint32_t i = 0; i < n_connections; i++) {
		uint32_t connection = ask(scene, (uint8_t)(is_one_address ? 1 : 1 + i));

		n_dials += scene->rendezvous.visits[connection].n_dials;
		if (scene->rendezvous.n_dials > 0)
			scene_dialled(scene, WIRE_PROBE_RESET);
	}
	return n_dials;
}

static void one_address_asks_only_so_often(void **state)
{
	struct scene *scene = able_scene();

	(void)state;
	scene->rendezvous.config.limits.probes_burst = 5;
	assert_int_equal(ask_from(scene, 20, true), 5);
}

static void all_together_ask_only_so_often(void **state)
{
	struct scene *scene = able_scene();

	(void)state;
	scene->rendezvous.config.limits.all_probes_burst = 7;
	assert_int_equal(ask_from(scene, 20, false), 7);
}

static void the_table_of_dials_has_an_end(void **state)
{
	struct scene *scene = able_scene();
	uint32_t n_begun = 0;

	(void)state;
	scene->rendezvous.config.limits.all_probes_burst = 1000;
	for (uint8_t address = 1; address < 100; address++) {
		uint32_t connection = scene_arrive(scene, address);

		scene_say(scene, connection, "HELLO PROBE PROBE PROBE");
		n_begun += scene->rendezvous.visits[connection].n_dials;
	}
	assert_int_equal(n_begun, RENDEZVOUS_DIALS_MAX);
	assert_int_equal(scene->rendezvous.n_dials, RENDEZVOUS_DIALS_MAX);
	scene_pass(scene, RENDEZVOUS_DIAL_MS);
	assert_int_equal(scene->rendezvous.n_dials, 0);
}

static void asking_is_no_way_to_stay(void **state)
{
	struct scene *scene = able_scene();
	uint32_t connection = scene_arrive(scene, 1);

	(void)state;
	scene_say(scene, connection, "HELLO INFO");
	for (int i = 0; i < 5; i++) {
		scene_pass(scene, 2500);
		if (scene->rendezvous.visits[connection].state == VISIT_GREETED)
			scene_say(scene, connection, "PROBE");
	}
	scene_pass(scene, 1000);
	assert_int_not_equal(scene->rendezvous.visits[connection].state, VISIT_GREETED);
}

static void out_of_turn_is_a_breach(void **state)
{
	static const struct {
		const char *say;
		const char *told;
	} rows[] = {
		{"PROBE", "ERROR(protocol) FIN"},
		{"INFO", "ERROR(protocol) FIN"},
		{"HELLO INFO INFO", "WELCOME PROBES ERROR(protocol) FIN"},
		{"HELLO ENTER PROBE", "WELCOME ROOM ERROR(protocol) FIN"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct scene *scene = able_scene();
		uint32_t connection = scene_arrive(scene, 1);

		scene_say(scene, connection, rows[i].say);
		EXPECT(strcmp(scene->told[connection], rows[i].told) == 0, rows[i].say);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_is_told_once),
		cmocka_unit_test(a_dial_without_an_answer_ends_in_time),
		cmocka_unit_test(the_silent_ports_dial_ends_before_the_client_repeats_its_syn),
		cmocka_unit_test(a_dial_ends_with_the_connection_that_asked),
		cmocka_unit_test(a_server_that_cannot_says_so),
		cmocka_unit_test(without_another_address_strangers_are_not_played),
		cmocka_unit_test(one_connection_asks_only_so_often),
		cmocka_unit_test(one_connection_has_only_so_many_dials_at_a_time),
		cmocka_unit_test(one_address_asks_only_so_often),
		cmocka_unit_test(all_together_ask_only_so_often),
		cmocka_unit_test(the_table_of_dials_has_an_end),
		cmocka_unit_test(asking_is_no_way_to_stay),
		cmocka_unit_test(out_of_turn_is_a_breach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
