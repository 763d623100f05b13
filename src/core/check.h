/* SPDX-License-Identifier: MIT */
/*
 * check: measures, for one address family, what the boxes between this host and a rendezvous server
 * do to TCP. Pure: events in, actions out.
 *
 * Theory of operation
 *
 * A *slot* is a local port of ours, fresh for this check. A *link* is one connection or dial from a
 * slot. All that does not depend on each other happens at once:
 *
 *	slots 0 to 7 -> the server, in this order    allocation: the outer ports that it sees
 *	slot 0   PROBE fresh, alternative            filtering, and the answer to an unsolicited SYN
 *	slot 1   SYN to the silent port, PROBE silent          SYN out, then SYN in
 *	slots 2, 6   SYN to the refusing port, RST, PROBE refusing      whether the RST closes
 *	slots 3, 4, 8   to the outer ends of 3 and 4           hairpin
 *	slot 5 -> the second port, the other address (both)    mapping
 *
 * After the RST a SYN from the refusing port meets what is left. Where the box drops strangers, slot
 * 6 has nobody who listens: a SYN that gets in is answered by our own kernel's RST. Where it answers
 * strangers, slot 2 listens: a SYN that gets in is answered by a SYN-ACK, which a box that tracks
 * sequence numbers does not let out, so that the server hears nothing.
 *
 * The server dials nothing but the outer end of the connection that asks, so what depends on the
 * outer port of another destination (syn_in, reset_closes where the mapping depends on the port)
 * stays unknown there. Whatever the server says is believed only as far as it costs little: it may
 * make us dial its alternative address and our own outer one, which must be of a kind that makes
 * sense (check_is_plausible()), seven dials in all.
 */
#ifndef MIDAIR_CORE_CHECK_H
#define MIDAIR_CORE_CHECK_H

#include "core/nat_report.h"
#include "core/wire.h"

#define CHECK_SAMPLES 8u
#define CHECK_SLOTS   9u

enum check_link {
	/* 0 to CHECK_SAMPLES - 1: the samples */
	CHECK_LINK_SECOND = CHECK_SAMPLES,
	CHECK_LINK_OTHER,
	CHECK_LINK_OTHER_SECOND,
	CHECK_LINK_SILENT,
	CHECK_LINK_REFUSING,
	CHECK_LINK_BARE, /* as REFUSING, without a listener */
	CHECK_LINK_HAIRPIN_A,
	CHECK_LINK_HAIRPIN_B,
	CHECK_LINK_HAIRPIN_FRESH,
};
#define CHECK_LINKS (CHECK_LINK_HAIRPIN_FRESH + 1)

/* A dial to ourselves that brings no answer for so long will bring none. */
#define CHECK_HAIRPIN_MS 800

enum check_action_type {
	CHECK_DIAL,   /* link, slot, remote: from the slot's port */
	CHECK_LISTEN, /* slot: on its port; what comes is reset, and told as LANDED */
	CHECK_SEND,   /* link, message */
};

struct check_action {
	enum check_action_type type;
	uint32_t link;
	uint32_t slot;
	struct midair_endpoint remote;
	struct wire_message message;
};

enum check_event_type {
	CHECK_BEGIN,
	CHECK_OPENED,  /* link: the dial is established; local */
	CHECK_FAILED,  /* link, result: it was refused, or what stood has ended */
	CHECK_MESSAGE, /* link, message */
	CHECK_LANDED,  /* slot: the listener got a connection; remote */
	CHECK_TICK,    /* time has passed */
};

struct check_event {
	enum check_event_type type;
	uint32_t link;
	uint32_t slot;
	int result;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	const struct wire_message *message;
};

/* The first four are the kinds of enum wire_probe_kind; also the tokens. */
enum check_probe_number {
	CHECK_PROBE_BARE = WIRE_PROBE_REFUSING + 1,
};
#define CHECK_PROBES (CHECK_PROBE_BARE + 1)

/* How a link, or a probe, stands. */
enum check_state {
	CHECK_UNUSED = 0,
	CHECK_WAITING,
	CHECK_YES, /* established; connected */
	CHECK_NO,  /* refused, or broken */
};

struct check_probe {
	enum check_state state; /* YES: the result has come */
	uint32_t link;		/* on which it was asked */
	uint64_t asked_ms;
	struct wire_probe_result result;
};

/* How much is measured. */
enum check_extent {
	CHECK_ALL = 0,
	/*
	 * What a pairing has to know, from half of the slots: no hairpin, nothing of what a RST does.
	 * The second port is taken for the one after the main one until PROBES says otherwise, which
	 * saves two round trips. The server is only asked to dial where the outer port cannot be
	 * known, or after CHECK_QUICK_PATIENCE_MS: most pairings are over by then.
	 */
	CHECK_QUICK,
	CHECK_GLANCE, /* one sample: the port that was given out last */
};

#define CHECK_QUICK_PATIENCE_MS 400
/* CHECK_QUICK: a dial of the server's that is not told of by then was met with silence. */
#define CHECK_QUICK_SILENCE_MS 700

struct check_config {
	struct midair_endpoint server;
	uint32_t timeout_ms;
	enum check_extent extent;
};

struct check {
	struct check_config config;
	uint64_t begin_ms;
	uint64_t hairpin_ms; /* when its time is over; 0: not begun */
	bool is_done;
	bool has_probes; /* PROBES has come */
	int refusal;	 /* the server sent ERROR: the MIDAIR_E_* of it */
	int result;	 /* of the last sample that failed */
	struct wire_probes probes;
	enum check_state links[CHECK_LINKS];
	struct midair_endpoint locals[CHECK_LINKS];
	struct midair_endpoint observed[CHECK_LINKS]; /* family NONE: not told yet */
	bool has_begun_mapping;
	bool has_begun_hairpin;
	bool was_asked; /* PROBE_INFO has gone out */
	bool is_hairpin;
	struct check_probe asked[CHECK_PROBES]; /* [0] is nobody's */
};

#define CHECK_ACTIONS_MAX 16

struct check_update {
	uint32_t n_actions;
	struct check_action actions[CHECK_ACTIONS_MAX];
};

void check_init(struct check *check, const struct check_config *config, uint64_t now_ms);
void check_step(struct check *check, uint64_t now_ms, const struct check_event *event,
		struct check_update *update);

/* When CHECK_TICK is wanted at the latest; UINT64_MAX: never. */
uint64_t check_deadline_ms(const struct check *check);

/* Whether a server at that address may send us to the other one. */
bool check_is_plausible(const struct midair_endpoint *server,
			const struct midair_endpoint *other);

bool check_is_loopback(const struct midair_endpoint *endpoint);

/* What is known so far. Returns 0, or why nothing is: -errno or a MIDAIR_E_*. */
int check_report(const struct check *check, struct nat_report *report);

/* Known to be so: another destination sees an outer port that cannot be known before. */
bool check_is_port_unknown(const struct check *check);

/* check_ports.c. A step between ports in order that is larger is none: with eight samples, random
 * ports stay below it all the time once in 10^11. */
#define CHECK_STEP_LARGEST 1024

/* The shorter way round, of 1,024 to 65,535. */
int32_t check_port_step(uint16_t from, uint16_t to);

/* How outer ports were given out, from at most CHECK_SAMPLES in the order of the dials. Returns the
 * kind; *delta is set with SEQUENTIAL. */
enum report_allocation check_allocation(const struct midair_endpoint *locals,
					const struct midair_endpoint *mapped, uint32_t n,
					int16_t *delta);

#endif
