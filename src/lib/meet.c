/* SPDX-License-Identifier: MIT */
/* meet: the blocking calls, written on the public functions alone. */
#include <errno.h>
#include <poll.h>

#include "midair/midair.h"

/* 1: the attempt is over, and *event says how. */
static int next_end(struct midair_session *session, struct midair_event *event)
{
	while (midair_session_next_event(session, event) == 0)
		if (event->type == MIDAIR_EVENT_CONNECTED || event->type == MIDAIR_EVENT_FAILED)
			return 1;
	return 0;
}

/* The session's own deadline ends the wait: poll needs none. */
static int run(struct midair_session *session, struct midair_event *event)
{
	struct pollfd poll_fd = {.fd = midair_session_fd(session), .events = POLLIN};

	while (!next_end(session, event)) {
		int result;

		if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
		result = midair_session_dispatch(session);
		if (result != 0)
			return result;
	}
	return event->type == MIDAIR_EVENT_FAILED ? event->result : 0;
}

static bool is_stream(const struct midair_config *config)
{
	return config != NULL && config->size == sizeof(*config) && config->secret != NULL &&
	       (config->flags & MIDAIR_PLAIN) == 0;
}

int midair_meet(const struct midair_config *config, int *fd, struct midair_event *connected)
{
	struct midair_session *session = NULL;
	struct midair_event event;
	int result;

	/* A stream cannot be told by its descriptor. */
	if (is_stream(config))
		return MIDAIR_E_CONFIG;
	result = midair_session_new(&session, config);
	if (result == 0)
		result = run(session, &event);
	if (result == 0) {
		*fd = midair_session_take_fd(session);
		if (connected != NULL)
			*connected = event;
	}
	midair_session_free(session);
	return result;
}

int midair_pair(const struct midair_pair_config *config, struct midair_stream **stream,
		struct midair_event *connected)
{
	struct midair_session *session = NULL;
	struct midair_event event;
	int result = midair_session_pair(&session, config);

	if (result == 0)
		result = run(session, &event);
	if (result == 0)
		result = midair_session_take_stream(session, stream);
	if (result == 0 && connected != NULL)
		*connected = event;
	midair_session_free(session);
	return result;
}
