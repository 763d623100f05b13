/* SPDX-License-Identifier: MIT */
/* stream: what the rest of the library sees of an encrypted stream. */
#ifndef MIDAIR_LIB_STREAM_INTERNAL_H
#define MIDAIR_LIB_STREAM_INTERNAL_H

#include "crypto/tls.h"
#include "midair/midair.h"

/* Takes over a connected non-blocking descriptor and a tls in state PROVEN (server) or DONE, both
 * on success only. Sends what tls has to say. Returns 0, -ENOMEM, -errno. */
int stream_new(struct midair_stream **stream, int fd, struct tls *tls);

/* Gives back what an idle stream does not need. */
void stream_trim(struct midair_stream *stream);

/* Whether something waits to be sent. */
bool stream_is_blocked(const struct midair_stream *stream);

#endif
