/* SPDX-License-Identifier: MIT */
/* dial_report: what midair dial says: a row or a JSON line for each connection, the progress on a
 * terminal, and the summary. */
#ifndef MIDAIR_CLI_DIAL_REPORT_H
#define MIDAIR_CLI_DIAL_REPORT_H

#include <stdio.h>

#include "cli/dial_run.h"

/* Kinds of failure that are counted apart; more are counted as the last one. */
#define DIAL_CAUSES_MAX 16

struct dial_cause {
	int result;
	uint64_t n;
};

struct dial_report {
	const struct dial_options *options;
	FILE *rows;
	bool is_silent; /* the payload speaks: nothing but errors */
	bool has_header;
	bool has_progress; /* a progress line stands on the terminal */
	uint64_t n_wanted;
	uint64_t n_connected;
	uint64_t n_failed;
	uint64_t n_not_tried;
	uint64_t n_peers_closed;
	int stop_result; /* why no more were started; 0: all were */
	struct dial_cause causes[DIAL_CAUSES_MAX];
	uint32_t n_causes;
	int64_t *times_ns; /* of the connected; fewer when memory is short */
	uint64_t n_times;
	uint64_t times_room;
	int64_t start_ns;
	int64_t last_ns; /* of the last news */
};

void dial_report_init(struct dial_report *report, const struct dial_options *options,
		      uint64_t n_wanted);
void dial_report_free(struct dial_report *report);

void dial_report_take(struct dial_report *report, const struct dial_record *record);

/* Progress on a terminal; rows that wait in a buffer are written. */
void dial_report_tick(struct dial_report *report);

void dial_report_summary(struct dial_report *report);

/* The exit status when it is not interrupted. */
int dial_report_status(const struct dial_report *report);

#endif
