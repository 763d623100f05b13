/* SPDX-License-Identifier: MIT */
/* session_internal: what the files of the session's state machine share. */
#ifndef MIDAIR_CORE_SESSION_INTERNAL_H
#define MIDAIR_CORE_SESSION_INTERNAL_H

#include "core/session.h"

/* One step's input and output, passed down. */
struct step {
	struct session *session;
	const struct session_event *event;
	struct session_update *update;
};

void step_act(struct step *step, enum session_action_type type, uint32_t connection);
/* Fills in the time and reports to the user. */
void step_report(struct step *step, const struct midair_event *report);

/* session_dial.c: a path's way to a landed connection. */
void path_dial(struct step *step, uint32_t number);
void path_dialled(struct step *step);
void path_unsent(struct step *step);
void path_half_open(struct step *step);
void path_refused(struct step *step);
void path_time(struct step *step, uint32_t number);
/* Will not be dialled again. The session fails when no path is left. */
void path_give_up(struct step *step, uint32_t number, int result);
/* Back to dialling after the pause that is due. */
void path_pause(struct step *step, uint32_t number);

/* What stopped every path: a refusal says more than "could not send"; 0 while one is able to. */
int session_common_result(const struct session *session);

/* session_land.c: from a landed connection to the one that is adopted. */
void landing_own(struct step *step);
void landing_caught(struct step *step);
void landing_lost(struct step *step);
void landing_settled(struct step *step);
bool has_named_address(const struct session *session, const struct midair_endpoint *remote);

/* session_prove.c: the same for an authenticated session. */
/* A dial has landed, or the listener has caught a connection. */
void proving_landed(struct step *step);
void proving_start(struct step *step);
void proving_proven(struct step *step);
void proving_unproven(struct step *step);
void proving_lost(struct step *step);
void proving_exchanged(struct step *step);
void proving_time(struct step *step);
uint64_t proving_deadline(const struct session *session);
void proving_drop_caught(struct step *step, uint32_t keep);
/* A caught connection has the path's 4-tuple: a dial would fail with EADDRNOTAVAIL. */
bool proving_has_tuple(const struct session *session, uint32_t number);
bool proving_is_idle(const struct session *session);
void session_candidate(struct step *step);

/* session.c */
void session_fail(struct step *step, int result);
/* Fails when no path is left, and none can come. */
void session_check_paths(struct step *step);
/* Resets all connections but one. */
void session_drop_others(struct step *step, uint32_t keep);

static inline bool session_is_trying(const struct session *session)
{
	return session->phase == SESSION_TRYING || session->phase == SESSION_SETTLING;
}

static inline bool session_has_ended(const struct session *session)
{
	return session->phase == SESSION_CONNECTED || session->phase == SESSION_FAILED;
}

#endif
