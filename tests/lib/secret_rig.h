/* SPDX-License-Identifier: MIT */
/* secret_rig: what the tests of meetings with a secret share. */
#ifndef MIDAIR_TESTS_SECRET_RIG_H
#define MIDAIR_TESTS_SECRET_RIG_H

#include <string.h>

#include "tests/lib/loopback.h"

/* Two different ones, by secret_make_keys(). */
extern char secret_key[MIDAIR_KEY_SIZE];
extern char secret_other_key[MIDAIR_KEY_SIZE];

int secret_make_keys(void **state);
struct midair_config secret_config(const struct midair_endpoint *local,
				   const struct midair_endpoint *peer, uint32_t flags,
				   const char *secret);
/* Two sessions at the addresses 1 and 2, the first with secret_key. */
void secret_open_both(struct attempt both[2], uint32_t flags, const char *second_secret);
void secret_close_both(struct attempt both[2]);
/* Both have connected, and to each other. */
void secret_check_same(const struct attempt both[2]);
void secret_say(struct midair_stream *stream, const char *text);
/* The next bytes must be text. */
void secret_hear(struct midair_stream *stream, const char *text);
/* And closes the sessions. */
void secret_take_streams(struct attempt both[2], struct midair_stream *streams[2]);
/* Both ways, with the same keys on both sides; frees them. */
void secret_check_streams(struct midair_stream *streams[2]);
uint32_t secret_count_events(const struct attempt *attempt, enum midair_event_type type,
			     int result);

#endif
