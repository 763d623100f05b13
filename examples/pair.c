/* SPDX-License-Identifier: MIT */
/*
 * Two machines, one code, an encrypted pipe. The first one prints the code, the second takes it.
 *
 *	echo 'I love you.' | pair server.example:1314
 *	echo 'I know.'     | pair server.example:1314 7-crossover-clockwork
 *
 *	cc pair.c $(pkg-config --cflags --libs midair) -o pair
 */
#include <midair/midair.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int await(struct midair_session *session, struct midair_stream **stream)
{
	struct pollfd entry = {.fd = midair_session_fd(session), .events = POLLIN};
	struct midair_event event;
	int result = 0;

	/* The session's own deadlines end this loop. */
	while (result == 0 && poll(&entry, 1, -1) >= 0) {
		result = midair_session_dispatch(session);
		while (midair_session_next_event(session, &event) == 0) {
			if (event.type == MIDAIR_EVENT_CODE)
				fprintf(stderr, "%s\n", midair_session_code(session));
			if (event.type == MIDAIR_EVENT_FAILED)
				return event.result;
			if (event.type == MIDAIR_EVENT_CONNECTED)
				return midair_session_take_stream(session, stream);
		}
	}
	return result;
}

int main(int argc, char **argv)
{
	struct midair_endpoint servers[MIDAIR_SERVERS_MAX];
	struct midair_pair_config config = {.size = sizeof(config), .servers = servers};
	struct midair_session *session = NULL;
	struct midair_stream *stream = NULL;
	struct midair_relay_result moved;

	config.n_servers = MIDAIR_SERVERS_MAX;
	config.code = argc > 2 ? argv[2] : NULL;
	if (argc < 2 || midair_resolve(argv[1], 5000, servers, &config.n_servers) != 0)
		return 2;
	int result = midair_session_pair(&session, &config);
	if (result == 0)
		result = await(session, &stream);
	session = midair_session_free(session);
	if (result == 0)
		result =
			midair_stream_relay(STDIN_FILENO, STDOUT_FILENO, stream, -1, 0, &moved);
	stream = midair_stream_free(stream);
	if (result != 0)
		fprintf(stderr, "%s\n", midair_strerror(result));
	return result != 0;
}
