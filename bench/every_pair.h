/* SPDX-License-Identifier: MIT */
/* every_pair: each line of lab/pairs.conf, many times over, with the real program in the lab. */
#ifndef MIDAIR_BENCH_EVERY_PAIR_H
#define MIDAIR_BENCH_EVERY_PAIR_H

#include "bench/report.h"

/* Only inside namespace_run(), by process 1. only: the lines with this text in their name; NULL: all.
 * Returns how many lines missed their goal, or -errno with the reason. */
int every_pair(FILE *to, enum report_form form, const char *only, struct lab_reason *reason);

#endif
