/* SPDX-License-Identifier: MIT */
/* stages: how the server gives up what it does not need, one named stage after the other, once
 * its sockets are bound and its memory is reserved. */
#ifndef MIDAIR_SERVE_STAGES_H
#define MIDAIR_SERVE_STAGES_H

#include "serve/server.h"

/* Logs each stage. Returns 0, or -errno of the first one that is missing and must not be. */
int stages_enter(struct server *server);

#endif
