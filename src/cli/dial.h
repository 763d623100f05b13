/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_DIAL_H
#define MIDAIR_CLI_DIAL_H

int dial_main(int argc, char **argv);

#endif
