/* SPDX-License-Identifier: MIT */
#ifndef MIDAIR_CLI_EXPLAIN_CODE_H
#define MIDAIR_CLI_EXPLAIN_CODE_H

/* midair explain: what a stable code means. */
int explain_code_main(int argc, char **argv);

#endif
