/* SPDX-License-Identifier: MIT */
#include "cli/dial_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/usage.h"

#define RESOLVE_TIMEOUT_MS 10000

static const char usage[] =
	"usage: midair dial [option...] DESTINATION...\n"
	"Opens a connection to each destination, HOST:PORT, and keeps them until interrupted. With one\n"
	"destination and a pipe on standard input it moves bytes, as nc does.\n"
	"  --from [ADDRESS:]PORT     the local port that all share; a set of them is written as\n"
	"                            ADDRESS[-ADDRESS][,...]:PORT[-PORT], and so are destinations\n"
	"  --count N                 so many for each destination, over the set of local ports\n"
	"  --exact                   bind the port: takes tuples out of TIME_WAIT\n"
	"  --share                   pin the port, bind only where that fails (default)\n"
	"  --close                   close each as soon as it stands\n"
	"  --keep                    keep the connection even with a pipe on standard input\n"
	"  --parallel N              so many at a time (default 64)\n"
	"  --timeout SECONDS         for each connection (default 30)\n"
	"  -4, -6                    only IPv4, only IPv6\n"
	"  --json                    JSON lines\n"
	"  -q, --quiet               no line for each connection\n";

enum { FROM = 256, COUNT, EXACT, SHARE, CLOSE, KEEP, PARALLEL, TIMEOUT, JSON };

static const struct option long_options[] = {
	{"from", required_argument, NULL, FROM},
	{"count", required_argument, NULL, COUNT},
	{"exact", no_argument, NULL, EXACT},
	{"share", no_argument, NULL, SHARE},
	{"close", no_argument, NULL, CLOSE},
	{"keep", no_argument, NULL, KEEP},
	{"parallel", required_argument, NULL, PARALLEL},
	{"timeout", required_argument, NULL, TIMEOUT},
	{"json", no_argument, NULL, JSON},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("dial", what, word);
}

/* Why a range is no good, in words. */
static int range_error(const char *text, int result)
{
	switch (result) {
	case MIDAIR_E_RANGE:
		return usage_error(
			"ports go from 1 to 65535, ranges upwards, and one set has one "
			"family of addresses; not so in",
			text);
	case MIDAIR_E_LIMIT:
		return usage_error("a set has at most 65536 addresses, there are more in",
				   text);
	case -ENOMEM:
		fputs("midair dial: out of memory\n", stderr);
		return EXIT_SYSTEM;
	default:
		return usage_error("not of the form [ADDRESS[-ADDRESS]:]PORT[-PORT]:", text);
	}
}

static int read_from(struct dial_options *options, const char *text)
{
	int result;

	dial_range_free(&options->from);
	result = dial_range_parse(&options->from, text, true);
	if (result != 0)
		return range_error(text, result);
	if (options->from.n_addresses > MIDAIR_POOL_SOURCES_MAX)
		return usage_error("at most 256 local addresses, there are more in", text);
	return -1;
}

static int read_number(uint32_t *number, const char *text, long maximum, const char *what)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || value < 1 || value > maximum)
		return usage_error(what, text);
	*number = (uint32_t)value;
	return -1;
}

static int read_option(struct dial_options *options, int option, char **argv)
{
	switch (option) {
	case FROM:
		return read_from(options, optarg);
	case COUNT:
		options->has_count = true;
		return read_number(&options->count, optarg, DIAL_CONNECTIONS_MAX,
				   "--count takes a number from 1 to 16777216, not");
	case PARALLEL:
		return read_number(&options->parallel, optarg, DIAL_PARALLEL_MAX,
				   "--parallel takes a number from 1 to 4096, not");
	case TIMEOUT:
		return usage_take_seconds("dial", "--timeout", optarg, &options->timeout_ms);
	case EXACT:
		options->policy = MIDAIR_DIAL_EXACT;
		return -1;
	case SHARE:
		options->policy = MIDAIR_DIAL_SHARE;
		return -1;
	case CLOSE:
		options->is_closing = true;
		return -1;
	case KEEP:
		options->is_keeping = true;
		return -1;
	case '4':
		options->family = MIDAIR_IPV4;
		return -1;
	case '6':
		options->family = MIDAIR_IPV6;
		return -1;
	case JSON:
		options->is_json = true;
		return -1;
	case 'q':
		options->is_quiet = true;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("dial", option, argv, FROM);
	}
}

static int read_target(struct dial_options *options, const char *text)
{
	struct dial_range *target = &options->targets[options->n_targets];
	uint8_t family = options->family;
	int result = dial_range_parse(target, text, false);

	if (result == MIDAIR_E_SYNTAX)
		result = dial_range_resolve(target, text, RESOLVE_TIMEOUT_MS);
	if (result == MIDAIR_E_NO_SUCH_HOST || result == MIDAIR_E_RESOLVER) {
		fprintf(stderr, "midair dial: %s: %s\n", text, midair_strerror(result));
		return EXIT_USAGE;
	}
	if (result == MIDAIR_E_SYNTAX)
		return usage_error("a destination is HOST:PORT, such as 192.0.2.1:80 or "
				   "[2001:db8::2]:80, not",
				   text);
	if (result != 0)
		return range_error(text, result);
	target->start = dial_options_n_destinations(options);
	options->n_targets++;
	if (options->from.n_addresses > 0)
		family = options->from.addresses[0].family;
	dial_range_keep_family(target, family);
	if (target->n_addresses == 0)
		return usage_error("no address of the wanted family has", text);
	return -1;
}

static int read_targets(struct dial_options *options, int n_texts, char **texts)
{
	int status = -1;

	if (n_texts == 0) {
		fputs("midair dial: the destination is missing: HOST:PORT (midair dial --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	options->targets = calloc((size_t)n_texts, sizeof(*options->targets));
	if (options->targets == NULL) {
		fputs("midair dial: out of memory\n", stderr);
		return EXIT_SYSTEM;
	}
	for (int i = 0; i < n_texts && status < 0; i++)
		status = read_target(options, texts[i]);
	return status;
}

static int check(const struct dial_options *options)
{
	uint64_t n_connections = dial_options_n_destinations(options) * options->count;

	if (n_connections > DIAL_CONNECTIONS_MAX) {
		fprintf(stderr, "midair dial: %llu connections are more than %d\n",
			(unsigned long long)n_connections, DIAL_CONNECTIONS_MAX);
		return EXIT_USAGE;
	}
	if (options->policy == MIDAIR_DIAL_EXACT && options->from.first_port == 0) {
		fputs("midair dial: --exact needs --from: which port is it to be?\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

int dial_options_read(struct dial_options *options, int argc, char **argv)
{
	int option;
	int status;

	*options = (struct dial_options){.count = 1, .parallel = 64, .timeout_ms = 30000};
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46qh", long_options, NULL)) != -1) {
		status = read_option(options, option, argv);
		if (status >= 0)
			return status;
	}
	status = read_targets(options, argc - optind, argv + optind);
	return status < 0 ? check(options) : status;
}

void dial_options_free(struct dial_options *options)
{
	for (uint32_t i = 0; i < options->n_targets; i++)
		dial_range_free(&options->targets[i]);
	free(options->targets);
	dial_range_free(&options->from);
}

static uint64_t size_of(const struct dial_range *range)
{
	uint64_t n_ports = (uint64_t)range->last_port - range->first_port + 1;

	return range->is_name ? n_ports : n_ports * range->n_addresses;
}

uint64_t dial_options_n_destinations(const struct dial_options *options)
{
	const struct dial_range *last;

	if (options->n_targets == 0)
		return 0;
	last = &options->targets[options->n_targets - 1];
	return last->start + size_of(last);
}

/* The last target that starts at or before the number. */
static const struct dial_range *find_target(const struct dial_options *options, uint64_t number)
{
	uint32_t low = 0;
	uint32_t high = options->n_targets;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (options->targets[middle].start <= number)
			low = middle;
		else
			high = middle;
	}
	return &options->targets[low];
}

const struct dial_range *dial_options_destination(const struct dial_options *options,
						  uint64_t number, uint32_t alternative,
						  struct midair_endpoint *remote)
{
	const struct dial_range *target = find_target(options, number);
	uint64_t n_ports = (uint64_t)target->last_port - target->first_port + 1;

	number -= target->start;
	*remote = target->addresses[target->is_name ? alternative : number / n_ports];
	remote->port = (uint16_t)(target->first_port + number % n_ports);
	return target;
}

uint64_t dial_options_n_tuples(const struct dial_options *options)
{
	const struct dial_range *from = &options->from;
	uint64_t n_ports = (uint64_t)from->last_port - from->first_port + 1;

	if (from->first_port == 0)
		return 0;
	return n_ports * (from->n_addresses > 0 ? from->n_addresses : 1);
}
