/* SPDX-License-Identifier: MIT */
/* The words for a NAT: the full form reads back as the same behaviour. */
#include "core/nat.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct nat_behavior behavior, again;
	char buffer[NAT_BEHAVIOR_TEXT_SIZE], buffer_again[NAT_BEHAVIOR_TEXT_SIZE];
	int result = nat_behavior_parse(&behavior, text);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE);
	FUZZ_CHECK(nat_behavior_parse_bytes(&again, text, strlen(text)) == result);
	if (result == 0) {
		nat_behavior_format(&behavior, buffer);
		FUZZ_CHECK(strlen(buffer) < sizeof(buffer) - 1);
		FUZZ_CHECK(nat_behavior_parse(&again, buffer) == 0);
		FUZZ_CHECK(strcmp(nat_behavior_format(&again, buffer_again), buffer) == 0);
		FUZZ_CHECK(again.syn_timeout_ns == behavior.syn_timeout_ns);
		FUZZ_CHECK(again.established_timeout_ns == behavior.established_timeout_ns);
		FUZZ_CHECK(again.background_per_s == behavior.background_per_s);
		FUZZ_CHECK(again.allocation_delta == behavior.allocation_delta);
	}
	free(text);
	return 0;
}
