/* SPDX-License-Identifier: MIT */
/* rendezvous_relay: who wants its bytes forwarded, and when both do. */
#include "core/rendezvous_internal.h"

static uint32_t peer_of(const struct rendezvous *rendezvous, uint32_t connection)
{
	const struct visit *visit = &rendezvous->visits[connection];
	const struct room *room = &rendezvous->registry.rooms[visit->room];

	return room->members[visit->role == MIDAIR_ROLE_A ? 1 : 0];
}

static bool is_asking(const struct rendezvous *rendezvous, uint32_t connection)
{
	return connection != REGISTRY_NONE &&
	       rendezvous->visits[connection].state == VISIT_ASKING;
}

/* As before RELAY; the deadline is still that of the introduction. */
static void refuse(struct rendezvous *rendezvous, uint32_t connection,
		   enum wire_refusal refusal, struct rendezvous_update *update)
{
	const struct wire_message message = {.type = WIRE_RELAY_REFUSED, .refusal = refusal};

	rendezvous->counters.relay_refusals[refusal]++;
	rendezvous_set_state(rendezvous, connection, VISIT_INTRODUCED);
	rendezvous_send(update, connection, &message);
}

static void begin(struct rendezvous *rendezvous, uint32_t connection, uint32_t peer,
		  struct rendezvous_update *update)
{
	bool is_a = rendezvous->visits[connection].role == MIDAIR_ROLE_A;

	rendezvous_set_state(rendezvous, connection, VISIT_ASKING);
	rendezvous_act(update, RENDEZVOUS_RELAY, is_a ? connection : peer);
	update->actions[update->n_actions - 1].other = is_a ? peer : connection;
}

static void ask(struct rendezvous *rendezvous, uint32_t connection, uint32_t peer,
		struct rendezvous_update *update)
{
	const struct wire_message wanted = {.type = WIRE_RELAY_WANTED};

	rendezvous_set_state(rendezvous, connection, VISIT_ASKING);
	rendezvous_send(update, peer, &wanted);
}

static bool has_room(const struct rendezvous *rendezvous, uint32_t connection)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	const struct quota_share relayed = {.each = limits->relayed_per_address,
					    .network_shares = limits->network_shares};

	return quota_has_room(&rendezvous->quota, rendezvous->visits[connection].payer,
			      QUOTA_RELAYED, &relayed);
}

/* Two ends at one address count as two; together they may be one more than the limit. */
static bool may_begin(const struct rendezvous *rendezvous, uint32_t connection, uint32_t peer)
{
	return rendezvous->n_relays < rendezvous->config.limits.relay_rooms &&
	       has_room(rendezvous, connection) && has_room(rendezvous, peer);
}

void rendezvous_relay(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      enum wire_relay answer, struct rendezvous_update *update)
{
	uint32_t peer = peer_of(rendezvous, connection);

	(void)now_ms;
	if (answer == WIRE_RELAY_NO) {
		if (is_asking(rendezvous, peer))
			refuse(rendezvous, peer, WIRE_REFUSAL_PEER, update);
	} else if (!rendezvous->has_relay) {
		refuse(rendezvous, connection, WIRE_REFUSAL_UNABLE, update);
	} else if (peer == REGISTRY_NONE) {
		refuse(rendezvous, connection, WIRE_REFUSAL_PEER, update);
	} else if (!may_begin(rendezvous, connection, peer)) {
		refuse(rendezvous, connection, WIRE_REFUSAL_BUSY, update);
		if (is_asking(rendezvous, peer))
			refuse(rendezvous, peer, WIRE_REFUSAL_BUSY, update);
	} else if (is_asking(rendezvous, peer)) {
		begin(rendezvous, connection, peer, update);
	} else {
		ask(rendezvous, connection, peer, update);
	}
}

static void make_ready(struct rendezvous *rendezvous, uint32_t connection,
		       struct rendezvous_update *update)
{
	const struct wire_message ready = {.type = WIRE_RELAY_READY};

	/* The deadlines of what is forwarded are its owner's. */
	wheel_clear(&rendezvous->wheel, connection);
	rendezvous_set_state(rendezvous, connection, VISIT_RELAYED);
	quota_add(&rendezvous->quota, rendezvous->visits[connection].payer, QUOTA_RELAYED);
	rendezvous_send(update, connection, &ready);
}

void rendezvous_relayed(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			uint32_t other, bool has_begun, struct rendezvous_update *update)
{
	const struct visit *visit = &rendezvous->visits[connection];
	struct rendezvous_note *note;

	(void)now_ms;
	rendezvous_clear(update);
	if (!has_begun) {
		refuse(rendezvous, connection, WIRE_REFUSAL_BUSY, update);
		refuse(rendezvous, other, WIRE_REFUSAL_BUSY, update);
		return;
	}
	rendezvous->n_relays++;
	rendezvous->counters.relays++;
	make_ready(rendezvous, connection, update);
	make_ready(rendezvous, other, update);
	note = rendezvous_note(update, RENDEZVOUS_NOTE_RELAYED);
	note->number = rendezvous->registry.rooms[visit->room].number;
	note->remote = rendezvous->visits[other].remote;
	note->peer = visit->remote;
}
