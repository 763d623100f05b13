/* SPDX-License-Identifier: MIT */
/* connection: what meet and pipe do with the connection that they have made. */
#ifndef MIDAIR_CLI_CONNECTION_H
#define MIDAIR_CLI_CONNECTION_H

#include "cli/tell.h"
#include "midair/midair.h"

struct connection {
	int fd;			      /* -1: it is a stream */
	struct midair_stream *stream; /* NULL: it is plain */
};

#define CONNECTION_NULL                                                                        \
	{                                                                                      \
		.fd = -1                                                                       \
	}

/* After MIDAIR_EVENT_CONNECTED, the event: takes the connection out of the session and tells the
 * path of an encrypted one. Returns 0 or -EBADF. */
int connection_take(struct connection *connection, struct midair_session *session,
		    struct tell *tell, const struct midair_event *connected);

/* Standard input to the peer, the peer to standard output, until both have ended or stop_fd says
 * so. Closes it. Returns the exit status; has told. */
int connection_relay(struct connection *connection, struct tell *tell, int stop_fd);

#endif
