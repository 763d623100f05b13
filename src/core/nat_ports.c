/* SPDX-License-Identifier: MIT */
#include "core/nat_ports.h"

#define N_PORTS (65536u - NAT_PORT_MIN)
/* Random draws before the search goes through all ports in order. */
#define RANDOM_DRAWS 64
#define SECOND_NS    UINT64_C(1000000000)

struct request {
	struct nat_table *table;
	const struct midair_endpoint *depends_on;
	const struct midair_endpoint *remote;
};

static bool is_free(const struct request *request, const struct midair_endpoint *outer)
{
	return nat_ports_is_free(request->table, outer, request->depends_on, request->remote);
}

static uint16_t random_port(struct nat_table *table)
{
	return (uint16_t)(NAT_PORT_MIN + random_below(&table->random, N_PORTS));
}

static uint16_t port_after(uint16_t port, uint32_t delta)
{
	uint32_t offset = port < NAT_PORT_MIN ? 0 : port - NAT_PORT_MIN;

	return (uint16_t)(NAT_PORT_MIN + (offset + delta) % N_PORTS);
}

/* From outer's port on, in steps of delta; each port is tried when delta and N_PORTS have no
 * common factor, and else those that the steps reach. */
static bool search(const struct request *request, struct midair_endpoint *outer, uint32_t delta)
{
	for (uint32_t i = 0; i < N_PORTS; i++) {
		if (is_free(request, outer))
			return true;
		outer->port = port_after(outer->port, delta);
	}
	return false;
}

static bool allocate_random(const struct request *request, struct midair_endpoint *outer)
{
	for (int i = 0; i < RANDOM_DRAWS; i++) {
		outer->port = random_port(request->table);
		if (is_free(request, outer))
			return true;
	}
	return search(request, outer, 1);
}

static bool allocate_sequential(const struct request *request, uint16_t delta,
				struct midair_endpoint *outer)
{
	struct nat_table *table = request->table;

	outer->port =
		table->last_port ? port_after(table->last_port, delta) : random_port(table);
	if (!search(request, outer, delta))
		return false;
	table->last_port = outer->port;
	return true;
}

void nat_ports_pass_time(struct nat_table *table, const struct nat_behavior *behavior,
			 uint64_t now_ns)
{
	uint64_t mean_ns;

	if (behavior->background_per_s == 0 || table->last_port == 0 ||
	    now_ns < table->background_ns)
		return;
	mean_ns = SECOND_NS / behavior->background_per_s;
	/* after a long rest nothing is left of where it was */
	if (now_ns - table->background_ns > N_PORTS * mean_ns) {
		table->background_ns = now_ns;
		table->last_port = random_port(table);
	}
	for (; table->background_ns <= now_ns;
	     table->background_ns += 1 + random_below(&table->random, 2 * mean_ns))
		table->last_port = port_after(table->last_port, behavior->allocation_delta);
}

bool nat_ports_allocate(struct nat_table *table, const struct nat_behavior *behavior,
			const struct midair_endpoint *external,
			const struct midair_endpoint *depends_on,
			const struct midair_endpoint *remote, struct midair_endpoint *outer)
{
	struct request request = {table, depends_on, remote};
	struct midair_endpoint candidate = *external;

	candidate.port = outer->port;
	switch (behavior->allocation) {
	case NAT_ALLOCATION_PRESERVING:
		if (!is_free(&request, &candidate) && !allocate_random(&request, &candidate))
			return false;
		break;
	case NAT_ALLOCATION_SEQUENTIAL:
		if (!allocate_sequential(&request, behavior->allocation_delta, &candidate))
			return false;
		break;
	case NAT_ALLOCATION_RANDOM:
		if (!allocate_random(&request, &candidate))
			return false;
		break;
	}
	*outer = candidate;
	return true;
}
