/* SPDX-License-Identifier: MIT */
#include "core/reason.h"

#include <string.h>

#include "core/plan.h"

static const struct {
	const char *code;
	const char *text;
} reasons[] = {{REASON_NOT_IN_TIME, "no direct connection came in time"},
	       {REASON_RELAY_ONLY, "only the relay is allowed here"},
	       {REASON_PEER_ASKED, "the other side asked for it"},
	       {REASON_PEER_DIRECT, "the other side allows a direct connection only"},
#define PLAN_ROW(constant, name, text) {name, text},
	       PLAN_REASONS(PLAN_ROW)
#undef PLAN_ROW
};

const char *midair_reason_text(const char *reason)
{
	for (size_t i = 0; reason != NULL && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].code, reason) == 0)
			return reasons[i].text;
	return "";
}
