/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_KEY_H
#define MIDAIR_CLI_KEY_H

/* midair key: a new long-lived secret. */
int key_main(int argc, char **argv);

#endif
