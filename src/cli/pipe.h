/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_PIPE_H
#define MIDAIR_CLI_PIPE_H

/* midair pipe: two machines, one code, an encrypted connection without a relay. */
int pipe_main(int argc, char **argv);

#endif
