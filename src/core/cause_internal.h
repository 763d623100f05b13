/* SPDX-License-Identifier: MIT */
/* What the files of cause share. */
#ifndef MIDAIR_CORE_CAUSE_INTERNAL_H
#define MIDAIR_CORE_CAUSE_INTERNAL_H

#include <stdio.h>

#include "core/cause.h"

/* Texts of why: cut off at the end should they ever be too long. */
#define say(buffer, ...) ((void)snprintf((buffer), MIDAIR_WHY_TEXT_SIZE, __VA_ARGS__))

/* The cause with its general words. */
void cause_set(struct midair_why *why, enum midair_cause cause);

/* "SO_REUSEADDR", ..., "no reuse option". */
const char *cause_option_names(uint32_t options);

/* The cause that facts->holder is. */
void cause_find_in_holder(const struct cause_facts *facts, struct midair_why *why);

/* Puts the try's result beside what was found. */
void cause_compare(const struct cause_facts *facts, struct midair_why *why);

#endif
