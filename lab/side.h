/* SPDX-License-Identifier: MIT */
/* side: a process in one host's namespace that makes many attempts at once, through the public
 * interface or by plain connect(), and tells of them in shared memory. */
#ifndef MIDAIR_LAB_SIDE_H
#define MIDAIR_LAB_SIDE_H

#include "lab/pairing.h"
#include "lab/reason.h"
#include "midair/midair.h"

/* Attempts of one process; more are refused. */
#define SIDE_RUNS_MAX 512
/* Events that a report holds; later ones are only counted. */
#define SIDE_EVENTS_MAX 4096

/* One attempt: its own port, the same on both sides, and its own instant. */
struct side_run {
	uint16_t port;
	struct timespec start; /* CLOCK_REALTIME */
};

/* How an attempt is made. */
enum side_method {
	SIDE_ENGINE, /* a midair session */
	SIDE_PLAIN,  /* one connect() at the instant; flags mean nothing */
	SIDE_PAIR,   /* a pairing through the server, and the encrypted stream */
};

struct side_config {
	enum side_method method;
	enum lab_side side;
	struct midair_endpoint peer; /* its port comes from the run */
	struct pairing *pairing;     /* SIDE_PAIR: instead of peer, flags and the runs' ports */
	uint32_t flags;
	uint32_t timeout_ms;
	const struct side_run *runs;
	uint32_t n_runs;
};

struct side_event {
	uint32_t run;
	struct midair_event event;
};

struct side_outcome {
	bool is_over;
	bool is_verified; /* the peer's message came through the connection, for the same run */
	int result;	  /* 0 connected; what the attempt failed with */
	uint32_t n_dials;
	int64_t first_dial_ns;	  /* when the first SYN went out, after the run's start */
	struct midair_event last; /* CONNECTED or FAILED */
	/* The rest on CLOCK_REALTIME after the run's start. */
	int64_t begin_ns;      /* SIDE_PAIR: when the session was made */
	int64_t last_ns;       /* when that was known */
	int64_t landed_ns;     /* when the connection stood (TCP) */
	int64_t first_byte_ns; /* when the peer's message could be read */
};

struct side_report {
	_Atomic uint32_t n_events;
	uint32_t n_unrecorded;
	struct side_outcome outcomes[SIDE_RUNS_MAX];
	struct side_event events[SIDE_EVENTS_MAX];
};

struct side;

/* Starts it in the network namespace; it ends by itself. config->runs is copied. 0 or -errno. */
int side_start(struct side **side, const struct side_config *config, int namespace_fd,
	       struct lab_reason *reason);

/* Waits for its end. Returns 0, or -errno with the reason. */
int side_wait(struct side *side, int timeout_ms, struct lab_reason *reason);

/* Valid until side_free(). */
const struct side_report *side_report(const struct side *side);

struct side *side_free(struct side *side);

#endif
