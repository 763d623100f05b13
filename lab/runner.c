/* SPDX-License-Identifier: MIT */
#include "lab/runner.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
/* For both processes to start and to bind their ports before the first instant. */
#define LEAD_NS		INT64_C(60000000)
#define LEAD_PER_RUN_NS INT64_C(300000)
/* Past a side's own deadline, see side_process.c. */
#define GRACE_MS	   10000
#define FIRST_PORT_DEFAULT 1314
#define CLOCK_READINGS	   5

static const char *const outcome_names[] = {
	[RUN_CONNECTED] = "connect", [RUN_REFUSED] = "refused", [RUN_TIMEOUT] = "timeout",
	[RUN_FAILED] = "failed",     [RUN_BROKEN] = "broken",
};
static_assert(sizeof(outcome_names) / sizeof(outcome_names[0]) == RUN_N_OUTCOMES,
	      "a name for each");

const char *run_outcome_name(enum run_outcome outcome)
{
	return outcome_names[outcome];
}

enum run_outcome run_outcome_of(const struct side_outcome *a, const struct side_outcome *b)
{
	if (a->is_verified && b->is_verified)
		return RUN_CONNECTED;
	if (a->last.type != MIDAIR_EVENT_FAILED || b->last.type != MIDAIR_EVENT_FAILED)
		return RUN_BROKEN;
	if (a->result == MIDAIR_E_REFUSED && b->result == MIDAIR_E_REFUSED)
		return RUN_REFUSED;
	if (a->result == MIDAIR_E_TIMEOUT && b->result == MIDAIR_E_TIMEOUT)
		return RUN_TIMEOUT;
	return RUN_FAILED;
}

static int64_t to_ns(struct timespec time)
{
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static struct timespec to_timespec(int64_t time_ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(time_ns / NS_PER_S),
		.tv_nsec = (long)(time_ns % NS_PER_S),
	};
}

/* Both clocks at one instant: the pair of readings that took the least time. */
static void read_clocks(int64_t *realtime_ns, int64_t *monotonic_ns)
{
	int64_t least_ns = INT64_MAX;

	for (int i = 0; i < CLOCK_READINGS; i++) {
		int64_t before_ns = (int64_t)clock_now_ns();
		int64_t between_ns = to_ns(clock_realtime());
		int64_t after_ns = (int64_t)clock_now_ns();

		if (after_ns - before_ns >= least_ns)
			continue;
		least_ns = after_ns - before_ns;
		*monotonic_ns = before_ns + least_ns / 2;
		*realtime_ns = between_ns;
	}
}

static struct runner_plan plan_of(const struct runner_config *config, uint32_t number)
{
	if (config->plans)
		return config->plans[number];
	return (struct runner_plan){
		.start_ns = number * config->stagger_ns,
		.skew_ns = config->scenario->skew_ns,
	};
}

static int64_t start_after_base_ns(const struct runner_plan *plan, enum lab_side side)
{
	bool is_later = side == LAB_A ? plan->skew_ns < 0 : plan->skew_ns > 0;

	return (int64_t)plan->start_ns + (is_later ? llabs(plan->skew_ns) : 0);
}

static void choose_base(struct runner_result *result, const struct runner_config *config)
{
	int64_t lead_ns = LEAD_NS + config->n_runs * LEAD_PER_RUN_NS;
	struct runner_plan first = plan_of(config, 0);

	read_clocks(&result->base_realtime_ns, &result->base_monotonic_ns);
	result->base_realtime_ns += lead_ns;
	result->base_monotonic_ns += lead_ns;
	result->start_ns[LAB_A] = start_after_base_ns(&first, LAB_A);
	result->start_ns[LAB_B] = start_after_base_ns(&first, LAB_B);
}

static enum side_method method_of(const struct runner_config *config)
{
	if (config->method == SIDE_ENGINE && config->scenario->has_server)
		return SIDE_PAIR;
	return config->method;
}

static int start_side(struct runner_result *result, enum lab_side side,
		      const struct network *network, const struct runner_config *config,
		      struct lab_reason *reason)
{
	const struct scenario *scenario = config->scenario;
	uint16_t first_port = config->first_port ? config->first_port : FIRST_PORT_DEFAULT;
	struct side_run runs[RUNNER_RUNS_MAX];
	struct side_config side_config = {
		.method = method_of(config),
		.side = side,
		.pairing = result->pairing,
		.peer = network_plan_peer(network_plan_of(network), side, scenario->family),
		.flags = scenario->flags,
		.timeout_ms = (uint32_t)(scenario->timeout_ns / NS_PER_MS),
		.runs = runs,
		.n_runs = config->n_runs,
	};

	for (uint32_t i = 0; i < config->n_runs; i++) {
		struct runner_plan plan = plan_of(config, i);

		runs[i] = (struct side_run){
			.port = (uint16_t)(first_port + i),
			.start = to_timespec(result->base_realtime_ns +
					     start_after_base_ns(&plan, side)),
		};
	}
	return side_start(&result->sides[side], &side_config,
			  network_host_namespace(network, side), reason);
}

static int64_t last_start_ns(const struct runner_config *config)
{
	int64_t last_ns = 0;

	for (uint32_t i = 0; i < config->n_runs; i++) {
		struct runner_plan plan = plan_of(config, i);
		int64_t start_ns = (int64_t)plan.start_ns + llabs(plan.skew_ns);

		if (start_ns > last_ns)
			last_ns = start_ns;
	}
	return last_ns;
}

static int wait_sides(struct runner_result *result, const struct runner_config *config,
		      struct lab_reason *reason)
{
	const struct scenario *scenario = config->scenario;
	int64_t total_ns = last_start_ns(config) + (int64_t)scenario->timeout_ns;
	int timeout_ms = (int)(total_ns / NS_PER_MS) + GRACE_MS;
	int error = side_wait(result->sides[LAB_A], timeout_ms, reason);

	return error ? error : side_wait(result->sides[LAB_B], timeout_ms, reason);
}

static int64_t lateness_of(const struct runner_result *result, const struct wire_trace *trace)
{
	int64_t lateness_ns = (int64_t)atomic_load(&trace->lateness_max_ns);

	for (uint32_t i = 0; i < result->n_runs; i++) {
		for (int side = LAB_A; side <= LAB_B; side++) {
			const struct side_outcome *outcome = &result->runs[i].sides[side];
			/* A pairing dials when the server has introduced the two. */
			int64_t begin_ns =
				result->pairing ? outcome->begin_ns : outcome->first_dial_ns;

			if (begin_ns > lateness_ns)
				lateness_ns = begin_ns;
		}
	}
	return lateness_ns;
}

static bool is_relayed(const struct run_result *run)
{
	return run->sides[LAB_A].last.path == MIDAIR_PATH_RELAYED &&
	       run->sides[LAB_B].last.path == MIDAIR_PATH_RELAYED;
}

static int64_t time_of(const struct runner_result *result, const struct run_result *run,
		       int64_t skew_ns)
{
	const struct side_outcome *later = &run->sides[run->later];
	int64_t earlier_ns = run->sides[!run->later].last_ns - llabs(skew_ns);

	if (!result->pairing)
		return later->last.time_ns;
	if (run->outcome == RUN_CONNECTED || earlier_ns < later->last_ns)
		return later->last_ns;
	return earlier_ns;
}

static void collect(struct runner_result *result, const struct runner_config *config)
{
	for (uint32_t i = 0; i < result->n_runs; i++) {
		struct run_result *run = &result->runs[i];
		enum lab_side later = plan_of(config, i).skew_ns < 0 ? LAB_A : LAB_B;

		for (int side = LAB_A; side <= LAB_B; side++)
			run->sides[side] = side_report(result->sides[side])->outcomes[i];
		run->outcome = run_outcome_of(&run->sides[LAB_A], &run->sides[LAB_B]);
		/* Together, but not in the way that the scenario is about. */
		if (config->scenario->is_via_relay && run->outcome == RUN_CONNECTED &&
		    !is_relayed(run))
			run->outcome = RUN_BROKEN;
		run->later = later;
		run->time_ns = time_of(result, run, plan_of(config, i).skew_ns);
	}
}

/* The server, and what the sides know of each other. */
static int prepare_pairing(struct runner_result *result, const struct network *network,
			   const struct runner_config *config, struct lab_reason *reason)
{
	const struct scenario *scenario = config->scenario;
	int64_t wait_ns = last_start_ns(config) + (int64_t)scenario->timeout_ns;
	int error = server_start(&result->server, network, reason);

	if (error)
		return error;
	return pairing_new(&result->pairing, network, scenario, config->n_runs,
			   (uint32_t)(wait_ns / NS_PER_MS), reason);
}

static int run(struct runner_result *result, struct network *network,
	       const struct runner_config *config, struct lab_reason *reason)
{
	int error = 0;

	result->n_runs = config->n_runs;
	if (method_of(config) == SIDE_PAIR)
		error = prepare_pairing(result, network, config, reason);
	wire_trace_clear(network_wire(network));
	choose_base(result, config);
	for (int side = LAB_A; side <= LAB_B && !error; side++)
		error = start_side(result, (enum lab_side)side, network, config, reason);
	if (!error)
		error = wait_sides(result, config, reason);
	if (error)
		return error;
	collect(result, config);
	result->lateness_ns = lateness_of(result, wire_trace(network_wire(network)));
	return 0;
}

int runner_run(struct runner_result **result, struct network *network,
	       const struct runner_config *config, struct lab_reason *reason)
{
	struct runner_result *made;
	int error;

	if (config->n_runs == 0 || config->n_runs > RUNNER_RUNS_MAX)
		return lab_fail(reason, 0, "the number of runs is 1 to %d", RUNNER_RUNS_MAX);
	made = calloc(1, sizeof(*made));
	if (!made)
		return lab_fail(reason, ENOMEM, "cannot run a scenario");
	error = run(made, network, config, reason);
	if (error) {
		runner_result_free(made);
		return error;
	}
	*result = made;
	return 0;
}

struct runner_result *runner_result_free(struct runner_result *result)
{
	if (result) {
		side_free(result->sides[LAB_A]);
		side_free(result->sides[LAB_B]);
		server_free(result->server);
		pairing_free(result->pairing);
		free(result);
	}
	return NULL;
}
