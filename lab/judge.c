/* SPDX-License-Identifier: MIT */
#include "lab/judge.h"

#include <stdlib.h>

bool run_is_as_expected(enum scenario_expectation expectation, enum run_outcome outcome)
{
	switch (expectation) {
	case SCENARIO_CONNECT:
		return outcome == RUN_CONNECTED;
	case SCENARIO_REFUSED:
		return outcome == RUN_REFUSED;
	case SCENARIO_TIMEOUT:
		return outcome == RUN_TIMEOUT;
	case SCENARIO_FAILED:
		return outcome == RUN_REFUSED || outcome == RUN_TIMEOUT ||
		       outcome == RUN_FAILED;
	}
	return false;
}

static int compare_times(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one;
	int64_t b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static int64_t time_of(const struct run_result *run)
{
	return run->time_ns;
}

static int64_t landed_of(const struct run_result *run)
{
	return run->sides[run->later].landed_ns;
}

static int64_t first_byte_of(const struct run_result *run)
{
	return run->sides[run->later].first_byte_ns;
}

/* The runs whose times are told. */
struct sample {
	const struct run_result *runs;
	uint32_t n_runs;
	enum scenario_expectation of;
};

/* One of its times of each run of the sample, sorted. Returns their number. */
static uint32_t sort_times(int64_t times_ns[RUNNER_RUNS_MAX], const struct sample *sample,
			   int64_t (*which)(const struct run_result *run))
{
	uint32_t n_times = 0;

	for (uint32_t i = 0; i < sample->n_runs && i < RUNNER_RUNS_MAX; i++) {
		if (run_is_as_expected(sample->of, sample->runs[i].outcome))
			times_ns[n_times++] = which(&sample->runs[i]);
	}
	qsort(times_ns, n_times, sizeof(times_ns[0]), compare_times);
	return n_times;
}

/* Returns the number of runs that were measured. */
static uint32_t measure(struct judgement *judgement, const struct sample *sample)
{
	int64_t times_ns[RUNNER_RUNS_MAX];
	uint32_t n_times = sort_times(times_ns, sample, time_of);
	uint32_t middle = n_times > 0 ? (n_times - 1) / 2 : 0;

	if (n_times == 0)
		return 0;
	judgement->median_ns = times_ns[middle];
	judgement->p99_ns = times_ns[(n_times * 99 + 99) / 100 - 1];
	if (sample->of != SCENARIO_CONNECT)
		return n_times;
	sort_times(times_ns, sample, landed_of);
	judgement->landed_median_ns = times_ns[middle];
	sort_times(times_ns, sample, first_byte_of);
	judgement->first_byte_median_ns = times_ns[middle];
	return n_times;
}

static enum run_outcome most_frequent(const uint32_t n_outcomes[RUN_N_OUTCOMES])
{
	enum run_outcome best = RUN_CONNECTED;

	if (n_outcomes[RUN_BROKEN] > 0)
		return RUN_BROKEN;
	for (enum run_outcome i = RUN_CONNECTED; i <= RUN_BROKEN; i++) {
		if (n_outcomes[i] > n_outcomes[best])
			best = i;
	}
	return best;
}

void judge(struct judgement *judgement, const struct scenario *scenario,
	   const struct run_result *runs, uint32_t n_runs)
{
	uint32_t n_outcomes[RUN_N_OUTCOMES] = {0};
	struct sample sample = {runs, n_runs, scenario->expectation};
	uint32_t n_measured;

	*judgement = (struct judgement){.n_runs = n_runs};
	for (uint32_t i = 0; i < n_runs; i++) {
		n_outcomes[runs[i].outcome]++;
		if (run_is_as_expected(scenario->expectation, runs[i].outcome))
			judgement->n_as_expected++;
	}
	judgement->seen = most_frequent(n_outcomes);
	if (judgement->seen == RUN_CONNECTED)
		sample.of = SCENARIO_CONNECT;
	n_measured = measure(judgement, &sample);
	judgement->is_late = scenario->within_ns > 0 && n_measured > 0 &&
			     sample.of == scenario->expectation &&
			     judgement->median_ns > (int64_t)scenario->within_ns;
	judgement->is_as_expected =
		n_runs > 0 && judgement->n_as_expected == n_runs && !judgement->is_late;
}
