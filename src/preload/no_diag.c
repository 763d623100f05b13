/* SPDX-License-Identifier: MIT */
/* The preloaded library does without the socket table, and so without libmnl: what pulls these in
 * is midair_pool_seed(), which nobody calls here. */
#include "os/diag.h"

int diag_walk(uint32_t states, diag_row_handler handler, void *context)
{
	(void)states;
	(void)handler;
	(void)context;
	return MIDAIR_E_UNSUPPORTED;
}
