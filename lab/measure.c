/* SPDX-License-Identifier: MIT */
#include "lab/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lab/namespace.h"

/* The check's own time-out, and a busy machine. */
#define WAIT_MS 30000

struct shared {
	int result;
	struct midair_endpoint server;
	struct midair_check_report report;
};

struct measurement {
	struct network *network;
	struct server *server;
	struct shared *shared;
	pid_t pid;
};

static int check_main(void *context)
{
	struct shared *shared = context;
	const struct midair_check_config config = {
		.size = sizeof(config),
		.servers = &shared->server,
		.n_servers = 1,
	};

	shared->result = midair_check_run(&config, &shared->report);
	return 0;
}

static int build(struct measurement *made, const struct network_config *config,
		 struct lab_reason *reason)
{
	int error = network_new(&made->network, config, reason);

	if (!error)
		error = server_start(&made->server, made->network, reason);
	if (error)
		return error;
	made->shared->server =
		network_plan_server(network_plan_of(made->network), config->scenario->family);
	made->shared->server.port = MIDAIR_SERVER_PORT;
	return 0;
}

int measure_new(struct measurement **measurement, const struct network_config *config,
		struct lab_reason *reason)
{
	struct measurement *made = calloc(1, sizeof(*made));
	void *shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (!made || shared == MAP_FAILED) {
		free(made);
		return lab_fail(reason, ENOMEM, "cannot start a check");
	}
	made->pid = -1;
	made->shared = shared;
	error = build(made, config, reason);
	if (error)
		measure_free(made);
	else
		*measurement = made;
	return error;
}

struct network *measure_network(const struct measurement *measurement)
{
	return measurement->network;
}

int measure_start(struct measurement *measurement, struct lab_reason *reason)
{
	measurement->pid = namespace_spawn(network_host_namespace(measurement->network, LAB_A),
					   check_main, measurement->shared);
	return measurement->pid < 0
		       ? lab_fail(reason, (int)-measurement->pid, "cannot start a check")
		       : 0;
}

int measure_wait(struct measurement *measurement, struct midair_check_report *report,
		 struct lab_reason *reason)
{
	int status = namespace_wait(measurement->pid, WAIT_MS);

	if (status == -ETIME)
		return lab_fail(reason, ETIME, "the check did not end");
	measurement->pid = -1;
	if (status != 0)
		return lab_fail(reason, 0, "the check ended with status %d", status);
	if (measurement->shared->result != 0)
		return lab_fail(reason, 0, "the check failed: %s",
				midair_strerror(measurement->shared->result));
	*report = measurement->shared->report;
	return 0;
}

struct measurement *measure_free(struct measurement *measurement)
{
	if (measurement) {
		namespace_kill(&measurement->pid);
		server_free(measurement->server);
		network_free(measurement->network);
		munmap(measurement->shared, sizeof(*measurement->shared));
		free(measurement);
	}
	return NULL;
}
