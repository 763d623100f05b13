/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dial_range.h"
#include "cli/exit.h"
#include "cli/preload_run.h"
#include "cli/usage.h"

static const char usage[] =
	"usage: midair preload [option...] [--] COMMAND [ARGUMENT...]\n"
	"Runs a dynamic program whose outgoing TCP connections get their local ports from a pool for\n"
	"each destination, and never connect to themselves.\n"
	"      --from ADDRESS[-ADDRESS][,...]  from these local addresses in turn\n"
	"      --ports FIRST-LAST              from these local ports (default: the kernel's range)\n"
	"      --share PORT                    all from this local port\n"
	"      --guard                         only the guard against connections to oneself\n"
	"      --late-bind                     bind() to port 0 leaves the choice to connect()\n"
	"      --anyway                        run also what cannot be reached\n"
	"  -v, --verbose                       counts, on standard error, at the end\n";

enum { FROM = 256, PORTS, SHARE, GUARD, LATE_BIND, ANYWAY };

static const struct option long_options[] = {
	{"from", required_argument, NULL, FROM},
	{"ports", required_argument, NULL, PORTS},
	{"share", required_argument, NULL, SHARE},
	{"guard", no_argument, NULL, GUARD},
	{"late-bind", no_argument, NULL, LATE_BIND},
	{"anyway", no_argument, NULL, ANYWAY},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("preload", what, word);
}

/* Whether this machine has the address; the pool's own check. */
static int check_source(const struct midair_endpoint *source)
{
	struct midair_pool *pool = NULL;
	struct midair_pool_config config = {
		.size = sizeof(config),
		.sources = source,
		.n_sources = 1,
		.first_port = 1,
		.last_port = 1,
		.remote = {.address = {[3] = 1}, .port = 1, .family = source->family},
	};
	int result = midair_pool_new(&pool, &config);

	midair_pool_free(pool);
	return result;
}

static int add_source(struct preload_options *options, const struct midair_endpoint *source)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	for (size_t i = 0; i < options->n_sources; i++)
		if (midair_endpoint_equal(&options->sources[i], source))
			return -1;
	if (options->n_sources == MIDAIR_POOL_SOURCES_MAX) {
		fputs("midair preload: --from takes at most 256 addresses\n", stderr);
		return EXIT_USAGE;
	}
	options->sources[options->n_sources++] = *source;
	int result = check_source(source);
	if (result == 0)
		return -1;
	fprintf(stderr, "midair preload: %s cannot be a local address: %s\n",
		preload_address_text(source, text), midair_strerror(result));
	return EXIT_SYSTEM;
}

static int add_range(struct preload_options *options, const char *text, size_t length)
{
	char with_port[2 * MIDAIR_ENDPOINT_TEXT_SIZE + 8];
	struct dial_range range;
	int status = -1;
	bool is_bare_ipv6 = memchr(text, ':', length) != NULL && *text != '[';
	int written =
		snprintf(with_port, sizeof(with_port), "%s%.*s%s:1", is_bare_ipv6 ? "[" : "",
			 (int)length, text, is_bare_ipv6 ? "]" : "");

	if (length == 0 || written >= (int)sizeof(with_port) ||
	    dial_range_parse(&range, with_port, false) != 0)
		return usage_error("not an address or ADDRESS-ADDRESS in --from", text);
	for (size_t i = 0; i < range.n_addresses && status < 0; i++)
		status = add_source(options, &range.addresses[i]);
	dial_range_free(&range);
	return status;
}

static int read_from(struct preload_options *options, const char *text)
{
	int status;

	options->n_sources = 0;
	for (;;) {
		size_t length = strcspn(text, ",");

		status = add_range(options, text, length);
		if (status >= 0 || text[length] == '\0')
			return status;
		text += length + 1;
	}
}

static int read_ports(uint16_t *first, uint16_t *last, const char *text)
{
	struct dial_range range;

	/* A set of addresses would be taken as well, but for its colon. */
	if (strchr(text, ':') != NULL || dial_range_parse(&range, text, true) != 0)
		return usage_error("ports go from 1 to 65535, ranges upwards; not so", text);
	*first = range.first_port;
	*last = range.last_port;
	dial_range_free(&range);
	return -1;
}

static int read_share(struct preload_options *options, const char *text)
{
	uint16_t last;
	int status = read_ports(&options->shared_port, &last, text);

	if (status < 0 && last != options->shared_port)
		return usage_error("--share takes one port, not", text);
	return status;
}

/* Returns -1 to go on, or the exit status. */
static int read_option(struct preload_options *options, int option, char **argv)
{
	switch (option) {
	case FROM:
		return read_from(options, optarg);
	case PORTS:
		return read_ports(&options->first_port, &options->last_port, optarg);
	case SHARE:
		return read_share(options, optarg);
	case GUARD:
		options->is_guard_only = true;
		return -1;
	case LATE_BIND:
		options->is_late_bind = true;
		return -1;
	case ANYWAY:
		options->is_anyway = true;
		return -1;
	case 'v':
		options->is_verbose = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("preload", option, argv, FROM);
	}
}

static int check_options(const struct preload_options *options, int argc)
{
	if (options->is_guard_only && (options->n_sources > 0 || options->first_port != 0 ||
				       options->shared_port != 0 || options->is_late_bind)) {
		fputs("midair preload: --guard does nothing else, so --from, --ports, --share and "
		      "--late-bind do not go with it\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (options->shared_port != 0 && options->first_port != 0) {
		fputs("midair preload: either --share or --ports\n", stderr);
		return EXIT_USAGE;
	}
	if (optind == argc) {
		fputs("midair preload: a command is missing (midair preload --help)\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static int read_options(struct preload_options *options, int argc, char **argv)
{
	int option;
	int status = -1;

	opterr = 0;
	optind = 1;
	/* "+": the command's own options are not ours. */
	while (status < 0 &&
	       (option = getopt_long(argc, argv, "+:vh", long_options, NULL)) != -1)
		status = read_option(options, option, argv);
	return status >= 0 ? status : check_options(options, argc);
}

int preload_main(int argc, char **argv)
{
	struct preload_options options = {.command = "preload"};
	int status = read_options(&options, argc, argv);

	return status >= 0 ? status : preload_run(&options, argv + optind);
}
