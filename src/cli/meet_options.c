/* SPDX-License-Identifier: MIT */
#include "cli/meet_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/usage.h"

#define TIMEOUT_MAX_S 86400.0

static const char usage[] =
	"usage: midair meet PEER:PORT [option...]\n"
	"Run it on both machines, each naming the other. Standard input goes to the peer, what the\n"
	"peer sends goes to standard output.\n"
	"  --from [ADDRESS:]PORT  our local port (default: the peer's port number)\n"
	"  --at TIME              both start at one instant: \"2026-12-24 22:14:30\", \"22:14:30\",\n"
	"                         RFC 3339, @UNIX, +SECONDS, or \"next 10s\"\n"
	"  --timeout SECONDS      how long to try (default 60)\n"
	"  --no-listen            no listener beside the dials: only SYNs that meet\n"
	"  --once                 one SYN for each address, no redial after a refusal\n"
	"  --any-port             the listener takes the peer's address from any port\n"
	"  -4, -6                 only IPv4, only IPv6\n"
	"  --json                 tell in JSON lines on standard error\n"
	"  -v, --verbose          tell the engine's trace\n"
	"  -q, --quiet            tell nothing but errors\n";

enum { FROM = 256, AT, TIMEOUT, NO_LISTEN, ONCE, ANY_PORT, JSON };

static const struct option long_options[] = {
	{"from", required_argument, NULL, FROM},
	{"at", required_argument, NULL, AT},
	{"timeout", required_argument, NULL, TIMEOUT},
	{"no-listen", no_argument, NULL, NO_LISTEN},
	{"once", no_argument, NULL, ONCE},
	{"any-port", no_argument, NULL, ANY_PORT},
	{"json", no_argument, NULL, JSON},
	{"verbose", no_argument, NULL, 'v'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("meet", what, word);
}

static int read_from(struct meet_options *options, const char *text)
{
	char with_any[MIDAIR_ENDPOINT_TEXT_SIZE];
	int length = snprintf(with_any, sizeof(with_any), "0.0.0.0:%s", text);

	if (midair_endpoint_parse(&options->local, text) == 0)
		return -1;
	if (strchr(text, ':') == NULL && length < (int)sizeof(with_any) &&
	    midair_endpoint_parse(&options->local, with_any) == 0) {
		options->local = (struct midair_endpoint){.port = options->local.port};
		return -1;
	}
	return usage_error("--from takes a port from 1 to 65535, or ADDRESS:PORT, not", text);
}

static int read_timeout(struct meet_options *options, const char *text)
{
	if (!usage_read_seconds(text, 0.001, TIMEOUT_MAX_S, &options->timeout_ms))
		return usage_error("--timeout takes seconds, 0.001 to 86400, not", text);
	return -1;
}

static int read_at(struct meet_options *options, const char *text)
{
	struct timespec now;
	int result;

	timespec_get(&now, TIME_UTC);
	result = midair_instant_parse(&options->instant, text, &now);
	options->at = text;
	if (result == MIDAIR_E_RANGE)
		return usage_error(
			"--at names a time that is over, does not exist, or a period "
			"not between 1s and 24h:",
			text);
	if (result != 0)
		return usage_error(
			"--at takes \"2026-12-24 22:14:30\", \"22:14:30\", RFC 3339, "
			"@UNIX, +SECONDS or \"next 10s\", not",
			text);
	return -1;
}

static int read_option(struct meet_options *options, int option, char **argv)
{
	switch (option) {
	case FROM:
		return read_from(options, optarg);
	case AT:
		return read_at(options, optarg);
	case TIMEOUT:
		return read_timeout(options, optarg);
	case NO_LISTEN:
		options->flags |= MIDAIR_NO_LISTEN;
		return -1;
	case ONCE:
		options->flags |= MIDAIR_ONCE;
		return -1;
	case ANY_PORT:
		options->flags |= MIDAIR_ANY_PORT;
		return -1;
	case '4':
		options->family = MIDAIR_IPV4;
		return -1;
	case '6':
		options->family = MIDAIR_IPV6;
		return -1;
	case JSON:
		options->mode = TELL_JSON;
		return -1;
	case 'v':
		options->mode = TELL_TRACE;
		return -1;
	case 'q':
		options->mode = TELL_NOTHING;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("meet", option, argv, FROM);
	}
}

/* A slot is kept until its neighbour has passed, unless --timeout says otherwise. */
static void stretch_timeout(struct meet_options *options)
{
	const struct midair_instant *instant = &options->instant;
	double seconds = difftime(instant->until.tv_sec, instant->start.tv_sec);

	if (options->timeout_ms == 0 && options->at != NULL && instant->period_ms != 0)
		options->timeout_ms = (uint32_t)fmin(seconds + 1, TIMEOUT_MAX_S) * 1000;
}

int meet_options_read(struct meet_options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46vqh", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status >= 0)
			return status;
	}
	if (optind == argc) {
		fputs("midair meet: the peer is missing: PEER:PORT (midair meet --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (argc - optind > 1)
		return usage_error("one PEER:PORT is enough, there is also", argv[optind + 1]);
	options->peer = argv[optind];
	stretch_timeout(options);
	return -1;
}
