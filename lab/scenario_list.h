/* SPDX-License-Identifier: MIT */
/* scenario_list: all the lines of a list such as scenarios.conf. */
#ifndef MIDAIR_LAB_SCENARIO_LIST_H
#define MIDAIR_LAB_SCENARIO_LIST_H

#include "core/scenario.h"
#include "lab/reason.h"

/* A file with more, or longer than this, is refused. */
#define SCENARIO_LIST_MAX	1024
#define SCENARIO_FILE_BYTES_MAX (1u << 20)

struct scenario_list {
	struct scenario *scenarios;
	size_t n_scenarios;
};

/* lab/scenarios.conf and lab/pairs.conf as they were when this was built. */
extern const char scenario_list_built_in[];
extern const char scenario_list_pairs[];

/* name is only for the reason: "NAME:12: ...". Returns 0, or -errno with nothing to free. */
int scenario_list_parse(struct scenario_list *list, const char *text, const char *name,
			struct lab_reason *reason);

/* path NULL: both built-in lists. Returns 0 or -errno. */
int scenario_list_read(struct scenario_list *list, const char *path, struct lab_reason *reason);

void scenario_list_deinit(struct scenario_list *list);

/* NULL when there is none of the name. */
const struct scenario *scenario_list_find(const struct scenario_list *list, const char *name);

#endif
