/* SPDX-License-Identifier: MIT */
/* result: names and texts of what the library returns. glibc's strerror() fills a shared buffer
 * for unknown numbers and follows the locale; strerrordesc_np() and strerrorname_np() (2.32) do
 * neither. */
#include "midair/midair.h"

#include <limits.h>
#include <string.h>

struct result_text {
	const char *name;
	const char *text;
};

static const struct result_text results[] = {
	/* indexed by the result */
	[MIDAIR_OK] = {"ok", "success"},
#define RESULT_TEXT(constant, value, name, text) [constant] = {name, text},
	MIDAIR_RESULTS(RESULT_TEXT)
#undef RESULT_TEXT
};

#define RESULT_COUNT(constant, value, name, text) +1
_Static_assert(MIDAIR_E_UNCONFIRMED == 0 MIDAIR_RESULTS(RESULT_COUNT),
	       "results must count up from 1 without a gap, in order");
#undef RESULT_COUNT

static const struct result_text *find(int result)
{
	if (result < 0 || (size_t)result >= sizeof(results) / sizeof(results[0]))
		return NULL;
	return &results[result];
}

const char *midair_strerror(int result)
{
	const struct result_text *found = find(result);
	const char *text = NULL;

	if (found)
		return found->text;
	if (result < 0 && result != INT_MIN)
		text = strerrordesc_np(-result);
	return text ? text : "unknown result";
}

const char *midair_result_name(int result)
{
	const struct result_text *found = find(result);
	const char *name = NULL;

	if (found)
		return found->name;
	if (result < 0 && result != INT_MIN)
		name = strerrorname_np(-result);
	return name ? name : "unknown";
}
