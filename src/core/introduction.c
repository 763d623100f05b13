/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Fields of tag (one byte), length (one byte) and value, then zeros up to a fixed size: the server,
 * which sees the size of what it passes on, cannot even count the candidates. Whoever wrote this
 * knows the code, but a stranger may have guessed it, and a later version may say what we do not
 * know. So what is unknown is skipped, and what is known must be right.
 */
#include "core/introduction.h"

#include <string.h>

#include "core/bytes.h"

#define TAG_PADDING	 0 /* nothing but zeros follows */
#define TAG_CONFIRMATION 1
#define TAG_CANDIDATE	 2
#define TAG_REPORT	 3

#define CANDIDATE_IPV4 (1 + BYTES_ENDPOINT_IPV4)
#define CANDIDATE_IPV6 (1 + BYTES_ENDPOINT_IPV6)
#define REPORT_IPV4    (NAT_REPORT_HEAD_BYTES + BYTES_ENDPOINT_IPV4)
#define REPORT_IPV6    (NAT_REPORT_HEAD_BYTES + BYTES_ENDPOINT_IPV6)

_Static_assert(2 + INTRODUCTION_CONFIRM_BYTES +
			       INTRODUCTION_CANDIDATES_MAX * (2 + CANDIDATE_IPV6) +
			       (2 + REPORT_IPV4) + (2 + REPORT_IPV6) <=
		       INTRODUCTION_PADDED_BYTES,
	       "the fullest introduction is no longer than the others");
_Static_assert(INTRODUCTION_PADDED_BYTES <= INTRODUCTION_BYTES_MAX, "fits into SEALED");

static bool is_type_known(uint32_t type)
{
	return type >= CANDIDATE_HOST && type <= CANDIDATE_MAPPED;
}

static void write_candidate(struct byte_writer *writer, const struct candidate *candidate)
{
	if (!is_type_known(candidate->type))
		writer->has_failed = true;
	bytes_write_8(writer, TAG_CANDIDATE);
	bytes_write_8(writer, candidate->endpoint.family == MIDAIR_IPV6 ? CANDIDATE_IPV6
									: CANDIDATE_IPV4);
	bytes_write_8(writer, candidate->type);
	bytes_write_endpoint(writer, &candidate->endpoint);
}

static void write_report(struct byte_writer *writer, const struct nat_report *report,
			 uint8_t family)
{
	if (report->family == MIDAIR_FAMILY_NONE)
		return;
	if (report->family != family)
		writer->has_failed = true;
	bytes_write_8(writer, TAG_REPORT);
	bytes_write_8(writer, family == MIDAIR_IPV6 ? REPORT_IPV6 : REPORT_IPV4);
	nat_report_write(writer, report);
}

size_t introduction_encode(const struct introduction *introduction,
			   uint8_t bytes[INTRODUCTION_BYTES_MAX])
{
	struct byte_writer writer = {.at = bytes, .n_left = INTRODUCTION_PADDED_BYTES};

	if (introduction->n_candidates > INTRODUCTION_CANDIDATES_MAX)
		return 0;
	if (introduction->has_confirmation) {
		bytes_write_8(&writer, TAG_CONFIRMATION);
		bytes_write_8(&writer, INTRODUCTION_CONFIRM_BYTES);
		bytes_write(&writer, introduction->confirmation, INTRODUCTION_CONFIRM_BYTES);
	}
	for (uint32_t i = 0; i < introduction->n_candidates; i++)
		write_candidate(&writer, &introduction->candidates[i]);
	write_report(&writer, &introduction->reports[0], MIDAIR_IPV4);
	write_report(&writer, &introduction->reports[1], MIDAIR_IPV6);
	if (writer.has_failed)
		return 0;
	memset(writer.at, TAG_PADDING, writer.n_left);
	return INTRODUCTION_PADDED_BYTES;
}

static bool read_confirmation(struct introduction *introduction, struct byte_reader *value)
{
	if (introduction->has_confirmation)
		return false;
	introduction->has_confirmation = true;
	bytes_read(value, introduction->confirmation, INTRODUCTION_CONFIRM_BYTES);
	return bytes_is_done(value);
}

static bool is_candidate_known(struct byte_reader value)
{
	uint8_t type = bytes_read_8(&value);
	uint8_t family = bytes_read_8(&value);

	return is_type_known(type) && (family == MIDAIR_IPV4 || family == MIDAIR_IPV6);
}

static bool read_candidate(struct introduction *introduction, struct byte_reader *value)
{
	struct candidate candidate = {0};

	if (value->n_left < 2)
		return false;
	if (!is_candidate_known(*value))
		return true;
	candidate.type = (enum candidate_type)bytes_read_8(value);
	bytes_read_endpoint(value, &candidate.endpoint);
	if (!bytes_is_done(value))
		return false;
	/* The first ones are the best: more than the table holds are left out. */
	if (introduction->n_candidates < INTRODUCTION_CANDIDATES_MAX)
		introduction->candidates[introduction->n_candidates++] = candidate;
	return true;
}

/* One for each family. */
static bool read_report(struct introduction *introduction, struct byte_reader *value)
{
	struct nat_report report;
	struct nat_report *place;
	uint8_t family;

	if (value->n_left <= NAT_REPORT_HEAD_BYTES)
		return false;
	family = value->at[NAT_REPORT_HEAD_BYTES];
	if (family != MIDAIR_IPV4 && family != MIDAIR_IPV6)
		return true;
	nat_report_read(value, &report);
	place = &introduction->reports[family == MIDAIR_IPV6];
	if (!bytes_is_done(value) || place->family != MIDAIR_FAMILY_NONE)
		return false;
	*place = report;
	return true;
}

static bool read_padding(struct byte_reader *reader)
{
	while (reader->n_left > 0)
		if (bytes_read_8(reader) != 0)
			return false;
	return true;
}

static bool read_field(struct introduction *introduction, struct byte_reader *reader)
{
	uint8_t tag = bytes_read_8(reader);
	struct byte_reader value = {0};

	if (tag == TAG_PADDING)
		return read_padding(reader);
	value.n_left = bytes_read_8(reader);
	value.at = bytes_take(reader, value.n_left);
	if (reader->has_failed)
		return false;
	if (tag == TAG_CONFIRMATION)
		return read_confirmation(introduction, &value);
	if (tag == TAG_CANDIDATE)
		return read_candidate(introduction, &value);
	return tag != TAG_REPORT || read_report(introduction, &value);
}

bool introduction_decode(struct introduction *introduction, const uint8_t *bytes, size_t size)
{
	struct byte_reader reader = {.at = bytes, .n_left = size};
	struct introduction read;

	if (size > INTRODUCTION_BYTES_MAX)
		return false;
	memset(&read, 0, sizeof(read));
	while (reader.n_left > 0)
		if (!read_field(&read, &reader))
			return false;
	*introduction = read;
	return true;
}
