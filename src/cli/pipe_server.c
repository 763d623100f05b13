/* SPDX-License-Identifier: MIT */
#include "cli/pipe_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/host_port.h"
#include "cli/quote.h"

static int choose(struct pipe_server *server, const struct pipe_options *options)
{
	const char *environment = getenv("MIDAIR_SERVER");
	int status;

	server->text = options->server;
	if (server->text == NULL && environment != NULL && environment[0] != '\0')
		server->text = environment;
	if (server->text != NULL)
		return -1;
	status = config_read(&server->config, "pipe");
	if (status >= 0)
		return status;
	server->text = server->config.server;
	server->is_configured = true;
	if (server->text[0] != '\0')
		return -1;
	fputs("midair pipe: no server is named: run \"midair serve\" on a host that both machines "
	      "reach, then give --server HOST, or set MIDAIR_SERVER, or write \"server = HOST\" "
	      "into ~/.config/midair/config\n",
	      stderr);
	return EXIT_USAGE;
}

static int tell_unresolved(struct tell *tell, const char *name, int result)
{
	if (result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE) {
		fprintf(stderr, "midair pipe: the server \"%s\" is not HOST[:PORT]\n", name);
		return EXIT_USAGE;
	}
	if (result == MIDAIR_E_NO_PATH) {
		fprintf(stderr, "midair pipe: %s has no address of the wanted family\n", name);
		return EXIT_USAGE;
	}
	tell_error(tell, name, result);
	/* A name that nobody can look up is a server that cannot be reached. */
	return result == MIDAIR_E_NO_SUCH_HOST || result == MIDAIR_E_RESOLVER
		       ? EXIT_NO_SERVER
		       : exit_status_of(result);
}

int pipe_server_find(struct pipe_server *server, const struct pipe_options *options,
		     struct tell *tell)
{
	char name[QUOTE_SIZE];
	int status = choose(server, options);
	int result;

	if (status >= 0)
		return status;
	server->n_endpoints = MIDAIR_SERVERS_MAX;
	result = host_port_resolve(server->text, MIDAIR_SERVER_PORT, options->family,
				   server->endpoints, &server->n_endpoints);
	return result == 0 ? -1 : tell_unresolved(tell, quote(server->text, name), result);
}

/* Brackets are a pattern for a shell; nothing else that resolves needs quotes. */
static bool needs_quotes(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789.:-_%")] != '\0';
}

void pipe_server_command(const struct pipe_server *server, const char *code,
			 char command[PIPE_COMMAND_SIZE])
{
	const char *mark = needs_quotes(server->text) ? "'" : "";

	if (server->is_configured)
		snprintf(command, PIPE_COMMAND_SIZE, "midair pipe %s", code);
	else
		snprintf(command, PIPE_COMMAND_SIZE, "midair pipe %s --server %s%s%s", code,
			 mark, server->text, mark);
}
