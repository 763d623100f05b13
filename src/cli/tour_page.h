/* SPDX-License-Identifier: MIT */
/* tour_page: how the tour is set. */
#ifndef MIDAIR_CLI_TOUR_PAGE_H
#define MIDAIR_CLI_TOUR_PAGE_H

#include "midair/midair.h"

void page_title(const char *text);
/* An act within a scene. */
void page_act(const char *text);
/* "  <step>   <outcome>": what was done, what came of it. */
void page_step(const char *outcome, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prose, broken into lines. */
void page_text(const char *text);
/* The evidence: rows as netstat -npt has them. */
void page_rows(const struct midair_row *rows, size_t n_rows);
/* Rows of this network namespace with that local port, from sock_diag. */
size_t page_find_rows(uint16_t local_port, struct midair_row *rows, size_t room);

#endif
