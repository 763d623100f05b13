/* SPDX-License-Identifier: MIT */
/*
 * A session inside a poll() loop of one's own: wait for its descriptor, dispatch, read events.
 * Here the loop has nothing else to do; a real one has more entries in the array.
 *
 *	cc meet_poll.c $(pkg-config --cflags --libs midair) -o meet_poll
 */
#include <midair/midair.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int meet(struct midair_session *session)
{
	struct pollfd entry = {.fd = midair_session_fd(session), .events = POLLIN};
	struct midair_event event;
	char text[MIDAIR_EVENT_TEXT_SIZE];
	int result = 0;

	/* The session's own timeout ends this loop, so poll() may wait for ever. */
	while (result == 0 && poll(&entry, 1, -1) >= 0) {
		result = midair_session_dispatch(session);
		while (midair_session_next_event(session, &event) == 0) {
			fprintf(stderr, "%s\n", midair_event_format(&event, text));
			if (event.type == MIDAIR_EVENT_CONNECTED)
				return midair_session_take_fd(session);
			if (event.type == MIDAIR_EVENT_FAILED)
				return -1;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct midair_endpoint local, peer;
	struct midair_config config = {.size = sizeof(config), .peers = &peer, .n_peers = 1};
	struct midair_session *session = NULL;
	struct midair_relay_result moved;

	if (argc != 3 || midair_endpoint_parse(&local, argv[1]) ||
	    midair_endpoint_parse(&peer, argv[2]))
		return 2;
	config.local = local;
	int result = midair_session_new(&session, &config);
	if (result != 0) {
		fprintf(stderr, "%s\n", midair_strerror(result));
		return 1;
	}
	int fd = meet(session);
	session = midair_session_free(session);
	if (fd < 0)
		return 1;
	result = midair_relay(STDIN_FILENO, STDOUT_FILENO, fd, -1, 0, &moved);
	close(fd);
	return result != 0;
}
