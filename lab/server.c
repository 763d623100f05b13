/* SPDX-License-Identifier: MIT */
#include "lab/server.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/program.h"
#include "lab/side.h"
#include "serve/serve.h"

/* What the server says when clients may come, and how long that may take on a busy machine. */
#define READY_WORD "midair serve: ready"
#define READY_MS   10000
/* Of all the runs of both sides, and some that come again. */
#define N_CONNECTIONS (4 * SIDE_RUNS_MAX)

struct server {
	struct program *program;
};

/* All of a side's runs come from one address, which the usual limits are made to prevent. */
static void allow_everything(struct serve_limits *limits)
{
	limits->connections_per_address = N_CONNECTIONS;
	limits->connects_per_minute = 1000000;
	limits->connects_burst = N_CONNECTIONS;
	limits->rooms_per_address = N_CONNECTIONS;
	limits->enters_per_minute = 1000000;
	limits->enters_burst = N_CONNECTIONS;
	limits->probes_per_minute = 1000000;
	limits->probes_burst = N_CONNECTIONS;
	limits->all_probes_per_minute = 1000000;
	limits->all_probes_burst = N_CONNECTIONS;
	limits->relay_rooms = SIDE_RUNS_MAX;
	/* Nobody reads them. */
	limits->log_lines_per_minute = 60;
}

static int serve_main(void *context)
{
	const struct network_plan *plan = context;
	struct serve_config config;

	serve_config_init(&config);
	config.listen[0] = network_plan_server(plan, MIDAIR_IPV4);
	config.listen[1] = network_plan_server(plan, MIDAIR_IPV6);
	config.listen[0].port = config.listen[1].port = MIDAIR_SERVER_PORT;
	config.n_listen = 2;
	config.alternatives[0] = network_plan_alternative(plan, MIDAIR_IPV4);
	config.alternatives[1] = network_plan_alternative(plan, MIDAIR_IPV6);
	config.has_relay = true;
	config.n_workers = 1;
	config.n_connections = N_CONNECTIONS;
	allow_everything(&config.limits);
	return serve_run(&config) == 0 ? 0 : 1;
}

int server_start(struct server **server, const struct network *network,
		 struct lab_reason *reason)
{
	struct network_plan plan = *network_plan_of(network);
	const struct program_config config = {
		.namespace_fd = network_host_namespace(network, LAB_S),
		.function = serve_main,
		.context = &plan,
	};
	struct server *made = calloc(1, sizeof(*made));
	int error = made ? program_start(&made->program, &config, reason)
			 : lab_fail(reason, ENOMEM, "cannot start the server");

	if (!error && program_wait_text(made->program, PROGRAM_ERRORS, READY_WORD, READY_MS))
		error = lab_fail(reason, 0, "the server did not start: %.200s",
				 program_text(made->program, PROGRAM_ERRORS));
	if (error)
		server_free(made);
	else
		*server = made;
	return error;
}

struct server *server_free(struct server *server)
{
	if (server) {
		program_free(server->program);
		free(server);
	}
	return NULL;
}
