/* SPDX-License-Identifier: MIT */
#include "cli/lab_options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/exit.h"
#include "cli/usage.h"
#include "lab/batch.h"

#define ALL_RUNS_DEFAULT     3
#define ALL_PARALLEL_DEFAULT 8

static const char usage[] =
	"usage: midair lab NAME [--runs N] [--json]      run a scenario; one run tells its story\n"
	"       midair lab --all [--runs N] [--json]     run them all: expected against seen\n"
	"       midair lab --list                        the scenarios\n"
	"       midair lab --shell NAME [-b] [-- COMMAND [ARGUMENT...]]\n"
	"                                                a shell, or a command, on its host a\n"
	"       midair lab --rules NAME                  the nftables rules of its NATs\n"
	"  -n, --runs N        runs of a scenario, each from its own port (1 to 512)\n"
	"  -p, --parallel N    with --all: scenarios at once (1 to 16, default 8)\n"
	"  -f, --file FILE     scenarios of your own, in the form of lab/scenarios.conf\n"
	"  -b                  with --shell: on host b\n"
	"      --plain         each side makes one plain connect() instead of midair's attempt\n"
	"      --json          one line of JSON for each scenario\n";

enum {
	OPTION_ALL = 256,
	OPTION_LIST,
	OPTION_SHELL,
	OPTION_RULES,
	OPTION_JSON,
	OPTION_PLAIN,
};

static const struct option long_options[] = {
	{"all", no_argument, NULL, OPTION_ALL},
	{"list", no_argument, NULL, OPTION_LIST},
	{"shell", no_argument, NULL, OPTION_SHELL},
	{"rules", no_argument, NULL, OPTION_RULES},
	{"json", no_argument, NULL, OPTION_JSON},
	{"plain", no_argument, NULL, OPTION_PLAIN},
	{"runs", required_argument, NULL, 'n'},
	{"parallel", required_argument, NULL, 'p'},
	{"file", required_argument, NULL, 'f'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* -1: fine. */
static int read_number(uint32_t *number, const char *text, uint32_t max, const char *what)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value < 1 ||
	    value > max) {
		fprintf(stderr, "midair lab: %s \"%s\": a number from 1 to %u is needed\n",
			what, text, max);
		return EXIT_USAGE;
	}
	*number = (uint32_t)value;
	return -1;
}

static int read_option(struct lab_options *options, int option, char **argv)
{
	switch (option) {
	case OPTION_ALL:
		options->action = LAB_ACTION_ALL;
		return -1;
	case OPTION_LIST:
		options->action = LAB_ACTION_LIST;
		return -1;
	case OPTION_SHELL:
		options->action = LAB_ACTION_SHELL;
		return -1;
	case OPTION_RULES:
		options->action = LAB_ACTION_RULES;
		return -1;
	case OPTION_JSON:
		options->is_json = true;
		return -1;
	case OPTION_PLAIN:
		options->is_plain = true;
		return -1;
	case 'n':
		return read_number(&options->n_runs, optarg, RUNNER_RUNS_MAX, "--runs");
	case 'p':
		return read_number(&options->n_parallel, optarg, BATCH_PARALLEL_MAX,
				   "--parallel");
	case 'f':
		options->file = optarg;
		return -1;
	case 'b':
		options->is_on_b = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("lab", option, argv, OPTION_ALL);
	}
}

/* What stands behind the options: a name where one is needed, a command after --shell's. */
static int read_arguments(struct lab_options *options, int argc, char **argv)
{
	bool needs_name =
		options->action != LAB_ACTION_ALL && options->action != LAB_ACTION_LIST;
	bool takes_command = options->action == LAB_ACTION_SHELL;

	if (needs_name && optind == argc) {
		fputs("midair lab: which scenario? midair lab --list names them\n", stderr);
		return EXIT_USAGE;
	}
	if (needs_name)
		options->name = argv[optind++];
	if (optind < argc && takes_command) {
		options->command = argv + optind;
		return -1;
	}
	if (optind == argc)
		return -1;
	return usage_tell("lab", "unexpected argument", argv[optind]);
}

int lab_options_read(struct lab_options *options, int argc, char **argv)
{
	int option;

	*options = (struct lab_options){.n_parallel = ALL_PARALLEL_DEFAULT};
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":n:p:f:bh", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status != -1)
			return status;
	}
	if (options->n_runs == 0)
		options->n_runs = options->action == LAB_ACTION_ALL ? ALL_RUNS_DEFAULT : 1;
	return read_arguments(options, argc, argv);
}
