/* SPDX-License-Identifier: MIT */
#include "cli/table_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/exit.h"
#include "cli/row.h"
#include "cli/usage.h"

#define WATCH_DEFAULT_MS  2000u
#define WATCH_SECONDS_MAX 86400

static const char usage[] =
	"usage: midair table [-a | -l | --bound | --state STATE] [SELECTION...] [-o] [-i]\n"
	"                    [--shared] [--json] [--watch[=SECONDS]] [--no-bpf] [-v]\n"
	"       midair table --kill [--yes] SELECTION...\n"
	"  -a, --all            listening and merely bound sockets as well\n"
	"  -l, --listening      only listening sockets\n"
	"      --bound          only sockets that are bound and neither listen nor connect\n"
	"      --state STATE    only this state, as the table shows it; more than once: any\n"
	"      --port PORT      local or remote port\n"
	"      --local-port PORT, --remote-port PORT\n"
	"      --from ADDRESS[/BITS], --to ADDRESS[/BITS]\n"
	"                       local and remote address, or all that begin so\n"
	"      --pid PID, --process NAME\n"
	"      --self           connected to themselves\n"
	"      --shared         local endpoints with more than one socket, and how many\n"
	"  -o, --timers         what the socket waits for and how long; its reuse options\n"
	"  -i, --info           round trip, window, retransmissions, bytes\n"
	"      --json           one JSON object for each socket\n"
	"  -w, --watch[=SECONDS]\n"
	"                       again and again, every 2 seconds if not said otherwise\n"
	"      --kill           end the selected connections; asks first\n"
	"      --yes            do not ask\n"
	"      --no-bpf         read by sock_diag and /proc even where BPF is faster\n"
	"  -v, --verbose        say how the table was read\n";

enum long_only {
	OPTION_JSON = 256,
	OPTION_BOUND,
	OPTION_STATE,
	OPTION_PORT,
	OPTION_LOCAL_PORT,
	OPTION_REMOTE_PORT,
	OPTION_FROM,
	OPTION_TO,
	OPTION_PID,
	OPTION_PROCESS,
	OPTION_SELF,
	OPTION_SHARED,
	OPTION_KILL,
	OPTION_YES,
	OPTION_NO_BPF,
};

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"listening", no_argument, NULL, 'l'},
	{"bound", no_argument, NULL, OPTION_BOUND},
	{"state", required_argument, NULL, OPTION_STATE},
	{"port", required_argument, NULL, OPTION_PORT},
	{"local-port", required_argument, NULL, OPTION_LOCAL_PORT},
	{"remote-port", required_argument, NULL, OPTION_REMOTE_PORT},
	{"from", required_argument, NULL, OPTION_FROM},
	{"to", required_argument, NULL, OPTION_TO},
	{"pid", required_argument, NULL, OPTION_PID},
	{"process", required_argument, NULL, OPTION_PROCESS},
	{"self", no_argument, NULL, OPTION_SELF},
	{"shared", no_argument, NULL, OPTION_SHARED},
	{"timers", no_argument, NULL, 'o'},
	{"info", no_argument, NULL, 'i'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"watch", optional_argument, NULL, 'w'},
	{"kill", no_argument, NULL, OPTION_KILL},
	{"yes", no_argument, NULL, OPTION_YES},
	{"no-bpf", no_argument, NULL, OPTION_NO_BPF},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("table", what, word);
}

/* ---- values: -1 to go on, or the exit status ---------------------------------------------- */

/* Digits only: no sign, no blank. */
static bool read_number(const char *text, long least, long most, long *number)
{
	size_t length = strlen(text);

	if (length < 1 || length > 10 || strspn(text, "0123456789") != length)
		return false;
	errno = 0;
	*number = strtol(text, NULL, 10);
	return errno == 0 && *number >= least && *number <= most;
}

static int read_port(uint16_t *port)
{
	long number;

	if (!read_number(optarg, 1, UINT16_MAX, &number))
		return usage_error("a port is a number from 1 to 65535, not", optarg);
	*port = (uint16_t)number;
	return -1;
}

static int read_prefix(struct midair_prefix *prefix)
{
	if (midair_prefix_parse(prefix, optarg) == 0)
		return -1;
	return usage_error("an address is 10.0.0.1, 10.0.0.0/8, ::1 or fd00::/8, not", optarg);
}

static int read_state(struct table_options *options)
{
	uint32_t states = 0;

	for (int state = MIDAIR_TCP_ESTABLISHED; state <= MIDAIR_TCP_BOUND_INACTIVE; state++) {
		if (strcasecmp(optarg, midair_tcp_state_name((enum midair_tcp_state)state)) ==
		    0)
			states |= UINT32_C(1) << state;
	}
	if (states == 0)
		return usage_error("there is no state", optarg);
	options->view = VIEW_STATES;
	options->selection.states |= states;
	return -1;
}

static int read_pid(struct table_options *options)
{
	long number;

	if (!read_number(optarg, 1, INT32_MAX, &number))
		return usage_error("a process is a number from 1 on, not", optarg);
	options->selection.pid = (int32_t)number;
	return -1;
}

static int read_watch(struct table_options *options)
{
	long seconds;

	options->watch_ms = WATCH_DEFAULT_MS;
	if (optarg == NULL)
		return -1;
	if (!read_number(optarg, 1, WATCH_SECONDS_MAX, &seconds))
		return usage_error("--watch takes whole seconds, 1 to 86400, not", optarg);
	options->watch_ms = (uint32_t)seconds * 1000;
	return -1;
}

/* ---- options ------------------------------------------------------------------------------ */

/* What selects rows: all but the view. Sets *is_known to false for other options. */
static int read_selection(struct table_options *options, int option, bool *is_known)
{
	struct midair_selection *selection = &options->selection;

	*is_known = true;
	switch (option) {
	case OPTION_STATE:
		return read_state(options);
	case OPTION_PORT:
		return read_port(&selection->port);
	case OPTION_LOCAL_PORT:
		return read_port(&selection->local_port);
	case OPTION_REMOTE_PORT:
		return read_port(&selection->remote_port);
	case OPTION_FROM:
		return read_prefix(&selection->local);
	case OPTION_TO:
		return read_prefix(&selection->remote);
	case OPTION_PID:
		return read_pid(options);
	case OPTION_PROCESS:
		selection->process = optarg;
		return -1;
	case OPTION_SELF:
		selection->is_self_connected = true;
		return -1;
	case OPTION_SHARED:
		selection->is_shared = true;
		options->shared = true;
		return -1;
	default:
		*is_known = false;
		return -1;
	}
}

static int read_option(struct table_options *options, int option, char **argv)
{
	switch (option) {
	case 'a':
		options->view = VIEW_ALL;
		return -1;
	case 'l':
		options->view = VIEW_LISTENERS;
		return -1;
	case OPTION_BOUND:
		options->view = VIEW_BOUND;
		return -1;
	case 'o':
		options->columns |= ROW_TIMER;
		return -1;
	case 'i':
		options->columns |= ROW_FACTS;
		return -1;
	case OPTION_JSON:
		options->json = true;
		return -1;
	case 'w':
		return read_watch(options);
	case OPTION_KILL:
		options->kill = true;
		return -1;
	case OPTION_YES:
		options->yes = true;
		return -1;
	case OPTION_NO_BPF:
		options->no_bpf = true;
		return -1;
	case 'v':
		options->verbose = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("table", option, argv, OPTION_JSON);
	}
}

/* The states that a view shows. */
static uint32_t view_states(enum table_view view)
{
	const uint32_t all = 0x3ffe;
	const uint32_t listening = UINT32_C(1) << MIDAIR_TCP_LISTEN;
	const uint32_t bound = UINT32_C(1) << MIDAIR_TCP_BOUND_INACTIVE;

	switch (view) {
	case VIEW_CONNECTIONS:
		return all & ~listening & ~bound;
	case VIEW_LISTENERS:
		return listening;
	case VIEW_BOUND:
		return bound;
	case VIEW_ALL:
	case VIEW_STATES:
		break;
	}
	return all;
}

static int check(struct table_options *options)
{
	if (options->kill && !options->has_selection) {
		fputs("midair table: --kill needs a selection: a port, address, state, process, or "
		      "--self (midair table --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (options->kill && (options->watch_ms != 0 || options->shared || options->json)) {
		fputs("midair table: --kill goes neither with --watch nor --shared nor --json\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (options->selection.states == 0 || options->view != VIEW_STATES)
		options->selection.states = view_states(options->view);
	return -1;
}

int table_options_read(struct table_options *options, int argc, char **argv)
{
	int option, status = -1;

	*options = (struct table_options){.selection = {.size = sizeof(options->selection)}};
	opterr = 0;
	optind = 1;
	while (status < 0 &&
	       (option = getopt_long(argc, argv, ":aloiwvh", long_options, NULL)) != -1) {
		bool is_known;

		status = read_selection(options, option, &is_known);
		options->has_selection |= is_known;
		if (!is_known)
			status = read_option(options, option, argv);
	}
	if (status >= 0)
		return status;
	if (optind != argc)
		return usage_error("unexpected argument", argv[optind]);
	return check(options);
}

uint32_t table_options_flags(const struct table_options *options)
{
	uint32_t flags = MIDAIR_TABLE_PROCESSES;

	if ((options->columns & ROW_FACTS) != 0)
		flags |= MIDAIR_TABLE_FACTS;
	/* Only BPF tells the reuse options. */
	if ((options->columns & ROW_TIMER) != 0)
		flags |= MIDAIR_TABLE_BPF;
	if (options->no_bpf)
		flags |= MIDAIR_TABLE_NO_BPF;
	return flags;
}
