/* SPDX-License-Identifier: MIT */
/* A report on its way to the peer; docs/PROTOCOL.md has the table. */
#include "core/nat_report.h"

#include <string.h>

#define ANSWER_BITS 2u
#define ANSWER_MASK 3u

static uint32_t answers_of(const struct nat_report *report)
{
	return (uint32_t)report->syn_in | (uint32_t)report->reset_closes << ANSWER_BITS |
	       (uint32_t)report->hairpin << 2 * ANSWER_BITS;
}

void nat_report_write(struct byte_writer *writer, const struct nat_report *report)
{
	bytes_write_8(writer, report->mapping);
	bytes_write_8(writer, report->allocation);
	bytes_write_16(writer, (uint16_t)report->delta);
	bytes_write_8(writer, report->filtering);
	bytes_write_8(writer, report->reaction);
	bytes_write_8(writer, answers_of(report));
	bytes_write_8(writer, report->n_layers);
	bytes_write_16(writer, report->last_port);
	bytes_write_16(writer, report->local.port);
	bytes_write_endpoint(writer, &report->mapped);
	if (report->family != report->mapped.family)
		writer->has_failed = true;
}

/* What a later version may say is unknown to us: 0 in each of these. */
static uint32_t known(uint32_t value, uint32_t last)
{
	return value <= last ? value : 0;
}

static void read_answers(struct nat_report *report, uint32_t answers)
{
	report->syn_in = (enum report_answer)known(answers & ANSWER_MASK, REPORT_NO);
	report->reset_closes =
		(enum report_answer)known(answers >> ANSWER_BITS & ANSWER_MASK, REPORT_NO);
	report->hairpin =
		(enum report_answer)known(answers >> 2 * ANSWER_BITS & ANSWER_MASK, REPORT_NO);
}

void nat_report_read(struct byte_reader *reader, struct nat_report *report)
{
	memset(report, 0, sizeof(*report));
	report->mapping = (enum report_mapping)known(bytes_read_8(reader),
						     REPORT_MAPPING_NOT_PORT_DEPENDENT);
	report->allocation =
		(enum report_allocation)known(bytes_read_8(reader), REPORT_ALLOCATION_RANDOM);
	report->delta = (int16_t)bytes_read_16(reader);
	report->filtering = (enum report_filtering)known(
		bytes_read_8(reader), REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT);
	report->reaction =
		(enum report_reaction)known(bytes_read_8(reader), REPORT_REACTION_UNREACHABLE);
	read_answers(report, bytes_read_8(reader));
	report->n_layers = bytes_read_8(reader);
	report->last_port = bytes_read_16(reader);
	report->local.port = bytes_read_16(reader);
	bytes_read_endpoint(reader, &report->mapped);
	report->family = report->mapped.family;
	report->local.family = report->mapped.family;
}
