/* SPDX-License-Identifier: MIT */
/*
 * A session's descriptor nests in epoll, and so in libuv, glib and everything else on top of it.
 * The log callback prints the engine's trace.
 *
 *	cc meet_epoll.c $(pkg-config --cflags --libs midair) -o meet_epoll
 */
#include <midair/midair.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static void print_line(void *context, const char *line)
{
	fprintf(context, "%s\n", line);
}

/* One turn of the host's loop. Returns a connected descriptor, -1 for failure, -2 to go on. */
static int turn(int epoll_fd)
{
	struct epoll_event ready;
	struct midair_event event;
	if (epoll_wait(epoll_fd, &ready, 1, -1) < 1)
		return -2;
	struct midair_session *session = ready.data.ptr;
	if (midair_session_dispatch(session) != 0)
		return -1;
	while (midair_session_next_event(session, &event) == 0) {
		if (event.type == MIDAIR_EVENT_CONNECTED)
			return midair_session_take_fd(session);
		if (event.type == MIDAIR_EVENT_FAILED)
			return -1;
	}
	return -2;
}

int main(int argc, char **argv)
{
	struct midair_endpoint peer;
	struct midair_config config = {.size = sizeof(config), .peers = &peer, .n_peers = 1};
	struct midair_session *session = NULL;
	struct midair_relay_result moved;

	config.log = print_line;
	config.log_context = stderr;
	if (argc != 3 || midair_endpoint_parse(&config.local, argv[1]) ||
	    midair_endpoint_parse(&peer, argv[2]) || midair_session_new(&session, &config))
		return 2;
	struct epoll_event interest = {.events = EPOLLIN, .data.ptr = session};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC), fd = -2;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, midair_session_fd(session), &interest);
	while (fd == -2)
		fd = turn(epoll_fd);
	session = midair_session_free(session);
	if (fd >= 0 && midair_relay(STDIN_FILENO, STDOUT_FILENO, fd, -1, 0, &moved) != 0)
		return 1;
	return fd < 0;
}
