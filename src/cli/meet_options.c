/* SPDX-License-Identifier: MIT */
#include "cli/meet_options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/host_port.h"
#include "cli/local.h"
#include "cli/usage.h"

static const char usage[] =
	"usage: midair meet PEER[:PORT] [option...]\n"
	"Run it on both machines, each naming the other. Standard input goes to the peer, what the\n"
	"peer sends goes to standard output. With a secret it is encrypted, only who has the secret is\n"
	"the peer, and the port may be left out on both sides.\n"
	"  -k, --key FILE         the secret in FILE, made by midair key; or MIDAIR_SECRET\n"
	"  -p, --prompt           ask for the secret\n"
	"  --from [ADDRESS:]PORT  our local port (default: the peer's port number)\n"
	"  --at TIME              both start at one instant: \"2026-12-24 22:14:30\", \"22:14:30\",\n"
	"                         RFC 3339, @UNIX, +SECONDS, or \"next 10s\"\n"
	"  --timeout SECONDS      how long to try (default 60)\n"
	"  --stun HOST[:PORT]     ask this STUN server which address and port others see; without PEER\n"
	"                         that is all\n"
	"  --no-listen            no listener beside the dials: only SYNs that meet\n"
	"  --once                 one SYN for each address, no redial after a refusal\n"
	"  --any-port             the listener takes the peer's address from any port\n"
	"  -4, -6                 only IPv4, only IPv6\n"
	"  --json                 tell in JSON lines on standard error\n"
	"  -v, --verbose          tell the engine's trace\n"
	"  -q, --quiet            tell nothing but errors\n";

enum { FROM = 256, AT, TIMEOUT, NO_LISTEN, ONCE, ANY_PORT, JSON, STUN, SECRET };

static const struct option long_options[] = {
	{"from", required_argument, NULL, FROM},
	{"at", required_argument, NULL, AT},
	{"timeout", required_argument, NULL, TIMEOUT},
	{"no-listen", no_argument, NULL, NO_LISTEN},
	{"once", no_argument, NULL, ONCE},
	{"any-port", no_argument, NULL, ANY_PORT},
	{"key", required_argument, NULL, 'k'},
	{"prompt", no_argument, NULL, 'p'},
	{"secret", optional_argument, NULL, SECRET}, /* refused, with the reason */
	{"stun", required_argument, NULL, STUN},
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
	options->from = text;
	if (local_parse(&options->local, text) == 0)
		return -1;
	return usage_error("--from takes a port from 1 to 65535, or ADDRESS:PORT, not", text);
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
		return usage_take_seconds("meet", "--timeout", optarg, &options->timeout_ms);
	case NO_LISTEN:
		options->flags |= MIDAIR_NO_LISTEN;
		return -1;
	case ONCE:
		options->flags |= MIDAIR_ONCE;
		return -1;
	case ANY_PORT:
		options->flags |= MIDAIR_ANY_PORT;
		return -1;
	case 'k':
	case 'p':
		options->secret.file = option == 'k' ? optarg : NULL;
		options->secret.is_prompt = option == 'p';
		return -1;
	case SECRET:
	case 's':
		return secret_text_refuse_argument("meet");
	case STUN:
		options->stun = optarg;
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
		options->timeout_ms = (uint32_t)fmin(seconds + 1, USAGE_LONGEST_S) * 1000;
}

static int check_arguments(struct meet_options *options, int argc, char **argv)
{
	if (argc == 0 && options->stun == NULL) {
		fputs("midair meet: the peer is missing: PEER:PORT (midair meet --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	for (int i = 0; i < argc; i++)
		if (secret_text_is_key(argv[i]))
			return secret_text_refuse_argument("meet");
	if (argc > 1)
		return usage_error("one PEER:PORT is enough, there is also", argv[1]);
	options->peer = argc == 1 ? argv[0] : NULL;
	if (options->local.family != MIDAIR_FAMILY_NONE && options->local.port == 0 &&
	    options->peer != NULL && host_port_has_port(options->peer))
		return usage_error("--from takes a port from 1 to 65535, or ADDRESS:PORT, not",
				   options->from);
	return -1;
}

int meet_options_read(struct meet_options *options, int argc, char **argv)
{
	int option;
	int status;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46k:psvqh", long_options, NULL)) != -1) {
		status = read_option(options, option, argv);
		if (status >= 0)
			return status;
	}
	options->secret.is_environment = true;
	status = check_arguments(options, argc - optind, argv + optind);
	if (status < 0)
		stretch_timeout(options);
	return status;
}
