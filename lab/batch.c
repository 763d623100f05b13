/* SPDX-License-Identifier: MIT */
#include "lab/batch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/decision.h"
#include "lab/namespace.h"
#include "lab/stagger.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define NS_PER_MS UINT64_C(1000000)
/* Building and removing a network on a busy machine, beyond the scenario's own time. */
#define GRACE_MS 40000

#define NO_ITEM SIZE_MAX

struct worker {
	pid_t pid;
	int pid_fd;
	size_t item;
	uint64_t until_ns;
};

struct batch {
	struct batch_item *items;
	size_t n_items;
	size_t n_told;
	const struct batch_config *config;
	struct worker workers[BATCH_PARALLEL_MAX];
};

struct batch_item *batch_items_new(const struct scenario *const *scenarios, size_t n)
{
	struct batch_item *items = mmap(NULL, (n + 1) * sizeof(*items), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (items == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < n; i++)
		items[i].scenario = scenarios[i];
	return items;
}

struct batch_item *batch_items_free(struct batch_item *items, size_t n)
{
	if (items)
		munmap(items, (n + 1) * sizeof(*items));
	return NULL;
}

bool batch_item_is_wrong(const struct batch_item *item)
{
	return item->error || !(item->judgement.is_as_expected || item->is_untimed);
}

/* What all of a scenario's runs came to. */
struct runs {
	uint32_t n;
	int64_t lateness_ns;
	int64_t decision_ns;
	struct run_result results[RUNNER_RUNS_MAX];
};

/* Some more of them, in a network of their own. */
static int run_some(struct batch_item *item, enum side_method method, uint32_t n_runs,
		    struct runs *runs)
{
	const struct network_config place = {
		.scenario = item->scenario,
		.seed = clock_now_ns(),
	};
	const struct runner_config config = {
		.scenario = item->scenario,
		.method = method,
		.n_runs = n_runs,
		.stagger_ns = stagger_ns(item->scenario),
	};
	struct network *network = NULL;
	struct runner_result *result = NULL;
	int error = network_new(&network, &place, &item->reason);

	if (error)
		return error;
	error = runner_run(&result, network, &config, &item->reason);
	if (!error) {
		memcpy(&runs->results[runs->n], result->runs, n_runs * sizeof(result->runs[0]));
		runs->n += n_runs;
		for (uint32_t i = 0; i < n_runs; i++)
			if (decision_ns(result, i) > runs->decision_ns)
				runs->decision_ns = decision_ns(result, i);
		if (result->lateness_ns > runs->lateness_ns)
			runs->lateness_ns = result->lateness_ns;
		runner_result_free(result);
	}
	network_free(network);
	return error;
}

static int run_all(struct batch_item *item, enum side_method method, uint32_t n_runs,
		   struct runs *runs)
{
	uint32_t n_together = stagger_n_together(item->scenario);
	int error = 0;

	while (!error && runs->n < n_runs) {
		uint32_t n_left = n_runs - runs->n;

		error = run_some(item, method, n_left < n_together ? n_left : n_together, runs);
	}
	return error;
}

/* Returns true when the result counts. */
static bool attempt(struct batch_item *item, enum side_method method, uint32_t n_runs,
		    struct runs *runs)
{
	bool is_disturbed;

	item->n_attempts++;
	runs->n = 0;
	runs->lateness_ns = 0;
	runs->decision_ns = -1;
	item->error = run_all(item, method, n_runs, runs);
	if (item->error)
		return true;
	judge(&item->judgement, item->scenario, runs->results, runs->n);
	item->decision_ns = runs->decision_ns;
	is_disturbed = runs->lateness_ns > RUNNER_LATENESS_MAX_NS;
	item->is_untimed = is_disturbed && item->judgement.is_late &&
			   item->judgement.n_as_expected == item->judgement.n_runs;
	return item->judgement.is_as_expected || !is_disturbed;
}

void batch_run_one(struct batch_item *item, enum side_method method, uint32_t n_runs)
{
	struct runs *runs = malloc(sizeof(*runs));
	bool counts = false;

	if (!runs)
		item->error = lab_fail(&item->reason, ENOMEM, "no memory for the runs");
	/* A new network each time: no mapping of an earlier attempt may be left. */
	while (runs && !counts && item->n_attempts < BATCH_ATTEMPTS)
		counts = attempt(item, method, n_runs, runs);
	free(runs);
	item->is_done = true;
}

struct work {
	struct batch_item *item;
	enum side_method method;
	uint32_t n_runs;
};

static int work_main(void *context)
{
	struct work *work = context;

	batch_run_one(work->item, work->method, work->n_runs);
	return 0;
}

static uint64_t time_limit_ns(const struct scenario *scenario, uint32_t n_runs)
{
	int64_t skew_ns = scenario->skew_ns < 0 ? -scenario->skew_ns : scenario->skew_ns;

	return BATCH_ATTEMPTS * ((uint64_t)skew_ns + n_runs * stagger_ns(scenario) +
				 scenario->timeout_ns + GRACE_MS * NS_PER_MS);
}

static void start_worker(struct batch *batch, struct worker *worker, size_t number)
{
	struct batch_item *item = &batch->items[number];
	struct work work = {
		.item = item,
		.method = batch->config->method,
		.n_runs = batch->config->n_runs,
	};

	worker->pid = namespace_spawn(-1, work_main, &work);
	if (worker->pid < 0) {
		item->error = lab_fail(&item->reason, (int)-worker->pid, "cannot fork");
		item->is_done = true;
		return;
	}
	worker->item = number;
	worker->pid_fd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
	worker->until_ns =
		clock_now_ns() + time_limit_ns(item->scenario, batch->config->n_runs);
}

static void end_worker(struct batch *batch, struct worker *worker)
{
	struct batch_item *item = &batch->items[worker->item];

	namespace_kill(&worker->pid);
	worker->pid_fd = close_fd(worker->pid_fd);
	worker->item = NO_ITEM;
	if (!item->is_done) {
		item->error = lab_fail(&item->reason, 0, "the scenario's process ended early");
		item->is_done = true;
	}
}

/* Waits until a worker has ended or run out of time. */
static void wait_workers(struct batch *batch)
{
	struct pollfd fds[BATCH_PARALLEL_MAX];
	uint64_t now_ns = clock_now_ns();
	uint64_t soonest_ns = UINT64_MAX;

	for (size_t i = 0; i < BATCH_PARALLEL_MAX; i++) {
		fds[i] = (struct pollfd){.fd = batch->workers[i].pid_fd, .events = POLLIN};
		if (batch->workers[i].item != NO_ITEM &&
		    batch->workers[i].until_ns < soonest_ns)
			soonest_ns = batch->workers[i].until_ns;
	}
	if (soonest_ns == UINT64_MAX)
		return;
	if (poll(fds, BATCH_PARALLEL_MAX,
		 soonest_ns > now_ns ? (int)((soonest_ns - now_ns) / NS_PER_MS) + 1 : 0) < 0)
		return;
	now_ns = clock_now_ns();
	for (size_t i = 0; i < BATCH_PARALLEL_MAX; i++) {
		struct worker *worker = &batch->workers[i];

		if (worker->item != NO_ITEM && (fds[i].revents || now_ns >= worker->until_ns))
			end_worker(batch, worker);
	}
}

static struct worker *find_idle(struct batch *batch)
{
	for (uint32_t i = 0; i < batch->config->n_parallel && i < BATCH_PARALLEL_MAX; i++) {
		if (batch->workers[i].item == NO_ITEM)
			return &batch->workers[i];
	}
	return NULL;
}

static size_t tell(struct batch *batch)
{
	size_t n_wrong = 0;

	while (batch->n_told < batch->n_items && batch->items[batch->n_told].is_done) {
		const struct batch_item *item = &batch->items[batch->n_told++];

		n_wrong += batch_item_is_wrong(item);
		batch->config->tell(batch->config->context, item);
	}
	return n_wrong;
}

size_t batch_run(struct batch_item *items, size_t n, const struct batch_config *config)
{
	struct batch batch = {.items = items, .n_items = n, .config = config};
	size_t n_started = 0;
	size_t n_wrong = 0;

	for (size_t i = 0; i < BATCH_PARALLEL_MAX; i++)
		batch.workers[i] = (struct worker){.pid = -1, .pid_fd = -1, .item = NO_ITEM};
	while (batch.n_told < n) {
		struct worker *idle = find_idle(&batch);

		if (idle && n_started < n)
			start_worker(&batch, idle, n_started++);
		else
			wait_workers(&batch);
		n_wrong += tell(&batch);
	}
	return n_wrong;
}
