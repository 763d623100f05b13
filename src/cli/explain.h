/* SPDX-License-Identifier: MIT */
/* explain: why a bind or a connect failed, in words, for every command alike. */
#ifndef MIDAIR_CLI_EXPLAIN_H
#define MIDAIR_CLI_EXPLAIN_H

#include <stdio.h>

#include "cli/json.h"
#include "midair/midair.h"

/* The exit status of a cause's class: 0, or 10 and up. */
int explain_status(enum midair_cause cause);

/* "SO_REUSEADDR", "SO_REUSEPORT", both, or "none", for MIDAIR_WHY_* flags. */
const char *explain_options(uint32_t flags);

/* Lines that begin with cause:, owner:, lasts:, tried:, remedy:, as far as there is something to
 * say. */
void explain_print(FILE *to, const struct midair_why *why);

/* The same in an object that is begun: cause, text, remedy, remaining_ms, pool_in_use,
 * pool_size, is_past_cliff, tried, helps, owner. */
void explain_add_json(struct json *json, const struct midair_why *why);

/*
 * After a failed call: the same look, and one line of what was found below the error, or a JSON
 * object with "event":"why". Silent when nothing stands in the way any more. remote NULL: bind().
 * local: as for midair_why_connect(); flags: MIDAIR_WHY_REUSEPORT and so on, what the call had.
 */
void explain_failure(FILE *to, bool is_json, const struct midair_endpoint *local,
		     const struct midair_endpoint *remote, uint32_t flags);

#endif
