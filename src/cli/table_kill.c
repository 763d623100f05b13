/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * What is listed is what is killed: the rows are kept, and each goes to the kernel with its
 * cookie, so that a connection that came to the same two ends while the user was thinking is
 * left alone.
 */
#include "cli/table_kill.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/row.h"

/* An unattended terminal is no consent. */
#define ANSWER_TIMEOUT_MS 120000

struct victims {
	struct midair_row *rows;
	size_t n_rows;
};

struct tally {
	size_t n_killed;
	size_t n_gone;
	size_t n_failed;
	int result; /* of the first failure */
};

static int complain(const char *what, int result)
{
	fprintf(stderr, "midair table: %s: %s\n", what, midair_strerror(result));
	return EXIT_SYSTEM;
}

/* Returns 0 or as midair_table_select(). */
static int read_victims(const struct table_options *options, struct victims *victims)
{
	struct midair_table *table;
	int result =
		midair_table_select(&table, table_options_flags(options), &options->selection);

	if (result != 0)
		return result;
	victims->rows = calloc(midair_table_count(table) + 1, sizeof(*victims->rows));
	while (victims->rows != NULL &&
	       midair_table_next(table, &victims->rows[victims->n_rows]) == 0)
		victims->n_rows++;
	midair_table_free(table);
	return victims->rows == NULL ? -ENOMEM : 0;
}

static void list(const struct victims *victims)
{
	row_print_header(stdout);
	for (size_t i = 0; i < victims->n_rows; i++)
		row_print(stdout, &victims->rows[i]);
	fflush(stdout);
}

static bool is_consent(const char *answer)
{
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}

static bool ask(size_t n_rows)
{
	struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
	char answer[16];

	fputs(n_rows == 1 ? "End this socket? Its program loses it at once. [y/N] "
			  : "End these sockets? Their programs lose them at once. [y/N] ",
	      stderr);
	if (poll(&terminal, 1, ANSWER_TIMEOUT_MS) != 1 ||
	    fgets(answer, sizeof(answer), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	return is_consent(answer);
}

/* Returns -1 to go on, or the exit status. */
static int get_consent(const struct table_options *options, size_t n_rows)
{
	if (options->yes)
		return -1;
	if (isatty(STDIN_FILENO) != 1) {
		fputs("midair table: nothing was ended: without a terminal to ask on, --kill "
		      "needs --yes\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (ask(n_rows))
		return -1;
	fputs("nothing was ended\n", stderr);
	return EXIT_DONE;
}

static void kill_one(struct tally *tally, const struct midair_row *row)
{
	int result = midair_table_kill(row);

	if (result == 0) {
		tally->n_killed++;
	} else if (result == -ENOENT) {
		tally->n_gone++;
	} else if (tally->n_failed++ == 0) {
		tally->result = result;
	}
}

static int report(const struct tally *tally)
{
	fprintf(stderr, "%zu ended", tally->n_killed);
	if (tally->n_gone > 0)
		fprintf(stderr, ", %zu were gone already", tally->n_gone);
	if (tally->n_failed > 0)
		fprintf(stderr, ", %zu could not be: %s%s", tally->n_failed,
			midair_strerror(tally->result),
			tally->result == -EPERM ? " (CAP_NET_ADMIN is needed)" : "");
	fputc('\n', stderr);
	return tally->n_failed > 0 ? EXIT_SYSTEM : EXIT_DONE;
}

int table_kill(const struct table_options *options)
{
	struct victims victims = {.n_rows = 0};
	struct tally tally = {.n_killed = 0};
	int status = -1;
	int result = read_victims(options, &victims);

	if (result != 0)
		return complain("cannot read the kernel's sockets", result);
	if (victims.n_rows == 0) {
		fputs("no socket is selected\n", stderr);
		status = EXIT_NO_CONNECTION;
	} else {
		list(&victims);
		status = get_consent(options, victims.n_rows);
	}
	if (status < 0) {
		for (size_t i = 0; i < victims.n_rows; i++)
			kill_one(&tally, &victims.rows[i]);
		status = report(&tally);
	}
	free(victims.rows);
	return status;
}
