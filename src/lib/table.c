/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/group.h"
#include "core/select.h"
#include "lib/table_internal.h"

static bool is_neighbour(const struct midair_table *table, size_t i, size_t j)
{
	return j < table->n_rows &&
	       midair_endpoint_equal(&table->rows[table->order[i].row].local,
				     &table->rows[table->order[j].row].local);
}

/* Keeps the rows whose local endpoint stands in a neighbouring row too. */
static void keep_shared(struct midair_table *table)
{
	size_t n_kept = 0;
	bool is_like_last = false;

	for (size_t i = 0; i < table->n_rows; i++) {
		bool is_like_next = is_neighbour(table, i, i + 1);
		struct row_order_item item = table->order[i];

		if (is_like_last || is_like_next)
			table->order[n_kept++] = item;
		is_like_last = is_like_next;
	}
	table->n_ordered = n_kept;
}

static int sort_rows(struct midair_table *table)
{
	size_t n_rows = table->n_rows;
	struct row_order_item *items = calloc(n_rows + 1, sizeof(*items));
	struct row_order_item *spare = calloc(n_rows + 1, sizeof(*spare));

	if (items == NULL || spare == NULL) {
		free(items);
		free(spare);
		return -ENOMEM;
	}
	table->order = row_order(table->rows, sizeof(table->rows[0]), n_rows, items, spare);
	free(table->order == items ? spare : items);
	table->n_ordered = n_rows;
	if (table->selection.is_shared)
		keep_shared(table);
	return 0;
}

static int fill(struct midair_table *table)
{
	int result = table_read(table);

	if (result == 0 && (table->flags & MIDAIR_TABLE_PROCESSES) != 0)
		result = table_find_owners(table);
	table->bpf = bpf_table_close(table->bpf);
	return result != 0 ? result : sort_rows(table);
}

int midair_table_select(struct midair_table **table, uint32_t flags,
			const struct midair_selection *selection)
{
	if (selection->size != sizeof(*selection) ||
	    (select_needs_owner(selection) && (flags & MIDAIR_TABLE_PROCESSES) == 0))
		return MIDAIR_E_CONFIG;
	struct midair_table *opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		return -ENOMEM;
	opened->flags = flags;
	opened->selection = *selection;
	int result = fill(opened);
	/* The caller's string need not live on. */
	opened->selection.process = NULL;
	if (result != 0) {
		midair_table_free(opened);
		return result;
	}
	*table = opened;
	return 0;
}

int midair_table_open(struct midair_table **table, uint32_t flags)
{
	const struct midair_selection all = {.size = sizeof(all)};

	return midair_table_select(table, flags, &all);
}

size_t midair_table_count(const struct midair_table *table)
{
	return table->n_ordered;
}

static void show_row(const struct midair_table *table, size_t number, struct midair_row *shown)
{
	const struct table_row *row = &table->rows[number];

	*shown = (struct midair_row){
		.local = row->local,
		.remote = row->remote,
		.state = (enum midair_tcp_state)row->state,
		.receive_queue_bytes = row->receive_queue_bytes,
		.send_queue_bytes = row->send_queue_bytes,
		.uid = row->uid,
		.inode = row->inode,
		.cookie = row->cookie,
		.timer = (enum midair_timer)row->timer,
		.timer_ms = row->timer_ms,
		.is_reuse_known = row->is_reuse_known,
		.has_reuse_address = row->has_reuse_address,
		.has_reuse_port = row->has_reuse_port,
		.has_facts = row->has_facts,
	};
	if (row->process != 0) {
		const struct owner_process *process = &table->processes[row->process - 1];

		shown->pid = process->pid;
		memcpy(shown->process, process->name, sizeof(shown->process));
	}
	if (table->facts != NULL)
		shown->facts = table->facts[number];
}

/* Rows lie in the kernel's order: the one that comes soon is fetched into the cache. */
#define ROWS_AHEAD 8

int midair_table_next(struct midair_table *table, struct midair_row *row)
{
	if (table->next == table->n_ordered)
		return MIDAIR_E_END;
	if (table->next + ROWS_AHEAD < table->n_ordered) {
		const char *ahead =
			(const char *)&table->rows[table->order[table->next + ROWS_AHEAD].row];

		__builtin_prefetch(ahead);
		__builtin_prefetch(ahead + 64);
	}
	show_row(table, table->order[table->next++].row, row);
	return 0;
}

int midair_table_next_group(struct midair_table *table, struct midair_group *group)
{
	struct midair_group counted = {.n_rows = 0};
	struct midair_row row;

	for (; table->next < table->n_ordered; table->next++) {
		show_row(table, table->order[table->next].row, &row);
		if (!group_add(&counted, &row))
			break;
	}
	if (counted.n_rows == 0)
		return MIDAIR_E_END;
	*group = counted;
	return 0;
}

bool midair_table_is_partial(const struct midair_table *table)
{
	return table->is_partial;
}

int midair_table_bpf_result(const struct midair_table *table)
{
	return table->bpf_result;
}

struct midair_table *midair_table_free(struct midair_table *table)
{
	if (table != NULL) {
		bpf_table_close(table->bpf);
		free(table->rows);
		free(table->facts);
		free(table->processes);
		free(table->order);
	}
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

int midair_table_kill(const struct midair_row *row)
{
	/* Without a cookie another socket that got the same pair since would be hit, and the
	 * kernel finds no socket that is only bound. */
	if (row->cookie == 0 || row->state == MIDAIR_TCP_BOUND_INACTIVE)
		return MIDAIR_E_UNSUPPORTED;
	int result = diag_destroy(row);

	return result == -EOPNOTSUPP || result == -EPROTONOSUPPORT ? MIDAIR_E_UNSUPPORTED
								   : result;
}
