/* SPDX-License-Identifier: MIT */
/* serve_options: the words of midair serve, read and checked. */
#ifndef MIDAIR_CLI_SERVE_OPTIONS_H
#define MIDAIR_CLI_SERVE_OPTIONS_H

#include "serve/serve.h"

/* Returns -1 to go on, or the exit status; has told why. */
int serve_options_read(struct serve_config *config, int argc, char **argv);

#endif
