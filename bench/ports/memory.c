/* SPDX-License-Identifier: MIT */
/* What a pool of the whole range allocates, for each tuple. */
#include <malloc.h>

#include "bench/ports/programs.h"
#include "bench/ports/ways.h"

static size_t allocated_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

int measure_memory(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	struct sockaddr_in remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	struct midair_pool_config config = {
		.size = sizeof(config),
		.remote = way_endpoint(&remote),
	};
	struct midair_pool_state state;
	struct midair_pool *pool;
	size_t before = allocated_bytes();
	int result = midair_pool_new(&pool, &config);

	(void)plan;
	(void)round;
	if (result != 0)
		return result;
	midair_pool_read(pool, &state);
	measured_add(measured, MEMORY, 0,
		     (double)(allocated_bytes() - before) / state.n_tuples);
	midair_pool_free(pool);
	return 0;
}
