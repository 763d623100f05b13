/* SPDX-License-Identifier: MIT */
#include "cli/pipe_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/local.h"
#include "cli/usage.h"

static const char usage[] =
	"usage: midair pipe [CODE] [option...]\n"
	"Without CODE it asks the server for one and prints the command for the other machine.\n"
	"Standard input goes to the other side, what it sends goes to standard output, encrypted from\n"
	"end to end: directly, or where that cannot be by the server, if it forwards (serve --relay).\n"
	"  --server HOST[:PORT]   the rendezvous server, run with midair serve (default:\n"
	"                         MIDAIR_SERVER, or \"server = HOST\" in ~/.config/midair/config)\n"
	"  --words N              words of a new code, 2 to 8, 10 bits each (default 2)\n"
	"  -k, --key FILE         instead of a code: the secret in FILE, made by midair key\n"
	"  --stay                 with -k: keep in FILE.hole where the two met, and dial there the next\n"
	"                         time: no server is needed while the other side waits\n"
	"  -p, --prompt           instead of a code: ask for the secret; or set MIDAIR_SECRET\n"
	"  --wait SECONDS         for the other side to come (default 600)\n"
	"  --timeout SECONDS      for the connection once it is there (default 30)\n"
	"  --from [ADDRESS:]PORT  our local port (default: any)\n"
	"  --direct               never by the server: a direct connection, or exit status 21\n"
	"  --relay-only           by the server alone: nothing is dialled\n"
	"  --no-listen            no listener beside the dials: only SYNs that meet\n"
	"  --no-portmap           do not ask the router to open a port\n"
	"  -4, -6                 only IPv4, only IPv6\n"
	"  --json                 tell in JSON lines on standard error\n"
	"  -v, --verbose          tell the engine's trace\n"
	"  -q, --quiet            tell nothing but the code and errors\n";

enum {
	SERVER = 256,
	WORDS,
	WAIT,
	TIMEOUT,
	FROM,
	NO_LISTEN,
	NO_PORTMAP,
	JSON,
	SECRET,
	COMPLETE,
	DIRECT,
	RELAY_ONLY,
	STAY
};

/* secret is here to be refused with a reason; complete is for the shells' completion. */
static const struct option long_options[] = {
	{"server", required_argument, NULL, SERVER},
	{"words", required_argument, NULL, WORDS},
	{"key", required_argument, NULL, 'k'},
	{"prompt", no_argument, NULL, 'p'},
	{"wait", required_argument, NULL, WAIT},
	{"timeout", required_argument, NULL, TIMEOUT},
	{"from", required_argument, NULL, FROM},
	{"no-listen", no_argument, NULL, NO_LISTEN},
	{"no-portmap", no_argument, NULL, NO_PORTMAP},
	{"direct", no_argument, NULL, DIRECT},
	{"relay-only", no_argument, NULL, RELAY_ONLY},
	{"stay", no_argument, NULL, STAY},
	{"json", no_argument, NULL, JSON},
	{"verbose", no_argument, NULL, 'v'},
	{"quiet", no_argument, NULL, 'q'},
	{"secret", optional_argument, NULL, SECRET},
	{"complete", required_argument, NULL, COMPLETE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("pipe", what, word);
}

static int read_words(struct pipe_options *options, const char *text)
{
	/* One word would be no more than ten bits. */
	bool is_digit = text[0] >= '2' && text[0] <= '0' + MIDAIR_WORDS_MAX;

	if (!is_digit || text[1] != '\0')
		return usage_error("--words takes a number from 2 to 8, not", text);
	options->n_words = (uint32_t)(text[0] - '0');
	return -1;
}

static int read_from(struct pipe_options *options, const char *text)
{
	options->from = text;
	if (local_parse(&options->local, text) != 0)
		return usage_error("--from takes a port from 1 to 65535, ADDRESS, or "
				   "ADDRESS:PORT, not",
				   text);
	return -1;
}

static int read_server(struct pipe_options *options, const char *text)
{
	if (text[0] == '\0')
		return usage_error("--server takes HOST[:PORT], not", text);
	options->server = text;
	return -1;
}

static int complete(const char *beginning)
{
	char code[MIDAIR_CODE_SIZE];

	for (uint32_t nth = 0; midair_code_complete(code, beginning, nth) == 0; nth++)
		puts(code);
	return EXIT_DONE;
}

static int read_secret_source(struct pipe_options *options, int option)
{
	options->secret.file = option == 'k' ? optarg : NULL;
	options->secret.is_prompt = option == 'p';
	return -1;
}

static int read_option(struct pipe_options *options, int option, char **argv)
{
	switch (option) {
	case SERVER:
		return read_server(options, optarg);
	case WORDS:
		return read_words(options, optarg);
	case 'k':
	case 'p':
		return read_secret_source(options, option);
	case WAIT:
		return usage_take_seconds("pipe", "--wait", optarg, &options->wait_ms);
	case TIMEOUT:
		return usage_take_seconds("pipe", "--timeout", optarg, &options->timeout_ms);
	case FROM:
		return read_from(options, optarg);
	case NO_LISTEN:
		options->flags |= MIDAIR_NO_LISTEN;
		return -1;
	case NO_PORTMAP:
		options->flags |= MIDAIR_NO_PORTMAP;
		return -1;
	case '4':
		options->family = MIDAIR_IPV4;
		return -1;
	case '6':
		options->family = MIDAIR_IPV6;
		return -1;
	case DIRECT:
		options->flags |= MIDAIR_DIRECT_ONLY;
		return -1;
	case RELAY_ONLY:
		options->flags |= MIDAIR_RELAY_ONLY;
		return -1;
	case STAY:
		options->is_staying = true;
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
	case SECRET:
	case 's': /* where gs-netcat has it */
		return secret_text_refuse_argument("pipe");
	case COMPLETE:
		return complete(optarg);
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return usage_bad_option("pipe", option, argv, SERVER);
	}
}

/* A word that is no code may be a secret that somebody thought would do: it is not repeated. */
static int read_code(struct pipe_options *options, const char *text)
{
	uint32_t word = 0;
	int result = midair_code_normalise(options->code, text, &word);

	if (result == 0)
		return -1;
	if (secret_text_is_key(text))
		return secret_text_refuse_argument("pipe");
	if (result == MIDAIR_E_RANGE && word != 0)
		fprintf(stderr,
			"midair pipe: word %u of the code is not one of the list's, or there are "
			"too many (the tab key completes words)\n",
			word);
	else
		fputs("midair pipe: that is no code; one looks like 7-crossover-clockwork (a "
		      "secret goes into a file for -k, into MIDAIR_SECRET, or --prompt)\n",
		      stderr);
	return EXIT_USAGE;
}

/* -4 and -6 bind only that family; it must be the one of --from. */
static int settle_family(struct pipe_options *options)
{
	uint8_t local = options->local.family;

	if (options->family != MIDAIR_FAMILY_NONE && local != MIDAIR_FAMILY_NONE &&
	    local != options->family)
		return usage_error("--from has an address of the other family than",
				   options->family == MIDAIR_IPV4 ? "-4" : "-6");
	if (local == MIDAIR_FAMILY_NONE)
		options->local.family = options->family;
	else
		options->family = local;
	return -1;
}

/* "7 crossover clockwork" is heard on the telephone, and typed so. */
static int join_words(char *joined, size_t size, int argc, char **argv)
{
	size_t n_bytes = 0;

	for (int i = 0; i < argc; i++) {
		int length = snprintf(joined + n_bytes, size - n_bytes, "%s%s",
				      i == 0 ? "" : "-", argv[i]);

		if (length < 0 || (size_t)length >= size - n_bytes)
			return -1;
		n_bytes += (size_t)length;
	}
	return 0;
}

static int read_arguments(struct pipe_options *options, int argc, char **argv)
{
	bool has_secret = options->secret.file != NULL || options->secret.is_prompt;
	char joined[2 * MIDAIR_CODE_SIZE];
	int status = -1;

	if (argc > 0) {
		if (join_words(joined, sizeof(joined), argc, argv) != 0)
			joined[0] = '\0';
		status = read_code(options, joined);
	}
	if (status < 0 && argc > 0 && has_secret) {
		fputs("midair pipe: a CODE and a secret are two ways to find the other side: "
		      "take one\n",
		      stderr);
		status = EXIT_USAGE;
	}
	if (status < 0 && (options->flags & MIDAIR_DIRECT_ONLY) != 0 &&
	    (options->flags & MIDAIR_RELAY_ONLY) != 0)
		status = usage_error("with --direct there is no", "--relay-only");
	if (status < 0 && options->is_staying && options->secret.file == NULL)
		status = usage_error("it needs the key that both sides keep, -k FILE:",
				     "--stay");
	if (status < 0 && options->is_staying && (options->flags & MIDAIR_RELAY_ONLY) != 0)
		status = usage_error("with --relay-only there is no", "--stay");
	/* A code on the command line is meant, whatever the environment has. */
	options->secret.is_environment = argc == 0;
	return status < 0 ? settle_family(options) : status;
}

int pipe_options_read(struct pipe_options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46k:psvqh", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status >= 0)
			return status;
	}
	return read_arguments(options, argc - optind, argv + optind);
}
