/* SPDX-License-Identifier: MIT */
/* serve: the command midair serve. */
#ifndef MIDAIR_CLI_SERVE_H
#define MIDAIR_CLI_SERVE_H

int serve_main(int argc, char **argv);

#endif
