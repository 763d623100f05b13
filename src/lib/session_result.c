/* SPDX-License-Identifier: MIT */
/* What a session that has connected hands out. */
#include <errno.h>

#include "lib/session_internal.h"
#include "os/cleanup.h"

void session_take_result(struct midair_session *session, struct midair_session *other,
			 const struct midair_event *connected)
{
	if (session_is_over(session))
		return;
	session->stream = other->stream;
	session->exporter = other->exporter;
	session->adopted_fd = take_fd(&other->adopted_fd);
	session->adopt_result = other->adopt_result;
	other->stream = NULL;
	other->exporter = NULL;
	session_feed(session, &(struct session_event){.type = SESSION_EVENT_MET_ELSEWHERE});
	session_emit(session, connected);
}

int midair_session_take_fd(struct midair_session *session)
{
	return session->adopted_fd >= 0 ? take_fd(&session->adopted_fd) : -EBADF;
}

int midair_session_take_stream(struct midair_session *session, struct midair_stream **stream)
{
	if (session->stream == NULL)
		return -EBADF;
	*stream = session->stream;
	session->stream = NULL;
	return 0;
}

int midair_session_export(struct midair_session *session, const char *label, void *out,
			  size_t size)
{
	if (session->exporter == NULL)
		return MIDAIR_E_STATE;
	return tls_export(session->exporter, label, out, size);
}
