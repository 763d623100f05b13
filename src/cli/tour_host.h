/* SPDX-License-Identifier: MIT */
/* tour_host: one of the two hosts of the crossing scene, a process in its own namespace. */
#ifndef MIDAIR_CLI_TOUR_HOST_H
#define MIDAIR_CLI_TOUR_HOST_H

#include "midair/midair.h"

#define TOUR_PORT	1314
#define TOUR_MESSAGE	"I love you."
#define TOUR_EVENTS_MAX 64
#define TOUR_ROWS_MAX	4

/* What the host has to tell, in memory that it shares with the tour. */
struct tour_account {
	uint32_t n_events;
	struct midair_event events[TOUR_EVENTS_MAX];
	struct midair_event end; /* CONNECTED or FAILED */
	char received[32];
	uint32_t n_rows;
	struct midair_row rows[TOUR_ROWS_MAX];
};

struct tour_host {
	struct midair_endpoint peer;
	struct timespec start; /* CLOCK_REALTIME */
	uint32_t flags;
	uint32_t timeout_ms;
	struct tour_account *account;
};

/* Meets the peer, exchanges the message, notes the row. context: a struct tour_host. Returns 0
 * or an exit status when this machine could not do it at all. */
int tour_host_main(void *context);

#endif
