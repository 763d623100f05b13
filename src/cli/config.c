/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/quote.h"
#include "midair/midair.h"

#define PATH_SIZE 4096
#define LINE_SIZE 512

/* Where a complaint points to. */
struct place {
	const char *command;
	const char *path;
	unsigned int line;
};

static int complain(const struct place *place, const char *what, const char *word)
{
	char path[QUOTE_SIZE];
	char text[QUOTE_SIZE];

	fprintf(stderr, "midair %s: %s:%u: %s \"%s\"\n", place->command,
		quote(place->path, path), place->line, what, quote(word, text));
	return EXIT_USAGE;
}

/* False when there is no home, or the path is longer than any that can be opened. */
static bool find_path(char path[PATH_SIZE])
{
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int length = -1;

	/* The XDG base directory specification: relative paths are to be ignored. */
	if (base != NULL && base[0] == '/')
		length = snprintf(path, PATH_SIZE, "%s/midair/config", base);
	else if (home != NULL && home[0] != '\0')
		length = snprintf(path, PATH_SIZE, "%s/.config/midair/config", home);
	return length > 0 && length < PATH_SIZE;
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		text[--length] = '\0';
	return text;
}

static int take_line(struct config *config, const struct place *place, char *line)
{
	char *key = trim(line);
	char *equals = strchr(key, '=');
	char *value;

	if (key[0] == '\0' || key[0] == '#')
		return -1;
	if (equals == NULL)
		return complain(place, "not of the form key = value:", key);
	*equals = '\0';
	value = trim(equals + 1);
	key = trim(key);
	if (strcmp(key, "server") != 0)
		return complain(place, "there is no setting", key);
	if (value[0] == '\0' || strlen(value) >= CONFIG_VALUE_SIZE)
		return complain(place, "server takes HOST[:PORT], not", value);
	memcpy(config->server, value, strlen(value) + 1);
	return -1;
}

static int read_lines(struct config *config, struct place *place, FILE *file)
{
	char line[LINE_SIZE];
	int status = -1;

	while (status < 0 && fgets(line, sizeof(line), file) != NULL) {
		place->line++;
		if (strchr(line, '\n') == NULL && strlen(line) == sizeof(line) - 1)
			status = complain(place, "a line longer than 510 bytes:", line);
		else
			status = take_line(config, place, line);
	}
	if (status < 0 && ferror(file)) {
		fprintf(stderr, "midair %s: %s: %s\n", place->command, place->path,
			midair_strerror(-errno));
		status = EXIT_SYSTEM;
	}
	return status;
}

int config_read(struct config *config, const char *command)
{
	char path[PATH_SIZE];
	char name[QUOTE_SIZE];
	struct place place = {.command = command, .path = path};
	FILE *file;
	int status;

	*config = (struct config){0};
	if (!find_path(path))
		return -1;
	file = fopen(path, "re");
	if (file == NULL && (errno == ENOENT || errno == ENOTDIR))
		return -1;
	if (file == NULL) {
		fprintf(stderr, "midair %s: %s: %s\n", command, quote(path, name),
			midair_strerror(-errno));
		return EXIT_SYSTEM;
	}
	status = read_lines(config, &place, file);
	fclose(file);
	return status;
}
