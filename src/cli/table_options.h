/* SPDX-License-Identifier: MIT */
/* table_options: the command line of midair table. */
#ifndef MIDAIR_CLI_TABLE_OPTIONS_H
#define MIDAIR_CLI_TABLE_OPTIONS_H

#include "midair/midair.h"

enum table_view {
	VIEW_CONNECTIONS, /* what has a peer, or had one */
	VIEW_LISTENERS,
	VIEW_ALL,   /* the sockets that are only bound too: they make ports "in use" */
	VIEW_BOUND, /* only those */
	VIEW_STATES,
};

struct table_options {
	enum table_view view;
	struct midair_selection selection;
	unsigned int columns; /* ROW_TIMER | ROW_FACTS */
	bool json;
	bool shared; /* groups instead of rows */
	bool kill;
	bool yes;
	bool verbose;
	bool no_bpf;
	bool has_selection;
	uint32_t watch_ms; /* 0: once */
};

/* Returns -1 to go on, or the exit status. */
int table_options_read(struct table_options *options, int argc, char **argv);

/* The flags of midair_table_select(). */
uint32_t table_options_flags(const struct table_options *options);

#endif
