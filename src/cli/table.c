/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/quote.h"
#include "cli/row.h"
#include "cli/stop.h"
#include "cli/table_kill.h"
#include "cli/table_options.h"
#include "midair/midair.h"

/* Larger than the C library's: a large table is written in few calls. */
#define OUTPUT_BUFFER_SIZE (1u << 18)

static const char *title(enum table_view view)
{
	switch (view) {
	case VIEW_CONNECTIONS:
		return "Active Internet connections (w/o servers)";
	case VIEW_LISTENERS:
		return "Active Internet connections (only servers)";
	case VIEW_BOUND:
		return "Sockets that are bound, and neither listen nor connect";
	case VIEW_STATES:
		return "Active Internet connections (selected states)";
	case VIEW_ALL:
		break;
	}
	return "Active Internet connections (servers and established)";
}

/* ---- rows --------------------------------------------------------------------------------- */

static void print_rows(const struct table_options *options, struct midair_table *table)
{
	struct midair_row row;
	struct json json;

	if (!options->json) {
		puts(title(options->view));
		row_print_wide_header(stdout, options->columns);
	}
	while (midair_table_next(table, &row) == 0) {
		if (!options->json) {
			row_print_wide(stdout, &row, options->columns);
			continue;
		}
		json_begin(&json, stdout);
		row_add_wide_json(&json, &row, options->columns);
		json_end(&json);
	}
}

/* ---- groups ------------------------------------------------------------------------------- */

static void print_group_owner(const struct midair_group *group)
{
	if (group->n_processes == 0)
		puts("-");
	else
		printf("%" PRId32 "/%s%s\n", group->pid, group->process,
		       group->n_processes > 1 ? " and others" : "");
}

static void print_group_json(const struct midair_group *group)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "local", midair_endpoint_format(&group->local, text));
	json_integer(&json, "sockets", group->n_rows);
	json_integer(&json, "established", group->n_established);
	json_integer(&json, "time_wait", group->n_time_wait);
	if (group->n_processes == 0) {
		json_null(&json, "pid");
		json_null(&json, "process");
	} else {
		json_integer(&json, "pid", group->pid);
		json_string(&json, "process", group->process);
	}
	json_boolean(&json, "several_processes", group->n_processes > 1);
	json_end(&json);
}

static void print_groups(const struct table_options *options, struct midair_table *table)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct midair_group group;

	if (!options->json)
		printf("%-23s   %8s %11s %9s %s\n", "Local Address", "Sockets", "Established",
		       "TIME_WAIT", "PID/Program name");
	while (midair_table_next_group(table, &group) == 0) {
		if (options->json) {
			print_group_json(&group);
			continue;
		}
		printf("%-23s x %8" PRIu32 " %11" PRIu32 " %9" PRIu32 " ",
		       midair_endpoint_format(&group.local, text), group.n_rows,
		       group.n_established, group.n_time_wait);
		print_group_owner(&group);
	}
}

/* ---- one look, many looks ----------------------------------------------------------------- */

static void say_how(int bpf_result)
{
	if (bpf_result == 0)
		fputs("read by BPF iterators\n", stderr);
	else if (bpf_result == MIDAIR_E_STATE)
		fputs("read without BPF: not asked for, or not worth it for a table so small\n",
		      stderr);
	else
		fprintf(stderr, "read without BPF: %s\n", midair_strerror(bpf_result));
}

static int show(const struct table_options *options)
{
	struct midair_table *table;
	int result =
		midair_table_select(&table, table_options_flags(options), &options->selection);

	if (result != 0) {
		fprintf(stderr, "midair table: cannot read the kernel's sockets: %s\n",
			midair_strerror(result));
		return EXIT_SYSTEM;
	}
	if (options->verbose)
		say_how(midair_table_bpf_result(table));
	if (options->shared)
		print_groups(options, table);
	else
		print_rows(options, table);
	if (midair_table_is_partial(table))
		fputs("(Some sockets belong to processes that this user may not look into and "
		      "show \"-\"; root sees them all.)\n",
		      stderr);
	midair_table_free(table);
	return fflush(stdout) != 0 ? EXIT_SYSTEM : EXIT_DONE;
}

/* Waits for the next look. Returns false when a signal ends the watching. */
static bool wait_for_next(int stop_fd, uint32_t watch_ms)
{
	struct pollfd stop = {.fd = stop_fd, .events = POLLIN};

	return poll(&stop, 1, (int)watch_ms) == 0 && stop_signal() == 0;
}

static int watch(const struct table_options *options)
{
	bool is_screen = !options->json && isatty(STDOUT_FILENO) == 1;
	int stop_fd = stop_catch();
	int status;

	if (stop_fd < 0) {
		fprintf(stderr, "midair table: %s\n", midair_strerror(stop_fd));
		return EXIT_SYSTEM;
	}
	do {
		if (is_screen)
			fputs("\033[H\033[2J", stdout);
		status = show(options);
		if (!is_screen && !options->json)
			putchar('\n');
	} while (status == EXIT_DONE && wait_for_next(stop_fd, options->watch_ms));
	return stop_signal() != 0 ? EXIT_SIGNAL + stop_signal() : status;
}

int table_main(int argc, char **argv)
{
	static char buffer[OUTPUT_BUFFER_SIZE];
	struct table_options options;
	int status = table_options_read(&options, argc, argv);

	if (status >= 0)
		return status;
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (options.kill)
		return table_kill(&options);
	return options.watch_ms != 0 ? watch(&options) : show(&options);
}
