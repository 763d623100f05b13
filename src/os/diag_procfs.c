/* SPDX-License-Identifier: MIT */
/* The socket table of a build without libmnl: /proc/net/tcp and /proc/net/tcp6. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/cleanup.h"
#include "os/diag.h"

static bool is_chosen(const struct diag_choice *choice, const struct midair_row *row)
{
	if ((DIAG_STATE(row->state) & choice->states) == 0)
		return false;
	if (choice->local_port != 0 && choice->local_port != row->local.port)
		return false;
	return choice->remote_port == 0 || choice->remote_port == row->remote.port;
}

/* Reads the file's lines. A line has 150 or 180 characters; a longer one is skipped. */
static int walk_file(const char *path, const struct diag_choice *choice,
		     diag_row_handler handler, void *context)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[512];

	if (file == NULL)
		return -errno;
	while (fgets(line, sizeof(line), file) != NULL) {
		struct midair_row row;

		if (diag_parse_line(line, strlen(line), &row) != 0 || !is_chosen(choice, &row))
			continue;
		int result = handler(context, &row);
		if (result != 0)
			return result;
	}
	return ferror(file) ? -EIO : 0;
}

int diag_walk_choice(const struct diag_choice *choice, diag_row_handler handler, void *context)
{
	int result = walk_file("/proc/net/tcp", choice, handler, context);

	if (result != 0)
		return result;
	result = walk_file("/proc/net/tcp6", choice, handler, context);
	return result == -ENOENT ? 0 : result; /* a kernel without IPv6 */
}

int diag_walk(uint32_t states, diag_row_handler handler, void *context)
{
	const struct diag_choice choice = {.states = states};

	return diag_walk_choice(&choice, handler, context);
}

struct search {
	const struct midair_endpoint *local;
	const struct midair_endpoint *remote;
	struct midair_row *row;
};

/* Ends the walk with 1 when found. */
static int take_found_row(void *context, const struct midair_row *row)
{
	struct search *search = context;

	if (!diag_is_pair(row, search->local, search->remote))
		return 0;
	*search->row = *row;
	return 1;
}

int diag_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
	      struct midair_row *row)
{
	struct search search = {.local = local, .remote = remote, .row = row};
	int result = diag_walk(DIAG_STATES_ALL, take_found_row, &search);

	if (result < 0)
		return result;
	return result == 1 ? 0 : -ENOENT;
}

int diag_destroy(const struct midair_row *row)
{
	(void)row;
	return -EOPNOTSUPP;
}

bool diag_has_cookies(void)
{
	return false;
}

const char *diag_feature(void)
{
	return "";
}
