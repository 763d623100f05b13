/* SPDX-License-Identifier: MIT */
/*
 * The shortest way: one call meets the peer, another moves the bytes. Run it on both machines:
 *
 *	echo 'I love you.' | meet_blocking 0.0.0.0:1314 198.51.100.2:1314
 *
 *	cc meet_blocking.c $(pkg-config --cflags --libs midair) -o meet_blocking
 */
#include <midair/midair.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct midair_endpoint local, peer;
	struct midair_relay_result moved;
	int fd = -1, result;

	if (argc != 3 || midair_endpoint_parse(&local, argv[1]) ||
	    midair_endpoint_parse(&peer, argv[2])) {
		fprintf(stderr, "usage: %s LOCAL:PORT PEER:PORT\n", argv[0]);
		return 2;
	}
	struct midair_config config = {
		.size = sizeof(config),
		.peers = &peer,
		.n_peers = 1,
		.local = local,
		.timeout_ms = 20000,
	};
	result = midair_meet(&config, &fd, NULL);
	if (result == 0) {
		result = midair_relay(STDIN_FILENO, STDOUT_FILENO, fd, -1, 0, &moved);
		close(fd);
	}
	if (result != 0)
		fprintf(stderr, "%s\n", midair_strerror(result));
	return result != 0;
}
