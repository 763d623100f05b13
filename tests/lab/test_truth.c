/* SPDX-License-Identifier: MIT */
/* The judge of `midair check` himself: a report that is right in every field passes, and each field
 * that is another is noticed and named. */
#include "lab_test.h"

#include <stddef.h>
#include <string.h>

#include "lab/truth.h"

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint endpoint = {0};

	assert_int_equal(midair_endpoint_parse(&endpoint, text), 0);
	return endpoint;
}

static struct truth truth_behind(const char *behavior)
{
	struct truth truth = {
		.family = MIDAIR_IPV4,
		.place = {.server = endpoint("192.0.2.1:1314"),
			  .host = endpoint("10.0.1.2:1"),
			  .mapped = endpoint("198.51.100.1:30000"),
			  .last_port = 30009,
			  .gateway = endpoint("10.0.1.1:1"),
			  .speaks_pcp = true,
			  .tells_external = true,
			  .n_layers = 1},
		.host = {.opens_simultaneously = true,
			 .syn_retries = 5,
			 .first_port = 21000,
			 .last_port = 47000,
			 .maximum_error_us = 5000000},
	};

	truth.place.host.port = truth.place.gateway.port = 0;
	assert_int_equal(nat_behavior_parse(&truth.behavior, behavior), 0);
	return truth;
}

static void fill_reaches(struct midair_nat *nat)
{
	static const char *const names[] = {"public",	  "nat1",	"nat2",
					    "nat3-drop",  "nat3-reset", "nat4-sequential",
					    "nat4-random"};

	for (size_t i = 0; i < N_ITEMS(names); i++)
		nat->reaches[nat->n_reaches++] = (struct midair_reach){
			.name = names[i],
			.way = MIDAIR_WAY_ONE_WAY,
			.way_without_port = MIDAIR_WAY_ONE_WAY,
			.reason = "none",
			.text = "",
			.is_sure = true,
		};
	/* By themselves: ports in order are foreseen where the other filter minds the port, and
	 * against random ones nothing helps. */
	nat->reaches[3].way_without_port = MIDAIR_WAY_PREDICT;
	nat->reaches[4].way_without_port = MIDAIR_WAY_PREDICT;
	nat->reaches[5].way_without_port = MIDAIR_WAY_PREDICT;
	nat->reaches[6].way_without_port = MIDAIR_WAY_NONE;
}

/* All of truth_behind("apdm/apdf/sequential:3/rst"). */
static struct midair_check_report right_report(const struct truth *truth)
{
	struct midair_check_report report = {
		.host = {.simultaneous_open = MIDAIR_YES,
			 .syn_interval = MIDAIR_NO,
			 .pin = MIDAIR_NO,
			 .syn_retries = 5,
			 .first_port = 21000,
			 .last_port = 47000,
			 .clock = {.maximum_error_us = 5000000}},
		.nats = {{.server = truth->place.server,
			  .local = endpoint("10.0.1.2:30123"),
			  .mapped = truth->place.mapped,
			  .is_server_public = true,
			  .can_probe = true,
			  .has_alternative = true,
			  .type = MIDAIR_NAT_4,
			  .mapping = MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
			  .allocation = MIDAIR_ALLOCATION_SEQUENTIAL,
			  .delta = 3,
			  .last_port = 30009,
			  .filtering = MIDAIR_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
			  .reaction = MIDAIR_REACTION_RESET,
			  .syn_in = MIDAIR_YES,
			  .reset_closes = MIDAIR_YES,
			  .hairpin = MIDAIR_NO,
			  .n_layers = 1,
			  .gateway = truth->place.gateway,
			  .pcp = MIDAIR_YES,
			  .nat_pmp = MIDAIR_NO,
			  .upnp = MIDAIR_NO},
			 {.result = MIDAIR_E_NO_PATH}},
	};

	fill_reaches(&report.nats[0]);
	return report;
}

#define NUMBER(member, value)                                                                  \
	{                                                                                      \
#member, offsetof(struct midair_check_report, member),                         \
			sizeof(((struct midair_check_report *)0)->member), value               \
	}

static const struct change {
	const char *name;
	size_t offset, size;
	int value;
} changes[] = {
	NUMBER(nats[0].result, MIDAIR_E_BUSY),
	NUMBER(nats[1].result, 0),
	NUMBER(nats[0].server.port, 1),
	NUMBER(nats[0].local.address[3], 9),
	NUMBER(nats[0].local.port, 60000),
	NUMBER(nats[0].mapped.port, 30003),
	NUMBER(nats[0].mapped.address[0], 199),
	NUMBER(nats[0].is_server_public, false),
	NUMBER(nats[0].can_probe, false),
	NUMBER(nats[0].has_alternative, false),
	NUMBER(nats[0].type, MIDAIR_NAT_3),
	NUMBER(nats[0].mapping, MIDAIR_MAPPING_ADDRESS_DEPENDENT),
	NUMBER(nats[0].allocation, MIDAIR_ALLOCATION_RANDOM),
	NUMBER(nats[0].delta, 4),
	NUMBER(nats[0].last_port, 30012),
	NUMBER(nats[0].filtering, MIDAIR_FILTERING_ADDRESS_DEPENDENT),
	NUMBER(nats[0].reaction, MIDAIR_REACTION_DROP),
	NUMBER(nats[0].syn_in, MIDAIR_NO),
	NUMBER(nats[0].reset_closes, MIDAIR_NO),
	NUMBER(nats[0].hairpin, MIDAIR_YES),
	NUMBER(nats[0].n_layers, -1),
	NUMBER(nats[0].n_layers, 2),
	NUMBER(nats[0].gateway.address[3], 7),
	NUMBER(nats[0].pcp, MIDAIR_NO),
	NUMBER(nats[0].nat_pmp, MIDAIR_YES),
	NUMBER(nats[0].upnp, MIDAIR_YES),
	NUMBER(nats[0].n_reaches, 6),
	NUMBER(nats[0].reaches[6].way, MIDAIR_WAY_NONE),
	NUMBER(nats[0].reaches[6].way_without_port, MIDAIR_WAY_PLAIN),
	NUMBER(host.simultaneous_open, MIDAIR_NO),
	NUMBER(host.syn_interval, MIDAIR_YES),
	NUMBER(host.pin, MIDAIR_YES),
	NUMBER(host.syn_retries, 6),
	NUMBER(host.first_port, 32768),
	NUMBER(host.last_port, 60999),
	NUMBER(host.clock_result, MIDAIR_E_BUSY),
	NUMBER(host.clock.synchronised, true),
	NUMBER(host.clock.maximum_error_us, 16000000),
};

/* The machines that this runs on have the first byte of a number at its address. */
static void apply(struct midair_check_report *report, const struct change *change)
{
	memset((char *)report + change->offset, change->value < 0 ? 0xff : 0, change->size);
	memcpy((char *)report + change->offset, &change->value,
	       change->size < sizeof(change->value) ? change->size : sizeof(change->value));
}

static void a_report_that_is_right_passes(void **state)
{
	struct truth truth = truth_behind("apdm/apdf/sequential:3/rst");
	struct midair_check_report report = right_report(&truth);
	struct truth_result result;

	(void)state;
	truth_compare(&result, &truth, &report);
	if (result.n_wrong > 0)
		fail_msg("%s", result.text);
	assert_in_range(result.n_fields, 50, 80);
	assert_int_equal(result.n_hidden, 0);
}

static void each_field_that_is_wrong_is_noticed(void **state)
{
	struct truth truth = truth_behind("apdm/apdf/sequential:3/rst");

	(void)state;
	for (size_t i = 0; i < N_ITEMS(changes); i++) {
		struct midair_check_report report = right_report(&truth);
		struct truth_result result;

		apply(&report, &changes[i]);
		truth_compare(&result, &truth, &report);
		EXPECT(result.n_wrong > 0, changes[i].name);
		EXPECT(strstr(result.text, " is ") != NULL, changes[i].name);
	}
}

/* What does not show may be unknown, and nothing else may. */
static void only_what_does_not_show_may_be_unknown(void **state)
{
	struct truth truth = truth_behind("apdm/apdf/sequential:3/rst");
	struct midair_check_report report = right_report(&truth);
	struct truth_result result;

	(void)state;
	report.nats[0].syn_in = MIDAIR_UNKNOWN;
	report.nats[0].reset_closes = MIDAIR_UNKNOWN;
	report.nats[0].hairpin = MIDAIR_UNKNOWN;
	truth_compare(&result, &truth, &report);
	if (result.n_wrong > 0)
		fail_msg("%s", result.text);
	assert_int_equal(result.n_hidden, 3);
	truth.behavior.mapping = NAT_MAPPING_ENDPOINT_INDEPENDENT;
	truth_compare(&result, &truth, &report);
	assert_non_null(strstr(result.text, "syn_in"));
	assert_non_null(strstr(result.text, "reset_closes"));
	assert_non_null(strstr(result.text, "hairpin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_that_is_right_passes),
		cmocka_unit_test(each_field_that_is_wrong_is_noticed),
		cmocka_unit_test(only_what_does_not_show_may_be_unknown),
	};

	return cmocka_run_group_tests_name("truth", tests, NULL, NULL);
}
