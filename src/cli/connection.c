/* SPDX-License-Identifier: MIT */
#include "cli/connection.h"

#include <errno.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/payload.h"
#include "cli/stop.h"
#include "cli/trim.h"

int connection_take(struct connection *connection, struct midair_session *session,
		    struct tell *tell, const struct midair_event *connected)
{
	*connection = (struct connection)CONNECTION_NULL;
	if (midair_session_take_stream(session, &connection->stream) == 0) {
		tell_path(tell, connected, midair_stream_protocol(connection->stream));
		return 0;
	}
	connection->fd = midair_session_take_fd(session);
	return connection->fd >= 0 ? 0 : connection->fd;
}

/* After anything but a clean end closing sends RST: the peer shall know. */
static void close_connection(struct connection *connection)
{
	connection->stream = midair_stream_free(connection->stream);
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

int connection_relay(struct connection *connection, struct tell *tell, int stop_fd)
{
	struct midair_relay_result moved;
	int out_fd = payload_take_output();
	int result;

	trim_memory();
	if (connection->stream != NULL)
		result = midair_stream_relay(STDIN_FILENO, out_fd, connection->stream, stop_fd,
					     MIDAIR_RELAY_CLOSE_OUT, &moved);
	else
		result = midair_relay(STDIN_FILENO, out_fd, connection->fd, stop_fd,
				      MIDAIR_RELAY_CLOSE_OUT, &moved);
	close_connection(connection);
	tell_closed(tell, result, &moved);
	if (result == -EINTR)
		return EXIT_SIGNAL + stop_signal();
	if (result == 0)
		return EXIT_DONE;
	tell_error(tell,
		   result == MIDAIR_E_LOST || result == MIDAIR_E_PATH_LOST
			   ? "the connection"
			   : "standard input or output",
		   result);
	return exit_status_of(result);
}
