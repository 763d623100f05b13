/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_SELF_H
#define MIDAIR_CLI_SELF_H

/* midair self: one socket, connected to itself. */
int self_main(int argc, char **argv);

#endif
