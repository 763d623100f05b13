/* SPDX-License-Identifier: MIT */
/* self_scan: midair self --scan and --odds. Both return the exit status. */
#ifndef MIDAIR_CLI_SELF_SCAN_H
#define MIDAIR_CLI_SELF_SCAN_H

#include <stdbool.h>

/* Lists the connections of this machine that are connected to themselves. */
int self_scan(bool json);

/* Tells whether, and how soon, a client of this dead local port meets itself. */
int self_odds_of(const char *port, bool json);

#endif
