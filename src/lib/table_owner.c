/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The rows' inodes are put into an index; then each descriptor of each process is looked up in
 * it, so that nothing is kept of the descriptors that belong to no row. Processes come by
 * ascending pid: the first that holds a socket is the one with the lowest. When every inode has
 * been seen, the visit ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/row_index.h"
#include "core/select.h"
#include "lib/table_internal.h"
#include "os/cleanup.h"

struct join {
	struct midair_table *table;
	struct row_index index;
	struct row_index_slot *slots;
	uint32_t *processes; /* of each row, plus 1 */
	size_t n_unnamed;
};

static void join_free(struct join *join)
{
	free(join->slots);
	free(join->processes);
}

static int join_init(struct join *join, struct midair_table *table)
{
	size_t n_slots = row_index_room(table->n_rows);

	*join = (struct join){
		.table = table,
		.slots = calloc(n_slots, sizeof(*join->slots)),
		.processes = calloc(table->n_rows + 1, sizeof(*join->processes)),
	};
	if (join->slots == NULL || join->processes == NULL)
		return -ENOMEM;
	row_index_init(&join->index, join->slots, n_slots);
	for (uint32_t row = 0; row < table->n_rows; row++) {
		if (table->rows[row].inode == 0)
			continue;
		row_index_add(&join->index, table->rows[row].inode, row);
		join->n_unnamed++;
	}
	return 0;
}

/* The number of the process that is being visited, plus 1; 0 without memory. */
static uint32_t process_number(struct midair_table *table, const struct owner_process *process)
{
	size_t n = table->n_processes;

	if (n > 0 && table->processes[n - 1].pid == process->pid)
		return (uint32_t)n;
	if (table_make_room((void **)&table->processes, n, &table->processes_room,
			    sizeof(*process)) != 0)
		return 0;
	table->processes[table->n_processes++] = *process;
	return (uint32_t)table->n_processes;
}

static int name_socket(void *context, uint64_t inode, const struct owner_process *process)
{
	struct join *join = context;
	uint32_t at = 0, row;

	/* More than one row has the inode where one file stands for several connections (MPTCP). */
	while ((row = row_index_find(&join->index, inode, &at)) != UINT32_MAX) {
		if (join->processes[row] != 0)
			continue;
		uint32_t number = process_number(join->table, process);
		if (number == 0)
			return -ENOMEM;
		join->processes[row] = number;
		join->n_unnamed--;
	}
	return join->n_unnamed == 0 ? OWNER_VISIT_END : 0;
}

/* Rows without names are worth more than no rows: /proc may be missing. */
static void visit(struct join *join, size_t *n_hidden)
{
	struct midair_table *table = join->table;
	int result = MIDAIR_E_UNSUPPORTED;

	*n_hidden = 0;
	if (join->n_unnamed == 0)
		return;
	if (table->bpf != NULL)
		result = bpf_table_visit_owners(table->bpf, name_socket, join);
	if (result != 0)
		result = owner_visit(name_socket, join, n_hidden);
	if (result != 0)
		table->is_partial = true;
}

/* Keeps the rows of the wanted process. */
static void keep_selected(struct midair_table *table)
{
	static const struct owner_process nobody = {.pid = 0};
	size_t n_kept = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		uint32_t number = table->rows[i].process;
		const struct owner_process *process =
			number == 0 ? &nobody : &table->processes[number - 1];

		if (!select_owner(&table->selection, process->pid, process->name))
			continue;
		table->rows[n_kept] = table->rows[i];
		if (table->facts != NULL)
			table->facts[n_kept] = table->facts[i];
		n_kept++;
	}
	table->n_rows = n_kept;
}

int table_find_owners(struct midair_table *table)
{
	_cleanup_(join_free) struct join join;
	size_t n_hidden;
	int result = join_init(&join, table);

	if (result != 0)
		return result;
	visit(&join, &n_hidden);
	for (size_t i = 0; i < table->n_rows; i++) {
		struct table_row *row = &table->rows[i];

		row->process = join.processes[i];
		/* Our own socket without a name was closed meanwhile. */
		if (row->process == 0 && row->inode != 0)
			table->is_partial |= n_hidden > 0 || row->uid != geteuid();
	}
	if (select_needs_owner(&table->selection))
		keep_selected(table);
	return 0;
}
