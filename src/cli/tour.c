/* SPDX-License-Identifier: MIT */
#include "cli/tour.h"

#include <stdio.h>
#include <string.h>

#include "cli/exit.h"

struct scene {
	const char *name;
	int (*show)(void);
	const char *description;
};

static const struct scene scenes[] = {
	{"port", tour_shared_port, "one local port, several connections"},
	{"crossing", tour_crossing, "both ends connect at once, nobody listens"},
	{"self", tour_self, "a socket connected to itself"},
	{"pipe", tour_pipe, "two machines behind NATs, one code, a direct encrypted pipe"},
};

#define N_SCENES (sizeof(scenes) / sizeof(scenes[0]))

static int print_usage(FILE *to)
{
	fputs("usage: midair tour [SCENE...]\n", to);
	for (size_t i = 0; i < N_SCENES; i++)
		fprintf(to, "  %-9s %s\n", scenes[i].name, scenes[i].description);
	fputs("All of them when none is named. Traffic stays on this machine.\n", to);
	return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static const struct scene *find(const char *name)
{
	for (size_t i = 0; i < N_SCENES; i++)
		if (strcmp(scenes[i].name, name) == 0)
			return &scenes[i];
	return NULL;
}

/* What failed outweighs what could not be shown. */
static int worse(int a, int b)
{
	if (a == EXIT_NOT_HERE)
		return b == EXIT_DONE ? a : b;
	return a == EXIT_DONE ? b : a;
}

static int show_all(void)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < N_SCENES; i++) {
		status = worse(status, scenes[i].show());
		fflush(stdout);
	}
	return status;
}

static int check_names(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_usage(stdout);
		if (find(argv[i]) == NULL) {
			fprintf(stderr,
				"midair tour: there is no scene \"%s\" (midair tour --help)\n",
				argv[i]);
			return EXIT_USAGE;
		}
	}
	return -1;
}

static int conclude(int status)
{
	puts("");
	if (status == EXIT_DONE)
		puts("All was as announced. midair lab --list has more to try; midair pipe is for two machines.");
	else if (status == EXIT_NOT_HERE)
		puts("What could be shown was as announced; a part cannot be shown on this machine.");
	else
		puts("Something was not as announced: see above.");
	return status;
}

int tour_main(int argc, char **argv)
{
	int status = check_names(argc, argv);

	if (status >= 0)
		return status;
	if (argc == 1)
		return conclude(show_all());
	status = EXIT_DONE;
	for (int i = 1; i < argc; i++)
		status = worse(status, find(argv[i])->show());
	return conclude(status);
}
