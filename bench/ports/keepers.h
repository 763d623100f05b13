/* SPDX-License-Identifier: MIT */
/*
 * keepers: processes that hold descriptors, because one process may have no more than
 * RLIMIT_NOFILE of them, 20,000 in some places.
 */
#ifndef MIDAIR_BENCH_PORTS_KEEPERS_H
#define MIDAIR_BENCH_PORTS_KEEPERS_H

#include <stdint.h>
#include <sys/types.h>

#define KEEPERS_AT_MOST 1024
#define KEEPER_BATCH	250

struct keeper {
	pid_t pid;
	int fd;
	uint32_t n_kept;
};

/* Zero-initialised. */
struct keepers {
	struct keeper list[KEEPERS_AT_MOST];
	uint32_t n_keepers;
	uint32_t n_waiting;
	int waiting[KEEPER_BATCH];
};

/* Takes fd over: it will be closed here and lives on in a keeper, where nothing is done with it.
 * Returns 0 or -errno. */
int keepers_park(struct keepers *keepers, int fd);

/* Parks what still waits for its batch to fill up. */
int keepers_flush(struct keepers *keepers);

/* Ends the keepers, which closes everything. */
void keepers_end(struct keepers *keepers);

#endif
