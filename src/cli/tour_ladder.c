/* SPDX-License-Identifier: MIT */
#include "cli/tour_ladder.h"

#include <stdio.h>
#include <stdlib.h>

#include "lab/wire.h"

/* Of the opening: what follows is payload. */
#define RUNGS_MAX 16
/* A round of SYN and RST: what recurs is drawn once. */
#define RUNGS_OF_BEGINNING 4
#define NAME_SIZE	   48

/* One packet leaves or arrives. */
struct rung {
	uint64_t time_ns;
	bool is_arrival;
	const struct wire_record *record;
};

static int compare(const void *one, const void *other)
{
	const struct rung *a = one;
	const struct rung *b = other;

	return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

static size_t collect(const struct wire_trace *trace, struct rung *rungs, size_t room)
{
	uint32_t n_records = trace->n_records;
	size_t n = 0;

	for (uint32_t i = 0; i < n_records && n + 2 <= room; i++) {
		const struct wire_record *record = &trace->records[i];

		/* Not what goes to the server or to nobody. */
		if (record->from > LAB_B || record->to > LAB_B)
			continue;
		rungs[n++] = (struct rung){.time_ns = record->sent_ns, .record = record};
		if (record->fate != WIRE_ON_ITS_WAY)
			rungs[n++] = (struct rung){
				.time_ns = record->finished_ns,
				.is_arrival = true,
				.record = record,
			};
	}
	qsort(rungs, n, sizeof(*rungs), compare);
	return n;
}

static const char *name(const struct wire_record *record, char buffer[NAME_SIZE])
{
	char flags[SEGMENT_FLAGS_TEXT_SIZE];
	uint32_t n_bytes = record->segment.payload_bytes;

	if (record->segment.kind == SEGMENT_ICMP_ERROR)
		return "ICMP";
	segment_flags_format(record->segment.flags, flags);
	if (n_bytes > 0)
		snprintf(buffer, NAME_SIZE, "%s+%u bytes", flags, n_bytes);
	else
		snprintf(buffer, NAME_SIZE, "%s", flags);
	return buffer;
}

static void print_rung(const struct rung *rung, uint64_t base_ns)
{
	bool is_from_a = rung->record->from == LAB_A;
	bool is_at_a = is_from_a != rung->is_arrival;
	const char *arrow = is_from_a ? "--------------->" : "<---------------";
	double time_ms = ((double)rung->time_ns - (double)base_ns) / 1e6;
	char text[NAME_SIZE];
	char cell[NAME_SIZE + 16];

	snprintf(cell, sizeof(cell), "%s %s", name(rung->record, text),
		 rung->is_arrival ? "arrives" : "leaves");
	printf("  %10.3f ms   %24s  %s  %s\n", time_ms, is_at_a ? cell : "", arrow,
	       is_at_a ? "" : cell);
}

static bool is_syn(const struct wire_record *record)
{
	return record->segment.kind == SEGMENT_TCP &&
	       (record->segment.flags & SEGMENT_SYN) != 0 &&
	       (record->segment.flags & SEGMENT_ACK) == 0;
}

static bool are_crossing(const struct wire_record *a, const struct wire_record *b)
{
	return is_syn(a) && is_syn(b) && a->from == b->to && a->to == b->from &&
	       a->sent_ns < b->finished_ns && b->sent_ns < a->finished_ns;
}

static bool has_crossing(const struct wire_trace *trace)
{
	uint32_t n_records = trace->n_records;

	for (uint32_t i = 0; i < n_records; i++)
		for (uint32_t j = i + 1; j < n_records; j++)
			if (are_crossing(&trace->records[i], &trace->records[j]))
				return true;
	return false;
}

/* The first rung after the turn, less the packets that are under way then. */
static size_t find_turn(const struct rung *rungs, size_t n, uint64_t turn_ns)
{
	size_t turn = 0;

	while (turn < n && rungs[turn].time_ns < turn_ns)
		turn++;
	return turn > RUNGS_OF_BEGINNING ? turn - RUNGS_OF_BEGINNING : 0;
}

static void print_rungs(const struct rung *rungs, size_t n, uint64_t base_ns)
{
	for (size_t i = 0; i < n; i++)
		print_rung(&rungs[i], base_ns);
}

bool tour_ladder_print(const struct wire_trace *trace, uint64_t base_ns, uint64_t turn_ns)
{
	static struct rung rungs[2 * WIRE_TRACE_MAX];
	size_t n = collect(trace, rungs, sizeof(rungs) / sizeof(rungs[0]));
	size_t first = n > RUNGS_MAX ? find_turn(rungs, n, turn_ns) : 0;
	size_t n_drawn = n - first < RUNGS_MAX ? n - first : RUNGS_MAX;

	printf("  %13s   %24s  %16s  %s\n", "time", "host a's end", "in the air",
	       "host b's end");
	if (first > RUNGS_OF_BEGINNING) {
		print_rungs(rungs, RUNGS_OF_BEGINNING, base_ns);
		printf("  %13s   and so on, %zu times, until b comes\n", "",
		       first / RUNGS_OF_BEGINNING - 1);
	}
	print_rungs(rungs + first, n_drawn, base_ns);
	if (first + n_drawn < n)
		printf("  %13s   and %zu more: payload and the end\n", "", n - first - n_drawn);
	return has_crossing(trace);
}
