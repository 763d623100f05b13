/* SPDX-License-Identifier: MIT */
/* rendezvous_act: what leads to actions, and the orders in which connections go. */
#include <assert.h>
#include <string.h>

#include "core/rendezvous_internal.h"

/* Which order a state belongs to; VISIT_NONE: to none, it is never sent away. Who has greeted
 * keeps its place among the silent, or a greeting would be a way to stay. */
static enum visit_state class_of(enum visit_state state)
{
	switch (state) {
	case VISIT_SILENT:
	case VISIT_GREETED:
		return VISIT_SILENT;
	case VISIT_STUN:
	case VISIT_ENDING:
		return state;
	case VISIT_NONE:
	case VISIT_WAITING:
	case VISIT_INTRODUCED:
	case VISIT_ASKING:
	case VISIT_RELAYED:
	case VISIT_DROPPED:
		break;
	}
	return VISIT_NONE;
}

static void append(struct rendezvous *rendezvous, enum visit_state class, uint32_t connection)
{
	struct rendezvous_order *order = &rendezvous->orders[class];
	struct visit *visit = &rendezvous->visits[connection];

	visit->newer = 0;
	visit->older = order->newest;
	if (order->newest != 0)
		rendezvous->visits[order->newest - 1].newer = connection + 1;
	else
		order->oldest = connection + 1;
	order->newest = connection + 1;
}

static void take_out(struct rendezvous *rendezvous, enum visit_state class, uint32_t connection)
{
	struct rendezvous_order *order = &rendezvous->orders[class];
	const struct visit *visit = &rendezvous->visits[connection];

	if (visit->older != 0)
		rendezvous->visits[visit->older - 1].newer = visit->newer;
	else
		order->oldest = visit->newer;
	if (visit->newer != 0)
		rendezvous->visits[visit->newer - 1].older = visit->older;
	else
		order->newest = visit->older;
}

void rendezvous_set_state(struct rendezvous *rendezvous, uint32_t connection,
			  enum visit_state state)
{
	struct visit *visit = &rendezvous->visits[connection];
	enum visit_state old = class_of((enum visit_state)visit->state);
	enum visit_state new = class_of(state);

	if (old != new &&old != VISIT_NONE)
		take_out(rendezvous, old, connection);
	if (old != new &&new != VISIT_NONE)
		append(rendezvous, new, connection);
	rendezvous->counts[visit->state]--;
	rendezvous->counts[state]++;
	visit->state = (uint8_t)state;
}

void rendezvous_set_deadline(struct rendezvous *rendezvous, uint64_t now_ms,
			     uint32_t connection, uint64_t delay_ms)
{
	wheel_set(&rendezvous->wheel, connection,
		  rendezvous_tick(now_ms + delay_ms + RENDEZVOUS_TICK_MS - 1));
}

static struct rendezvous_action *new_action(struct rendezvous_update *update,
					    enum rendezvous_action_type type,
					    uint32_t connection)
{
	struct rendezvous_action *action;

	assert(update->n_actions < RENDEZVOUS_ACTIONS_MAX);
	action = &update->actions[update->n_actions++];
	action->type = type;
	action->connection = connection;
	action->size = 0;
	return action;
}

void rendezvous_act(struct rendezvous_update *update, enum rendezvous_action_type type,
		    uint32_t connection)
{
	(void)new_action(update, type, connection);
}

void rendezvous_act_dial(struct rendezvous_update *update, enum rendezvous_action_type type,
			 uint32_t connection, uint32_t dial)
{
	new_action(update, type, connection)->dial = dial;
}

void rendezvous_send(struct rendezvous_update *update, uint32_t connection,
		     const struct wire_message *message)
{
	struct rendezvous_action *action = new_action(update, RENDEZVOUS_SEND, connection);

	action->size = (uint32_t)wire_encode(message, action->bytes);
	assert(action->size > 0);
}

void rendezvous_send_bytes(struct rendezvous_update *update, uint32_t connection,
			   const uint8_t *bytes, size_t size)
{
	struct rendezvous_action *action = new_action(update, RENDEZVOUS_SEND, connection);

	assert(size <= sizeof(action->bytes));
	action->size = (uint32_t)size;
	memcpy(action->bytes, bytes, size);
}

struct rendezvous_note *rendezvous_note(struct rendezvous_update *update,
					enum rendezvous_note_type type)
{
	struct rendezvous_note *note;

	assert(update->n_notes < RENDEZVOUS_NOTES_MAX);
	note = &update->notes[update->n_notes++];
	*note = (struct rendezvous_note){.type = type};
	return note;
}

static bool has_room(const struct visit *visit)
{
	return visit->state == VISIT_WAITING || visit->state == VISIT_INTRODUCED ||
	       visit->state == VISIT_ASKING;
}

void rendezvous_leave_room(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			   enum wire_reason reason, struct rendezvous_update *update)
{
	const struct visit *visit = &rendezvous->visits[connection];
	const struct wire_message left = {.type = WIRE_LEFT, .reason = reason};
	struct rendezvous_note *note;
	uint32_t other;

	if (!has_room(visit))
		return;
	note = rendezvous_note(update, RENDEZVOUS_NOTE_LEFT);
	note->number = rendezvous->registry.rooms[visit->room].number;
	note->remote = visit->remote;
	note->reason = reason;
	rendezvous->counters.left[reason]++;
	other = registry_leave(&rendezvous->registry, rendezvous_tick(now_ms), visit->room,
			       connection, reason == WIRE_REASON_GONE,
			       rendezvous->config.limits.reserve_s * 1000 / RENDEZVOUS_TICK_MS);
	if (other != REGISTRY_NONE)
		rendezvous_send(update, other, &left);
}

void rendezvous_end(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		    enum wire_error error, struct rendezvous_update *update)
{
	const struct wire_message message = {.type = WIRE_ERROR, .error = error};
	struct rendezvous_note *note = rendezvous_note(update, RENDEZVOUS_NOTE_ERROR);

	note->error = error;
	note->remote = rendezvous->visits[connection].remote;
	rendezvous->counters.errors[error]++;
	rendezvous_send(update, connection, &message);
	rendezvous_act(update, RENDEZVOUS_FINISH, connection);
	rendezvous_set_state(rendezvous, connection, VISIT_ENDING);
	rendezvous_set_deadline(rendezvous, now_ms, connection,
				rendezvous->config.limits.linger_ms);
}

void rendezvous_fail(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		     enum wire_error error, struct rendezvous_update *update)
{
	/* It was there and does not keep to the rules: its number is not kept for it. */
	rendezvous_leave_room(rendezvous, now_ms, connection, WIRE_REASON_GAVE_UP, update);
	rendezvous_end(rendezvous, now_ms, connection, error, update);
}

void rendezvous_drop(struct rendezvous *rendezvous, uint32_t connection,
		     struct rendezvous_update *update)
{
	wheel_clear(&rendezvous->wheel, connection);
	rendezvous_set_state(rendezvous, connection, VISIT_DROPPED);
	rendezvous_act(update, RENDEZVOUS_DROP, connection);
}
