/* SPDX-License-Identifier: MIT */
#include "bench/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lab/namespace.h"
#include "os/clock.h"

/* A measurement that is not over by then is given up. */
#define JOB_TIMEOUT_MS	  240000
#define NS_PER_S	  1e9
#define QUICK_RUNS	  24u
#define QUICK_SKEW_MS	  1000u
#define QUICK_PATIENCE_MS 4000u

struct job {
	const struct bench_case *what;
	struct tally *tally;
	enum method method;
	pid_t pid;
};

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

static void make_quick(struct bench_case *what)
{
	what->n_runs = at_most(what->n_runs, QUICK_RUNS);
	what->skew_max_ms = at_most(what->skew_max_ms, QUICK_SKEW_MS);
	if (what->goal.all_within_ns == 0)
		what->patience_ms = at_most(what->patience_ms, QUICK_PATIENCE_MS);
}

static bool is_wanted(const struct bench_plan *plan, size_t number)
{
	const struct bench_case *of = bench_case_of(number);
	bool is_pairing = number >= bench_n_cases;

	if (is_pairing ? plan->is_meeting_only : plan->is_pairing_only)
		return false;
	return (!plan->only || strstr(of->title, plan->only)) &&
	       !(plan->is_quick && of->is_long);
}

static size_t rows_bytes(void)
{
	return (bench_n_cases + bench_n_pair_cases) * sizeof(struct bench_row);
}

int plan_init(struct bench_plan *plan, struct lab_reason *reason)
{
	void *shared = mmap(NULL, rows_bytes(), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return lab_fail(reason, errno, "cannot share memory");
	plan->rows = shared;
	for (size_t i = 0; i < bench_n_cases + bench_n_pair_cases; i++) {
		struct bench_row *row = &plan->rows[plan->n_rows];

		if (!is_wanted(plan, i))
			continue;
		row->what = *bench_case_of(i);
		if (plan->is_quick)
			make_quick(&row->what);
		plan->n_rows++;
	}
	return plan->n_rows > 0 ? 0 : lab_fail(reason, 0, "no case has such a title");
}

void plan_deinit(struct bench_plan *plan)
{
	munmap(plan->rows, rows_bytes());
}

static int job_main(void *context)
{
	struct job *job = context;

	job->tally->error = job->what->measure(job->tally, job->what, job->method);
	job->tally->is_done = true;
	return 0;
}

static void start(struct job *job)
{
	job->pid = namespace_spawn(-1, job_main, job);
	if (job->pid < 0)
		job->tally->error =
			lab_fail(&job->tally->reason, (int)-job->pid, "cannot fork");
}

static void finish(struct job *job)
{
	if (job->pid > 0 && namespace_wait(job->pid, JOB_TIMEOUT_MS) == -ETIME)
		namespace_kill(&job->pid);
	if (!job->tally->is_done && !job->tally->error)
		job->tally->error = lab_fail(&job->tally->reason, 0, "did not end in time");
}

/* All jobs of a group at once; of cases that are alone, one after the other. */
static void run_group(struct bench_plan *plan, uint32_t group)
{
	struct job jobs[N_METHODS * BENCH_CASES_MAX];
	size_t n_jobs = 0;

	for (size_t i = 0; i < plan->n_rows && i < BENCH_CASES_MAX; i++) {
		struct bench_row *row = &plan->rows[i];

		for (int method = 0; method < N_METHODS && row->what.group == group; method++) {
			if (method == METHOD_ONCE && row->what.is_without_once)
				continue;
			jobs[n_jobs] = (struct job){
				.what = &row->what,
				.tally = &row->tallies[method],
				.method = (enum method)method,
			};
			start(&jobs[n_jobs]);
			if (row->what.is_alone)
				finish(&jobs[n_jobs]);
			else
				n_jobs++;
		}
	}
	for (size_t i = 0; i < n_jobs; i++)
		finish(&jobs[i]);
}

static size_t count_group(const struct bench_plan *plan, uint32_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_rows; i++)
		if (plan->rows[i].what.group == group)
			n++;
	return n;
}

void plan_run(struct bench_plan *plan)
{
	uint64_t start_ns = clock_now_ns();
	size_t n_done = 0;

	for (uint32_t group = 0; n_done < plan->n_rows; group++) {
		size_t n = count_group(plan, group);

		if (n == 0)
			continue;
		fprintf(stderr, "bench: %4.0f s, measuring %zu of %zu cases, %zu done\n",
			(double)(clock_now_ns() - start_ns) / NS_PER_S, n, plan->n_rows,
			n_done);
		run_group(plan, group);
		n_done += n;
	}
}
