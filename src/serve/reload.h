/* SPDX-License-Identifier: MIT */
/* reload: the limits from the configuration file. */
#ifndef MIDAIR_SERVE_RELOAD_H
#define MIDAIR_SERVE_RELOAD_H

#include "serve/server.h"

/* Reads the file onto limits. Returns 0; else limits is as before and one line was logged. */
int reload_read(struct log *log, const char *path, struct serve_limits *limits);

/* With SIGHUP: the new limits hold for what comes from now on. */
void reload(struct server *server);

#endif
