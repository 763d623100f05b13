/* SPDX-License-Identifier: MIT */
/* verdict: whom a host behind such boxes reaches, and how: the plan with each of some typical
 * peers. Pure. */
#ifndef MIDAIR_CORE_VERDICT_H
#define MIDAIR_CORE_VERDICT_H

#include "core/plan.h"

struct verdict {
	const char *name; /* stable code */
	const char *peer; /* in words */
	enum plan_method method;
	enum plan_reason reason;
	bool is_sure;
};

/* The nth from 0, with the report's family. False: there is none. */
bool verdict_read(const struct nat_report *report, uint32_t nth, struct verdict *verdict);

/* The kind of NAT in the older words; report of any family. */
enum midair_nat_type verdict_type(const struct nat_report *report);

#endif
