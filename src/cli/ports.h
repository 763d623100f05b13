/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_PORTS_H
#define MIDAIR_CLI_PORTS_H

int ports_main(int argc, char **argv);

#endif
