/* SPDX-License-Identifier: MIT */
/* nat_names: the names and texts of what midair.h says of NATs. */
#include "midair/midair.h"

#define LIST_NAME(constant, name, text) name,
#define LIST_TEXT(constant, name, text) text,
/* Names and texts of one list; what is not on it is "unknown". */
#define DEFINE_LIST(function, type, LIST)                                                      \
	const char *function##_name(enum type value)                                           \
	{                                                                                      \
		static const char *const names[] = {LIST(LIST_NAME)};                          \
                                                                                               \
		return (size_t)value < sizeof(names) / sizeof(names[0]) ? names[value]         \
									: "unknown";           \
	}                                                                                      \
	const char *function##_text(enum type value)                                           \
	{                                                                                      \
		static const char *const texts[] = {LIST(LIST_TEXT)};                          \
                                                                                               \
		return (size_t)value < sizeof(texts) / sizeof(texts[0]) ? texts[value]         \
									: "not known";         \
	}

DEFINE_LIST(midair_mapping, midair_mapping, MIDAIR_MAPPINGS)
DEFINE_LIST(midair_allocation, midair_allocation, MIDAIR_ALLOCATIONS)
DEFINE_LIST(midair_filtering, midair_filtering, MIDAIR_FILTERINGS)
DEFINE_LIST(midair_reaction, midair_reaction, MIDAIR_REACTIONS)
DEFINE_LIST(midair_nat_type, midair_nat_type, MIDAIR_NAT_TYPES)
DEFINE_LIST(midair_way, midair_way, MIDAIR_WAYS)

const char *midair_answer_name(enum midair_answer answer)
{
	switch (answer) {
	case MIDAIR_YES:
		return "yes";
	case MIDAIR_NO:
		return "no";
	case MIDAIR_UNKNOWN:
		break;
	}
	return "unknown";
}
