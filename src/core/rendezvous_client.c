/* SPDX-License-Identifier: MIT */
/* rendezvous_client: the answers to HELLO, ENTER, SEALED and LEAVE. */
#include <string.h>

#include "core/rendezvous_internal.h"

static uint16_t capabilities(const struct rendezvous *rendezvous)
{
	return (uint16_t)((rendezvous->probes.is_able ? WIRE_CAN_PROBE : 0) |
			  (rendezvous->has_relay ? WIRE_CAN_RELAY : 0));
}

static void greet(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		  const struct wire_hello *hello, struct rendezvous_update *update)
{
	uint8_t version =
		hello->version_max < WIRE_VERSION_MAX ? hello->version_max : WIRE_VERSION_MAX;
	const struct wire_message welcome = {
		.type = WIRE_WELCOME,
		.welcome = {.version = version,
			    .capabilities = capabilities(rendezvous),
			    .observed = rendezvous->visits[connection].remote},
	};

	if (version < hello->version_min || version < WIRE_VERSION_MIN) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_VERSION, update);
		return;
	}
	rendezvous_set_state(rendezvous, connection, VISIT_GREETED);
	rendezvous_send(update, connection, &welcome);
}

static void send_room(struct rendezvous *rendezvous, uint32_t connection,
		      const struct wire_enter *enter, const struct registry_result *result,
		      struct rendezvous_update *update)
{
	const struct wire_message room = {
		.type = WIRE_ROOM,
		.room = {.number = enter->flags & WIRE_ENTER_ALLOCATE
					   ? rendezvous->registry.rooms[result->room].number
					   : 0,
			 .lifetime_s = result->lifetime * RENDEZVOUS_TICK_MS / 1000},
	};

	rendezvous_send(update, connection, &room);
}

static void begin_wait(struct rendezvous *rendezvous, uint32_t connection,
		       const struct wire_enter *enter, const struct registry_result *result,
		       enum rendezvous_note_type type, struct rendezvous_update *update)
{
	struct visit *visit = &rendezvous->visits[connection];
	struct rendezvous_note *note = rendezvous_note(update, type);

	visit->room = result->room;
	visit->role = MIDAIR_ROLE_A;
	/* The registry has the deadline from here on. */
	wheel_clear(&rendezvous->wheel, connection);
	rendezvous_set_state(rendezvous, connection, VISIT_WAITING);
	note->number = rendezvous->registry.rooms[result->room].number;
	note->remote = visit->remote;
	send_room(rendezvous, connection, enter, result, update);
}

static void introduce_one(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			  const uint8_t share[WIRE_SHARE_BYTES], uint32_t peer,
			  struct rendezvous_update *update)
{
	struct wire_message message = {
		.type = WIRE_PEER,
		.peer = {.role = rendezvous->visits[connection].role,
			 .observed = rendezvous->visits[peer].remote},
	};

	memcpy(message.peer.share, share, WIRE_SHARE_BYTES);
	rendezvous_send(update, connection, &message);
	rendezvous_set_state(rendezvous, connection, VISIT_INTRODUCED);
	rendezvous_set_deadline(rendezvous, now_ms, connection,
				UINT64_C(1000) * rendezvous->config.limits.pair_s);
}

/* first has waited and has role A, second has just come. */
static void introduce(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t second,
		      const struct wire_enter *enter, const struct registry_result *result,
		      struct rendezvous_update *update)
{
	struct visit *visit = &rendezvous->visits[second];
	struct rendezvous_note *note = rendezvous_note(update, RENDEZVOUS_NOTE_INTRODUCED);
	const struct room *room = &rendezvous->registry.rooms[result->room];
	uint32_t first = result->other;

	visit->room = result->room;
	visit->role = MIDAIR_ROLE_B;
	note->number = room->number;
	note->remote = visit->remote;
	note->peer = rendezvous->visits[first].remote;
	rendezvous->counters.introductions++;
	introduce_one(rendezvous, now_ms, first, enter->share_b, second, update);
	send_room(rendezvous, second, enter, result, update);
	introduce_one(rendezvous, now_ms, second, room->share_a, first, update);
}

/* The client has come back on a new connection; the one before is of no use to anybody. */
static void replace(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		    const struct wire_enter *enter, const struct registry_result *result,
		    struct rendezvous_update *update)
{
	rendezvous->counters.returns++;
	begin_wait(rendezvous, connection, enter, result, RENDEZVOUS_NOTE_RETURNS, update);
	rendezvous_end(rendezvous, now_ms, result->other, WIRE_ERROR_ROOM_TAKEN, update);
}

static uint32_t lifetime_of(const struct rendezvous *rendezvous, const struct wire_enter *enter)
{
	uint32_t allowed_s = rendezvous->config.limits.room_s;
	uint32_t lifetime_s = enter->lifetime_s < allowed_s ? enter->lifetime_s : allowed_s;

	return lifetime_s * (1000 / RENDEZVOUS_TICK_MS);
}

static void enter_room(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		       const struct wire_enter *enter, struct rendezvous_update *update)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	uint32_t payer = rendezvous->visits[connection].payer;
	const struct registry_entrance entrance = {
		.enter = enter,
		.connection = connection,
		.payer = payer,
		.rooms_each = {.each = limits->rooms_per_address,
			       .network_shares = limits->network_shares},
		.lifetime = lifetime_of(rendezvous, enter),
	};
	const struct quota_share enters = {limits->enters_burst, limits->enters_per_minute,
					   limits->network_shares};
	struct registry_result result;

	if (!quota_take(&rendezvous->quota, payer, QUOTA_ENTERS, now_ms, &enters)) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_TOO_MANY, update);
		return;
	}
	result = registry_enter(&rendezvous->registry, rendezvous_tick(now_ms), &entrance);
	switch (result.answer) {
	case REGISTRY_WAITS:
		rendezvous->counters.rooms++;
		begin_wait(rendezvous, connection, enter, &result, RENDEZVOUS_NOTE_WAITS,
			   update);
		return;
	case REGISTRY_RETURNS:
		replace(rendezvous, now_ms, connection, enter, &result, update);
		return;
	case REGISTRY_INTRODUCE:
		introduce(rendezvous, now_ms, connection, enter, &result, update);
		return;
	case REGISTRY_TAKEN:
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_ROOM_TAKEN, update);
		return;
	case REGISTRY_TOO_MANY:
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_TOO_MANY, update);
		return;
	case REGISTRY_FULL:
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_BUSY, update);
		return;
	}
}

static void forward(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		    const struct wire_message *message, struct rendezvous_update *update)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	struct visit *visit = &rendezvous->visits[connection];
	const struct room *room = &rendezvous->registry.rooms[visit->room];
	uint32_t other = room->members[visit->role == MIDAIR_ROLE_A ? 1 : 0];
	uint32_t size = message->sealed.size;

	if (visit->n_sealed >= limits->sealed_messages ||
	    visit->sealed_bytes + size > limits->sealed_bytes) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_TOO_MANY, update);
		return;
	}
	visit->n_sealed++;
	visit->sealed_bytes += size;
	rendezvous->counters.sealed_messages++;
	rendezvous->counters.sealed_bytes += size;
	/* The other one may have left while this was on its way: nothing wrong with it. */
	if (other != REGISTRY_NONE)
		rendezvous_send(update, other, message);
}

/* The client closes first, so that TIME_WAIT is at its end; linger_ms is for those who do not. */
static void leave(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		  enum wire_reason reason, struct rendezvous_update *update)
{
	rendezvous_leave_room(rendezvous, now_ms, connection, reason, update);
	rendezvous_set_state(rendezvous, connection, VISIT_ENDING);
	rendezvous_set_deadline(rendezvous, now_ms, connection,
				rendezvous->config.limits.linger_ms);
}

/* Which messages fit which state. */
static bool is_expected(enum visit_state state, enum wire_type type)
{
	switch (type) {
	case WIRE_HELLO:
		return state == VISIT_SILENT;
	case WIRE_ENTER:
	case WIRE_PROBE_INFO:
	case WIRE_PROBE:
		return state == VISIT_GREETED;
	case WIRE_SEALED:
	case WIRE_RELAY:
		return state == VISIT_INTRODUCED;
	case WIRE_LEAVE:
		return state == VISIT_GREETED || state == VISIT_WAITING ||
		       state == VISIT_INTRODUCED || state == VISIT_ASKING;
	case WIRE_WELCOME:
	case WIRE_ROOM:
	case WIRE_PEER:
	case WIRE_LEFT:
	case WIRE_ERROR:
	case WIRE_PROBES:
	case WIRE_PROBE_RESULT:
	case WIRE_RELAY_READY:
	case WIRE_RELAY_WANTED:
	case WIRE_RELAY_REFUSED:
		break;
	}
	return false;
}

void rendezvous_message(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			const struct wire_message *message, struct rendezvous_update *update)
{
	const struct visit *visit = &rendezvous->visits[connection];

	if (!is_expected((enum visit_state)visit->state, message->type)) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_PROTOCOL, update);
		return;
	}
	switch (message->type) {
	case WIRE_HELLO:
		greet(rendezvous, now_ms, connection, &message->hello, update);
		break;
	case WIRE_ENTER:
		enter_room(rendezvous, now_ms, connection, &message->enter, update);
		break;
	case WIRE_SEALED:
		forward(rendezvous, now_ms, connection, message, update);
		break;
	case WIRE_LEAVE:
		leave(rendezvous, now_ms, connection, message->reason, update);
		break;
	case WIRE_PROBE_INFO:
		rendezvous_probe_info(rendezvous, now_ms, connection, update);
		break;
	case WIRE_PROBE:
		rendezvous_probe(rendezvous, now_ms, connection, &message->probe, update);
		break;
	case WIRE_RELAY:
		rendezvous_relay(rendezvous, now_ms, connection, message->relay, update);
		break;
	case WIRE_WELCOME:
	case WIRE_ROOM:
	case WIRE_PEER:
	case WIRE_LEFT:
	case WIRE_ERROR:
	case WIRE_PROBES:
	case WIRE_PROBE_RESULT:
	case WIRE_RELAY_READY:
	case WIRE_RELAY_WANTED:
	case WIRE_RELAY_REFUSED:
		break;
	}
}
