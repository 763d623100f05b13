/* SPDX-License-Identifier: MIT */
/* rendezvous_internal: what the parts of rendezvous share. */
#ifndef MIDAIR_CORE_RENDEZVOUS_INTERNAL_H
#define MIDAIR_CORE_RENDEZVOUS_INTERNAL_H

#include "core/rendezvous.h"

static inline uint32_t rendezvous_tick(uint64_t now_ms)
{
	return (uint32_t)(now_ms / RENDEZVOUS_TICK_MS);
}

static inline void rendezvous_clear(struct rendezvous_update *update)
{
	update->n_actions = 0;
	update->n_notes = 0;
}

/* Changes the state, with the counts and orders that hang on it. */
void rendezvous_set_state(struct rendezvous *rendezvous, uint32_t connection,
			  enum visit_state state);
void rendezvous_set_deadline(struct rendezvous *rendezvous, uint64_t now_ms,
			     uint32_t connection, uint64_t delay_ms);

void rendezvous_act(struct rendezvous_update *update, enum rendezvous_action_type type,
		    uint32_t connection);
void rendezvous_send(struct rendezvous_update *update, uint32_t connection,
		     const struct wire_message *message);
void rendezvous_send_bytes(struct rendezvous_update *update, uint32_t connection,
			   const uint8_t *bytes, size_t size);
struct rendezvous_note *rendezvous_note(struct rendezvous_update *update,
					enum rendezvous_note_type type);

/* The connection leaves its room, if it has one, and the other one there is told. */
void rendezvous_leave_room(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			   enum wire_reason reason, struct rendezvous_update *update);

/* ERROR and FIN, for one that has no room (any more). */
void rendezvous_end(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		    enum wire_error error, struct rendezvous_update *update);

/* It leaves its room, then the same. */
void rendezvous_fail(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		     enum wire_error error, struct rendezvous_update *update);

/* Without a word. */
void rendezvous_drop(struct rendezvous *rendezvous, uint32_t connection,
		     struct rendezvous_update *update);

/* rendezvous_probe.c */
void rendezvous_probe_info(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			   struct rendezvous_update *update);
void rendezvous_probe(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      const struct wire_probe *probe, struct rendezvous_update *update);
/* Ends the dials of a connection that is gone. */
void rendezvous_end_dials(struct rendezvous *rendezvous, uint32_t connection,
			  struct rendezvous_update *update);
/* One dial whose time is over. False: none. */
bool rendezvous_expire_dial(struct rendezvous *rendezvous, uint64_t now_ms,
			    struct rendezvous_update *update);
void rendezvous_act_dial(struct rendezvous_update *update, enum rendezvous_action_type type,
			 uint32_t connection, uint32_t dial);

/* rendezvous_relay.c */
void rendezvous_relay(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      enum wire_relay answer, struct rendezvous_update *update);

/* The messages of midair's clients, rendezvous_client.c. */
void rendezvous_message(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			const struct wire_message *message, struct rendezvous_update *update);

#endif
