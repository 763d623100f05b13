/* SPDX-License-Identifier: MIT */
/*
 * approach_play: an approach to play with. Each call feeds one event and returns the actions as
 * text, "greet 0 allocating, ask 1", so that a test reads as a story. What must hold after every
 * event is checked on the way.
 */
#ifndef MIDAIR_TESTS_APPROACH_PLAY_H
#define MIDAIR_TESTS_APPROACH_PLAY_H

#include "core/approach.h"

#define MS UINT64_C(1000000)
/* Not zero, which hides mistakes. */
#define PLAY_START_NS (UINT64_C(7000000) * MS)

struct play {
	struct approach approach;
	uint64_t now_ns;
	struct approach_update update;
	uint32_t n_failed;
	uint32_t n_exchanged;
	bool is_open[MIDAIR_SERVERS_MAX]; /* what the driver would have open */
	char text[1024];
};

enum play_kind { PLAY_HOST, PLAY_JOIN, PLAY_SECRET };

/* servers: endpoints with spaces between. Waits 600 s. */
void play_init(struct play *play, enum play_kind kind, const char *servers);

/* All at play->now_ns, which the tests move. */
const char *play_feed(struct play *play, struct approach_event *event);
const char *play_event(struct play *play, enum approach_event_type type, uint32_t server,
		       int result);
const char *play_message(struct play *play, uint32_t server,
			 const struct wire_message *message);
/* One valid message of each type; an ERROR or LEFT by its code. */
const char *play_type(struct play *play, enum wire_type type);
const char *play_error(struct play *play, enum wire_error error);
const char *play_left(struct play *play, enum wire_reason reason);
/* Moves the clock to the deadline. */
const char *play_time(struct play *play);
const char *play_time_after(struct play *play, uint64_t later_ns);

/* From the start to this phase, with server 0. */
void play_until(struct play *play, enum approach_phase phase);

#endif
