/* SPDX-License-Identifier: MIT */
/* check_rounds: `midair check` behind boxes, many at a time, each report compared with the truth. */
#ifndef MIDAIR_TESTS_CHECK_ROUNDS_H
#define MIDAIR_TESTS_CHECK_ROUNDS_H

#include "check_boxes.h"

#define CHECK_RTT_MS 50

/* From the first SYN on; the second where some dial of the server's is dropped. */
#define CHECK_FAST_MS	2000
#define CHECK_SILENT_MS 4000

enum check_class { CHECK_ANSWERED, CHECK_DROPPED };
#define CHECK_N_CLASSES (CHECK_DROPPED + 1)

struct check_tally {
	size_t n_fields;
	size_t n_wrong; /* fields */
	size_t n_hidden;
	size_t n_checks_wrong; /* in some field */
	size_t n_slow;	       /* while the machine kept pace */
	size_t n[CHECK_N_CLASSES];
	uint32_t *elapsed_ms[CHECK_N_CLASSES]; /* of each check */
};

/* Each box so many times, in one network of its own. What is wrong is printed. A failure of the lab
 * itself ends the process. */
void check_rounds(struct check_tally *tally, const struct check_box *boxes, size_t n_boxes,
		  uint32_t n_rounds);

uint32_t check_median_ms(struct check_tally *tally, enum check_class class);
uint32_t check_largest_ms(struct check_tally *tally, enum check_class class);

void check_tally_free(struct check_tally *tally);

#endif
