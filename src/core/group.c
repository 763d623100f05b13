/* SPDX-License-Identifier: MIT */
#include "core/group.h"

#include <string.h>

static void count_process(struct midair_group *group, const struct midair_row *row)
{
	if (row->pid == 0)
		return;
	if (group->n_processes == 0) {
		group->n_processes = 1;
		group->pid = row->pid;
		memcpy(group->process, row->process, sizeof(group->process));
	} else if (row->pid != group->pid) {
		group->n_processes = 2;
	}
}

bool group_add(struct midair_group *group, const struct midair_row *row)
{
	if (group->n_rows == 0)
		*group = (struct midair_group){.local = row->local};
	else if (!midair_endpoint_equal(&group->local, &row->local))
		return false;
	group->n_rows++;
	group->n_established += row->state == MIDAIR_TCP_ESTABLISHED;
	group->n_time_wait += row->state == MIDAIR_TCP_TIME_WAIT;
	count_process(group, row);
	return true;
}
