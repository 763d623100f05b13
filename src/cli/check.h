/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_CHECK_H
#define MIDAIR_CLI_CHECK_H

/* What the boxes between this host and a server do to TCP. Returns the exit status. */
int check_main(int argc, char **argv);

#endif
