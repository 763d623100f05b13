/* SPDX-License-Identifier: MIT */
/* What a session that has connected hands out. */
#include <errno.h>

#include "lib/session_internal.h"
#include "os/cleanup.h"

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
