/* SPDX-License-Identifier: MIT */
/*
 * pair_internal: a pairing, which introduces a session to its peer. Theory of operation
 *
 * pair.c checks and copies what the caller wants, and makes the session with its pairing.
 * pair_step.c feeds events to core/approach and executes what it decides.
 * pair_server.c holds the connections to the server's addresses: bytes to messages and back.
 * pair_survey.c looks at our own NAT, pair_plan.c exchanges what both sides know of theirs and does
 * our part of the plan that follows.
 * pair_peer.c holds the keys: shares, the exchange, sealed messages, and what follows from them.
 * pair_mapping.c has the router open a port.
 * pair_hole.c dials the standing hole, beside and before all of this.
 *
 * All descriptors belong to the session's loop, with tags from PAIRING_TAG on, and to its local
 * ports, so that the server sees the address from which the peer will be dialled.
 */
#ifndef MIDAIR_LIB_PAIR_INTERNAL_H
#define MIDAIR_LIB_PAIR_INTERNAL_H

#include "core/approach.h"
#include "core/candidates.h"
#include "core/check.h"
#include "core/code.h"
#include "core/plan.h"
#include "core/stun.h"
#include "crypto/pairing_keys.h"
#include "crypto/secret.h"
#include "crypto/spake2.h"
#include "lib/session_internal.h"

struct server_contact {
	int fd;
	bool is_connected;
	bool is_asked; /* for our address: it answers with STUN */
	uint8_t transaction[STUN_TRANSACTION_BYTES];
	size_t n_input;
	uint8_t input[WIRE_MESSAGE_MAX];
};

/* What is known of the way between the two. */
struct pair_reach {
	struct midair_check *survey; /* NULL: none is under way */
	enum check_extent extent;    /* of the survey */
	uint64_t survey_ns;	     /* when to look again */
	/* Of our side: IPv4, IPv6. */
	struct nat_report known[2];
	struct nat_report told[2];
	struct nat_report theirs[2];
	bool has_heard; /* the peer's first message */
	bool has_plan;
	struct plan plan;
	uint64_t family_ns;	   /* until when a family that is missing may yet be told of */
	struct volley_run *volley; /* NULL: none */
	uint32_t n_syns;	   /* of earlier volleys */
};

struct pairing {
	struct midair_session *session; /* NULL while it is freed */
	struct approach approach;
	struct server_contact contacts[MIDAIR_SERVERS_MAX];
	uint64_t timeout_ns;
	bool is_reusable;
	struct code code;     /* not with a secret; a host's has its room from the server */
	struct secret secret; /* of a secret */
	char code_text[MIDAIR_CODE_SIZE];

	/* For the next ENTER, or of the latest; by enum spake2_role. */
	struct spake2 *exchanges[2];

	uint8_t version; /* of the protocol, as WELCOME has it */
	bool can_probe;	 /* the server, so that the survey learns of filters */
	enum midair_role role;
	struct pairing_keys keys;
	uint8_t our_confirmation[SPAKE2_CONFIRM_BYTES];
	uint8_t their_confirmation[SPAKE2_CONFIRM_BYTES];
	uint64_t n_sealed;
	uint64_t n_opened;
	bool is_account;		 /* the message that was opened last */
	struct midair_endpoint observed; /* the peer, as the server saw it */
	struct candidate_view view;
	struct portmap *portmaps[N_HOLDERS]; /* NULL: none */
	struct pair_reach reach;
	uint32_t n_told;
	struct candidate told[INTRODUCTION_CANDIDATES_MAX];

	bool has_looked;	      /* at our NAT and the router */
	uint64_t look_ns;	      /* when to; known from the start on */
	struct midair_hole hole;      /* of the last time; role NONE: there is none */
	struct midair_hole next_hole; /* for the next time; role NONE: not yet */
	bool has_dialled_hole;
	struct midair_session *hole_session; /* NULL: it is not dialled */
};

static inline bool pair_is_relay_only(const struct pairing *pairing)
{
	return pairing->approach.config.relay == APPROACH_RELAY_ONLY;
}

/* pair_step.c */
extern const struct pairing_calls pairing_calls;
void pair_feed(struct pairing *pairing, struct approach_event *event);

/* pair_server.c */
void pair_connect(struct pairing *pairing, uint32_t server);
void pair_ask(struct pairing *pairing, uint32_t server);
void pair_send(struct pairing *pairing, uint32_t server, const struct wire_message *messages,
	       uint32_t n_messages);
void pair_close(struct pairing *pairing, uint32_t server);
/* The connection is one with the peer from now on. */
void pair_hand_over(struct pairing *pairing, uint32_t server);
void pair_server_ready(struct pairing *pairing, uint32_t server);
/* Whether it has what was sent to it. (True of one that is closed.) */
bool pair_is_acknowledged(const struct pairing *pairing, uint32_t server);

/* pair_peer.c */
/* Shares for the next ENTER, where an introduction has used them up. 0 or -errno. */
int pair_prepare_shares(struct pairing *pairing);
void pair_greet(struct pairing *pairing, uint32_t server, bool is_allocating);
int pair_exchange(struct pairing *pairing, const struct wire_peer *peer);
/* Dials the peer where the server saw it, but for a neighbour, who is first dialled at what it tells
 * of itself. 0 or a result. */
int pair_begin(struct pairing *pairing);
void pair_tell(struct pairing *pairing, uint32_t server);
/* As APPROACH_EVENT_OPENED says. */
int pair_open(struct pairing *pairing, const struct wire_sealed *sealed,
	      struct introduction *introduction);
void pair_dial(struct pairing *pairing, struct introduction *introduction);
/* Where the server saw it, unless that has been done. */
void pair_dial_observed(struct pairing *pairing);
void pair_wipe(struct pairing *pairing);

/* pair_account.c */
/* A new introduction. */
void pair_account_reset(struct pairing *pairing);
/* Our first sealed message has gone out, the peer's has come. */
void pair_account_told(struct pairing *pairing);
void pair_account_heard(struct pairing *pairing);
void pair_account(struct pairing *pairing, uint32_t server);
/* True when the message tells what the peer saw. */
bool pair_account_take(struct pairing *pairing, const uint8_t *plain, size_t size);
void pair_account_keep(struct pairing *pairing);

/* pair_mapping.c */
/* Tags of the router's part, one for each family; tags count from PAIRING_TAG. */
#define PAIR_MAPPING_TAG MIDAIR_SERVERS_MAX
void pair_map(struct pairing *pairing);
void pair_map_ready(struct pairing *pairing, uint32_t holder);
/* What the router's answer changes in a report of our NAT. */
void pair_map_report(const struct pairing *pairing, uint32_t holder, struct nat_report *report);
/* The attempt is over: no more events, the port stays open until the end. */
void pair_map_over(struct pairing *pairing);
/* Has the ports closed; waits a moment for the router to confirm it. */
void pair_map_free(struct pairing *pairing);

/* pair_survey.c */
#define PAIR_SURVEY_TAG (PAIR_MAPPING_TAG + N_HOLDERS)
void pair_survey(struct pairing *pairing);
void pair_survey_introduced(struct pairing *pairing);
void pair_survey_ready(struct pairing *pairing);
uint64_t pair_survey_deadline(const struct pairing *pairing);
void pair_survey_time(struct pairing *pairing);
void pair_survey_over(struct pairing *pairing);

/* pair_hole.c */
#define PAIR_HOLE_TAG (PAIR_SURVEY_TAG + 1)
void pair_hole_dial(struct pairing *pairing);
void pair_hole_ready(struct pairing *pairing);
void pair_hole_close(struct pairing *pairing);
/* A connection that the pairing's listener has caught, at the port of both. True: it is the hole's. */
bool pair_hole_catch(struct pairing *pairing, int fd);
/* The session has connected: for the next time. */
void pair_hole_keep(struct pairing *pairing);

/* pair_plan.c */
/* The last ones: as many as a volley needs. */
#define PAIR_VOLLEY_TAG (PAIR_HOLE_TAG + 1)
/* More may be known of our NAT; is_done: and nothing will follow soon. */
void pair_news(struct pairing *pairing, bool is_done);
bool pair_has_news(const struct pairing *pairing);
void pair_report(struct pairing *pairing, struct introduction *introduction);
void pair_hear(struct pairing *pairing, const struct introduction *introduction);
/* Plans with what has been told and heard. */
void pair_plan(struct pairing *pairing);
void pair_plan_ready(struct pairing *pairing, uint32_t tag);
void pair_plan_closed(struct pairing *pairing, uint32_t connection);
uint64_t pair_plan_deadline(const struct pairing *pairing);
void pair_plan_time(struct pairing *pairing);
/* The introduction came to nothing, or it is all over. */
void pair_plan_forget(struct pairing *pairing);

#endif
