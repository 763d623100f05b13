/* SPDX-License-Identifier: MIT */
/* shell: a program of the user's in one host of a network. */
#ifndef MIDAIR_LAB_SHELL_H
#define MIDAIR_LAB_SHELL_H

#include "lab/network.h"

struct shell_config {
	const struct scenario *scenario;
	enum lab_side side;
	/* The program and its arguments, NULL-terminated; NULL: the user's shell, and a banner on
	 * standard error. */
	char *const *command;
};

/*
 * Runs it until it ends, without a deadline: it is the user's. Its environment has
 *	MIDAIR_LAB_SCENARIO	the name
 *	MIDAIR_LAB_SIDE		a or b
 *	MIDAIR_LAB_SELF		the address that the peer has to name
 *	MIDAIR_LAB_PEER		the address that this side has to name
 *	MIDAIR_LAB_ON_PEER	to put before a command: runs it on the other host
 *	MIDAIR_LAB_ON_BOX	the same for the box in front of this host, where the kernel plays it
 * and where the scenario has a server's host
 *	MIDAIR_LAB_ON_SERVER	to put before a command: runs it there
 *	MIDAIR_SERVER		its address and port
 * Returns its exit status (127: not found), or -errno.
 */
int shell_run(const struct network *network, const struct shell_config *config,
	      struct lab_reason *reason);

#endif
