/* SPDX-License-Identifier: MIT */
/*
 * Assumption: whether B may bind the address and port of A depends on SO_REUSEADDR and
 * SO_REUSEPORT of both as in the table below, whether A is only bound or connected. They need
 * one option in common. With A listening only SO_REUSEPORT on both will do.
 * Relied on by: src/os/socket.c (SO_REUSEPORT on everything), MIDAIR_E_PORT_IN_USE.
 */
#include "platform.h"

#define ADDRESS "127.0.0.1"

static const unsigned int kinds[] = {0, REUSE_ADDRESS, REUSE_PORT, REUSE_ADDRESS | REUSE_PORT};
static const char *const kind_names[] = {"none", "RA", "RP", "RA+RP"};

enum situation { BOUND, CONNECTED, LISTENING };
static const char *const situation_names[] = {"bound", "connected", "listening"};

static bool may_share(enum situation situation, unsigned int a, unsigned int b)
{
	if (situation == LISTENING)
		return (a & b & REUSE_PORT) != 0;
	return (a & b) != 0;
}

static void try_pair(enum situation situation, size_t a, size_t b, uint16_t port)
{
	int fd_a = tcp_socket(AF_INET, kinds[a]);
	int fd_b = tcp_socket(AF_INET, kinds[b]);

	CHECK(bind_to(fd_a, ADDRESS, port) == 0, "port %u is free", port);
	if (situation == CONNECTED)
		CHECK(dial(fd_a, ADDRESS, 3000) == 0, "A connects");
	if (situation == LISTENING)
		CHECK(listen(fd_a, 1) == 0, "A listens");
	int result = bind_to(fd_b, ADDRESS, port);
	int wanted = may_share(situation, kinds[a], kinds[b]) ? 0 : -EADDRINUSE;
	CHECK(result == wanted, "A (%s, %s), then B (%s): %s, not %s", kind_names[a],
	      situation_names[situation], kind_names[b], strerror(-wanted), strerror(-result));
	close_with_reset(fd_a);
	close_with_reset(fd_b);
}

int main(void)
{
	uint16_t port = 20000;

	enter_own_network();
	listener_on(3000, 0);
	for (enum situation situation = BOUND; situation <= LISTENING; situation++) {
		for (size_t a = 0; a < 4; a++) {
			for (size_t b = 0; b < 4; b++)
				try_pair(situation, a, b, port++);
		}
	}
	return EXIT_SUCCESS;
}
