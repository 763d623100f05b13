/* SPDX-License-Identifier: MIT */
#include "cli/check_options.h"

#include <getopt.h>
#include <stdio.h>

#include "cli/exit.h"
#include "cli/usage.h"
#include "midair/midair.h"

#define TIMEOUT_MAX_S 60.0

static const char usage[] =
	"usage: midair check [option...]\n"
	"What the boxes between this host and the internet do to TCP: mapping, filtering, what they\n"
	"answer to a SYN that nobody asked for; and whom this host can reach directly, and how.\n"
	"  --server HOST[:PORT]  a server, run with midair serve (default: MIDAIR_SERVER, or\n"
	"                        \"server = HOST\" in ~/.config/midair/config)\n"
	"  --timeout SECONDS     at most so long (default 4)\n"
	"  -4, -6                only IPv4, only IPv6\n"
	"  --json                one JSON object on standard output\n"
	"Without a server only this host itself is looked at.\n";

enum { SERVER = 256, TIMEOUT, JSON };

static const struct option long_options[] = {
	{"server", required_argument, NULL, SERVER},
	{"timeout", required_argument, NULL, TIMEOUT},
	{"json", no_argument, NULL, JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int read_option(struct check_options *options, int option, char **argv)
{
	switch (option) {
	case SERVER:
		if (optarg[0] == '\0')
			return usage_tell("check", "--server takes HOST[:PORT], not", optarg);
		options->server = optarg;
		return -1;
	case TIMEOUT:
		if (!usage_read_seconds(optarg, 0.1, TIMEOUT_MAX_S, &options->timeout_ms))
			return usage_tell("check", "--timeout takes seconds, 0.1 to 60, not",
					  optarg);
		return -1;
	case JSON:
		options->json = true;
		return -1;
	case '4':
		options->family = MIDAIR_IPV4;
		return -1;
	case '6':
		options->family = MIDAIR_IPV6;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("check", option, argv, SERVER);
	}
}

int check_options_read(struct check_options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46h", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status >= 0)
			return status;
	}
	return optind == argc ? -1 : usage_tell("check", "unexpected argument", argv[optind]);
}
