/* SPDX-License-Identifier: MIT */
/*
 * table_internal: the rows of one table. Theory of operation
 *
 * table_read.c fills an array from one walk over the kernel's sockets, by BPF or sock_diag;
 * table_owner.c puts names to the inodes, by BPF or a scan of /proc; table.c sorts and shows.
 * None of it is atomic. A socket that changed its state during the walk may have come twice:
 * rows with one cookie are one socket, and the later row counts. A socket or a process that
 * ended in between has no name, which is only called partial when somebody else owns it.
 *
 * A table may have 400,000 rows, so a row is kept in 88 bytes; the names of processes and the
 * facts of TCP_INFO stand beside it.
 */
#ifndef MIDAIR_LIB_TABLE_INTERNAL_H
#define MIDAIR_LIB_TABLE_INTERNAL_H

#include "core/row_order.h"
#include "os/bpf_table.h"

/* Rows that one table holds (about 500 MB); more are MIDAIR_E_LIMIT. */
#define TABLE_ROWS_MAX 4194304u

struct table_row {
	struct midair_endpoint local; /* first, then remote: see core/row_order.h */
	struct midair_endpoint remote;
	uint64_t inode;
	uint64_t cookie;
	uint32_t receive_queue_bytes;
	uint32_t send_queue_bytes;
	uint32_t uid;
	uint32_t timer_ms;
	uint32_t process; /* plus 1; 0: not known */
	uint8_t state;
	uint8_t timer;
	bool is_reuse_known : 1;
	bool has_reuse_address : 1;
	bool has_reuse_port : 1;
	bool has_facts : 1;
};

struct midair_table {
	uint32_t flags;
	struct midair_selection selection;
	struct table_row *rows;
	size_t n_rows;
	size_t rows_room;
	struct midair_tcp_facts *facts; /* of each row, or NULL */
	struct owner_process *processes;
	size_t n_processes;
	size_t processes_room;
	struct row_order_item *order;
	size_t n_ordered;
	size_t next;
	bool is_partial;
	int bpf_result;
	struct bpf_table *bpf;
};

/* Reads the selected rows, each once. */
int table_read(struct midair_table *table);

/* Names the rows' processes; leaves out the rows of others when the selection says so. */
int table_find_owners(struct midair_table *table);

/* Makes room for one more element of an array. Returns 0 or -ENOMEM. */
int table_make_room(void **array, size_t n_elements, size_t *room, size_t element_size);

#endif
