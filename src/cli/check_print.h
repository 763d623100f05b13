/* SPDX-License-Identifier: MIT */
/* check_print: a report of midair check as text, and as JSON. */
#ifndef MIDAIR_CLI_CHECK_PRINT_H
#define MIDAIR_CLI_CHECK_PRINT_H

#include <stdio.h>

#include "midair/midair.h"

/* server: as it was named, "": none. */
void check_print(FILE *to, const struct midair_check_report *report, const char *server);
void check_print_json(FILE *to, const struct midair_check_report *report);

#endif
