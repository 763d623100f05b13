/* SPDX-License-Identifier: MIT */
/* report: scenarios and what came of them, as lines for people. Pure. */
#ifndef MIDAIR_LAB_REPORT_H
#define MIDAIR_LAB_REPORT_H

#include "lab/batch.h"

#define REPORT_LINE_SIZE 1024

/* "+1.234 ms" past the later side's start and what it must take (scenario_soonest_ns()); what a
 * table cell shows. */
#define REPORT_TIME_SIZE 32
const char *report_excess(int64_t time_ns, const struct scenario *scenario,
			  char buffer[REPORT_TIME_SIZE]);

/* The table's head and one row of it, without an end of line. Both return buffer. */
const char *report_head(char buffer[REPORT_LINE_SIZE]);
const char *report_row(const struct batch_item *item, char buffer[REPORT_LINE_SIZE]);

/* The scenario bounds the time to a failure, which was seen and measured. */
bool report_is_failure_timed(const struct batch_item *item);

/* "NAME: a NAT (kernel) - 80ms - public b, b 300ms later; expected: connect within 83ms" */
const char *report_scenario(const struct scenario *scenario, char buffer[REPORT_LINE_SIZE]);

/* What was seen, in one line. */
const char *report_judgement(const struct batch_item *item, char buffer[REPORT_LINE_SIZE]);

#endif
