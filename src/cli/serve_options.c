/* SPDX-License-Identifier: MIT */
#include "cli/serve_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/local.h"
#include "cli/quote.h"
#include "cli/usage.h"

#define TOMBSTONES_LEAST 1
#define ENDPOINT_TEXT	 80
#define SIZE_TEXT	 12

static const char usage[] =
	"usage: midair serve [option...]\n"
	"The rendezvous server: brings two together who have the same code. State in memory.\n"
	"  --listen ADDR[:PORT]    where, several times for several addresses; port 1314 when\n"
	"                          none is named, 0 for one of the kernel's choice\n"
	"                          (default [::]:1314 and 0.0.0.0:1314)\n"
	"  --alt ADDR              another address of this host, of each family at most one, to probe\n"
	"                          clients from (midair check)\n"
	"  --probe-port PORT|off   the first of three ports for that (default: the one after the\n"
	"                          main port)\n"
	"  --relay                 forward the encrypted bytes of those who find no direct way\n"
	"  --relay-bytes SIZE      for one pair: 500M, 10G; 0: no limit (default 10G)\n"
	"  --relay-rate SIZE       the same in a second (default 0: no limit)\n"
	"  --relay-time SECONDS    the same in time (default 86400)\n"
	"  --metrics ADDR:PORT     Prometheus' /metrics, and /health, over HTTP (default: none)\n"
	"  --workers N             threads (default 1)\n"
	"  --max-connections N     at a time (default 32768)\n"
	"  --max-tombstones N      spent rooms that are remembered (default 32768)\n"
	"  --limit NAME=VALUE      one of the limits below; several times\n"
	"  --config FILE           limits, a line NAME = VALUE for each; read again on SIGHUP\n"
	"  --user NAME             whom root becomes (default nobody)\n"
	"  --require-sandbox       do not start when a stage of the sandbox is missing\n"
	"  --log-addresses yes|no  (default yes)\n"
	"  --json                  the log as JSON lines\n"
	"limits:\n";

enum {
	LISTEN = 256,
	METRICS,
	ALT,
	PROBE_PORT,
	RELAY,
	RELAY_BYTES,
	RELAY_RATE,
	RELAY_TIME,
	WORKERS,
	MAX_CONNECTIONS,
	MAX_TOMBSTONES,
	LIMIT,
	CONFIG,
	USER,
	REQUIRE_SANDBOX,
	LOG_ADDRESSES,
	JSON,
};

static const struct option long_options[] = {
	{"listen", required_argument, NULL, LISTEN},
	{"metrics", required_argument, NULL, METRICS},
	{"alt", required_argument, NULL, ALT},
	{"probe-port", required_argument, NULL, PROBE_PORT},
	{"relay", no_argument, NULL, RELAY},
	{"relay-bytes", required_argument, NULL, RELAY_BYTES},
	{"relay-rate", required_argument, NULL, RELAY_RATE},
	{"relay-time", required_argument, NULL, RELAY_TIME},
	{"workers", required_argument, NULL, WORKERS},
	{"max-connections", required_argument, NULL, MAX_CONNECTIONS},
	{"max-tombstones", required_argument, NULL, MAX_TOMBSTONES},
	{"limit", required_argument, NULL, LIMIT},
	{"config", required_argument, NULL, CONFIG},
	{"user", required_argument, NULL, USER},
	{"require-sandbox", no_argument, NULL, REQUIRE_SANDBOX},
	{"log-addresses", required_argument, NULL, LOG_ADDRESSES},
	{"json", no_argument, NULL, JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("serve", what, word);
}

static int print_usage(void)
{
	struct serve_limit_text limit;

	fputs(usage, stdout);
	for (uint32_t i = 0; serve_limits_text(i, &limit) == 0; i++)
		printf("  %-24s%s (default %u)\n", limit.name, limit.text, limit.value);
	return EXIT_DONE;
}

/* Port 0, which no parser of peers takes, is the kernel's choice here. */
static int parse_port_0(struct midair_endpoint *endpoint, const char *text)
{
	size_t size = strlen(text);
	char whole[ENDPOINT_TEXT];

	if (size < 2 || size >= sizeof(whole) || strcmp(text + size - 2, ":0") != 0)
		return MIDAIR_E_SYNTAX;
	memcpy(whole, text, size + 1);
	whole[size - 1] = '1';
	int result = midair_endpoint_parse(endpoint, whole);

	endpoint->port = 0;
	return result;
}

static int read_endpoint(struct midair_endpoint *endpoint, const char *text,
			 uint16_t default_port)
{
	struct midair_endpoint read;

	if (parse_port_0(&read, text) == 0) {
		*endpoint = read;
		return 0;
	}
	if (local_parse(&read, text) != 0 || read.family == MIDAIR_FAMILY_NONE)
		return MIDAIR_E_SYNTAX;
	if (read.port == 0)
		read.port = default_port;
	*endpoint = read;
	return read.port == 0 ? MIDAIR_E_SYNTAX : 0;
}

static int read_listen(struct serve_config *config, const char *text)
{
	if (config->n_listen == SERVE_LISTENERS_MAX)
		return usage_error("too many times --listen, at", text);
	if (read_endpoint(&config->listen[config->n_listen], text, MIDAIR_SERVER_PORT) != 0)
		return usage_error("--listen takes ADDRESS:PORT or ADDRESS, not", text);
	config->n_listen++;
	return -1;
}

static int read_number(uint32_t *number, const char *text, const char *what, uint32_t least,
		       uint32_t most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < least || value > most)
		return usage_error(what, text);
	*number = (uint32_t)value;
	return -1;
}

/* In one line, as every error; the list is what somebody who mistyped a name looks for. */
static int no_such_limit(const char *text)
{
	struct serve_limit_text limit;
	char name[QUOTE_SIZE], quoted[QUOTE_SIZE];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "= \t"), text);
	fprintf(stderr, "midair serve: there is no limit \"%s\"; there are ",
		quote(name, quoted));
	for (uint32_t i = 0; serve_limits_text(i, &limit) == 0; i++)
		fprintf(stderr, "%s%s", i > 0 ? ", " : "", limit.name);
	fputs(" (midair serve --help)\n", stderr);
	return EXIT_USAGE;
}

static int read_limit(struct serve_config *config, const char *text)
{
	switch (serve_config_set_limit(config, text)) {
	case 0:
		return -1;
	case -ENOENT:
		return no_such_limit(text);
	case MIDAIR_E_RANGE:
		return usage_error("this limit's value is out of its range:", text);
	default:
		return usage_error("--limit takes NAME=VALUE, not", text);
	}
}

static int read_yes_no(bool *is_yes, const char *text)
{
	*is_yes = strcmp(text, "yes") == 0;
	return *is_yes || strcmp(text, "no") == 0
		       ? -1
		       : usage_error("--log-addresses takes yes or no, not", text);
}

static int read_count(struct serve_config *config, int option)
{
	switch (option) {
	case WORKERS:
		return read_number(&config->n_workers, optarg,
				   "--workers takes a number from 1 to 64, not", 1,
				   SERVE_WORKERS_MAX);
	case MAX_CONNECTIONS:
		return read_number(&config->n_connections, optarg,
				   "--max-connections takes a number from 1 to 4194304, not", 1,
				   SERVE_CONNECTIONS_MAX);
	default:
		return read_number(&config->n_tombstones, optarg,
				   "--max-tombstones takes a number from 1 to 4194304, not",
				   TOMBSTONES_LEAST, SERVE_CONNECTIONS_MAX);
	}
}

/* 0.0.0.0/8 is no address, multicast and the reserved 240.0.0.0/4 are nobody's. */
static bool is_unicast(const struct midair_endpoint *endpoint)
{
	static const uint8_t unspecified[sizeof(endpoint->address)];

	if (endpoint->family == MIDAIR_IPV4)
		return endpoint->address[0] != 0 && endpoint->address[0] < 224;
	return endpoint->address[0] != 0xff &&
	       memcmp(endpoint->address, unspecified, sizeof(unspecified)) != 0;
}

static int read_alternative(struct serve_config *config, const char *text)
{
	struct midair_endpoint read;

	if (local_parse(&read, text) != 0 || read.family == MIDAIR_FAMILY_NONE ||
	    read.port != 0 || !is_unicast(&read))
		return usage_error("--alt takes an ADDRESS, not", text);
	config->alternatives[read.family == MIDAIR_IPV6 ? 1 : 0] = read;
	return -1;
}

static int read_probe_port(struct serve_config *config, const char *text)
{
	uint32_t port = 0;
	int status;

	config->has_no_probes = strcmp(text, "off") == 0;
	if (config->has_no_probes)
		return -1;
	status = read_number(&port, text, "--probe-port takes a port up to 65533, or off, not",
			     1, UINT16_MAX - 2);
	if (status < 0)
		config->probe_port = (uint16_t)port;
	return status;
}

/* "500M": in KiB, rounded up. */
static bool parse_kib(uint64_t *kib, const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;
	uint64_t number;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > SIZE_TEXT)
		return false;
	number = strtoull(text, &end, 10);
	unit = *end != '\0' ? strchr(units, *end & ~0x20) : NULL;
	if (*end == '\0') {
		*kib = (number + 1023) / 1024;
		return true;
	}
	if (unit == NULL || end[1] != '\0')
		return false;
	*kib = number << (10 * (unit - units));
	return *kib >> (10 * (unit - units)) == number;
}

static int read_relay_size(uint32_t *kib, const char *option, const char *name,
			   const char *text)
{
	struct serve_limit_text limit;
	uint64_t read = 0;
	char what[80];
	uint32_t i = 0;

	while (serve_limits_text(i, &limit) == 0 && strcmp(limit.name, name) != 0)
		i++;
	if (parse_kib(&read, text) && read <= limit.most) {
		*kib = (uint32_t)read;
		return -1;
	}
	snprintf(what, sizeof(what), "--%s takes bytes, like 500M, up to 900G, not", option);
	return usage_error(what, text);
}

/* Each of them turns the relay on: who limits it wants it. */
static int read_relay(struct serve_config *config, int option)
{
	config->has_relay = true;
	switch (option) {
	case RELAY_BYTES:
		return read_relay_size(&config->limits.relay_kib, "relay-bytes", "relay-kib",
				       optarg);
	case RELAY_RATE:
		return read_relay_size(&config->limits.relay_kib_per_s, "relay-rate",
				       "relay-kib-per-s", optarg);
	case RELAY_TIME:
		return read_number(&config->limits.relay_s, optarg,
				   "--relay-time takes seconds, 1 to 31536000, not", 1,
				   31536000);
	default:
		return -1;
	}
}

static int read_option(struct serve_config *config, int option, char **argv)
{
	switch (option) {
	case LISTEN:
		return read_listen(config, optarg);
	case METRICS:
		return read_endpoint(&config->metrics, optarg, 0) == 0
			       ? -1
			       : usage_error("--metrics takes ADDRESS:PORT, not", optarg);
	case ALT:
		return read_alternative(config, optarg);
	case PROBE_PORT:
		return read_probe_port(config, optarg);
	case RELAY:
	case RELAY_BYTES:
	case RELAY_RATE:
	case RELAY_TIME:
		return read_relay(config, option);
	case WORKERS:
	case MAX_CONNECTIONS:
	case MAX_TOMBSTONES:
		return read_count(config, option);
	case LIMIT:
		return read_limit(config, optarg);
	case CONFIG:
		config->limits_path = optarg;
		return -1;
	case USER:
		config->user = optarg;
		config->must_become_user = true;
		return -1;
	case REQUIRE_SANDBOX:
		config->must_sandbox = true;
		return -1;
	case LOG_ADDRESSES:
		return read_yes_no(&config->has_addresses_in_log, optarg);
	case JSON:
		config->has_json_log = true;
		return -1;
	case 'h':
		return print_usage();
	default:
		return usage_bad_option("serve", option, argv, LISTEN);
	}
}

int serve_options_read(struct serve_config *config, int argc, char **argv)
{
	int option;

	serve_config_init(config);
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		int status = read_option(config, option, argv);

		if (status >= 0)
			return status;
	}
	return optind == argc ? -1 : usage_error("unexpected argument", argv[optind]);
}
