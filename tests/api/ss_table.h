/* SPDX-License-Identifier: MIT */
/* ss_table: the socket table as ss (iproute2) shows it, in sorted lines that can be compared. */
#ifndef MIDAIR_TESTS_SS_TABLE_H
#define MIDAIR_TESTS_SS_TABLE_H

#include <stddef.h>

#define LINES_SIZE 4096
#define LINE_SIZE  160

struct lines {
	char text[LINES_SIZE][LINE_SIZE];
	size_t n_lines;
};

/* Room for one more line. */
char *next_line(struct lines *lines);

void sort_lines(struct lines *lines);

/*
 * "ESTABLISHED 0 0 127.0.0.1:1314 127.0.0.1:80": state, both queues, both endpoints, with
 * midair's names of states and v4-mapped addresses as IPv4. Skips where there is no ss.
 */
void read_ss(struct lines *lines);

#endif
