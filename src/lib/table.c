/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * One walk over the kernel's sockets fills an array; a scan of /proc, when wanted, puts names to
 * the inodes. Neither is atomic. A socket that changed its state during the walk may have come
 * twice: rows with one cookie are one socket, and the later row counts. A socket or a process
 * that ended in between has no name, which is only called partial when somebody else owns it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "midair/midair.h"
#include "os/diag.h"
#include "os/owner.h"

/* Rows that one table holds (about 500 MB); more are MIDAIR_E_LIMIT. */
#define TABLE_ROWS_MAX 4194304u
/* The kernel may call a walk torn when sockets come and go; then it is done again. */
#define TABLE_WALKS_MAX 3

struct midair_table {
	struct midair_row *rows;
	size_t n_rows;
	size_t rows_room;
	size_t next;
	bool is_partial;
};

static const char *const state_names[] = {
	[MIDAIR_TCP_ESTABLISHED] = "ESTABLISHED",
	[MIDAIR_TCP_SYN_SENT] = "SYN_SENT",
	[MIDAIR_TCP_SYN_RECV] = "SYN_RECV",
	[MIDAIR_TCP_FIN_WAIT1] = "FIN_WAIT1",
	[MIDAIR_TCP_FIN_WAIT2] = "FIN_WAIT2",
	[MIDAIR_TCP_TIME_WAIT] = "TIME_WAIT",
	[MIDAIR_TCP_CLOSE] = "CLOSE",
	[MIDAIR_TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[MIDAIR_TCP_LAST_ACK] = "LAST_ACK",
	[MIDAIR_TCP_LISTEN] = "LISTEN",
	[MIDAIR_TCP_CLOSING] = "CLOSING",
	[MIDAIR_TCP_NEW_SYN_RECV] = "SYN_RECV",
	[MIDAIR_TCP_BOUND_INACTIVE] = "BOUND",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == MIDAIR_TCP_BOUND_INACTIVE + 1,
	      "every state has a name");

const char *midair_tcp_state_name(enum midair_tcp_state state)
{
	if (state < MIDAIR_TCP_ESTABLISHED || state > MIDAIR_TCP_BOUND_INACTIVE)
		return "UNKNOWN";
	return state_names[state];
}

static uint32_t states_of(uint32_t flags)
{
	uint32_t states = DIAG_STATE(MIDAIR_TCP_ESTABLISHED);

	if ((flags & MIDAIR_TABLE_ALL_STATES) != 0)
		states |= DIAG_STATES_ALL & ~DIAG_STATE(MIDAIR_TCP_LISTEN);
	if ((flags & MIDAIR_TABLE_LISTENING) != 0)
		states |= DIAG_STATE(MIDAIR_TCP_LISTEN);
	return states;
}

static int add_row(void *context, const struct midair_row *row)
{
	struct midair_table *table = context;

	if (table->n_rows == TABLE_ROWS_MAX)
		return MIDAIR_E_LIMIT;
	if (table->n_rows == table->rows_room) {
		size_t room = table->rows_room == 0 ? 256 : table->rows_room * 3 / 2;
		struct midair_row *rows = reallocarray(table->rows, room, sizeof(*rows));

		if (rows == NULL)
			return -ENOMEM;
		table->rows = rows;
		table->rows_room = room;
	}
	table->rows[table->n_rows++] = *row;
	return 0;
}

static int read_rows(struct midair_table *table, uint32_t states)
{
	int result = -EINTR;

	for (int walk = 0; walk < TABLE_WALKS_MAX && result == -EINTR; walk++) {
		table->n_rows = 0;
		result = diag_walk(states, add_row, table);
	}
	if (result == -ENOENT || result == -EPROTONOSUPPORT)
		return MIDAIR_E_UNSUPPORTED;
	return result;
}

static int compare_cookies(const void *left, const void *right)
{
	const struct midair_row *a = left;
	const struct midair_row *b = right;

	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

static int compare_endpoints(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	int difference = (int)a->family - (int)b->family;

	if (difference == 0)
		difference = memcmp(a->address, b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->scope_id > b->scope_id) - (a->scope_id < b->scope_id);
	if (difference == 0)
		difference = (int)a->port - (int)b->port;
	return difference;
}

static int compare_rows(const void *left, const void *right)
{
	const struct midair_row *a = left;
	const struct midair_row *b = right;
	int difference = compare_endpoints(&a->local, &b->local);

	return difference != 0 ? difference : compare_endpoints(&a->remote, &b->remote);
}

/* Cookie 0 is no cookie: /proc/net/tcp has none. */
static void drop_repeated(struct midair_table *table)
{
	size_t n_kept = 0;

	qsort(table->rows, table->n_rows, sizeof(table->rows[0]), compare_cookies);
	for (size_t i = 0; i < table->n_rows; i++) {
		bool is_repeated = i + 1 < table->n_rows && table->rows[i].cookie != 0 &&
				   table->rows[i].cookie == table->rows[i + 1].cookie;

		if (!is_repeated)
			table->rows[n_kept++] = table->rows[i];
	}
	table->n_rows = n_kept;
}

static void name_rows(struct midair_table *table, const struct owner_list *owners)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		struct midair_row *row = &table->rows[i];
		const struct owner_process *process = owner_find(owners, row->inode);

		if (process != NULL) {
			row->pid = process->pid;
			memcpy(row->process, process->name, sizeof(row->process));
		} else if (row->inode != 0) {
			/* Our own socket without a name was closed meanwhile. */
			table->is_partial |= owners->n_hidden > 0 || row->uid != geteuid();
		}
	}
}

/* Rows without names are worth more than no rows: /proc may be missing. */
static void find_owners(struct midair_table *table)
{
	struct owner_list owners;

	if (owner_scan(&owners) == 0)
		name_rows(table, &owners);
	else
		table->is_partial = true;
	owner_free(&owners);
}

int midair_table_open(struct midair_table **table, uint32_t flags)
{
	struct midair_table *opened = calloc(1, sizeof(*opened));

	if (opened == NULL)
		return -ENOMEM;
	int result = read_rows(opened, states_of(flags));
	if (result != 0) {
		midair_table_free(opened);
		return result;
	}
	if (opened->n_rows > 0) {
		if ((flags & MIDAIR_TABLE_PROCESSES) != 0)
			find_owners(opened);
		drop_repeated(opened);
		qsort(opened->rows, opened->n_rows, sizeof(opened->rows[0]), compare_rows);
	}
	*table = opened;
	return 0;
}

int midair_table_next(struct midair_table *table, struct midair_row *row)
{
	if (table->next == table->n_rows)
		return MIDAIR_E_END;
	*row = table->rows[table->next++];
	return 0;
}

bool midair_table_is_partial(const struct midair_table *table)
{
	return table->is_partial;
}

struct midair_table *midair_table_free(struct midair_table *table)
{
	if (table != NULL)
		free(table->rows);
	free(table);
	return NULL;
}

int midair_table_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		      struct midair_row *row)
{
	if (local->family == MIDAIR_FAMILY_NONE ||
	    (remote->port != 0 && remote->family != local->family))
		return -ENOENT;
	int result = diag_find(local, remote, row);

	return result == -EPROTONOSUPPORT ? MIDAIR_E_UNSUPPORTED : result;
}
