/* SPDX-License-Identifier: MIT */
/* What the peer says that it saw: bounded, can be said again, and leads to some verdict. */
#include "core/diagnosis.h"
#include "core/timeline.h"
#include "tests/fuzz/fuzz.h"

static void judge(const struct timeline *theirs)
{
	const struct timeline ours = {.has_told = true, .has_heard = true, .heard_ns = 1000};
	const struct evidence evidence = {
		.result = MIDAIR_E_TIMEOUT,
		.is_pairing = true,
		.ours = theirs,
		.theirs = &ours,
	};
	struct midair_moment moments[TIMELINE_MOMENTS_MAX];
	char line[MIDAIR_MOMENT_TEXT_SIZE];
	struct midair_verdict verdict;
	uint32_t n = timeline_merge(&ours, theirs, moments);

	FUZZ_CHECK(n == theirs->n_entries);
	for (uint32_t i = 0; i < n; i++) {
		FUZZ_CHECK(i == 0 || moments[i - 1].time_ns <= moments[i].time_ns);
		FUZZ_CHECK(strlen(midair_moment_format(&moments[i], line)) + 1 < sizeof(line));
	}
	diagnose(&verdict, &evidence);
	FUZZ_CHECK(verdict.code != NULL && verdict.text != NULL && verdict.remedies != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct timeline first;
	struct timeline second;
	uint8_t again[TIMELINE_BYTES];

	if (!timeline_decode(&first, data, size))
		return 0;
	FUZZ_CHECK(first.n_entries <= TIMELINE_ENTRIES_MAX);
	FUZZ_CHECK(first.n_paths <= TIMELINE_PATHS_MAX);
	FUZZ_CHECK(timeline_encode(&first, again) == TIMELINE_BYTES);
	FUZZ_CHECK(timeline_decode(&second, again, TIMELINE_BYTES));
	FUZZ_CHECK(second.n_entries == first.n_entries);
	FUZZ_CHECK(memcmp(first.entries, second.entries, sizeof(first.entries)) == 0);
	judge(&first);
	return 0;
}
