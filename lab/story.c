/* SPDX-License-Identifier: MIT */
#include "lab/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct story_line {
	int64_t time_ns;
	uint32_t order; /* keeps lines of one instant as they were found */
	const char *place;
	char text[MIDAIR_EVENT_TEXT_SIZE];
};

struct story {
	struct story_line *lines;
	uint32_t n_lines;
	uint32_t n_lines_max;
};

static struct story_line *add_line(struct story *story, int64_t time_ns, const char *place)
{
	struct story_line *line;

	if (story->n_lines >= story->n_lines_max)
		return NULL;
	line = &story->lines[story->n_lines];
	*line = (struct story_line){
		.time_ns = time_ns, .order = story->n_lines, .place = place};
	story->n_lines++;
	return line;
}

static void add_events(struct story *story, const struct runner_result *result,
		       enum lab_side side)
{
	const struct side_report *report = side_report(result->sides[side]);
	const char *place = side == LAB_A ? "a       " : "       b";
	char text[MIDAIR_EVENT_TEXT_SIZE];

	for (uint32_t i = 0; i < report->n_events; i++) {
		const struct side_event *event = &report->events[i];
		struct story_line *line;
		const char *rest;

		if (event->run != 0)
			continue;
		line = add_line(story, result->start_ns[side] + event->event.time_ns, place);
		if (!line)
			return;
		/* The line's own stamp, "[   12.345 ms] ", counts from this side's start. */
		midair_event_format(&event->event, text);
		rest = strstr(text, "] ");
		snprintf(line->text, sizeof(line->text), "%s", rest ? rest + 2 : text);
	}
}

/* Where the line stands that tells of a packet: a's end on the left, b's on the right. */
static const char *place_of(const struct wire_record *record, bool is_arrival)
{
	bool is_of_a = record->from == LAB_A;

	if (record->to == LAB_S)
		return is_of_a ? (is_arrival ? "a ->s   " : "a-> s   ")
			       : (is_arrival ? "   b ->s" : "   b-> s");
	if (record->from == LAB_S)
		return record->to == LAB_A ? (is_arrival ? "s ->a   " : "s-> a   ")
					   : (is_arrival ? "   s ->b" : "   s-> b");
	return is_of_a != is_arrival ? (is_of_a ? "  =>    " : "  <=    ")
				     : (is_of_a ? "    =>  " : "    <=  ");
}

static void add_departure(struct story *story, const struct wire_record *record,
			  int64_t base_ns)
{
	struct story_line *line =
		add_line(story, (int64_t)record->sent_ns - base_ns, place_of(record, false));
	char text[SEGMENT_TEXT_SIZE];

	if (line)
		snprintf(line->text, sizeof(line->text), "%s%s",
			 segment_format(&record->segment, text),
			 record->is_by_box ? " (from the NAT)" : "");
}

static void add_arrival(struct story *story, const struct wire_record *record, int64_t base_ns)
{
	struct story_line *line;
	char text[SEGMENT_TEXT_SIZE];

	if (record->fate == WIRE_ON_ITS_WAY)
		return;
	line = add_line(story, (int64_t)record->finished_ns - base_ns, place_of(record, true));
	if (line)
		snprintf(line->text, sizeof(line->text), "%s: %s",
			 segment_format(&record->segment, text), wire_fate_name(record->fate));
}

static int compare_lines(const void *one, const void *other)
{
	const struct story_line *a = one;
	const struct story_line *b = other;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void print(FILE *to, const struct story *story, bool has_server)
{
	fputs("                 at a's end, at b's end: => a packet to b, <= a packet to a\n",
	      to);
	if (has_server)
		fputs("                 ->s to the server, s-> from it\n", to);
	for (uint32_t i = 0; i < story->n_lines; i++) {
		const struct story_line *line = &story->lines[i];

		fprintf(to, "[%11.3f ms] %s  %s\n", (double)line->time_ns / 1e6, line->place,
			line->text);
	}
}

int story_print(FILE *to, const struct runner_result *result, const struct wire_trace *trace)
{
	uint32_t n_records = trace->n_records;
	struct story story = {
		.n_lines_max = 2 * n_records + side_report(result->sides[LAB_A])->n_events +
			       side_report(result->sides[LAB_B])->n_events,
	};
	bool has_server = false;

	story.lines = calloc(story.n_lines_max + 1, sizeof(*story.lines));
	if (!story.lines)
		return -ENOMEM;
	add_events(&story, result, LAB_A);
	add_events(&story, result, LAB_B);
	for (uint32_t i = 0; i < n_records; i++) {
		add_departure(&story, &trace->records[i], result->base_monotonic_ns);
		add_arrival(&story, &trace->records[i], result->base_monotonic_ns);
		has_server |= trace->records[i].from == LAB_S || trace->records[i].to == LAB_S;
	}
	qsort(story.lines, story.n_lines, sizeof(*story.lines), compare_lines);
	print(to, &story, has_server);
	if (trace->n_unrecorded > 0)
		fprintf(to, "%u more packets were not recorded\n", trace->n_unrecorded);
	free(story.lines);
	return 0;
}
