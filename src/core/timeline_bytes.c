/* SPDX-License-Identifier: MIT */
/* A timeline as fields of a sealed message (core/introduction.h); docs/PROTOCOL.md has the table. */
#include "core/timeline.h"

#include <string.h>

#include "core/bytes.h"
#include "core/plan.h"

#define TAG_PADDING 0
#define TAG_HEAD    16
#define TAG_PATH    17
#define TAG_ENTRIES 18

#define HEAD_BYTES	  12
#define ENTRY_BYTES	  13
#define ENTRIES_PER_FIELD 19u
#define HEAD_HAS_HEARD	  1u
#define HEAD_HAS_PLAN	  2u
#define HEAD_IS_SURE	  4u
#define HEAD_DIRECT_ONLY  8u
#define HEAD_HOLDS_BACK	  16u
#define US		  INT64_C(1000)

_Static_assert(ENTRIES_PER_FIELD *ENTRY_BYTES <= UINT8_MAX, "fits into a field");
_Static_assert((2 + HEAD_BYTES) + TIMELINE_PATHS_MAX * (2 + BYTES_ENDPOINT_IPV6) +
			       TIMELINE_ENTRIES_MAX * ENTRY_BYTES +
			       2 * (TIMELINE_ENTRIES_MAX / ENTRIES_PER_FIELD + 1) <=
		       TIMELINE_BYTES,
	       "the fullest timeline is no longer than the others");

/* Microseconds since the first sealed message; what is further away is at the end of the scale. */
static void write_time(struct byte_writer *writer, const struct timeline *timeline,
		       int64_t time_ns)
{
	int64_t us = (time_ns - timeline->told_ns) / US;

	if (us > INT32_MAX)
		us = INT32_MAX;
	if (us < INT32_MIN)
		us = INT32_MIN;
	bytes_write_32(writer, (uint32_t)(int32_t)us);
}

static int64_t read_time(struct byte_reader *reader)
{
	return (int32_t)bytes_read_32(reader) * US;
}

static void write_head(struct byte_writer *writer, const struct timeline *timeline)
{
	uint32_t flags = 0;

	if (timeline->has_heard)
		flags |= HEAD_HAS_HEARD;
	if (timeline->has_plan)
		flags |= HEAD_HAS_PLAN;
	if (timeline->is_sure)
		flags |= HEAD_IS_SURE;
	if (timeline->is_direct_only)
		flags |= HEAD_DIRECT_ONLY;
	if (timeline->holds_back)
		flags |= HEAD_HOLDS_BACK;
	bytes_write_8(writer, TAG_HEAD);
	bytes_write_8(writer, HEAD_BYTES);
	bytes_write_8(writer, flags);
	bytes_write_8(writer, timeline->way);
	bytes_write_8(writer, timeline->reason);
	bytes_write_8(writer, 0);
	bytes_write_16(writer, timeline->n_left_out);
	bytes_write_16(writer, 0);
	write_time(writer, timeline,
		   timeline->has_heard ? timeline->heard_ns : timeline->told_ns);
}

static void write_path(struct byte_writer *writer, const struct midair_endpoint *path)
{
	bytes_write_8(writer, TAG_PATH);
	bytes_write_8(writer,
		      path->family == MIDAIR_IPV6 ? BYTES_ENDPOINT_IPV6 : BYTES_ENDPOINT_IPV4);
	bytes_write_endpoint(writer, path);
}

static void write_entry(struct byte_writer *writer, const struct timeline *timeline,
			const struct timeline_entry *entry)
{
	write_time(writer, timeline, entry->first_ns);
	write_time(writer, timeline, entry->last_ns);
	bytes_write_8(writer, entry->kind);
	bytes_write_8(writer, entry->path);
	bytes_write_8(writer, entry->outcome);
	bytes_write_16(writer, entry->count);
}

static void write_entries(struct byte_writer *writer, const struct timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->n_entries; i++) {
		uint32_t n_left = timeline->n_entries - i;

		if (i % ENTRIES_PER_FIELD == 0) {
			if (n_left > ENTRIES_PER_FIELD)
				n_left = ENTRIES_PER_FIELD;
			bytes_write_8(writer, TAG_ENTRIES);
			bytes_write_8(writer, n_left * ENTRY_BYTES);
		}
		write_entry(writer, timeline, &timeline->entries[i]);
	}
}

size_t timeline_encode(const struct timeline *timeline, uint8_t bytes[TIMELINE_BYTES])
{
	struct byte_writer writer = {.at = bytes, .n_left = TIMELINE_BYTES};

	if (!timeline->has_told)
		return 0;
	write_head(&writer, timeline);
	for (uint32_t i = 0; i < timeline->n_paths; i++)
		write_path(&writer, &timeline->paths[i]);
	write_entries(&writer, timeline);
	if (writer.has_failed)
		return 0;
	memset(writer.at, TAG_PADDING, writer.n_left);
	return TIMELINE_BYTES;
}

static bool read_head(struct timeline *timeline, struct byte_reader *value)
{
	uint8_t flags = bytes_read_8(value);
	uint8_t way = bytes_read_8(value);
	uint8_t reason = bytes_read_8(value);

	/* Twice would be two timelines. */
	if (timeline->has_told)
		return false;
	timeline->has_told = true;
	timeline->has_heard = (flags & HEAD_HAS_HEARD) != 0;
	timeline->has_plan = (flags & HEAD_HAS_PLAN) != 0 && way <= MIDAIR_WAY_NONE &&
			     reason <= PLAN_REASON_NO_FAMILY;
	timeline->is_sure = timeline->has_plan && (flags & HEAD_IS_SURE) != 0;
	timeline->is_direct_only = (flags & HEAD_DIRECT_ONLY) != 0;
	timeline->holds_back = (flags & HEAD_HOLDS_BACK) != 0;
	if (timeline->has_plan) {
		timeline->way = (enum midair_way)way;
		timeline->reason = reason;
	}
	bytes_read_8(value);
	timeline->n_left_out = bytes_read_16(value);
	bytes_read_16(value);
	timeline->heard_ns = read_time(value);
	return bytes_is_done(value);
}

static bool read_path(struct timeline *timeline, struct byte_reader *value)
{
	struct midair_endpoint path;

	if (timeline->n_paths == TIMELINE_PATHS_MAX)
		return false;
	bytes_read_endpoint(value, &path);
	if (!bytes_is_done(value))
		return false;
	timeline->paths[timeline->n_paths++] = path;
	return true;
}

/* What outcomes of a kind this version knows. */
static bool is_outcome_known(const struct timeline_entry *entry)
{
	switch ((enum timeline_kind)entry->kind) {
	case TIMELINE_PLAN:
		return entry->outcome >= TIMELINE_PLAN_WAYS
			       ? entry->outcome - TIMELINE_PLAN_WAYS <= MIDAIR_WAY_NONE
			       : entry->outcome <= PLAN_REASON_NO_FAMILY;
	case TIMELINE_REFUSED:
		return entry->outcome <= MIDAIR_REFUSED_LOCALLY;
	case TIMELINE_LANDED:
		return entry->outcome <= MIDAIR_CAUGHT;
	case TIMELINE_SERVER_LOST:
	case TIMELINE_UNPROVEN:
	case TIMELINE_FAILED:
	case TIMELINE_RELAY:
		return true;
	case TIMELINE_SERVER:
	case TIMELINE_WAITING:
	case TIMELINE_PEER:
	case TIMELINE_CONFIRMED:
	case TIMELINE_DIAL:
	case TIMELINE_STRANGER:
	case TIMELINE_AUTHENTICATED:
		break;
	}
	return entry->outcome == 0;
}

static bool is_known(const struct timeline *timeline, const struct timeline_entry *entry)
{
	return entry->kind >= TIMELINE_SERVER && entry->kind <= TIMELINE_FAILED &&
	       is_outcome_known(entry) && entry->count > 0 &&
	       entry->last_ns >= entry->first_ns &&
	       (entry->path == TIMELINE_NO_PATH || entry->path < timeline->n_paths);
}

static void read_entry(struct timeline *timeline, struct byte_reader *value)
{
	struct timeline_entry entry = {0};

	entry.first_ns = read_time(value);
	entry.last_ns = read_time(value);
	entry.kind = bytes_read_8(value);
	entry.path = bytes_read_8(value);
	entry.outcome = bytes_read_8(value);
	entry.count = bytes_read_16(value);
	/* A later version may say more: what we do not know is left out. */
	if (is_known(timeline, &entry) && timeline->n_entries < TIMELINE_ENTRIES_MAX)
		timeline->entries[timeline->n_entries++] = entry;
	else if (timeline->n_left_out < UINT16_MAX)
		timeline->n_left_out++;
}

static bool read_entries(struct timeline *timeline, struct byte_reader *value)
{
	if (value->n_left % ENTRY_BYTES != 0)
		return false;
	while (value->n_left > 0)
		read_entry(timeline, value);
	return true;
}

static bool read_field(struct timeline *timeline, uint8_t tag, struct byte_reader *value)
{
	if (tag == TAG_HEAD)
		return read_head(timeline, value);
	if (tag == TAG_PATH)
		return read_path(timeline, value);
	return tag != TAG_ENTRIES || read_entries(timeline, value);
}

bool timeline_decode(struct timeline *timeline, const uint8_t *bytes, size_t size)
{
	struct byte_reader reader = {.at = bytes, .n_left = size};
	struct timeline read;

	memset(&read, 0, sizeof(read));
	while (reader.n_left > 0) {
		struct byte_reader value = {0};
		uint8_t tag = bytes_read_8(&reader);

		if (tag == TAG_PADDING)
			break;
		value.n_left = bytes_read_8(&reader);
		value.at = bytes_take(&reader, value.n_left);
		if (reader.has_failed || !read_field(&read, tag, &value))
			return false;
	}
	if (!read.has_told)
		return false;
	*timeline = read;
	return true;
}
