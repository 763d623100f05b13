/* SPDX-License-Identifier: MIT */
#include "cli/meet_slots.h"

/* Division that rounds down: a clock may stand before 1970. */
static int64_t slot_of(int64_t unix_s)
{
	int64_t slot = unix_s / MEET_SLOT_S;

	return unix_s % MEET_SLOT_S < 0 ? slot - 1 : slot;
}

struct meet_slots meet_slots_at(const struct timespec *now)
{
	int64_t second = (int64_t)now->tv_sec;
	struct meet_slots slots = {
		.first = slot_of(second - MEET_SLOT_MARGIN_S),
		.last = slot_of(second + MEET_SLOT_MARGIN_S),
	};
	int64_t begin_s = (slots.last + 1) * MEET_SLOT_S - MEET_SLOT_MARGIN_S;
	int64_t end_s = (slots.first + 1) * MEET_SLOT_S + MEET_SLOT_MARGIN_S;
	int64_t change_s = begin_s < end_s ? begin_s : end_s;

	slots.change_ms = (change_s - second) * 1000 - now->tv_nsec / 1000000;
	return slots;
}
