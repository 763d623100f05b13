/* SPDX-License-Identifier: MIT */
#include "cli/why.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/explain.h"
#include "cli/json.h"
#include "cli/local.h"
#include "cli/usage.h"
#include "midair/midair.h"

#define RESOLVE_TIMEOUT_MS 10000

struct options {
	const char *bind; /* --bind: no remote */
	const char *local;
	const char *remote;
	uint32_t flags;
	uint8_t family; /* FAMILY_NONE: both */
	bool json;
};

static const char usage[] =
	"usage: midair why [LOCAL] REMOTE:PORT [option...]\n"
	"       midair why --bind LOCAL [option...]\n"
	"Why a connection cannot have its local port, or bind() fails: cause, owner, how long, remedy.\n"
	"LOCAL is ADDRESS:PORT, ADDRESS, or PORT; what is left out is the kernel's choice.\n"
	"  --reuseport, --reuseaddr  what the failing program sets on its socket before bind()\n"
	"  --v6only                  and IPV6_V6ONLY\n"
	"  --pin                     it pins the port by IP_LOCAL_PORT_RANGE, without bind()\n"
	"  --try                     really make the call as well, and compare: sends a SYN\n"
	"  -4, -6                    the family of a name, or of a bind() without address\n"
	"  --json                    one JSON object on standard output\n"
	"The exit status tells the class of the cause, 0 for none; see midair(1).\n";

enum { BIND = 256, TRY, REUSEPORT, REUSEADDR, V6ONLY, PIN, JSON };

static const struct option long_options[] = {
	{"bind", required_argument, NULL, BIND},
	{"try", no_argument, NULL, TRY},
	{"reuseport", no_argument, NULL, REUSEPORT},
	{"reuseaddr", no_argument, NULL, REUSEADDR},
	{"v6only", no_argument, NULL, V6ONLY},
	{"pin", no_argument, NULL, PIN},
	{"json", no_argument, NULL, JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("why", what, word);
}

static int read_option(struct options *options, int option, char **argv)
{
	switch (option) {
	case BIND:
		options->bind = optarg;
		return -1;
	case TRY:
		options->flags |= MIDAIR_WHY_TRY;
		return -1;
	case REUSEPORT:
		options->flags |= MIDAIR_WHY_REUSEPORT;
		return -1;
	case REUSEADDR:
		options->flags |= MIDAIR_WHY_REUSEADDR;
		return -1;
	case V6ONLY:
		options->flags |= MIDAIR_WHY_IPV6_ONLY;
		return -1;
	case PIN:
		options->flags |= MIDAIR_WHY_PIN;
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
		return usage_bad_option("why", option, argv, BIND);
	}
}

/* Returns -1 to go on, or the exit status. */
static int read_words(struct options *options, int argc, char **argv)
{
	int n_words = argc - optind;

	if (options->bind != NULL) {
		options->local = options->bind;
		if ((options->flags & MIDAIR_WHY_PIN) != 0)
			return usage_error("a pinned port is not bound: leave out", "--pin");
		return n_words == 0
			       ? -1
			       : usage_error("--bind takes no remote, there is", argv[optind]);
	}
	if (n_words == 0) {
		fputs("midair why: REMOTE:PORT is missing, or --bind LOCAL (midair why --help)\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (n_words > 2)
		return usage_error("unexpected argument", argv[optind + 2]);
	options->remote = argv[argc - 1];
	if (n_words == 2)
		options->local = argv[optind];
	return -1;
}

static int read_options(struct options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":46h", long_options, NULL)) != -1) {
		int status = read_option(options, option, argv);

		if (status >= 0)
			return status;
	}
	return read_words(options, argc, argv);
}

/* Returns -1 to go on, or the exit status. */
static int read_local(const struct options *options, struct midair_endpoint *local)
{
	*local = (struct midair_endpoint){.family = MIDAIR_FAMILY_NONE};
	if (options->local != NULL && local_parse(local, options->local) != 0)
		return usage_error(
			"LOCAL is ADDRESS:PORT, ADDRESS, or PORT from 1 to 65535, not",
			options->local);
	if ((options->flags & MIDAIR_WHY_PIN) != 0 && local->port == 0)
		return usage_error("--pin needs a local PORT, not",
				   options->local != NULL ? options->local : "");
	if (options->bind != NULL && local->family != MIDAIR_FAMILY_NONE &&
	    options->family != MIDAIR_FAMILY_NONE && local->family != options->family)
		return usage_error("there is no address of the wanted family in",
				   options->local);
	if (options->bind != NULL && local->family == MIDAIR_FAMILY_NONE)
		local->family =
			options->family != MIDAIR_FAMILY_NONE ? options->family : MIDAIR_IPV4;
	return -1;
}

/* The first address of the family that local and -4, -6 ask for. */
static int find_remote(const struct options *options, const struct midair_endpoint *local,
		       struct midair_endpoint *remote)
{
	struct midair_endpoint found[MIDAIR_PEERS_MAX];
	size_t n_found = MIDAIR_PEERS_MAX;
	uint8_t wanted = local->family != MIDAIR_FAMILY_NONE ? local->family : options->family;
	int result = midair_resolve(options->remote, RESOLVE_TIMEOUT_MS, found, &n_found);

	if (result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE)
		return usage_error("REMOTE is ADDRESS:PORT or NAME:PORT, not", options->remote);
	if (result != 0) {
		fprintf(stderr, "midair why: %s: %s\n", options->remote,
			midair_strerror(result));
		return result == MIDAIR_E_NO_SUCH_HOST ? EXIT_USAGE : EXIT_NO_CONNECTION;
	}
	for (size_t i = 0; i < n_found; i++) {
		if (wanted == MIDAIR_FAMILY_NONE || found[i].family == wanted) {
			*remote = found[i];
			return -1;
		}
	}
	return usage_error("there is no address of the wanted family for", options->remote);
}

static void print_json(const struct midair_endpoint *local,
		       const struct midair_endpoint *remote, const struct midair_why *why)
{
	struct json json;

	json_begin(&json, stdout);
	json_endpoint(&json, "local", local);
	json_endpoint(&json, "remote", remote);
	explain_add_json(&json, why);
	json_integer(&json, "status", explain_status(why->cause));
	json_end(&json);
}

static int ask(const struct options *options, const struct midair_endpoint *local,
	       const struct midair_endpoint *remote)
{
	struct midair_why why;
	uint32_t flags = options->flags | MIDAIR_WHY_PROCESS;
	int result = options->bind != NULL ? midair_why_bind(local, flags, &why)
					   : midair_why_connect(local, remote, flags, &why);

	if (result == MIDAIR_E_CONFIG)
		return usage_error("the two ends do not fit together:", options->local);
	if (result != 0) {
		fprintf(stderr, "midair why: cannot read the kernel's sockets: %s\n",
			midair_strerror(result));
		return EXIT_SYSTEM;
	}
	if (options->json)
		print_json(local, remote, &why);
	else
		explain_print(stdout, &why);
	return explain_status(why.cause);
}

int why_main(int argc, char **argv)
{
	struct options options = {.family = MIDAIR_FAMILY_NONE};
	struct midair_endpoint local, remote = {.family = MIDAIR_FAMILY_NONE};
	int status = read_options(&options, argc, argv);

	if (status < 0)
		status = read_local(&options, &local);
	if (status < 0 && options.bind == NULL)
		status = find_remote(&options, &local, &remote);
	return status < 0 ? ask(&options, &local, &remote) : status;
}
