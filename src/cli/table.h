/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_TABLE_H
#define MIDAIR_CLI_TABLE_H

/* midair table: the TCP sockets of this machine (of this network namespace). */
int table_main(int argc, char **argv);

#endif
