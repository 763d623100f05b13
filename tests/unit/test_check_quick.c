/* SPDX-License-Identifier: MIT */
/* What a pairing finds out about its NAT: with few packets, soon, and no more than it needs. */
#include <errno.h>
#include <string.h>

#include "core/check.h"
#include "tests/unit/unit.h"

static const struct midair_endpoint server = {
	.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1314};
static const struct midair_endpoint alternative = {
	.family = MIDAIR_IPV4, .address = {192, 0, 2, 2}, .port = 1314};

#define OUTER 50000

/* A NAT, as far as it shows: the outer port that the nth dial gets. */
typedef uint16_t port_function(uint32_t n_dial, uint16_t local_port);

struct play {
	struct check check;
	uint64_t now_ms;
	port_function *outer_port;
	uint32_t n_dials;
	uint32_t n_probes;
	uint32_t n_listeners;
	bool is_asked;
	uint32_t order[CHECK_LINKS]; /* by link: the number of its dial, from 1 */
	uint32_t slots[CHECK_LINKS];
	struct midair_endpoint dialled[CHECK_LINKS];
};

static void feed(struct play *play, const struct check_event *event)
{
	struct check_update update;

	check_step(&play->check, play->now_ms, event, &update);
	for (uint32_t i = 0; i < update.n_actions; i++) {
		const struct check_action *action = &update.actions[i];

		play->n_listeners += action->type == CHECK_LISTEN;
		if (action->type == CHECK_DIAL) {
			play->order[action->link] = ++play->n_dials;
			play->slots[action->link] = action->slot;
			play->dialled[action->link] = action->remote;
		} else if (action->type == CHECK_SEND) {
			play->n_probes += action->message.type == WIRE_PROBE;
			play->is_asked |= action->message.type == WIRE_PROBE_INFO;
		}
	}
}

static void begin(struct play *play, enum check_extent extent, port_function *outer_port)
{
	const struct check_config config = {
		.server = server, .timeout_ms = 4000, .extent = extent};

	memset(play, 0, sizeof(*play));
	play->outer_port = outer_port;
	check_init(&play->check, &config, 0);
	feed(play, &(struct check_event){.type = CHECK_BEGIN});
}

static void tick(struct play *play, uint64_t now_ms)
{
	play->now_ms = now_ms;
	feed(play, &(struct check_event){.type = CHECK_TICK});
}

static void answer(struct play *play, uint32_t link, uint16_t capabilities)
{
	uint16_t local_port = (uint16_t)(40000 + 11 * play->slots[link]);
	const struct wire_message message = {
		.type = WIRE_WELCOME,
		.welcome = {.version = 1,
			    .capabilities = capabilities,
			    .observed = {.family = MIDAIR_IPV4,
					 .address = {198, 51, 100, 1},
					 .port = play->outer_port(play->order[link],
								  local_port)}},
	};

	feed(play, &(struct check_event){.type = CHECK_OPENED,
					 .link = link,
					 .local = {.family = MIDAIR_IPV4,
						   .address = {10, 0, 0, 2},
						   .port = local_port}});
	feed(play,
	     &(struct check_event){.type = CHECK_MESSAGE, .link = link, .message = &message});
}

/* Every dial so far that goes to a port that answers. */
static void answer_all(struct play *play, uint16_t capabilities)
{
	for (uint32_t link = 0; link < CHECK_LINK_SILENT; link++)
		if (play->order[link] != 0 && play->check.links[link] == CHECK_WAITING)
			answer(play, link, capabilities);
}

static void tell_probes(struct play *play, uint16_t second_port, bool has_alternative)
{
	struct wire_message message = {.type = WIRE_PROBES,
				       .probes = {.second_port = second_port,
						  .silent_port = 1316,
						  .refusing_port = 1317}};

	if (has_alternative)
		message.probes.alternative = alternative;
	feed(play,
	     &(struct check_event){.type = CHECK_MESSAGE, .link = 0, .message = &message});
}

static struct nat_report report_of(const struct play *play)
{
	struct nat_report report;

	assert_int_equal(check_report(&play->check, &report), 0);
	return report;
}

static uint16_t kept(uint32_t n_dial, uint16_t local_port)
{
	(void)n_dial;
	return local_port;
}

static uint16_t in_order(uint32_t n_dial, uint16_t local_port)
{
	(void)local_port;
	return (uint16_t)(OUTER + 3 * n_dial);
}

/* After 65,535 comes 1,024. */
static uint16_t over_the_end(uint32_t n_dial, uint16_t local_port)
{
	uint32_t port = 65529 + 3 * n_dial;

	(void)local_port;
	return (uint16_t)(port > 65535 ? port - 64512 : port);
}

static uint16_t by_chance(uint32_t n_dial, uint16_t local_port)
{
	static const uint16_t ports[] = {7000, 61234, 1999, 33333, 52001, 18007, 44123, 9871};

	(void)local_port;
	return ports[n_dial % N_ITEMS(ports)];
}

/* Independent of the destination, but at random. */
static uint16_t by_slot(uint32_t n_dial, uint16_t local_port)
{
	(void)n_dial;
	return (uint16_t)((local_port * 7919u) % 60000u + 2000u);
}

static void two_round_trips_tell_the_kind_of_mapping(void **state)
{
	static const struct {
		port_function *outer_port;
		enum report_mapping mapping;
		enum report_allocation allocation;
	} rows[] = {
		{kept, REPORT_MAPPING_NOT_PORT_DEPENDENT, REPORT_ALLOCATION_PRESERVING},
		{by_slot, REPORT_MAPPING_NOT_PORT_DEPENDENT, REPORT_ALLOCATION_RANDOM},
		{by_chance, REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
		 REPORT_ALLOCATION_RANDOM},
		{in_order, REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
		 REPORT_ALLOCATION_SEQUENTIAL},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct nat_report report;
		struct play play;

		begin(&play, CHECK_QUICK, rows[i].outer_port);
		/* all in the first flight: the samples, and the port after the main one */
		assert_int_equal(play.n_dials, 5);
		assert_int_equal(play.dialled[CHECK_LINK_SECOND].port, server.port + 1);
		answer_all(&play, 0);
		report = report_of(&play);
		assert_int_equal(report.mapping, rows[i].mapping);
		assert_int_equal(report.allocation, rows[i].allocation);
		/* a server that can do no more was asked no more */
		assert_false(play.is_asked);
		assert_true(play.check.is_done);
	}
}

static void a_sequential_allocation_comes_with_its_last_port(void **state)
{
	struct nat_report report;
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, in_order);
	answer_all(&play, 0);
	report = report_of(&play);
	assert_int_equal(report.delta, 3);
	assert_int_equal(report.last_port, OUTER + 3 * 5);
	begin(&play, CHECK_QUICK, over_the_end);
	answer_all(&play, 0);
	report = report_of(&play);
	assert_int_equal(report.delta, 3);
	assert_int_equal(report.last_port, 1032);
}

static void a_second_port_elsewhere_is_dialled_when_it_is_told(void **state)
{
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, kept);
	feed(&play, &(struct check_event){.type = CHECK_FAILED,
					  .link = CHECK_LINK_SECOND,
					  .result = -ECONNREFUSED});
	answer_all(&play, WIRE_CAN_PROBE);
	assert_int_equal(report_of(&play).mapping, REPORT_MAPPING_UNKNOWN);
	tell_probes(&play, 4000, false);
	assert_int_equal(play.dialled[CHECK_LINK_SECOND].port, 4000);
	answer_all(&play, WIRE_CAN_PROBE);
	assert_int_equal(report_of(&play).mapping, REPORT_MAPPING_NOT_PORT_DEPENDENT);
}

static void what_was_guessed_right_is_not_dialled_again(void **state)
{
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, kept);
	answer_all(&play, WIRE_CAN_PROBE);
	tell_probes(&play, (uint16_t)(server.port + 1), false);
	assert_int_equal(play.n_dials, 5);
	tell_probes(&play, (uint16_t)(server.port + 1), false);
	assert_int_equal(play.n_dials, 5);
}

static void a_server_is_asked_to_dial_only_after_a_while_where_ports_are_known(void **state)
{
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, kept);
	answer_all(&play, WIRE_CAN_PROBE);
	tell_probes(&play, 1315, true);
	answer_all(&play, WIRE_CAN_PROBE);
	assert_int_equal(play.n_probes, 0);
	assert_false(play.check.is_done);
	assert_int_equal(check_deadline_ms(&play.check), CHECK_QUICK_PATIENCE_MS);
	tick(&play, CHECK_QUICK_PATIENCE_MS);
	/* from a fresh port, from the other address, from the silent port */
	assert_int_equal(play.n_probes, 3);
	assert_int_equal(play.n_listeners, 1);
}

static void it_is_asked_at_once_where_the_port_cannot_be_known(void **state)
{
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, by_chance);
	answer_all(&play, WIRE_CAN_PROBE);
	assert_true(check_is_port_unknown(&play.check));
	tell_probes(&play, 1315, false);
	assert_int_equal(play.n_probes, 2);
}

static void silence_is_an_answer_after_a_while(void **state)
{
	struct play play;

	(void)state;
	begin(&play, CHECK_QUICK, by_chance);
	answer_all(&play, WIRE_CAN_PROBE);
	play.now_ms = 100;
	tell_probes(&play, 1315, false);
	tick(&play, 100 + CHECK_QUICK_SILENCE_MS - 1);
	assert_int_equal(report_of(&play).filtering, REPORT_FILTERING_UNKNOWN);
	assert_int_equal(check_deadline_ms(&play.check), 100 + CHECK_QUICK_SILENCE_MS);
	tick(&play, 100 + CHECK_QUICK_SILENCE_MS);
	assert_int_equal(report_of(&play).filtering,
			 REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT);
	assert_int_equal(report_of(&play).reaction, REPORT_REACTION_DROP);
	assert_true(play.check.is_done);
}

static void a_glance_is_one_connection(void **state)
{
	struct nat_report report;
	struct play play;

	(void)state;
	begin(&play, CHECK_GLANCE, in_order);
	answer_all(&play, WIRE_CAN_PROBE);
	assert_int_equal(play.n_dials, 1);
	assert_false(play.is_asked);
	assert_true(play.check.is_done);
	report = report_of(&play);
	assert_int_equal(report.mapped.port, OUTER + 3);
}

static void whatever_happens_it_ends_in_time(void **state)
{
	static const enum check_extent extents[] = {CHECK_QUICK, CHECK_GLANCE};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(extents); i++) {
		struct nat_report report;
		struct play play;

		begin(&play, extents[i], kept);
		while (!play.check.is_done) {
			uint64_t deadline_ms = check_deadline_ms(&play.check);

			assert_true(deadline_ms <= 4000);
			tick(&play, deadline_ms);
		}
		assert_int_equal(check_report(&play.check, &report), MIDAIR_E_SERVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_round_trips_tell_the_kind_of_mapping),
		cmocka_unit_test(a_sequential_allocation_comes_with_its_last_port),
		cmocka_unit_test(a_second_port_elsewhere_is_dialled_when_it_is_told),
		cmocka_unit_test(what_was_guessed_right_is_not_dialled_again),
		cmocka_unit_test(
			a_server_is_asked_to_dial_only_after_a_while_where_ports_are_known),
		cmocka_unit_test(it_is_asked_at_once_where_the_port_cannot_be_known),
		cmocka_unit_test(silence_is_an_answer_after_a_while),
		cmocka_unit_test(a_glance_is_one_connection),
		cmocka_unit_test(whatever_happens_it_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
