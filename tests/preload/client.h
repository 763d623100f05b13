/* SPDX-License-Identifier: MIT */
/*
 * client: programs that know nothing of midair, one scene each, to be run with and without the
 * preloaded library: client SCENE [ARGUMENT...]. What they see they print, and the scripts
 * compare. They are their own servers.
 */
#ifndef MIDAIR_TESTS_CLIENT_H
#define MIDAIR_TESTS_CLIENT_H

#include "tests/platform/platform.h"

struct scene {
	const char *name;
	int (*run)(int argc, char **argv); /* the arguments behind the name */
};

extern const struct scene scenes_of_ports[];
extern const struct scene scenes_of_sockets[];
extern const struct scene scenes_of_processes[];

/* A number argument, or the default when it is missing. */
unsigned int number(int argc, char **argv, int index, unsigned int otherwise);

/* A listener on any address of the family, with a long queue. */
int open_server(int family, uint16_t port);

/* Takes the oldest connection of the queue. */
int take_connection(int server);

#endif
