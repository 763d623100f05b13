/* SPDX-License-Identifier: MIT */
/* What the guard against self-connection adds to each connection. */
#include <unistd.h>

#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

#define N_CALLS 10000

int measure_guard(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	struct sockaddr_in remote = world_address(INADDR_LOOPBACK, WORLD_PORT);
	_cleanup_close_ int listener = world_listen();
	_cleanup_close_ int fd = way_dial(WAY_KERNEL, 0, &remote);
	uint32_t n_selves = 0;

	(void)plan;
	(void)round;
	if (listener < 0 || fd < 0)
		return listener < 0 ? listener : fd;
	int64_t begin_ns = world_now_ns();
	for (uint32_t i = 0; i < N_CALLS; i++)
		n_selves += midair_is_self_connected(fd) != 0;
	measured_add(measured, GUARD, 0, (double)(world_now_ns() - begin_ns) / N_CALLS);
	measured->series[GUARD].n_failures += n_selves;
	return 0;
}
