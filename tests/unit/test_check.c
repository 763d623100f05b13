/* SPDX-License-Identifier: MIT */
/* The measurement of what a NAT does, with a played server and a played NAT: what is dialled, what
 * is said, what is concluded; and that a lying server gains nothing. */
#include <errno.h>
#include <string.h>

#include "core/check.h"
#include "core/random.h"
#include "core/verdict.h"
#include "tests/unit/unit.h"

static const struct midair_endpoint server = {
	.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1314};
static const struct midair_endpoint alternative = {
	.family = MIDAIR_IPV4, .address = {192, 0, 2, 2}, .port = 1314};

struct play {
	struct check check;
	struct check_update update;
	uint64_t now_ms;
	uint32_t n_dials;
	uint32_t n_probes;
	bool is_asked; /* PROBE_INFO */
	struct midair_endpoint dialled[CHECK_LINKS];
};

static struct midair_endpoint at(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct midair_endpoint){
		.family = MIDAIR_IPV4, .address = {a, b, c, d}, .port = port};
}

static void note_actions(struct play *play)
{
	for (uint32_t i = 0; i < play->update.n_actions; i++) {
		const struct check_action *action = &play->update.actions[i];

		assert_true(action->link < CHECK_LINKS && action->slot < CHECK_SLOTS);
		if (action->type == CHECK_DIAL) {
			play->n_dials++;
			play->dialled[action->link] = action->remote;
		} else if (action->type == CHECK_SEND) {
			play->n_probes += action->message.type == WIRE_PROBE;
			play->is_asked |= action->message.type == WIRE_PROBE_INFO;
		}
	}
}

static void feed(struct play *play, const struct check_event *event)
{
	check_step(&play->check, play->now_ms, event, &play->update);
	note_actions(play);
}

static void say(struct play *play, uint32_t link, const struct wire_message *message)
{
	feed(play,
	     &(struct check_event){.type = CHECK_MESSAGE, .link = link, .message = message});
}

static void begin(struct play *play)
{
	const struct check_config config = {.server = server, .timeout_ms = 4000};

	memset(play, 0, sizeof(*play));
	check_init(&play->check, &config, 0);
	feed(play, &(struct check_event){.type = CHECK_BEGIN});
}

static void welcome(struct play *play, uint32_t link, uint16_t local_port,
		    const struct midair_endpoint *observed)
{
	const struct wire_message message = {
		.type = WIRE_WELCOME,
		.welcome = {.version = 1,
			    .capabilities = WIRE_CAN_PROBE,
			    .observed = *observed},
	};

	feed(play, &(struct check_event){.type = CHECK_OPENED,
					 .link = link,
					 .local = at(10, 0, 0, 2, local_port)});
	say(play, link, &message);
}

/* All samples through a NAT that keeps ports, and what the server can do. */
static void begin_probing(struct play *play, bool has_alternative)
{
	struct wire_message probes = {
		.type = WIRE_PROBES,
		.probes = {.second_port = 1315, .silent_port = 1316, .refusing_port = 1317},
	};

	begin(play);
	for (uint32_t link = 0; link < CHECK_SAMPLES; link++) {
		uint16_t port = (uint16_t)(40000 + 11 * link);
		struct midair_endpoint observed = at(198, 51, 100, 1, port);

		welcome(play, link, port, &observed);
	}
	assert_true(play->is_asked);
	if (has_alternative)
		probes.probes.alternative = alternative;
	say(play, 0, &probes);
}

static void result(struct play *play, uint32_t link, uint16_t token,
		   enum wire_probe_outcome outcome)
{
	const struct wire_message message = {
		.type = WIRE_PROBE_RESULT,
		.probe_result = {.token = token,
				 .kind = (uint8_t)(token > 4 ? 4 : token),
				 .outcome = (uint8_t)outcome},
	};

	say(play, link, &message);
}

static void filtering_and_reaction_follow_from_two_dials(void **state)
{
	static const struct {
		const char *name;
		bool has_alternative;
		enum wire_probe_outcome fresh, other;
		enum report_filtering filtering;
		enum report_reaction reaction;
	} rows[] = {
		{"full cone", true, WIRE_PROBE_CONNECTED, WIRE_PROBE_CONNECTED,
		 REPORT_FILTERING_ENDPOINT_INDEPENDENT, REPORT_REACTION_NONE},
		{"restricted, drops", true, WIRE_PROBE_CONNECTED, WIRE_PROBE_SILENCE,
		 REPORT_FILTERING_ADDRESS_DEPENDENT, REPORT_REACTION_DROP},
		{"restricted, resets", true, WIRE_PROBE_CONNECTED, WIRE_PROBE_RESET,
		 REPORT_FILTERING_ADDRESS_DEPENDENT, REPORT_REACTION_RESET},
		{"port-restricted, ICMP", true, WIRE_PROBE_UNREACHABLE, WIRE_PROBE_UNREACHABLE,
		 REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT, REPORT_REACTION_UNREACHABLE},
		{"the first was not dialled", true, WIRE_PROBE_LIMITED, WIRE_PROBE_RESET,
		 REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT, REPORT_REACTION_RESET},
		{"the second was not dialled", true, WIRE_PROBE_CONNECTED, WIRE_PROBE_UNABLE,
		 REPORT_FILTERING_UNKNOWN, REPORT_REACTION_UNKNOWN},
		{"one address, refused", false, WIRE_PROBE_RESET, 0,
		 REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT, REPORT_REACTION_RESET},
		{"one address, let in", false, WIRE_PROBE_CONNECTED, 0,
		 REPORT_FILTERING_UNKNOWN, REPORT_REACTION_UNKNOWN},
		{"neither was dialled", true, WIRE_PROBE_LIMITED, WIRE_PROBE_LIMITED,
		 REPORT_FILTERING_UNKNOWN, REPORT_REACTION_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct nat_report report;
		struct play play;

		begin_probing(&play, rows[i].has_alternative);
		result(&play, 0, WIRE_PROBE_FRESH, rows[i].fresh);
		if (rows[i].has_alternative)
			result(&play, 0, WIRE_PROBE_ALTERNATIVE, rows[i].other);
		assert_int_equal(check_report(&play.check, &report), 0);
		EXPECT(report.filtering == rows[i].filtering, rows[i].name);
		EXPECT(report.reaction == rows[i].reaction, rows[i].name);
	}
}

static void mapping_follows_from_the_other_destinations(void **state)
{
	static const struct {
		const char *name;
		uint16_t second, other; /* outer ports; 0: no answer */
		enum report_mapping mapping;
	} rows[] = {
		{"the same", 40055, 40055, REPORT_MAPPING_ENDPOINT_INDEPENDENT},
		{"another address, another port", 40055, 50000,
		 REPORT_MAPPING_ADDRESS_DEPENDENT},
		{"another port, another port", 50000, 50001,
		 REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT},
		{"one address", 40055, 0, REPORT_MAPPING_NOT_PORT_DEPENDENT},
		{"no answer", 0, 0, REPORT_MAPPING_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint second = at(198, 51, 100, 1, rows[i].second);
		struct midair_endpoint other = at(198, 51, 100, 1, rows[i].other);
		struct nat_report report;
		struct play play;

		begin_probing(&play, true);
		if (rows[i].second != 0)
			welcome(&play, CHECK_LINK_SECOND, 40055, &second);
		if (rows[i].other != 0)
			welcome(&play, CHECK_LINK_OTHER, 40055, &other);
		assert_int_equal(check_report(&play.check, &report), 0);
		EXPECT(report.mapping == rows[i].mapping, rows[i].name);
	}
}

static void allocation_follows_from_fresh_ports(void **state)
{
	static const struct {
		const char *name;
		uint32_t n;
		uint16_t locals[CHECK_SAMPLES];
		uint16_t mapped[CHECK_SAMPLES];
		enum report_allocation allocation;
		int delta;
	} rows[] = {
		{"none", 0, {0}, {0}, REPORT_ALLOCATION_UNKNOWN, 0},
		{"two", 2, {1, 2}, {1, 2}, REPORT_ALLOCATION_UNKNOWN, 0},
		{"kept", 4, {7, 9, 3, 5}, {7, 9, 3, 5}, REPORT_ALLOCATION_PRESERVING, 0},
		{"kept but one",
		 4,
		 {7, 9, 3, 5},
		 {7, 9, 900, 5},
		 REPORT_ALLOCATION_PRESERVING,
		 0},
		{"in order",
		 5,
		 {7, 9, 3, 5, 1},
		 {2000, 2001, 2002, 2003, 2004},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 1},
		{"in larger steps",
		 4,
		 {7, 9, 3, 5},
		 {2000, 2010, 2020, 2030},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 10},
		{"downward",
		 4,
		 {7, 9, 3, 5},
		 {2000, 1998, 1996, 1994},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 -2},
		{"others in between",
		 5,
		 {7, 9, 3, 5, 1},
		 {2000, 2006, 2009, 2012, 2021},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 3},
		{"over the end",
		 4,
		 {7, 9, 3, 5},
		 {65534, 65535, 1024, 1025},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 1},
		{"one out of order",
		 6,
		 {7, 9, 3, 5, 1, 2},
		 {2000, 2001, 2005, 2002, 2003, 2004},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 1},
		{"one of an earlier mapping",
		 8,
		 {7, 9, 3, 5, 1, 2, 4, 6},
		 {2000, 2001, 30000, 2002, 2003, 2004, 2005, 2006},
		 REPORT_ALLOCATION_SEQUENTIAL,
		 1},
		{"two of earlier mappings",
		 8,
		 {7, 9, 3, 5, 1, 2, 4, 6},
		 {2000, 2001, 30000, 2002, 2003, 50000, 2005, 2006},
		 REPORT_ALLOCATION_RANDOM,
		 0},
		{"random",
		 5,
		 {7, 9, 3, 5, 1},
		 {2000, 60000, 31000, 9000, 45000},
		 REPORT_ALLOCATION_RANDOM,
		 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint locals[CHECK_SAMPLES], mapped[CHECK_SAMPLES];
		enum report_allocation allocation;
		int16_t delta = 0;

		for (uint32_t n = 0; n < rows[i].n; n++) {
			locals[n] = at(10, 0, 0, 2, rows[i].locals[n]);
			mapped[n] = at(198, 51, 100, 1, rows[i].mapped[n]);
		}
		allocation = check_allocation(locals, mapped, rows[i].n, &delta);
		EXPECT(allocation == rows[i].allocation, rows[i].name);
		if (allocation == REPORT_ALLOCATION_SEQUENTIAL)
			EXPECT(delta == rows[i].delta, rows[i].name);
	}
}

static void a_reset_is_seen_by_what_gets_in_after_it(void **state)
{
	static const struct {
		const char *name;
		enum wire_probe_outcome stranger, caught, bare, silent;
		enum report_answer closes;
	} rows[] = {
		{"drops, closed", WIRE_PROBE_SILENCE, WIRE_PROBE_SILENCE, WIRE_PROBE_SILENCE,
		 WIRE_PROBE_CONNECTED, REPORT_YES},
		{"drops, kept", WIRE_PROBE_SILENCE, WIRE_PROBE_SILENCE, WIRE_PROBE_RESET,
		 WIRE_PROBE_CONNECTED, REPORT_NO},
		{"resets, closed", WIRE_PROBE_RESET, WIRE_PROBE_RESET, WIRE_PROBE_RESET,
		 WIRE_PROBE_CONNECTED, REPORT_YES},
		{"resets, kept", WIRE_PROBE_RESET, WIRE_PROBE_SILENCE, WIRE_PROBE_RESET,
		 WIRE_PROBE_CONNECTED, REPORT_NO},
		{"kept, and liberal", WIRE_PROBE_RESET, WIRE_PROBE_CONNECTED, WIRE_PROBE_RESET,
		 WIRE_PROBE_CONNECTED, REPORT_NO},
		{"refuses what comes after our own SYN", WIRE_PROBE_RESET, WIRE_PROBE_RESET,
		 WIRE_PROBE_RESET, WIRE_PROBE_RESET, REPORT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct midair_endpoint mapped = at(198, 51, 100, 1, 40055);
		struct nat_report report;
		struct play play;

		begin_probing(&play, true);
		welcome(&play, CHECK_LINK_SECOND, 40055, &mapped);
		result(&play, 0, WIRE_PROBE_FRESH, rows[i].stranger);
		result(&play, 0, WIRE_PROBE_ALTERNATIVE, rows[i].stranger);
		result(&play, 1, WIRE_PROBE_SILENT, rows[i].silent);
		for (uint32_t link = CHECK_LINK_REFUSING; link <= CHECK_LINK_BARE; link++)
			feed(&play, &(struct check_event){.type = CHECK_FAILED,
							  .link = link,
							  .result = -ECONNREFUSED});
		result(&play, 2, WIRE_PROBE_REFUSING, rows[i].caught);
		result(&play, 6, CHECK_PROBE_BARE, rows[i].bare);
		assert_int_equal(check_report(&play.check, &report), 0);
		EXPECT(report.reset_closes == rows[i].closes, rows[i].name);
	}
}

static void a_server_without_the_capability_is_not_asked(void **state)
{
	const struct midair_endpoint observed = at(198, 51, 100, 1, 40000);
	const struct wire_message message = {.type = WIRE_WELCOME,
					     .welcome = {.version = 1, .observed = observed}};
	struct nat_report report;
	struct play play;

	(void)state;
	begin(&play);
	for (uint32_t link = 0; link < CHECK_SAMPLES; link++) {
		feed(&play, &(struct check_event){.type = CHECK_OPENED,
						  .link = link,
						  .local = at(10, 0, 0, 2, 40000)});
		say(&play, link, &message);
	}
	assert_false(play.is_asked);
	assert_int_equal(play.n_probes, 0);
	assert_int_equal(check_report(&play.check, &report), 0);
	assert_int_equal(report.filtering, REPORT_FILTERING_UNKNOWN);
	assert_int_equal(report.mapping, REPORT_MAPPING_UNKNOWN);
}

static void a_server_that_is_not_there_gives_its_error(void **state)
{
	struct nat_report report;
	struct play play;

	(void)state;
	begin(&play);
	for (uint32_t link = 0; link < CHECK_SAMPLES; link++)
		feed(&play, &(struct check_event){.type = CHECK_FAILED,
						  .link = link,
						  .result = -ECONNREFUSED});
	assert_true(play.check.is_done);
	assert_int_equal(check_report(&play.check, &report), -ECONNREFUSED);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct nat_report report;
	struct play play;

	(void)state;
	begin(&play);
	assert_int_equal(check_deadline_ms(&play.check), 4000);
	play.now_ms = 4000;
	feed(&play, &(struct check_event){.type = CHECK_TICK});
	assert_true(play.check.is_done);
	assert_int_equal(check_deadline_ms(&play.check), UINT64_MAX);
	assert_int_equal(check_report(&play.check, &report), MIDAIR_E_SERVER);
}

static void a_server_sends_us_only_where_it_makes_sense(void **state)
{
	static const struct {
		const char *name;
		const char *server, *other;
		bool is_plausible;
	} rows[] = {
		{"public to public", "192.0.2.1:1", "198.51.100.1:1", true},
		{"public to private", "192.0.2.1:1", "192.168.1.1:1", false},
		{"public to a carrier's own", "192.0.2.1:1", "100.64.0.1:1", false},
		{"public to loopback", "192.0.2.1:1", "127.0.0.1:1", false},
		{"public to the link", "192.0.2.1:1", "169.254.1.1:1", false},
		{"private to private", "10.0.0.1:1", "192.168.1.1:1", true},
		{"private to loopback", "10.0.0.1:1", "127.0.0.1:1", false},
		{"loopback to loopback", "127.0.0.1:1", "127.0.0.2:1", true},
		{"to the other family", "192.0.2.1:1", "[2001:db8::1]:1", false},
		{"IPv6", "[2001:db8::1]:1", "[2001:db8::2]:1", true},
		{"IPv6 to the link", "[2001:db8::1]:1", "[fe80::1]:1", false},
		{"IPv6 to a unique local one", "[2001:db8::1]:1", "[fd00::1]:1", false},
		{"IPv6 to loopback", "[2001:db8::1]:1", "[::1]:1", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint from, to;

		assert_int_equal(midair_endpoint_parse(&from, rows[i].server), 0);
		assert_int_equal(midair_endpoint_parse(&to, rows[i].other), 0);
		EXPECT(check_is_plausible(&from, &to) == rows[i].is_plausible, rows[i].name);
	}
}

/* A server that says anything, at any time: no more dials than an honest one gets, none into
 * private networks, an end in time. */
static void a_lying_server_gains_nothing(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 5);
	for (int round = 0; round < 2000; round++) {
		struct nat_report report;
		struct play play;

		begin(&play);
		for (int i = 0; i < 200; i++) {
			uint32_t link = (uint32_t)random_below(&random, CHECK_LINKS);
			uint64_t what = random_below(&random, 8);
			struct midair_endpoint any = at((uint8_t)random_below(&random, 224),
							(uint8_t)random_next(&random), 1, 1,
							(uint16_t)random_next(&random));
			struct wire_message message = {.type = WIRE_PROBES};

			any.address[0] = any.address[0] == 0 ? 10 : any.address[0];
			message.probes = (struct wire_probes){
				.second_port = (uint16_t)random_next(&random),
				.silent_port = (uint16_t)random_next(&random),
				.refusing_port = (uint16_t)random_next(&random),
				.alternative = any,
			};
			play.now_ms += random_below(&random, 30);
			if (what == 0)
				say(&play, link, &message);
			else if (what == 1)
				result(&play, link, (uint16_t)random_below(&random, 8),
				       (enum wire_probe_outcome)(1 + random_below(&random, 6)));
			else if (what == 2)
				feed(&play, &(struct check_event){.type = CHECK_FAILED,
								  .link = link,
								  .result = -ECONNREFUSED});
			else if (what == 3)
				feed(&play, &(struct check_event){.type = CHECK_LANDED,
								  .slot = 3,
								  .remote = any});
			else
				welcome(&play, link, any.port, &any);
		}
		assert_in_range(play.n_dials, CHECK_SAMPLES, CHECK_LINKS);
		assert_in_range(play.n_probes, 0, CHECK_PROBES);
		for (uint32_t link = CHECK_SAMPLES; link < CHECK_LINKS; link++)
			if (play.dialled[link].family != MIDAIR_FAMILY_NONE)
				assert_true(check_is_plausible(&server, &play.dialled[link]));
		(void)check_report(&play.check, &report);
		play.now_ms += 4000;
		feed(&play, &(struct check_event){.type = CHECK_TICK});
		assert_true(play.check.is_done);
	}
}

static void random_ports_are_not_taken_for_an_order(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 11);
	for (int round = 0; round < 100000; round++) {
		struct midair_endpoint locals[CHECK_SAMPLES] = {0};
		struct midair_endpoint mapped[CHECK_SAMPLES] = {0};
		int16_t delta;

		for (uint32_t i = 0; i < CHECK_SAMPLES; i++)
			mapped[i].port = (uint16_t)(1024 + random_below(&random, 64512));
		assert_int_equal(check_allocation(locals, mapped, CHECK_SAMPLES, &delta),
				 REPORT_ALLOCATION_RANDOM);
	}
}

static void types_have_both_vocabularies(void **state)
{
	static const struct {
		const char *name;
		enum report_mapping mapping;
		enum report_filtering filtering;
		enum midair_nat_type type;
	} rows[] = {
		{"open", REPORT_MAPPING_NONE, REPORT_FILTERING_ENDPOINT_INDEPENDENT,
		 MIDAIR_NAT_OPEN},
		{"firewall", REPORT_MAPPING_NONE, REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
		 MIDAIR_NAT_FIREWALL},
		{"1", REPORT_MAPPING_ENDPOINT_INDEPENDENT,
		 REPORT_FILTERING_ENDPOINT_INDEPENDENT, MIDAIR_NAT_1},
		{"2", REPORT_MAPPING_ENDPOINT_INDEPENDENT, REPORT_FILTERING_ADDRESS_DEPENDENT,
		 MIDAIR_NAT_2},
		{"3", REPORT_MAPPING_NOT_PORT_DEPENDENT,
		 REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT, MIDAIR_NAT_3},
		{"4", REPORT_MAPPING_ADDRESS_DEPENDENT, REPORT_FILTERING_ENDPOINT_INDEPENDENT,
		 MIDAIR_NAT_4},
		{"unknown", REPORT_MAPPING_UNKNOWN, REPORT_FILTERING_ENDPOINT_INDEPENDENT,
		 MIDAIR_NAT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		const struct nat_report report = {.mapping = rows[i].mapping,
						  .filtering = rows[i].filtering};

		EXPECT(verdict_type(&report) == rows[i].type, rows[i].name);
	}
}

static void a_public_host_reaches_everybody(void **state)
{
	static const enum midair_family families[] = {MIDAIR_IPV4, MIDAIR_IPV6};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(families); i++) {
		const struct nat_behavior public = {.is_public = true};
		const struct midair_endpoint mapped = {
			.family = (uint8_t)families[i], .address = {32, 1}, .port = 1};
		struct nat_report report;
		struct verdict verdict;
		uint32_t n = 0;

		nat_report_of_behavior(&report, &public, &mapped, &mapped);
		for (; verdict_read(&report, n, &verdict); n++)
			EXPECT(verdict.method != PLAN_NONE, verdict.name);
		assert_in_range(n, 3, MIDAIR_REACHES_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filtering_and_reaction_follow_from_two_dials),
		cmocka_unit_test(mapping_follows_from_the_other_destinations),
		cmocka_unit_test(allocation_follows_from_fresh_ports),
		cmocka_unit_test(a_reset_is_seen_by_what_gets_in_after_it),
		cmocka_unit_test(a_server_without_the_capability_is_not_asked),
		cmocka_unit_test(a_server_that_is_not_there_gives_its_error),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(a_server_sends_us_only_where_it_makes_sense),
		cmocka_unit_test(a_lying_server_gains_nothing),
		cmocka_unit_test(random_ports_are_not_taken_for_an_order),
		cmocka_unit_test(types_have_both_vocabularies),
		cmocka_unit_test(a_public_host_reaches_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
