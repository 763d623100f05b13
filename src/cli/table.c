/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <getopt.h>
#include <stdio.h>

#include "cli/exit.h"
#include "cli/quote.h"
#include "cli/row.h"
#include "midair/midair.h"

enum selection {
	SELECT_CONNECTIONS, /* what has a peer, or had one */
	SELECT_LISTENERS,
	SELECT_ALL, /* the sockets that are only bound too: they make ports "in use" */
};

struct options {
	enum selection selection;
	bool json;
};

static const char usage[] = "usage: midair table [-a | -l] [--json]\n"
			    "  -a, --all        listening and merely bound sockets as well\n"
			    "  -l, --listening  only listening sockets\n"
			    "      --json       one JSON object for each socket\n";

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"listening", no_argument, NULL, 'l'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	char text[QUOTE_SIZE];

	fprintf(stderr, "midair table: %s \"%s\" (midair table --help)\n", what,
		quote(word, text));
	return EXIT_USAGE;
}

/* Returns -1 to go on, or the exit status. */
static int read_options(struct options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "alh", long_options, NULL)) != -1) {
		const char short_option[] = {'-', (char)optopt, '\0'};

		switch (option) {
		case 'a':
			options->selection = SELECT_ALL;
			break;
		case 'l':
			options->selection = SELECT_LISTENERS;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return usage_error("unknown option",
					   optopt == 0 ? argv[optind - 1] : short_option);
		}
	}
	if (optind == argc)
		return -1;
	return usage_error("unexpected argument", argv[optind]);
}

static uint32_t table_flags(enum selection selection)
{
	switch (selection) {
	case SELECT_CONNECTIONS:
		return MIDAIR_TABLE_PROCESSES | MIDAIR_TABLE_ALL_STATES;
	case SELECT_LISTENERS:
		return MIDAIR_TABLE_PROCESSES | MIDAIR_TABLE_LISTENING;
	case SELECT_ALL:
		break;
	}
	return MIDAIR_TABLE_PROCESSES | MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING;
}

static bool is_selected(enum selection selection, enum midair_tcp_state state)
{
	switch (selection) {
	case SELECT_CONNECTIONS:
		return state != MIDAIR_TCP_LISTEN && state != MIDAIR_TCP_BOUND_INACTIVE;
	case SELECT_LISTENERS:
		return state == MIDAIR_TCP_LISTEN;
	case SELECT_ALL:
		break;
	}
	return true;
}

static const char *title(enum selection selection)
{
	switch (selection) {
	case SELECT_CONNECTIONS:
		return "Active Internet connections (w/o servers)";
	case SELECT_LISTENERS:
		return "Active Internet connections (only servers)";
	case SELECT_ALL:
		break;
	}
	return "Active Internet connections (servers and established)";
}

static void print_table(const struct options *options, struct midair_table *table)
{
	struct midair_row row;
	struct json json;

	if (!options->json) {
		puts(title(options->selection));
		row_print_header(stdout);
	}
	while (midair_table_next(table, &row) == 0) {
		if (!is_selected(options->selection, row.state))
			continue;
		if (options->json) {
			json_begin(&json, stdout);
			row_add_json(&json, &row);
			json_end(&json);
		} else {
			row_print(stdout, &row);
		}
	}
}

int table_main(int argc, char **argv)
{
	struct options options = {.selection = SELECT_CONNECTIONS};
	struct midair_table *table;
	int status = read_options(&options, argc, argv);

	if (status >= 0)
		return status;
	int result = midair_table_open(&table, table_flags(options.selection));
	if (result != 0) {
		fprintf(stderr, "midair table: cannot read the kernel's sockets: %s\n",
			midair_strerror(result));
		return EXIT_SYSTEM;
	}
	print_table(&options, table);
	bool is_partial = midair_table_is_partial(table);
	midair_table_free(table);
	if (is_partial)
		fputs("(Some sockets belong to processes that this user may not look into and "
		      "show \"-\"; root sees them all.)\n",
		      stderr);
	return EXIT_DONE;
}
