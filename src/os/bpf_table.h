/* SPDX-License-Identifier: MIT */
/*
 * bpf_table: the rows of os/diag.h and the owners of os/owner.h, read by BPF iterators, which is
 * twice as fast on a large table. Needs the right to load BPF programs (CAP_BPF and CAP_PERFMON,
 * or root) in the machine's first user namespace, and a kernel with BTF. The build chooses
 * bpf_table.c or bpf_table_none.c.
 */
#ifndef MIDAIR_OS_BPF_TABLE_H
#define MIDAIR_OS_BPF_TABLE_H

#include "os/diag.h"
#include "os/owner.h"

struct bpf_table;

/* Loads the programs, which takes about 30 ms. Returns 0, MIDAIR_E_UNSUPPORTED in a build
 * without BPF, or -errno. */
int bpf_table_open(struct bpf_table **table, const struct diag_choice *choice);

/* As diag_walk_choice(), with the reuse options; but sockets that are only bound are not among
 * what the kernel iterates over. */
int bpf_table_walk(struct bpf_table *table, diag_row_handler handler, void *context);

/* As owner_visit(). */
int bpf_table_visit_owners(struct bpf_table *table, owner_handler handler, void *context);

struct bpf_table *bpf_table_close(struct bpf_table *table);

/* "bpf" or "", for midair_features(). */
const char *bpf_table_feature(void);

#endif
