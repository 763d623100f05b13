/* SPDX-License-Identifier: MIT */
/* pipe_server: which rendezvous server, and at which addresses. */
#ifndef MIDAIR_CLI_PIPE_SERVER_H
#define MIDAIR_CLI_PIPE_SERVER_H

#include "cli/config.h"
#include "cli/pipe_options.h"
#include "cli/tell.h"
#include "midair/midair.h"

struct pipe_server {
	const char *text;   /* as it was written; in options, the environment or config */
	bool is_configured; /* by the file: the other machine has a file of its own */
	struct config config;
	struct midair_endpoint endpoints[MIDAIR_SERVERS_MAX];
	size_t n_endpoints;
};

/* --server, else MIDAIR_SERVER, else the file. Returns -1 to go on, or the exit status. */
int pipe_server_find(struct pipe_server *server, const struct pipe_options *options,
		     struct tell *tell);

#define PIPE_COMMAND_SIZE (MIDAIR_CODE_SIZE + CONFIG_VALUE_SIZE + 64)

/* What to type on the other machine, quoted for a shell. */
void pipe_server_command(const struct pipe_server *server, const char *code,
			 char command[PIPE_COMMAND_SIZE]);

#endif
