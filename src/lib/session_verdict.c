/* SPDX-License-Identifier: MIT */
/* Why a session has failed: what core/diagnosis makes of what was seen. */
#include "core/diagnosis.h"
#include "lib/session_internal.h"

static const struct nat_report *known(const struct nat_report *report)
{
	return report->family != MIDAIR_FAMILY_NONE ? report : NULL;
}

static const struct timeline *theirs(const struct midair_session *session)
{
	return session->has_theirs ? &session->theirs : NULL;
}

int midair_session_verdict(const struct midair_session *session, struct midair_verdict *verdict)
{
	const struct evidence evidence = {
		.result = session->failure,
		.is_pairing = session->pairing_calls != NULL,
		.is_server_silent = session->is_server_silent,
		.can_relay = session->can_relay,
		.ours = &session->timeline,
		.theirs = theirs(session),
		.our_report = known(&session->reports[0]),
		.their_report = known(&session->reports[1]),
	};

	if (session->failure == 0)
		return MIDAIR_E_STATE;
	diagnose(verdict, &evidence);
	return 0;
}

int midair_session_moment(const struct midair_session *session, uint32_t nth,
			  struct midair_moment *moment)
{
	struct midair_moment moments[TIMELINE_MOMENTS_MAX];
	uint32_t n = timeline_merge(&session->timeline, theirs(session), moments);

	if (nth >= n)
		return MIDAIR_E_END;
	*moment = moments[nth];
	return 0;
}

void session_judge(struct midair_session *session)
{
	session->is_judgement_due = session->failure != 0 && !session->is_judged;
}

void session_tell_judgement(struct midair_session *session)
{
	struct midair_verdict verdict;

	if (!session->is_judgement_due || midair_session_verdict(session, &verdict) != 0)
		return;
	session->is_judgement_due = false;
	session->is_judged = true;
	session_emit(session, &(struct midair_event){
				      .type = MIDAIR_EVENT_VERDICT,
				      .time_ns = session->failed_ns,
				      .reason = verdict.code,
			      });
}
