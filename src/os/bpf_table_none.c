/* SPDX-License-Identifier: MIT */
/* A build without libbpf or without a compiler for BPF. */
#include "os/bpf_table.h"

int bpf_table_open(struct bpf_table **table, const struct diag_choice *choice)
{
	(void)table;
	(void)choice;
	return MIDAIR_E_UNSUPPORTED;
}

int bpf_table_walk(struct bpf_table *table, diag_row_handler handler, void *context)
{
	(void)table;
	(void)handler;
	(void)context;
	return MIDAIR_E_UNSUPPORTED;
}

int bpf_table_visit_owners(struct bpf_table *table, owner_handler handler, void *context)
{
	(void)table;
	(void)handler;
	(void)context;
	return MIDAIR_E_UNSUPPORTED;
}

struct bpf_table *bpf_table_close(struct bpf_table *table)
{
	(void)table;
	return NULL;
}

const char *bpf_table_feature(void)
{
	return "";
}
