/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_PRELOAD_H
#define MIDAIR_CLI_PRELOAD_H

int preload_main(int argc, char **argv);

#endif
