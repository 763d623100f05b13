/* SPDX-License-Identifier: MIT */
/* programs: what is measured, each in a network namespace of its own. */
#ifndef MIDAIR_BENCH_PORTS_PROGRAMS_H
#define MIDAIR_BENCH_PORTS_PROGRAMS_H

#include "bench/ports/world.h"

world_function measure_bind;		 /* bind.c */
world_function measure_crowd;		 /* crowd.c */
world_function measure_fill_kernel;	 /* fill_kernel.c: fill, churn, refusal */
world_function measure_fill_pool;	 /* fill_pool.c: the same */
world_function measure_time_wait_kernel; /* time_wait.c */
world_function measure_time_wait_pool;
world_function measure_table;  /* table.c, and why.c in its crowd */
world_function measure_guard;  /* guard.c */
world_function measure_memory; /* memory.c */

/* Of a connection that lives, and of others. */
int measure_why(struct measured *measured, const struct ports_plan *plan,
		const struct sockaddr_in *local, const struct sockaddr_in *remote);

#endif
