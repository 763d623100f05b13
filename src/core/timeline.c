/* SPDX-License-Identifier: MIT */
#include "core/timeline.h"

#include <errno.h>
#include <string.h>

#include "core/address_kind.h"
#include "core/plan.h"

/* 0: not noted. */
static enum timeline_kind kind_of(enum midair_event_type type)
{
	switch (type) {
	case MIDAIR_EVENT_SERVER:
		return TIMELINE_SERVER;
	case MIDAIR_EVENT_SERVER_LOST:
		return TIMELINE_SERVER_LOST;
	case MIDAIR_EVENT_PEER_WAIT:
		return TIMELINE_WAITING;
	case MIDAIR_EVENT_PEER:
		return TIMELINE_PEER;
	case MIDAIR_EVENT_CONFIRMED:
		return TIMELINE_CONFIRMED;
	case MIDAIR_EVENT_PLAN:
		return TIMELINE_PLAN;
	case MIDAIR_EVENT_DIAL:
		return TIMELINE_DIAL;
	case MIDAIR_EVENT_REFUSED:
		return TIMELINE_REFUSED;
	case MIDAIR_EVENT_LANDED:
		return TIMELINE_LANDED;
	case MIDAIR_EVENT_UNPROVEN:
		return TIMELINE_UNPROVEN;
	case MIDAIR_EVENT_STRANGER:
		return TIMELINE_STRANGER;
	case MIDAIR_EVENT_AUTHENTICATED:
		return TIMELINE_AUTHENTICATED;
	case MIDAIR_EVENT_RELAY:
		return TIMELINE_RELAY;
	case MIDAIR_EVENT_FAILED:
		return TIMELINE_FAILED;
	case MIDAIR_EVENT_NONE:
	case MIDAIR_EVENT_BOUND:
	case MIDAIR_EVENT_LISTENING:
	case MIDAIR_EVENT_WAITING:
	case MIDAIR_EVENT_CONNECTED:
	case MIDAIR_EVENT_CODE:
	case MIDAIR_EVENT_CANDIDATE:
	case MIDAIR_EVENT_VERDICT:
	case MIDAIR_EVENT_HOLE:
		break;
	}
	return (enum timeline_kind)0;
}

static uint8_t result_byte(int result)
{
	return result >= 0 && result < (int)TIMELINE_OTHER ? (uint8_t)result : TIMELINE_OTHER;
}

static uint8_t reason_number(const char *reason)
{
	for (int i = PLAN_REASON_NONE; reason != NULL && i <= PLAN_REASON_NO_FAMILY; i++)
		if (strcmp(plan_reason_name((enum plan_reason)i), reason) == 0)
			return (uint8_t)i;
	return PLAN_REASON_NONE;
}

static uint8_t outcome_of(enum timeline_kind kind, const struct midair_event *event)
{
	uint8_t reason = reason_number(event->reason);

	switch (kind) {
	case TIMELINE_PLAN:
		return reason != PLAN_REASON_NONE
			       ? reason
			       : (uint8_t)(TIMELINE_PLAN_WAYS + (unsigned)event->way);
	case TIMELINE_REFUSED:
		return (uint8_t)event->refusal;
	case TIMELINE_LANDED:
		return (uint8_t)event->crossing;
	case TIMELINE_SERVER_LOST:
	case TIMELINE_UNPROVEN:
	case TIMELINE_RELAY:
	case TIMELINE_FAILED:
		return result_byte(event->result);
	case TIMELINE_SERVER:
	case TIMELINE_WAITING:
	case TIMELINE_PEER:
	case TIMELINE_CONFIRMED:
	case TIMELINE_DIAL:
	case TIMELINE_STRANGER:
	case TIMELINE_AUTHENTICATED:
		break;
	}
	return 0;
}

/* Strangers, who may be many, have none. */
static bool has_path(enum timeline_kind kind)
{
	return kind == TIMELINE_PEER || kind == TIMELINE_DIAL || kind == TIMELINE_REFUSED ||
	       kind == TIMELINE_LANDED || kind == TIMELINE_UNPROVEN ||
	       kind == TIMELINE_AUTHENTICATED;
}

/* An address of the other side. */
static uint8_t path_of(struct timeline *timeline, enum timeline_kind kind,
		       const struct midair_endpoint *remote)
{
	if (!has_path(kind) || remote->family == MIDAIR_FAMILY_NONE || remote->port == 0)
		return TIMELINE_NO_PATH;
	for (uint32_t i = 0; i < timeline->n_paths; i++)
		if (midair_endpoint_equal(&timeline->paths[i], remote))
			return (uint8_t)i;
	if (timeline->n_paths == TIMELINE_PATHS_MAX)
		return TIMELINE_NO_PATH;
	timeline->paths[timeline->n_paths] = *remote;
	return (uint8_t)timeline->n_paths++;
}

static struct timeline_entry *find(struct timeline *timeline,
				   const struct timeline_entry *wanted)
{
	for (uint32_t i = 0; i < timeline->n_entries; i++) {
		struct timeline_entry *entry = &timeline->entries[i];

		if (entry->kind == wanted->kind && entry->path == wanted->path &&
		    entry->outcome == wanted->outcome)
			return entry;
	}
	return NULL;
}

static void count_up(uint16_t *count)
{
	if (*count < UINT16_MAX)
		(*count)++;
}

/* The end must fit, whatever came before. */
static bool has_room(const struct timeline *timeline, uint8_t kind)
{
	uint32_t limit =
		kind == TIMELINE_FAILED ? TIMELINE_ENTRIES_MAX : TIMELINE_ENTRIES_MAX - 1;

	return timeline->n_entries < limit;
}

static void note_plan(struct timeline *timeline, const struct midair_event *event)
{
	timeline->has_plan = true;
	timeline->is_sure = event->is_sure;
	timeline->way = event->way;
	timeline->reason = reason_number(event->reason);
}

/* The 4-tuple is in use, mostly by the other side's own SYN: no refusal of anybody's. */
static bool is_noise(const struct midair_event *event)
{
	return event->type == MIDAIR_EVENT_REFUSED && event->result == -EADDRNOTAVAIL;
}

void timeline_note(struct timeline *timeline, const struct midair_event *event)
{
	enum timeline_kind kind = kind_of(event->type);
	struct timeline_entry entry = {.kind = (uint8_t)kind, .count = 1};
	struct timeline_entry *known;

	if (kind == 0 || is_noise(event))
		return;
	if (kind == TIMELINE_PLAN)
		note_plan(timeline, event);
	entry.path = path_of(timeline, kind, &event->remote);
	entry.outcome = outcome_of(kind, event);
	entry.first_ns = event->time_ns;
	entry.last_ns = event->time_ns;
	known = find(timeline, &entry);
	if (known != NULL) {
		count_up(&known->count);
		known->last_ns = event->time_ns;
	} else if (has_room(timeline, entry.kind)) {
		timeline->entries[timeline->n_entries++] = entry;
	} else {
		count_up(&timeline->n_left_out);
	}
}

void timeline_note_told(struct timeline *told, const struct midair_event *event)
{
	enum timeline_kind kind = kind_of(event->type);
	enum address_kind where = address_kind(&event->remote);
	struct midair_event nowhere = *event;

	if (!has_path(kind) || (where != ADDRESS_PRIVATE && where != ADDRESS_LINK)) {
		timeline_note(told, event);
		return;
	}
	told->holds_back = true;
	/* Where the server saw the peer, the peer knows. */
	nowhere.remote = (struct midair_endpoint){0};
	if (kind == TIMELINE_PEER)
		timeline_note(told, &nowhere);
}

uint32_t timeline_count(const struct timeline *timeline, enum timeline_kind kind, uint32_t path,
			uint32_t outcome)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < timeline->n_entries; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (entry->kind == kind && (path == TIMELINE_ANY || entry->path == path) &&
		    (outcome == TIMELINE_ANY || entry->outcome == outcome))
			count += entry->count;
	}
	return count;
}

int timeline_result(const struct timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->n_entries; i++) {
		const struct timeline_entry *entry = &timeline->entries[i];

		if (entry->kind == TIMELINE_FAILED && entry->outcome != TIMELINE_OTHER)
			return entry->outcome;
	}
	return 0;
}

void timeline_align(const struct timeline *ours, const struct timeline *theirs,
		    struct timeline_clock *clock)
{
	int64_t ours_ns = ours->heard_ns - ours->told_ns;
	int64_t theirs_ns = theirs->heard_ns - theirs->told_ns;
	/* The two ways together: each message was sent before it came. */
	int64_t sum_ns = ours_ns + theirs_ns;

	*clock = (struct timeline_clock){.offset_ns = ours->told_ns - theirs->told_ns};
	if (!ours->has_told || !ours->has_heard || !theirs->has_told || !theirs->has_heard ||
	    sum_ns < 0)
		return;
	clock->is_known = true;
	clock->offset_ns += (ours_ns - theirs_ns) / 2;
	clock->error_ns = sum_ns / 2;
}

static const char *const kind_names[] = {
	[TIMELINE_SERVER] = "server",	    [TIMELINE_SERVER_LOST] = "server-lost",
	[TIMELINE_WAITING] = "waiting",	    [TIMELINE_PEER] = "peer",
	[TIMELINE_CONFIRMED] = "confirmed", [TIMELINE_PLAN] = "plan",
	[TIMELINE_DIAL] = "dial",	    [TIMELINE_REFUSED] = "refused",
	[TIMELINE_LANDED] = "landed",	    [TIMELINE_UNPROVEN] = "unproven",
	[TIMELINE_STRANGER] = "stranger",   [TIMELINE_AUTHENTICATED] = "authenticated",
	[TIMELINE_RELAY] = "relay",	    [TIMELINE_FAILED] = "failed",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == TIMELINE_FAILED + 1,
	       "a name for each kind");

static const char *plan_outcome(uint8_t outcome)
{
	if (outcome >= TIMELINE_PLAN_WAYS)
		return plan_method_name((enum plan_method)(outcome - TIMELINE_PLAN_WAYS));
	return outcome <= PLAN_REASON_NO_FAMILY ? plan_reason_name((enum plan_reason)outcome)
						: "unknown";
}

static const char *outcome_name(const struct timeline_entry *entry)
{
	switch ((enum timeline_kind)entry->kind) {
	case TIMELINE_PLAN:
		return plan_outcome(entry->outcome);
	case TIMELINE_REFUSED:
		return midair_refusal_name((enum midair_refusal)entry->outcome);
	case TIMELINE_LANDED:
		return midair_crossing_name((enum midair_crossing)entry->outcome);
	case TIMELINE_SERVER_LOST:
	case TIMELINE_UNPROVEN:
	case TIMELINE_FAILED:
	case TIMELINE_RELAY:
		if (entry->outcome == 0)
			return "";
		return entry->outcome == TIMELINE_OTHER ? "error"
							: midair_result_name(entry->outcome);
	case TIMELINE_SERVER:
	case TIMELINE_WAITING:
	case TIMELINE_PEER:
	case TIMELINE_CONFIRMED:
	case TIMELINE_DIAL:
	case TIMELINE_STRANGER:
	case TIMELINE_AUTHENTICATED:
		break;
	}
	return "";
}

static void read_moment(const struct timeline *timeline, uint32_t number, int64_t offset_ns,
			struct midair_moment *moment)
{
	const struct timeline_entry *entry = &timeline->entries[number];

	*moment = (struct midair_moment){
		.time_ns = entry->first_ns + offset_ns,
		.last_ns = entry->last_ns + offset_ns,
		.count = entry->count,
		.what = kind_names[entry->kind],
		.outcome = outcome_name(entry),
	};
	if (entry->path < timeline->n_paths)
		moment->remote = timeline->paths[entry->path];
}

/* Into its place; few, and mostly in order already. */
static void insert(struct midair_moment *moments, uint32_t n,
		   const struct midair_moment *moment)
{
	while (n > 0 && moments[n - 1].time_ns > moment->time_ns) {
		moments[n] = moments[n - 1];
		n--;
	}
	moments[n] = *moment;
}

uint32_t timeline_merge(const struct timeline *ours, const struct timeline *theirs,
			struct midair_moment moments[TIMELINE_MOMENTS_MAX])
{
	struct timeline_clock clock = {0};
	struct midair_moment moment;
	uint32_t n = 0;

	for (uint32_t i = 0; i < ours->n_entries; i++) {
		read_moment(ours, i, 0, &moment);
		insert(moments, n++, &moment);
	}
	if (theirs == NULL)
		return n;
	timeline_align(ours, theirs, &clock);
	for (uint32_t i = 0; i < theirs->n_entries; i++) {
		read_moment(theirs, i, clock.offset_ns, &moment);
		moment.is_theirs = true;
		insert(moments, n++, &moment);
	}
	return n;
}
