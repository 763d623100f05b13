/* SPDX-License-Identifier: MIT */
/*
 * session_play: a session to play with. Each call feeds one event and returns the actions as
 * text, "reset 1, adopt 0, said connected answered", so that a test reads as a story. What must
 * hold after every event is checked on the way.
 */
#ifndef MIDAIR_TESTS_SESSION_PLAY_H
#define MIDAIR_TESTS_SESSION_PLAY_H

#include "core/session.h"

#define MS UINT64_C(1000000)

/* The session's first instant on its clock: not zero, which hides mistakes. */
#define PLAY_START_NS (UINT64_C(5000000) * MS)

struct play {
	struct session session;
	uint64_t now_ns;
	uint32_t n_adopted;
	uint32_t n_stopped;  /* listening */
	bool is_open[64];    /* connections that the driver would have open */
	bool is_proving[64]; /* of them, those that were told to prove themselves */
	struct session_update update;
	char text[4096];
};

/* peers: endpoints with spaces between, at most 16. Times out after 60 s. */
void play_init(struct play *play, const char *peers, uint32_t flags);

/* As a pairing's session: no key before the start, connections from anywhere, candidates for 5 s
 * after the start. */
void play_init_pairing(struct play *play, const char *peers);
/* As a meeting with a secret. */
void play_init_secret(struct play *play, const char *peers, uint32_t flags);
/* Starts, and tells that every SYN is sent. */
void play_start_dialling(struct play *play);

/* play_init() and the start, every SYN sent. */
void play_init_dialling(struct play *play, const char *peers, uint32_t flags);

/* All at play->now_ns, which the tests move. */
const char *play_feed(struct play *play, struct session_event *event);
const char *play_start(struct play *play);
const char *play_dialled(struct play *play, uint32_t path);
const char *play_unsent(struct play *play, uint32_t path, int result);
const char *play_refused(struct play *play, uint32_t path);
const char *play_half_open(struct play *play, uint32_t path);
/* The dial's own tuple: PLAY_LOCAL's or PLAY_LOCAL6's to the peer's; 10 ms of round trip. */
const char *play_landed(struct play *play, uint32_t path);
/* number counts from 0. */
const char *play_caught(struct play *play, uint32_t number, const char *remote);
const char *play_lost(struct play *play, uint32_t connection);
const char *play_proven(struct play *play, uint32_t connection);
const char *play_unproven(struct play *play, uint32_t connection, int result);
const char *play_exchanged(struct play *play, uint32_t connection);
const char *play_candidate(struct play *play, const char *remote);
/* Moves the clock to session_deadline(). */
const char *play_time(struct play *play);

/* What has to be fed for one instant that the session does not wait for. */
const char *play_time_after(struct play *play, uint64_t later_ns);

#define PLAY_LOCAL  "192.0.2.1:1314"
#define PLAY_LOCAL6 "[2001:db8::1]:1314"

struct midair_endpoint play_endpoint(const char *text);
struct midair_endpoint play_local_of(const struct play *play, uint32_t path);

#endif
