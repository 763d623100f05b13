/* SPDX-License-Identifier: MIT */
/*
 * timeline: what one side saw of an attempt, short enough to be told to the other side when it has
 * failed. Pure.
 *
 * Theory of operation
 *
 * An attempt of 30 s can have thousands of events, and few kinds of them: what is equal in kind, path
 * and outcome is one entry, with its count and the times of its first and last. A path is an address
 * of the other side, by its number. What does not fit is counted.
 *
 * What is told is less than what was seen. The peer names addresses for us to dial, also ones inside our
 * network, and how each of them answered would be a scan of that network, made for the peer: nothing
 * that happened at a private address is told, be it the peer's own.
 *
 * Each side has a clock of its own. Both have noted when they sent their first sealed message and
 * when the other's came, so that the four times give the clocks' difference as in NTP: half of the
 * difference of the two ways, and wrong by half of their sum at most, however unequal they were.
 */
#ifndef MIDAIR_CORE_TIMELINE_H
#define MIDAIR_CORE_TIMELINE_H

#include "midair/midair.h"

#define TIMELINE_PATHS_MAX   16u
#define TIMELINE_ENTRIES_MAX 40u
#define TIMELINE_NO_PATH     0xffu
/* Both sides' entries. */
#define TIMELINE_MOMENTS_MAX (2 * TIMELINE_ENTRIES_MAX)

/* As they are sent. */
enum timeline_kind {
	TIMELINE_SERVER = 1,
	TIMELINE_SERVER_LOST,
	TIMELINE_WAITING, /* in the room */
	TIMELINE_PEER,	  /* introduced */
	TIMELINE_CONFIRMED,
	TIMELINE_PLAN, /* outcome: the reason's number (enum plan_reason), or PLAN_WAYS + the way */
	TIMELINE_DIAL,
	TIMELINE_REFUSED,  /* outcome: enum midair_refusal */
	TIMELINE_LANDED,   /* outcome: enum midair_crossing */
	TIMELINE_UNPROVEN, /* outcome: a result of midair.h; OTHER: an errno */
	TIMELINE_STRANGER,
	TIMELINE_AUTHENTICATED,
	TIMELINE_RELAY,	 /* outcome: a result; 0: asked for */
	TIMELINE_FAILED, /* outcome: as of UNPROVEN */
};
#define TIMELINE_OTHER	   0xffu
#define TIMELINE_PLAN_WAYS 0x80u

struct timeline_entry {
	uint8_t kind;	 /* enum timeline_kind */
	uint8_t path;	 /* or TIMELINE_NO_PATH */
	uint8_t outcome; /* 0: none */
	uint16_t count;	 /* 1 or more; UINT16_MAX: that or more */
	int64_t first_ns;
	int64_t last_ns;
};

struct timeline {
	uint32_t n_paths;
	struct midair_endpoint paths[TIMELINE_PATHS_MAX];
	uint32_t n_entries;
	struct timeline_entry entries[TIMELINE_ENTRIES_MAX];
	uint16_t n_left_out;
	/* Of the first sealed message: ours went out, the other side's came. */
	bool has_told;
	bool has_heard;
	int64_t told_ns;
	int64_t heard_ns;
	/* The latest plan. */
	bool has_plan;
	bool is_sure;
	enum midair_way way;
	uint8_t reason;	     /* enum plan_reason */
	bool is_direct_only; /* this side allows no relay */
	bool holds_back;     /* something happened at private addresses, and is not here */
};

/* Takes note of an event; its time as the driver stamped it. */
void timeline_note(struct timeline *timeline, const struct midair_event *event);

/* The same in a timeline that will be told: without what happened at private addresses. */
void timeline_note_told(struct timeline *told, const struct midair_event *event);

/* How many of that kind and outcome; path and outcome: TIMELINE_ANY, or exactly this one. */
#define TIMELINE_ANY UINT32_MAX
uint32_t timeline_count(const struct timeline *timeline, enum timeline_kind kind, uint32_t path,
			uint32_t outcome);

/* How the attempt ended: a result of midair.h; 0: it has not, or by an error of the system. */
int timeline_result(const struct timeline *timeline);

/* The other side's clock on ours: its time plus offset_ns. */
struct timeline_clock {
	bool is_known;
	int64_t offset_ns;
	int64_t error_ns;
};

void timeline_align(const struct timeline *ours, const struct timeline *theirs,
		    struct timeline_clock *clock);

/* Both in order of time. theirs may be NULL. Returns the number. */
uint32_t timeline_merge(const struct timeline *ours, const struct timeline *theirs,
			struct midair_moment moments[TIMELINE_MOMENTS_MAX]);

/* timeline_bytes.c: as a sealed message has it. Times are counted from the first one's sending. */
#define TIMELINE_BYTES 880
/* Returns TIMELINE_BYTES, or 0: nothing to tell, because no sealed message went out. */
size_t timeline_encode(const struct timeline *timeline, uint8_t bytes[TIMELINE_BYTES]);
/* True when there is a timeline among the fields, all of it right. Else timeline is untouched. */
bool timeline_decode(struct timeline *timeline, const uint8_t *bytes, size_t size);

#endif
