/* SPDX-License-Identifier: MIT */
/* check_ports: how a NAT gives out ports, from what it gave to a row of fresh local ports. */
#include "core/check.h"

/* The ports that a NAT gives out: 1,024 to 65,535. */
#define N_PORTS	    64512
#define SAMPLES_MIN 3u
/* So many that one of them may be left out, and random ports still look like an order once in 10^7. */
#define SAMPLES_MANY 7u

int32_t check_port_step(uint16_t from, uint16_t to)
{
	int32_t step = ((int32_t)to - from) % N_PORTS;

	if (step > N_PORTS / 2)
		step -= N_PORTS;
	if (step < -N_PORTS / 2)
		step += N_PORTS;
	return step;
}

static bool is_preserving(const struct midair_endpoint *locals,
			  const struct midair_endpoint *mapped, uint32_t n)
{
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n; i++)
		n_kept += locals[i].port == mapped[i].port;
	/* One of them may have been another host's already. */
	return n > 0 && n_kept + (n >= 4) >= n;
}

/* All steps in one direction and small: the smallest is the NAT's, the others have left room for
 * other hosts' ports or for ports in use. One may be out of order: a SYN was lost. */
static bool find_delta(const struct midair_endpoint *mapped, uint32_t n, int direction,
		       int16_t *delta)
{
	int32_t least = CHECK_STEP_LARGEST + 1;
	uint32_t n_outside = 0;

	for (uint32_t i = 1; i < n; i++) {
		int32_t step = direction * check_port_step(mapped[i - 1].port, mapped[i].port);

		if (step <= 0 || step > CHECK_STEP_LARGEST)
			n_outside++;
		else if (step < least)
			least = step;
	}
	*delta = (int16_t)(direction * least);
	return n_outside <= (n - 1) / 4 && least <= CHECK_STEP_LARGEST;
}

static bool is_in_order(const struct midair_endpoint *mapped, uint32_t n, int16_t *delta)
{
	return find_delta(mapped, n, 1, delta) || find_delta(mapped, n, -1, delta);
}

/* One may have the outer port of an earlier mapping: its local port was used not long ago. */
static bool is_in_order_but_one(const struct midair_endpoint *mapped, uint32_t n,
				int16_t *delta)
{
	struct midair_endpoint others[CHECK_SAMPLES];

	for (uint32_t without = 0; n >= SAMPLES_MANY && without < n; without++) {
		uint32_t n_others = 0;

		for (uint32_t i = 0; i < n; i++)
			if (i != without)
				others[n_others++] = mapped[i];
		if (is_in_order(others, n_others, delta))
			return true;
	}
	return false;
}

enum report_allocation check_allocation(const struct midair_endpoint *locals,
					const struct midair_endpoint *mapped, uint32_t n,
					int16_t *delta)
{
	if (n < SAMPLES_MIN)
		return REPORT_ALLOCATION_UNKNOWN;
	if (is_preserving(locals, mapped, n))
		return REPORT_ALLOCATION_PRESERVING;
	if (is_in_order(mapped, n, delta) || is_in_order_but_one(mapped, n, delta))
		return REPORT_ALLOCATION_SEQUENTIAL;
	return REPORT_ALLOCATION_RANDOM;
}
