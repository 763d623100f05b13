/* SPDX-License-Identifier: MIT */
#include "cli/check.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/check_options.h"
#include "cli/check_print.h"
#include "cli/config.h"
#include "cli/exit.h"
#include "cli/host_port.h"
#include "cli/quote.h"
#include "cli/stop.h"
#include "midair/midair.h"

/* Longer than any check: its own timer comes first. */
#define PATIENCE_MS 61000

struct servers {
	const char *text; /* "": none is named */
	struct config config;
	struct midair_endpoint endpoints[MIDAIR_SERVERS_MAX];
	size_t n_endpoints;
};

/* Returns -1 to go on, or the exit status. */
static int choose(struct servers *servers, const struct check_options *options)
{
	const char *environment = getenv("MIDAIR_SERVER");
	int status;

	servers->text = options->server;
	if (servers->text == NULL && environment != NULL && environment[0] != '\0')
		servers->text = environment;
	if (servers->text != NULL)
		return -1;
	status = config_read(&servers->config, "check");
	servers->text = servers->config.server;
	return status;
}

static int find(struct servers *servers, const struct check_options *options)
{
	char name[QUOTE_SIZE];
	int status = choose(servers, options);
	int result;

	if (status >= 0 || servers->text[0] == '\0')
		return status;
	servers->n_endpoints = MIDAIR_SERVERS_MAX;
	result = host_port_resolve(servers->text, MIDAIR_SERVER_PORT, options->family,
				   servers->endpoints, &servers->n_endpoints);
	if (result == 0)
		return -1;
	quote(servers->text, name);
	if (result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE) {
		fprintf(stderr, "midair check: the server \"%s\" is not HOST[:PORT]\n", name);
		return EXIT_USAGE;
	}
	if (result == MIDAIR_E_NO_PATH) {
		fprintf(stderr, "midair check: %s has no address of the wanted family\n", name);
		return EXIT_USAGE;
	}
	fprintf(stderr, "midair check: %s: %s\n", name, midair_strerror(result));
	return result == MIDAIR_E_NO_SUCH_HOST || result == MIDAIR_E_RESOLVER
		       ? EXIT_NO_SERVER
		       : exit_status_of(result);
}

/* Until all is known, or Ctrl-C. Returns 0, -EINTR, or -errno. */
static int wait_for(struct midair_check *check, int stop_fd)
{
	int result = 0;

	while (result == 0) {
		struct pollfd fds[] = {
			{.fd = midair_check_fd(check), .events = POLLIN},
			{.fd = stop_fd, .events = POLLIN},
		};

		if (poll(fds, 2, PATIENCE_MS) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents != 0)
			return -EINTR;
		result = midair_check_dispatch(check);
	}
	return result == MIDAIR_E_END ? 0 : result;
}

static int measure(const struct check_options *options, const struct servers *servers,
		   struct midair_check_report *report)
{
	const struct midair_check_config config = {
		.size = sizeof(config),
		.servers = servers->endpoints,
		.n_servers = servers->n_endpoints,
		.timeout_ms = options->timeout_ms,
	};
	struct midair_check *check;
	int stop_fd = stop_catch();
	int result = stop_fd < 0 ? stop_fd : midair_check_new(&check, &config);

	if (result == 0) {
		result = wait_for(check, stop_fd);
		midair_check_read(check, report);
		midair_check_free(check);
	}
	if (result == -EINTR)
		return EXIT_SIGNAL + stop_signal();
	if (result == 0)
		return -1;
	fprintf(stderr, "midair check: %s\n", midair_strerror(result));
	return EXIT_SYSTEM;
}

/* Whether a server that was asked has told something. */
static int status_of(const struct servers *servers, const struct midair_check_report *report)
{
	if (servers->n_endpoints == 0 || report->nats[0].result == 0 ||
	    report->nats[1].result == 0)
		return EXIT_DONE;
	for (int i = 0; i < 2; i++) {
		if (report->nats[i].result == MIDAIR_E_BUSY)
			return EXIT_SERVER_REFUSED;
		if (report->nats[i].result == MIDAIR_E_VERSION ||
		    report->nats[i].result == MIDAIR_E_PROTOCOL)
			return exit_status_of(report->nats[i].result);
	}
	return EXIT_NO_SERVER;
}

int check_main(int argc, char **argv)
{
	struct check_options options = {.server = NULL};
	struct servers servers = {.n_endpoints = 0};
	struct midair_check_report report;
	int status = check_options_read(&options, argc, argv);

	if (status < 0)
		status = find(&servers, &options);
	if (status < 0)
		status = measure(&options, &servers, &report);
	if (status >= 0)
		return status;
	if (options.json)
		check_print_json(stdout, &report);
	else
		check_print(stdout, &report, servers.text);
	return status_of(&servers, &report);
}
