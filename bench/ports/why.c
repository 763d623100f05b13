/* SPDX-License-Identifier: MIT */
/* How long midair why thinks about a connection that exists, without and with the search for the
 * process that has it. */
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"

#include <errno.h>

#define N_CALLS 101

static int ask(struct measured *measured, const struct sockaddr_in *local,
	       const struct sockaddr_in *remote, enum series_name name, uint32_t flags)
{
	const struct midair_endpoint from = way_endpoint(local);
	const struct midair_endpoint to = way_endpoint(remote);
	struct midair_why why;
	int64_t begin_ns = world_now_ns();
	int result = midair_why_connect(&from, &to, flags, &why);

	if (result != 0)
		return result < 0 ? result : -EOPNOTSUPP;
	measured_add(measured, name, 0, (double)(world_now_ns() - begin_ns));
	return why.cause == MIDAIR_CAUSE_TUPLE_LIVE ? 0 : -EINVAL;
}

int measure_why(struct measured *measured, const struct ports_plan *plan,
		const struct sockaddr_in *local, const struct sockaddr_in *remote)
{
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < N_CALLS; i++)
		result = ask(measured, local, remote, WHY, 0);
	for (uint32_t i = 0; result == 0 && i < plan->n_rounds; i++)
		result = ask(measured, local, remote, WHY_PROCESS, MIDAIR_WHY_PROCESS);
	return result;
}
