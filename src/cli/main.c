/* SPDX-License-Identifier: MIT */
/* The table of commands serves both dispatch and help. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit.h"
#include "cli/quote.h"
#include "midair/midair.h"

static int print_help(FILE *to)
{
	fputs("usage: midair COMMAND [ARGUMENT...]\n\n", to);
	for (const struct command *command = commands; command->name != NULL; command++)
		fprintf(to, "  %-7s %s\n", command->name, command->description);
	fputs("\nmidair COMMAND --help tells more; midair --version; the manual is midair(1).\n",
	      to);
	return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int print_version(void)
{
	printf("midair %s (with %s)\n", midair_version(), midair_features());
	return EXIT_DONE;
}

static int run(const char *name, int argc, char **argv)
{
	char text[QUOTE_SIZE];

	for (const struct command *command = commands; command->name != NULL; command++)
		if (strcmp(name, command->name) == 0)
			return command->main(argc, argv);
	fprintf(stderr, "midair: there is no command \"%s\"; midair --help lists them\n",
		quote(name, text));
	return EXIT_USAGE;
}

/* A full disk or a closed pipe shows when the buffered output is written at last. */
static int flush_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("midair: the output could not be written\n", stderr);
	return status == EXIT_DONE ? EXIT_SYSTEM : status;
}

/* A descriptor that the caller left closed would be given to the next socket, and payload or
 * words would go where nobody meant them to. */
static void open_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";

	open_standard_descriptors();
	/* A line at a time: what two programs say into one terminal or log is not mixed up. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (argc < 2)
		return print_help(stderr);
	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
		return flush_output(print_help(stdout));
	if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
		return flush_output(print_version());
	if (strcmp(first, "help") == 0) {
		char help[] = "--help";
		char *arguments[] = {argv[argc > 2 ? 2 : 1], help, NULL};

		return flush_output(argc > 2 ? run(argv[2], 2, arguments) : print_help(stdout));
	}
	return flush_output(run(first, argc - 1, argv + 1));
}
