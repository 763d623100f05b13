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
	for (int side = LAB_A; side <= LAB_B; side++) {
		close_fd(state->port_fds[side]);
		free(state->models[side]);
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
	for (int side = LAB_A; side <= LAB_B && !error; side++) {
		state->port_fds[side] = wire_port_open(config->interfaces[side], reason);
		error = state->port_fds[side] < 0 ? state->port_fds[side] : 0;
	}
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot leave the wire's network namespace");
	return error;
}

static int init_side(struct wire_state *state, const struct wire_config *config,
		     enum lab_side side)
{
	const struct wire_box *box = &config->boxes[side];
	uint64_t seed = config->seed + (uint64_t)side;

	wire_shaper_init(&state->shapers[side], &config->directions[side], seed);
	state->boxes[side] = *box;
	if (!box->is_present)
		return 0;
	state->models[side] = malloc(nat_size());
	if (!state->models[side])
		return -ENOMEM;
	nat_init(state->models[side], &box->behavior, &box->external_ipv4, &box->external_ipv6,
		 seed);
	return 0;
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
	struct wire_state state = {.port_fds = {-1, -1}, .trace = wire->trace};
	int error = open_ports(&state, config, namespace_fd, reason);

	if (!error) {
		state.queue = wire_queue_new();
		if (!state.queue || init_side(&state, config, LAB_A) ||
		    init_side(&state, config, LAB_B))
			error = lab_fail(reason, ENOMEM, "cannot start the wire");
	}
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
	for (int side = LAB_A; side <= LAB_B; side++) {
		for (int fate = 0; fate < WIRE_N_FATES; fate++)
			atomic_store(&trace->n_fates[side][fate], 0);
	}
}
