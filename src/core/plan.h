/* SPDX-License-Identifier: MIT */
/*
 * plan: how two hosts shall try to reach each other, from what is known of both NATs. Pure; both
 * sides compute it from the same two reports and get the same.
 *
 * Theory of operation
 *
 * The engine of session.h reaches every peer whose outer port is known, whatever the boxes answer
 * and whoever starts first, as long as a SYN that meets our own is let in on one side at least.
 * A plan is for the rest:
 *
 *   ONE_WAY   One side only listens, the other dials it from a fresh local port. For a side that
 *             lets strangers in, or opens for a whole address, which its plain dials do. Needed
 *             where the dialler's own outer port cannot be known, where both boxes refuse a SYN
 *             that comes after their own went out, and where one does so with an ICMP error (it
 *             comes late and ends the other's half-open socket). The fresh port is one to which
 *             the listener's box has seen no SYN go out, so that none is refused as a meeting.
 *   PREDICT   One side or both give out ports in order: the other dials the next ones.
 *   BIRTHDAY  One side gives out random ports and the other's port is known, or its filter opens
 *             for an address so that the other's port does not matter: many destinations from one
 *             local port against many local ports, 1 - exp(-n m / 64,512).
 *   NONE      No direct way, for a reason.
 *
 * Who goes first does not matter: what a box answers too early is dialled again at once, and waiting
 * for the other side has only ever cost time, whatever the reactions.
 *
 * What is unknown is taken for what is usual, and the plan is then not sure. Plain dials go out
 * along with any other method, from the first moment on, so nothing is lost when it is wrong. A plan
 * that goes against the usual, because only an unusual filter would leave a way, waits with what is
 * dear: the survey may yet tell of the filter.
 */
#ifndef MIDAIR_CORE_PLAN_H
#define MIDAIR_CORE_PLAN_H

#include "core/nat_report.h"

/* The most that one side ever dials at once for a peer: a hostile one can waste this, and no
 * more. */
#define PLAN_DESTINATIONS_MAX 1024u
#define PLAN_LOCAL_PORTS_MAX  256u
/* The second volley, of as many, follows only when the first has not met. */
#define PLAN_VOLLEYS_MAX 2u

enum plan_method {
	PLAN_PLAIN = 0,
	PLAN_ONE_WAY,
	PLAN_PREDICT,
	PLAN_BIRTHDAY,
	PLAN_NONE,
};

/* X(constant, name, text): why there is no direct way. */
#define PLAN_REASONS(X)                                                                        \
	X(PLAN_REASON_NONE, "none", "there is a direct way")                                   \
	X(PLAN_REASON_RANDOM_BOTH, "random-both",                                              \
	  "both NATs give out random ports for each destination: neither can be found")        \
	X(PLAN_REASON_RANDOM_SEQUENTIAL, "random-sequential",                                  \
	  "one NAT gives out random ports, the other one a new port for each destination")     \
	X(PLAN_REASON_SYN_IN_REFUSED, "syn-in-refused",                                        \
	  "both NATs refuse a SYN that meets our own, and let no stranger in")                 \
	X(PLAN_REASON_SYN_IN_ERROR, "syn-in-error",                                            \
	  "one NAT refuses a SYN that meets our own with an ICMP error, which ends the other " \
	  "side's half-open connection")                                                       \
	X(PLAN_REASON_NO_FAMILY, "no-common-family",                                           \
	  "the two sides have no address family in common")

enum plan_reason {
#define PLAN_REASON_ENUM(constant, name, text) constant,
	PLAN_REASONS(PLAN_REASON_ENUM)
#undef PLAN_REASON_ENUM
};

const char *plan_method_name(enum plan_method method); /* "plain", "one-way", ... */
const char *plan_reason_name(enum plan_reason reason);
const char *plan_reason_text(enum plan_reason reason);
/* Whether this side's box has what the reason is about, so that another one there would help: of
 * RANDOM_SEQUENTIAL the random ports, which nobody can foresee. NONE and NO_FAMILY: false. */
bool plan_reason_is_of(enum plan_reason reason, const struct nat_report *report);

enum plan_targets {
	PLAN_TARGETS_NONE = 0, /* no volley on this side */
	PLAN_TARGETS_EXACT,    /* first_port alone */
	PLAN_TARGETS_WINDOW,   /* the nth is first_port + step * (n + n % spread) */
	PLAN_TARGETS_RANDOM,   /* distinct ports from 1,024 up */
};

enum plan_source {
	PLAN_FROM_SESSION_PORT = 0,
	PLAN_FROM_ONE_PORT,   /* one fresh local port for all */
	PLAN_FROM_MANY_PORTS, /* a fresh one for each target */
};

/*
 * What one side does along with its session, which listens and dials the peer's candidates from
 * the session's port as it does by itself: a volley to the peer's mapped address.
 */
struct plan_side {
	enum plan_targets targets;
	enum plan_source source;
	uint16_t first_port;
	int16_t step;
	uint16_t spread;    /* WINDOW; at least 1 */
	uint16_t n_targets; /* of one volley */
	uint16_t n_volleys; /* 1 or more */
	/* The fresh ports listen too: the peer comes from a port that nobody knows. */
	bool listens;
	uint16_t
		retry_ms; /* unanswered dials come again after this, later less often; 0: they are held */
	/* The first dial comes after this: what would make another plan may be known by then. */
	uint16_t wait_ms;
};

struct plan {
	enum plan_method method;
	enum plan_reason reason; /* NONE */
	bool is_sure;		 /* nothing that matters is unknown */
	uint8_t family;
	struct plan_side sides[2]; /* role A, role B */
};

/* a, b: the reports of roles A and B for one family. A report of family NONE: nothing is known;
 * reports of two families: they have none in common. */
void plan_make(struct plan *plan, const struct nat_report *a, const struct nat_report *b);

/* For both families: [0] IPv4, [1] IPv6, of family NONE where a side has none. Returns the index
 * of the plan with the best prospects: a direct way rather than none, a sure one, a simple method,
 * IPv6. The other family's plain dials may go on at the same time. */
int plan_make_families(struct plan plans[2], const struct nat_report a[2],
		       const struct nat_report b[2]);

#endif
