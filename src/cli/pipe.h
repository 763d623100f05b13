/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_PIPE_H
#define MIDAIR_CLI_PIPE_H

/* midair pipe: two machines, one code, a direct connection, encrypted from end to end; by the
 * server's relay where there is no direct way and it may. */
int pipe_main(int argc, char **argv);

#endif
