/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_MEET_H
#define MIDAIR_CLI_MEET_H

/* midair meet: the same command on both machines, each naming the other. */
int meet_main(int argc, char **argv);

#endif
