/* SPDX-License-Identifier: MIT */
/*
 * A plain connected descriptor between two machines that have the same secret, and a key for what
 * the program then does to protect its bytes.
 *
 *	SECRET=$(midair key) pair_plain 198.51.100.9:1314
 *
 *	cc pair_plain.c $(pkg-config --cflags --libs midair) -o pair_plain
 */
#include <midair/midair.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int await(struct midair_session *session)
{
	struct pollfd entry = {.fd = midair_session_fd(session), .events = POLLIN};
	struct midair_event event;
	int result = 0;

	/* The session's own deadlines end this loop. */
	while (result == 0 && poll(&entry, 1, -1) >= 0) {
		result = midair_session_dispatch(session);
		while (midair_session_next_event(session, &event) == 0)
			if (event.type == MIDAIR_EVENT_CONNECTED ||
			    event.type == MIDAIR_EVENT_FAILED)
				return event.result;
	}
	return result;
}

int main(int argc, char **argv)
{
	struct midair_endpoint server;
	struct midair_pair_config config = {.size = sizeof(config), .servers = &server};
	struct midair_session *session = NULL;
	unsigned char key[32];
	config.n_servers = 1;
	config.flags = MIDAIR_PLAIN;
	config.secret = getenv("SECRET");
	if (argc != 2 || config.secret == NULL || midair_endpoint_parse(&server, argv[1]) != 0)
		return 2;
	config.secret_size = strlen(config.secret);
	int result = midair_session_pair(&session, &config);
	if (result == 0)
		result = await(session);
	if (result == 0)
		result = midair_session_export(session, "example", key, sizeof(key));
	int fd = result == 0 ? midair_session_take_fd(session) : -1;
	midair_session_free(session);
	if (fd >= 0)
		printf("connected, key %02x%02x...\n", key[0], key[1]);
	else
		fprintf(stderr, "%s\n", midair_strerror(result));
	return fd < 0 ? 1 : close(fd);
}
