/* SPDX-License-Identifier: MIT */
/* What the peer says of itself: it can be said again, and then means the same. */
#include "core/introduction.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct introduction first;
	struct introduction second;
	uint8_t again[INTRODUCTION_BYTES_MAX];

	if (!introduction_decode(&first, data, size))
		return 0;
	FUZZ_CHECK(size <= INTRODUCTION_BYTES_MAX);
	FUZZ_CHECK(first.n_candidates <= INTRODUCTION_CANDIDATES_MAX);
	for (uint32_t i = 0; i < first.n_candidates; i++)
		FUZZ_CHECK(first.candidates[i].endpoint.port != 0);
	FUZZ_CHECK(introduction_encode(&first, again) == INTRODUCTION_PADDED_BYTES);
	FUZZ_CHECK(introduction_decode(&second, again, INTRODUCTION_PADDED_BYTES));
	FUZZ_CHECK(memcmp(&first, &second, sizeof(first)) == 0);
	return 0;
}
