/* SPDX-License-Identifier: MIT */
/* check_internal: what check.c, which takes the events, and check_begin.c, which begins the parts of
 * the measurement, share. */
#ifndef MIDAIR_CORE_CHECK_INTERNAL_H
#define MIDAIR_CORE_CHECK_INTERNAL_H

#include "core/check.h"

#define SLOT_FILTER   0u
#define SLOT_SILENT   1u
#define SLOT_REFUSING 2u
#define SLOT_HAIRPIN  3u
#define SLOT_OTHER    4u
#define SLOT_MAPPING  5u
#define SLOT_BARE     6u
#define SLOT_FRESH    8u

struct step {
	struct check *check;
	uint64_t now_ms;
	const struct check_event *event;
	struct check_update *update;
};

struct check_action *check_act(struct step *step, enum check_action_type type);
void check_probe(struct step *step, uint32_t link, uint32_t number);
void check_hello(struct step *step, uint32_t link);

/* The first dials; then what can be begun with what is known. */
void check_begin(struct step *step);
void check_begin_what_can(struct step *step);

bool check_is_told(const struct check *check, uint32_t link);
bool check_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b);

#endif
