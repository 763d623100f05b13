/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_WHY_H
#define MIDAIR_CLI_WHY_H

int why_main(int argc, char **argv);

#endif
