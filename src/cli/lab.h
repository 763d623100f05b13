/* SPDX-License-Identifier: MIT */
/* lab: the command "midair lab". */
#ifndef MIDAIR_CLI_LAB_H
#define MIDAIR_CLI_LAB_H

int lab_main(int argc, char **argv);

#endif
