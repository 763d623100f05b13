/* SPDX-License-Identifier: MIT */
#include "lab/scenario_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/cleanup.h"

static int add(struct scenario_list *list, const struct scenario *scenario)
{
	struct scenario *grown;

	if (list->n_scenarios == SCENARIO_LIST_MAX)
		return -E2BIG;
	if (scenario_list_find(list, scenario->name))
		return -EEXIST;
	grown = realloc(list->scenarios, (list->n_scenarios + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[list->n_scenarios++] = *scenario;
	list->scenarios = grown;
	return 0;
}

static int parse_line(struct scenario_list *list, const char *line, const char *name,
		      unsigned int number, struct lab_reason *reason)
{
	struct scenario scenario;
	size_t column = 0;
	int result = scenario_parse(&scenario, line, &column);

	if (result == MIDAIR_E_NO_EVENT)
		return 0;
	if (result != 0)
		return lab_fail(reason, 0, "%s:%u:%zu: %s: \"%s\"", name, number, column + 1,
				midair_strerror(result), line + column);
	result = add(list, &scenario);
	if (result == -EEXIST)
		return lab_fail(reason, 0, "%s:%u: a second \"%s\"", name, number,
				scenario.name);
	return result == 0 ? 0 : lab_fail(reason, -result, "%s:%u", name, number);
}

static int append(struct scenario_list *list, const char *text, const char *name,
		  struct lab_reason *reason)
{
	char line[SCENARIO_LINE_SIZE];
	unsigned int number = 0;
	int error = 0;

	while (!error && scenario_next_line(&text, line, sizeof(line)))
		error = parse_line(list, line, name, ++number, reason);
	return error;
}

int scenario_list_parse(struct scenario_list *list, const char *text, const char *name,
			struct lab_reason *reason)
{
	struct scenario_list made = {0};
	int error = append(&made, text, name, reason);

	if (error) {
		scenario_list_deinit(&made);
		return error;
	}
	*list = made;
	return 0;
}

static int read_file(FILE *file, char *text)
{
	size_t n_bytes = fread(text, 1, SCENARIO_FILE_BYTES_MAX, file);

	if (ferror(file))
		return -EIO;
	if (!feof(file))
		return -EFBIG;
	text[n_bytes] = '\0';
	return 0;
}

static int read_built_in(struct scenario_list *list, struct lab_reason *reason)
{
	struct scenario_list made = {0};
	int error = append(&made, scenario_list_built_in, "scenarios.conf", reason);

	if (!error)
		error = append(&made, scenario_list_pairs, "pairs.conf", reason);
	if (error)
		scenario_list_deinit(&made);
	else
		*list = made;
	return error;
}

int scenario_list_read(struct scenario_list *list, const char *path, struct lab_reason *reason)
{
	_cleanup_free_ char *text = NULL;
	FILE *file;
	int error;

	if (!path)
		return read_built_in(list, reason);
	file = fopen(path, "re");
	if (!file)
		return lab_fail(reason, errno, "cannot open %s", path);
	text = malloc(SCENARIO_FILE_BYTES_MAX + 1);
	error = text ? read_file(file, text) : -ENOMEM;
	fclose(file);
	if (error)
		return lab_fail(reason, -error, "cannot read %s", path);
	return scenario_list_parse(list, text, path, reason);
}

void scenario_list_deinit(struct scenario_list *list)
{
	free(list->scenarios);
	*list = (struct scenario_list){0};
}

const struct scenario *scenario_list_find(const struct scenario_list *list, const char *name)
{
	for (size_t i = 0; i < list->n_scenarios; i++) {
		if (strcmp(list->scenarios[i].name, name) == 0)
			return &list->scenarios[i];
	}
	return NULL;
}
