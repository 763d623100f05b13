/* SPDX-License-Identifier: MIT */
/*
 * The standing hole. See struct midair_hole in midair.h.
 *
 * Theory of operation
 *
 * The hole has a session of its own, on the port of the last time, with the key of the last
 * introduction. It dials at once, and its SYN waits there for the peer's for as long as we wait. The
 * pairing goes on beside it, on another port: whatever has become of the hole's 4-tuple in a NAT, or
 * in TIME_WAIT, does not hinder it. It greets the server when the hole has had HOLE_FIRST_NS, so a
 * hole that stands costs the server nothing, and one that does not costs us that second.
 *
 * An introduction closes the hole: the peer has come by the server, so it is not dialling there, or
 * in vain.
 */
#include <assert.h>
#include <string.h>

#include "lib/pair_internal.h"

static_assert(MIDAIR_HOLE_KEY_BYTES == TLS_PSK_BYTES &&
		      MIDAIR_HOLE_KEY_BYTES == PAIRING_KEY_BYTES,
	      "a hole's key is a PSK");

/* The user wants one port for all. */
static bool has_our_port(const struct pairing *pairing)
{
	const struct midair_endpoint *local = &pairing->hole.local;

	return pairing->session->local[holder_of(local->family)].port == local->port;
}

/* The port as it was, on whatever address this host has by now. */
static void describe(const struct pairing *pairing, struct session_opening *opening)
{
	const struct midair_session *session = pairing->session;
	const struct midair_endpoint *local = &pairing->hole.local;
	uint32_t holder = holder_of(local->family);

	opening->is_standing = true;
	opening->is_family_wanted[holder] = true;
	opening->local = session->config.local;
	opening->local.family = local->family;
	opening->local.port = local->port;
	opening->flags = session->config.flags & (MIDAIR_NO_LISTEN | MIDAIR_PLAIN);
	/* Of two listeners on one port either might catch the peer. */
	if (has_our_port(pairing))
		opening->flags |= MIDAIR_NO_LISTEN;
}

static bool is_possible(const struct pairing *pairing)
{
	const struct midair_session *session = pairing->session;

	return pairing->hole.role != MIDAIR_ROLE_NONE &&
	       session->is_family_wanted[holder_of(pairing->hole.local.family)];
}

static int open_hole(struct pairing *pairing)
{
	uint64_t patience_ns = pairing->approach.config.wait_ns + pairing->timeout_ns;
	struct session_opening opening = {0};
	int result;

	describe(pairing, &opening);
	result = session_open_unstarted(&pairing->hole_session, &opening);
	if (result != 0)
		return result;
	session_set_patience(pairing->hole_session, patience_ns);
	session_add_candidate(pairing->hole_session, &pairing->hole.remote);
	result = session_start_authenticated(pairing->hole_session,
					     pairing->hole.role == MIDAIR_ROLE_A,
					     pairing->hole.key, patience_ns);
	if (result == 0)
		result = loop_watch_input(&pairing->session->loop,
					  midair_session_fd(pairing->hole_session),
					  PAIRING_TAG + PAIR_HOLE_TAG);
	return result;
}

void pair_hole_dial(struct pairing *pairing)
{
	if (pairing->has_dialled_hole || !is_possible(pairing))
		return;
	pairing->has_dialled_hole = true;
	/* The server is still there. */
	if (open_hole(pairing) != 0) {
		pair_hole_close(pairing);
		return;
	}
	session_emit(pairing->session, &(struct midair_event){
					       .type = MIDAIR_EVENT_HOLE,
					       .local = pairing->hole.local,
					       .remote = pairing->hole.remote,
				       });
	pair_hole_ready(pairing);
}

void pair_hole_close(struct pairing *pairing)
{
	if (pairing->hole_session == NULL)
		return;
	loop_forget(&pairing->session->loop, midair_session_fd(pairing->hole_session));
	pairing->hole_session = midair_session_free(pairing->hole_session);
}

bool pair_hole_catch(struct pairing *pairing, int fd)
{
	if (pairing->hole.role == MIDAIR_ROLE_NONE || !has_our_port(pairing))
		return false;
	/* It may come before our own start. */
	pair_hole_dial(pairing);
	if (pairing->hole_session == NULL)
		return false;
	session_hand_over(pairing->hole_session, fd, 0);
	pair_hole_ready(pairing);
	return true;
}

static void met(struct pairing *pairing, const struct midair_event *connected)
{
	pairing->next_hole = pairing->hole;
	pairing->next_hole.local = connected->local;
	pairing->next_hole.remote = connected->remote;
	session_take_result(pairing->session, pairing->hole_session, connected);
}

/* What it tells meanwhile would be taken for news of the pairing's own dials. */
void pair_hole_ready(struct pairing *pairing)
{
	struct midair_event event;
	bool is_over;

	if (pairing->hole_session == NULL)
		return;
	is_over = midair_session_dispatch(pairing->hole_session) != 0;
	while (midair_session_next_event(pairing->hole_session, &event) == 0) {
		if (event.type == MIDAIR_EVENT_AUTHENTICATED)
			session_emit(pairing->session, &event);
		if (event.type == MIDAIR_EVENT_CONNECTED)
			met(pairing, &event);
		is_over = is_over || event.type == MIDAIR_EVENT_CONNECTED ||
			  event.type == MIDAIR_EVENT_FAILED;
	}
	if (is_over)
		pair_hole_close(pairing);
}

void pair_hole_keep(struct pairing *pairing)
{
	const struct midair_event *landing = &pairing->session->core.landing;
	struct midair_hole *hole = &pairing->next_hole;

	if (!pairing->is_reusable || hole->role != MIDAIR_ROLE_NONE ||
	    landing->path != MIDAIR_PATH_DIRECT)
		return;
	hole->local = landing->local;
	hole->remote = landing->remote;
	hole->role = pairing->role;
	memcpy(hole->key, pairing->keys.hole, sizeof(hole->key));
}

int midair_session_hole(const struct midair_session *session, struct midair_hole *hole)
{
	if (session->pairing == NULL || session->pairing->next_hole.role == MIDAIR_ROLE_NONE)
		return MIDAIR_E_STATE;
	*hole = session->pairing->next_hole;
	return 0;
}
