/* SPDX-License-Identifier: MIT */
#include "cli/lab.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/exit.h"
#include "cli/json.h"
#include "cli/lab_options.h"
#include "lab/batch.h"
#include "lab/firewall.h"
#include "lab/namespace.h"
#include "lab/report.h"
#include "lab/scenario_list.h"
#include "lab/shell.h"
#include "lab/stagger.h"
#include "lab/story.h"

struct lab {
	const struct lab_options *options;
	struct scenario_list list;
	const struct scenario *scenario; /* the named one */
};

static int complain(int status, const struct lab_reason *reason)
{
	fprintf(stderr, "midair lab: %s\n", reason->text);
	return status;
}

static void print_json(const struct batch_item *item)
{
	const struct scenario *scenario = item->scenario;
	const struct judgement *judgement = &item->judgement;
	char a[NAT_BEHAVIOR_TEXT_SIZE], b[NAT_BEHAVIOR_TEXT_SIZE];
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "scenario", scenario->name);
	json_string(&json, "a", nat_behavior_format(&scenario->a, a));
	json_string(&json, "b", nat_behavior_format(&scenario->b, b));
	json_string(&json, "a_place", box_place_name(box_place_of(&scenario->a)));
	json_string(&json, "b_place", box_place_name(box_place_of(&scenario->b)));
	json_milliseconds(&json, "round_trip_ms", (int64_t)scenario->rtt_ns);
	if (scenario->has_server) {
		json_milliseconds(&json, "server_a_ms", (int64_t)scenario->server_rtt_a_ns);
		json_milliseconds(&json, "server_b_ms", (int64_t)scenario->server_rtt_b_ns);
	}
	json_milliseconds(&json, "skew_ms", scenario->skew_ns);
	json_string(&json, "expected", scenario_expectation_name(scenario->expectation));
	if (item->error) {
		json_string(&json, "error", item->reason.text);
	} else {
		json_string(&json, "seen", run_outcome_name(judgement->seen));
		json_integer(&json, "runs", judgement->n_runs);
		json_integer(&json, "runs_as_expected", judgement->n_as_expected);
		json_boolean(&json, "late", judgement->is_late);
		if (judgement->seen == RUN_CONNECTED || report_is_failure_timed(item)) {
			json_milliseconds(&json, "median_ms", judgement->median_ns);
			json_milliseconds(&json, "p99_ms", judgement->p99_ns);
		}
		if (judgement->seen == RUN_CONNECTED && scenario->has_server) {
			json_milliseconds(&json, "tcp_median_ms", judgement->landed_median_ns);
			json_milliseconds(&json, "first_byte_median_ms",
					  judgement->first_byte_median_ns);
		}
	}
	json_integer(&json, "attempts", item->n_attempts);
	json_boolean(&json, "as_expected", !item->error && judgement->is_as_expected);
	json_boolean(&json, "untimed", item->is_untimed);
	json_end(&json);
}

static void tell_item(void *context, const struct batch_item *item)
{
	const struct lab_options *options = context;
	char line[REPORT_LINE_SIZE];

	if (options->is_json)
		print_json(item);
	else
		printf("%s\n", report_row(item, line));
	fflush(stdout);
}

static int list_scenarios(const struct lab *lab)
{
	char line[REPORT_LINE_SIZE];

	for (size_t i = 0; i < lab->list.n_scenarios; i++)
		printf("%s%s\n", report_scenario(&lab->list.scenarios[i], line),
		       lab->list.scenarios[i].engine == SCENARIO_SIM ? " (simulator only)"
								     : "");
	return EXIT_DONE;
}

static void print_rules(const struct nat_behavior *behavior, const char *side)
{
	char rules[FIREWALL_RULES_SIZE];

	switch (box_place_of(behavior)) {
	case BOX_NONE:
		printf("# in front of %s: nothing\n", side);
		return;
	case BOX_KERNEL:
		printf("# in front of %s\n%s", side, firewall_rules(behavior, rules));
		return;
	case BOX_MODEL:
		printf("# in front of %s: played by the wire, the kernel cannot do it\n", side);
		return;
	}
}

static int show_rules(const struct lab *lab)
{
	print_rules(&lab->scenario->a, "host a");
	print_rules(&lab->scenario->b, "host b");
	return EXIT_DONE;
}

/* Process 1 of the namespaces ends without returning to main(), which looks at this otherwise. */
static int flushed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("midair lab: the output could not be written\n", stderr);
	return EXIT_SYSTEM;
}

static bool needs_firewall(const struct scenario *const *scenarios, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (box_place_of(&scenarios[i]->a) == BOX_KERNEL ||
		    box_place_of(&scenarios[i]->b) == BOX_KERNEL)
			return true;
	return false;
}

static int run_all(void *context)
{
	const struct lab *lab = context;
	const struct batch_config config = {
		.method = lab->options->is_plain ? SIDE_PLAIN : SIDE_ENGINE,
		.n_runs = lab->options->n_runs,
		.n_parallel = lab->options->n_parallel,
		.tell = tell_item,
		.context = (void *)lab->options,
	};
	const struct scenario *chosen[SCENARIO_LIST_MAX];
	struct batch_item *items;
	struct lab_reason reason;
	size_t n_chosen = 0;
	size_t n_wrong;
	char line[REPORT_LINE_SIZE];

	for (size_t i = 0; i < lab->list.n_scenarios; i++) {
		if (lab->list.scenarios[i].engine != SCENARIO_SIM)
			chosen[n_chosen++] = &lab->list.scenarios[i];
	}
	if (n_chosen == 0) {
		fputs("midair lab: the list has no scenario for the lab\n", stderr);
		return EXIT_USAGE;
	}
	if (needs_firewall(chosen, n_chosen) && firewall_check(&reason))
		return complain(EXIT_NOT_HERE, &reason);
	items = batch_items_new(chosen, n_chosen);
	if (!items)
		return EXIT_SYSTEM;
	if (!lab->options->is_json)
		printf("%s\n", report_head(line));
	n_wrong = batch_run(items, n_chosen, &config);
	batch_items_free(items, n_chosen);
	if (!lab->options->is_json)
		printf("%zu scenarios, %zu not as expected; times are the later side's past its "
		       "start + 1 round trip (with a server: introduction + 2)\n",
		       n_chosen, n_wrong);
	return flushed(n_wrong == 0 ? EXIT_DONE : EXIT_NO_CONNECTION);
}

static int tell_story(const struct lab *lab, struct batch_item *item,
		      struct runner_result *result, struct network *network)
{
	char line[REPORT_LINE_SIZE];

	judge(&item->judgement, lab->scenario, result->runs, result->n_runs);
	if (lab->options->is_json) {
		print_json(item);
	} else {
		printf("%s\n", report_scenario(lab->scenario, line));
		if (result->n_runs == 1)
			story_print(stdout, result, wire_trace(network_wire(network)));
		printf("%s\n", report_judgement(item, line));
	}
	return item->judgement.is_as_expected ? EXIT_DONE : EXIT_NO_CONNECTION;
}

static int run_in_network(const struct lab *lab, struct network *network)
{
	const struct runner_config config = {
		.scenario = lab->scenario,
		.method = lab->options->is_plain ? SIDE_PLAIN : SIDE_ENGINE,
		.n_runs = lab->options->n_runs,
		.stagger_ns = stagger_ns(lab->scenario),
	};
	struct batch_item item = {.scenario = lab->scenario, .n_attempts = 1};
	struct runner_result *result;
	int error = runner_run(&result, network, &config, &item.reason);
	int status;

	/* The network stands: what fails now is not the machine's lack of something. */
	if (error)
		return complain(EXIT_SYSTEM, &item.reason);
	status = tell_story(lab, &item, result, network);
	runner_result_free(result);
	return status;
}

static int open_shell(const struct lab *lab, struct network *network)
{
	const struct shell_config config = {
		.scenario = lab->scenario,
		.side = lab->options->is_on_b ? LAB_B : LAB_A,
		.command = lab->options->command,
	};
	struct lab_reason reason;
	int status = shell_run(network, &config, &reason);

	return status < 0 ? complain(EXIT_SYSTEM, &reason) : status;
}

static int run_one(void *context)
{
	const struct lab *lab = context;
	const struct network_config config = {.scenario = lab->scenario, .seed = 1};
	struct lab_reason reason;
	struct network *network;
	int status;

	if (network_new(&network, &config, &reason))
		return complain(EXIT_NOT_HERE, &reason);
	status = lab->options->action == LAB_ACTION_SHELL ? open_shell(lab, network)
							  : run_in_network(lab, network);
	network_free(network);
	return flushed(status);
}

static int enter(struct lab *lab, int (*function)(void *context))
{
	struct lab_reason reason;
	int status = namespace_run(function, lab, &reason);

	return status < 0 ? complain(EXIT_NOT_HERE, &reason) : status;
}

static int act(struct lab *lab)
{
	const struct lab_options *options = lab->options;

	if (options->name) {
		lab->scenario = scenario_list_find(&lab->list, options->name);
		if (!lab->scenario) {
			fprintf(stderr,
				"midair lab: there is no scenario \"%s\"; midair lab --list "
				"names them\n",
				options->name);
			return EXIT_USAGE;
		}
	}
	switch (options->action) {
	case LAB_ACTION_LIST:
		return list_scenarios(lab);
	case LAB_ACTION_RULES:
		return show_rules(lab);
	case LAB_ACTION_ALL:
		return enter(lab, run_all);
	case LAB_ACTION_ONE:
	case LAB_ACTION_SHELL:
		return enter(lab, run_one);
	}
	return EXIT_USAGE;
}

int lab_main(int argc, char **argv)
{
	struct lab_options options;
	struct lab lab = {.options = &options};
	struct lab_reason reason;
	int status = lab_options_read(&options, argc, argv);

	if (status != -1)
		return status;
	if (scenario_list_read(&lab.list, options.file, &reason))
		return complain(EXIT_USAGE, &reason);
	status = act(&lab);
	scenario_list_deinit(&lab.list);
	return status;
}
