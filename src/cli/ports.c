/* SPDX-License-Identifier: MIT */
#include "cli/ports.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/local.h"
#include "cli/ports_print.h"
#include "cli/stop.h"
#include "cli/usage.h"
#include "midair/midair.h"

#define RESOLVE_TIMEOUT_MS 10000
#define INTERVAL_MAX_S	   86400.0
/* Rows that are shown at most. */
#define PORTS_TOP_MAX 100000

enum form { FORM_TEXT, FORM_JSON, FORM_METRICS };

struct options {
	const char *to;
	enum form form;
	uint32_t n_rows;
	uint32_t interval_ms; /* --watch; 0: once */
};

static const char usage[] =
	"usage: midair ports [--to DESTINATION] [option...]\n"
	"How full the kernel's pool of local ports is, overall and for each destination.\n"
	"  --to DESTINATION    only connections to ADDRESS:PORT, NAME:PORT, or ADDRESS\n"
	"  --top N             how many pairs to show, the fullest first (default 10)\n"
	"  --watch[=SECONDS]   again and again, every 2 seconds or as told, until interrupted\n"
	"  --json              JSON lines\n"
	"  --metrics           Prometheus' text format\n";

enum { TO = 256, TOP, WATCH, JSON, METRICS };

static const struct option long_options[] = {
	{"to", required_argument, NULL, TO},
	{"top", required_argument, NULL, TOP},
	{"watch", optional_argument, NULL, WATCH},
	{"json", no_argument, NULL, JSON},
	{"metrics", no_argument, NULL, METRICS},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("ports", what, word);
}

static int read_top(struct options *options, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 ||
	    number > PORTS_TOP_MAX)
		return usage_error("--top takes a number from 1 to 100000, not", text);
	options->n_rows = (uint32_t)number;
	return -1;
}

static int read_interval(struct options *options, const char *text)
{
	if (!usage_read_seconds(text, 0.1, INTERVAL_MAX_S, &options->interval_ms))
		return usage_error("--watch takes seconds, 0.1 to 86400, not", text);
	return -1;
}

static int read_option(struct options *options, int option, char **argv)
{
	switch (option) {
	case TO:
		options->to = optarg;
		return -1;
	case TOP:
		return read_top(options, optarg);
	case WATCH:
		return read_interval(options, optarg != NULL ? optarg : "2");
	case JSON:
		options->form = FORM_JSON;
		return -1;
	case METRICS:
		options->form = FORM_METRICS;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("ports", option, argv, TO);
	}
}

static int read_options(struct options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status >= 0)
			return status;
	}
	return optind == argc ? -1 : usage_error("unexpected argument", argv[optind]);
}

/* An address alone is every port of it; of a name's addresses the first counts. */
static int find_destination(const char *text, struct midair_endpoint *to)
{
	struct midair_endpoint found[MIDAIR_PEERS_MAX];
	size_t n_found = MIDAIR_PEERS_MAX;

	if (local_parse(to, text) == 0 && to->family != MIDAIR_FAMILY_NONE)
		return -1;
	int result = midair_resolve(text, RESOLVE_TIMEOUT_MS, found, &n_found);
	if (result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE)
		return usage_error("--to takes ADDRESS:PORT, NAME:PORT, or ADDRESS, not", text);
	if (result != 0) {
		fprintf(stderr, "midair ports: %s: %s\n", text, midair_strerror(result));
		return result == MIDAIR_E_NO_SUCH_HOST ? EXIT_USAGE : EXIT_NO_CONNECTION;
	}
	*to = found[0];
	return -1;
}

static void print(struct midair_ports *ports, const struct options *options)
{
	switch (options->form) {
	case FORM_TEXT:
		ports_print_text(ports, options->n_rows);
		break;
	case FORM_JSON:
		ports_print_json(ports, options->n_rows);
		break;
	case FORM_METRICS:
		ports_print_metrics(ports, options->n_rows);
		break;
	}
}

static int show(const struct options *options, const struct midair_endpoint *to)
{
	struct midair_ports *ports;
	int result = midair_ports_open(&ports, to);

	if (result != 0) {
		fprintf(stderr, "midair ports: cannot read the kernel's sockets: %s\n",
			midair_strerror(result));
		return EXIT_SYSTEM;
	}
	print(ports, options);
	midair_ports_free(ports);
	return EXIT_DONE;
}

/* A terminal shows one picture that changes, anything else one after the other. */
static void begin_picture(const struct options *options, bool is_first)
{
	if (options->form != FORM_TEXT)
		return;
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	else if (!is_first)
		putchar('\n');
}

static int watch(const struct options *options, const struct midair_endpoint *to)
{
	struct pollfd stop = {.fd = stop_catch(), .events = POLLIN};
	bool is_first = true;

	if (stop.fd < 0) {
		fprintf(stderr, "midair ports: signals: %s\n", midair_strerror(stop.fd));
		return EXIT_SYSTEM;
	}
	for (;;) {
		begin_picture(options, is_first);
		int status = show(options, to);

		is_first = false;
		if (status != EXIT_DONE)
			return status;
		/* Nobody reads any more; main() tells. */
		if (fflush(stdout) != 0 || ferror(stdout))
			return EXIT_SYSTEM;
		if (poll(&stop, 1, (int)options->interval_ms) < 0 && errno != EINTR)
			return EXIT_SYSTEM;
		if (stop_signal() != 0)
			return EXIT_SIGNAL + stop_signal();
	}
}

int ports_main(int argc, char **argv)
{
	struct options options = {.n_rows = 10};
	struct midair_endpoint to;
	int status = read_options(&options, argc, argv);

	if (status < 0 && options.to != NULL)
		status = find_destination(options.to, &to);
	if (status >= 0)
		return status;
	const struct midair_endpoint *destination = options.to != NULL ? &to : NULL;
	return options.interval_ms > 0 ? watch(&options, destination)
				       : show(&options, destination);
}
