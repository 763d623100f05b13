/* SPDX-License-Identifier: MIT */
#include "cli/key.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/private_file.h"
#include "cli/quote.h"
#include "cli/usage.h"
#include "midair/midair.h"

static const char usage[] =
	"usage: midair key [--force] [FILE]\n"
	"Makes a new secret of 256 random bits, for -k or MIDAIR_SECRET of pipe and meet. It is printed,\n"
	"or written to FILE, which nobody else may read. Both machines need the same one.\n"
	"  -f, --force            replace a FILE that exists\n";

static const struct option long_options[] = {
	{"force", no_argument, NULL, 'f'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct key {
	const char *file; /* NULL: standard output */
	bool is_forced;
	char text[MIDAIR_KEY_SIZE + 1]; /* with its end of line */
};

static int fail(const char *what, int result)
{
	char text[QUOTE_SIZE];

	fprintf(stderr, "midair key: %s: %s\n", quote(what, text), midair_strerror(result));
	return EXIT_SYSTEM;
}

static int write_file(const struct key *key)
{
	char text[QUOTE_SIZE];
	int result;

	if (key->is_forced && !private_file_is_replaceable(key->file)) {
		fprintf(stderr, "midair key: %s is no file, and is not replaced\n",
			quote(key->file, text));
		return EXIT_USAGE;
	}
	result = key->is_forced ? private_file_replace(key->file, key->text)
				: private_file_create(key->file, key->text);
	if (result == -EEXIST || result == -ELOOP) {
		fprintf(stderr,
			"midair key: %s exists already, and may be in use on another machine: "
			"--force replaces it\n",
			quote(key->file, text));
		return EXIT_USAGE;
	}
	if (result != 0)
		return fail(key->file, result);
	fprintf(stderr,
		"a new key is in %s: bring a copy to the other machine, then use "
		"midair pipe -k %s on both\n",
		quote(key->file, text), text);
	return EXIT_DONE;
}

static int make(struct key *key)
{
	int result = midair_key_generate(key->text);
	int status = EXIT_DONE;

	if (result != 0)
		return fail("no random bits", result);
	memcpy(key->text + strlen(key->text), "\n", 2);
	if (key->file != NULL)
		status = write_file(key);
	else if (fputs(key->text, stdout) == EOF || fflush(stdout) != 0)
		status = fail("standard output", -errno);
	explicit_bzero(key->text, sizeof(key->text));
	return status;
}

int key_main(int argc, char **argv)
{
	struct key key = {0};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":fh", long_options, NULL)) != -1) {
		switch (option) {
		case 'f':
			key.is_forced = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return usage_bad_option("key", option, argv, 256);
		}
	}
	if (argc - optind > 1)
		return usage_tell("key", "one FILE is enough, there is also", argv[optind + 1]);
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		key.file = argv[optind];
	return make(&key);
}
