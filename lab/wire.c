/* SPDX-License-Identifier: MIT */
#include "lab/wire.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "lab/namespace.h"
#include "lab/wire_internal.h"
#include "lab/wire_port.h"
#include "os/cleanup.h"

struct wire {
	pid_t pid;
	struct wire_trace *trace;
};

static void state_deinit(struct wire_state *state)
{
	for (size_t i = 0; i < WIRE_ENDS_MAX; i++) {
		close_fd(state->port_fds[i]);
		free(state->models[i]);
	}
	wire_queue_free(state->queue);
}

static int open_ports(struct wire_state *state, const struct wire_config *config,
		      int namespace_fd, struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int error = 0;

	if (home < 0 || namespace_enter(namespace_fd) < 0)
		return lab_fail(reason, errno, "cannot enter the wire's network namespace");
	for (size_t i = 0; i < config->n_ends && !error; i++) {
		state->port_fds[i] = wire_port_open(config->ends[i].interface, reason);
		error = state->port_fds[i] < 0 ? state->port_fds[i] : 0;
	}
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot leave the wire's network namespace");
	return error;
}

static int init_end(struct wire_state *state, const struct wire_config *config, size_t end)
{
	const struct wire_box *box = &config->ends[end].box;

	for (size_t to = 0; to < config->n_ends; to++)
		wire_shaper_init(&state->shapers[end][to], &config->ends[end].to[to],
				 config->seed + end * WIRE_ENDS_MAX + to);
	state->routes.ends[end] = config->ends[end].addresses;
	state->inner[end] = config->ends[end].inner;
	state->box_ends[end] = config->ends[end].is_inside ? config->ends[end].inside : end;
	state->boxes[end] = *box;
	if (!box->is_present)
		return 0;
	state->models[end] = malloc(nat_size());
	if (!state->models[end])
		return -ENOMEM;
	nat_init(state->models[end], &box->behavior, &box->external_ipv4, &box->external_ipv6,
		 config->seed + end);
	return 0;
}

static int init_state(struct wire_state *state, const struct wire_config *config)
{
	int error = 0;

	state->routes.n_ends = config->n_ends;
	state->is_isolated = config->is_isolated;
	state->queue = wire_queue_new();
	if (!state->queue)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_ends && !error; i++)
		error = init_end(state, config, i);
	return error;
}

static int run(void *context)
{
	const struct sched_param priority = {.sched_priority = 1};

	prctl(PR_SET_NAME, "midair-wire");
	/* Allowed only where root started the lab; elsewhere a busy machine blurs the delays. */
	sched_setscheduler(0, SCHED_FIFO, &priority);
	return wire_loop_run(context) ? 1 : 0;
}

static int start(struct wire *wire, const struct wire_config *config, int namespace_fd,
		 struct lab_reason *reason)
{
	struct wire_state state = {.trace = wire->trace};
	int error;

	if (config->n_ends < 2 || config->n_ends > WIRE_ENDS_MAX)
		return lab_fail(reason, 0, "a wire has 2 to %d ends", WIRE_ENDS_MAX);
	for (size_t i = 0; i < WIRE_ENDS_MAX; i++)
		state.port_fds[i] = -1;
	error = open_ports(&state, config, namespace_fd, reason);
	if (!error && init_state(&state, config))
		error = lab_fail(reason, ENOMEM, "cannot start the wire");
	if (!error) {
		wire->pid = namespace_spawn(-1, run, &state);
		if (wire->pid < 0)
			error = lab_fail(reason, (int)-wire->pid, "cannot start the wire");
	}
	state_deinit(&state);
	return error;
}

int wire_new(struct wire **wire, const struct wire_config *config, int namespace_fd,
	     struct lab_reason *reason)
{
	struct wire *made = calloc(1, sizeof(*made));
	void *shared = mmap(NULL, sizeof(struct wire_trace), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (!made || shared == MAP_FAILED) {
		free(made);
		return lab_fail(reason, ENOMEM, "cannot start the wire");
	}
	made->pid = -1;
	made->trace = shared;
	error = start(made, config, namespace_fd, reason);
	if (error) {
		wire_free(made);
		return error;
	}
	*wire = made;
	return 0;
}

struct wire *wire_free(struct wire *wire)
{
	if (wire) {
		namespace_kill(&wire->pid);
		munmap(wire->trace, sizeof(*wire->trace));
		free(wire);
	}
	return NULL;
}

const struct wire_trace *wire_trace(const struct wire *wire)
{
	return wire->trace;
}

void wire_trace_clear(struct wire *wire)
{
	struct wire_trace *trace = wire->trace;

	atomic_store(&trace->n_records, 0);
	atomic_store(&trace->n_unrecorded, 0);
	atomic_store(&trace->lateness_max_ns, 0);
	for (size_t end = 0; end < WIRE_ENDS_MAX; end++) {
		for (int fate = 0; fate < WIRE_N_FATES; fate++)
			atomic_store(&trace->n_fates[end][fate], 0);
	}
}

void wire_restart_box(struct wire *wire, size_t end)
{
	atomic_fetch_add(&wire->trace->n_restarts[end], 1);
}

void wire_cut(struct wire *wire, size_t end, bool is_cut)
{
	atomic_store(&wire->trace->is_cut[end], is_cut);
}

void wire_move_box(struct wire *wire, size_t end)
{
	/* The wire looks at the restarts first. */
	atomic_fetch_add(&wire->trace->n_moves[end], 1);
	wire_restart_box(wire, end);
}
