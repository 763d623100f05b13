/* SPDX-License-Identifier: MIT */
/*
 * The options become variables of the environment, which libmidair-preload.so reads in the command
 * and in whatever the command starts; then the command takes this process's place.
 */
#include "cli/preload_run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/preload_target.h"

#define LIBRARY "libmidair-preload.so"

const char *preload_address_text(const struct midair_endpoint *address,
				 char buffer[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	struct midair_endpoint with_port = *address;
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	bool is_ipv6 = address->family == MIDAIR_IPV6;

	/* The whole form has brackets and a port. */
	with_port.port = 1;
	midair_endpoint_format(&with_port, text);
	*strrchr(text, is_ipv6 ? ']' : ':') = '\0';
	memcpy(buffer, text + is_ipv6, strlen(text + is_ipv6) + 1);
	return buffer;
}

static bool try_library(char path[PATH_MAX], const char *directory, const char *name)
{
	char joined[PATH_MAX];

	if (snprintf(joined, sizeof(joined), "%s/%s", directory, name) >= (int)sizeof(joined))
		return false;
	return access(joined, R_OK) == 0 && realpath(joined, path) != NULL;
}

/* Named by the user; beside this program, as in a build tree; where it was installed, also when
 * the installed tree was moved. */
static bool find_library(char path[PATH_MAX])
{
	static const char *const places[] = {LIBRARY, "../" MIDAIR_PRELOAD_BESIDE "/" LIBRARY};
	const char *named = getenv("MIDAIR_PRELOAD_LIBRARY");
	char directory[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

	if (named != NULL && *named != '\0')
		return access(named, R_OK) == 0 && realpath(named, path) != NULL;
	if (length > 0) {
		directory[length] = '\0';
		*strrchr(directory, '/') = '\0';
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			if (try_library(path, directory, places[i]))
				return true;
	}
	return try_library(path, MIDAIR_PRELOAD_PLACE, LIBRARY);
}

static int preload_library(const struct preload_options *options)
{
	char path[PATH_MAX];
	char *list = NULL;
	const char *others = getenv("LD_PRELOAD");

	if (!find_library(path)) {
		fprintf(stderr,
			"midair %s: " LIBRARY
			" is not beside midair nor installed; name it with "
			"MIDAIR_PRELOAD_LIBRARY\n",
			options->command);
		return EXIT_SYSTEM;
	}
	/* The loader knows no way to quote these. */
	if (strpbrk(path, " :") != NULL) {
		fprintf(stderr,
			"midair %s: %s cannot be preloaded: there is a blank or a colon in its "
			"path\n",
			options->command, path);
		return EXIT_SYSTEM;
	}
	bool has_others = others != NULL && *others != '\0';
	if (asprintf(&list, "%s%s%s", path, has_others ? ":" : "", has_others ? others : "") <
	    0)
		return EXIT_SYSTEM;
	int result = setenv("LD_PRELOAD", list, 1);
	free(list);
	return result == 0 ? -1 : EXIT_SYSTEM;
}

static int set_text(const char *name, const char *value)
{
	return value != NULL ? setenv(name, value, 1) : unsetenv(name);
}

static int set_flag(const char *name, bool is_set)
{
	return set_text(name, is_set ? "1" : NULL);
}

static int set_sources(const struct preload_options *options)
{
	char *list = calloc(options->n_sources + 1, MIDAIR_ENDPOINT_TEXT_SIZE);
	size_t length = 0;

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < options->n_sources; i++) {
		char text[MIDAIR_ENDPOINT_TEXT_SIZE];

		length += (size_t)snprintf(list + length, MIDAIR_ENDPOINT_TEXT_SIZE, "%s%s",
					   i > 0 ? "," : "",
					   preload_address_text(&options->sources[i], text));
	}
	int result = set_text("MIDAIR_PRELOAD_FROM", length > 0 ? list : NULL);
	free(list);
	return result;
}

/* Every variable is set or unset: a command within a command gets what it is asked for. */
static int set_environment(const struct preload_options *options)
{
	char ports[16], share[8];
	bool has_ports = options->first_port != 0;
	bool has_share = options->shared_port != 0;

	snprintf(ports, sizeof(ports), "%u-%u", options->first_port, options->last_port);
	snprintf(share, sizeof(share), "%u", options->shared_port);
	if (set_sources(options) == 0 &&
	    set_text("MIDAIR_PRELOAD_PORTS", has_ports ? ports : NULL) == 0 &&
	    set_text("MIDAIR_PRELOAD_SHARE", has_share ? share : NULL) == 0 &&
	    set_flag("MIDAIR_PRELOAD_GUARD_ONLY", options->is_guard_only) == 0 &&
	    set_flag("MIDAIR_PRELOAD_LATE_BIND", options->is_late_bind) == 0 &&
	    set_flag("MIDAIR_PRELOAD_VERBOSE", options->is_verbose) == 0)
		return preload_library(options);
	fprintf(stderr, "midair %s: the environment cannot be set: %s\n", options->command,
		strerror(errno));
	return EXIT_SYSTEM;
}

/* Returns -1 to go on, or the exit status. */
static int check_target(const struct preload_options *options, const char *command)
{
	struct preload_target target;
	int result = preload_target_look(&target, command);

	if (result != 0) {
		fprintf(stderr, "midair %s: %s: %s\n", options->command, command,
			midair_strerror(result));
		return result == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
	}
	if (target.obstacle == PRELOAD_REACHES)
		return -1;
	fprintf(stderr, "midair %s: %s %s: %s%s\n", options->command,
		options->is_anyway ? "warning: no reach into" : "cannot reach into",
		target.path, preload_obstacle_text(target.obstacle),
		options->is_anyway ? "" : "; --anyway runs it as it is");
	return options->is_anyway ? -1 : EXIT_OUT_OF_REACH;
}

int preload_run(const struct preload_options *options, char **argv)
{
	int status = check_target(options, argv[0]);

	if (status < 0)
		status = set_environment(options);
	if (status >= 0)
		return status;
	fflush(NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "midair %s: %s: %s\n", options->command, argv[0], strerror(errno));
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}

int preload_guard(char **argv)
{
	const struct preload_options options = {.command = "self", .is_guard_only = true};

	if (argv[0] == NULL) {
		fputs("midair self: --guard takes a command (midair self --help)\n", stderr);
		return EXIT_USAGE;
	}
	return preload_run(&options, argv);
}
