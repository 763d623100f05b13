/* SPDX-License-Identifier: MIT */
/* The server's two texts from outside: its file of limits, and a request for its metrics. */
#include "core/http_request.h"
#include "core/serve_limits.h"

#include "tests/fuzz/fuzz.h"

static void check_limits(const char *text, size_t size)
{
	struct serve_limits limits, before;
	struct serve_limit_text row;
	uint32_t line;

	serve_limits_default(&limits);
	before = limits;
	if (serve_limits_read(&limits, text, size, &line) != 0)
		FUZZ_CHECK(memcmp(&limits, &before, sizeof(limits)) == 0);
	for (uint32_t i = 0; serve_limits_text(i, &row) == 0; i++) {
		uint32_t value;

		/* the table's order is the struct's */
		memcpy(&value, (const char *)&limits + i * sizeof(value), sizeof(value));
		FUZZ_CHECK(value >= row.least && value <= row.most);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size > 0 ? size : 1);

	FUZZ_CHECK(text);
	if (size > 0)
		memcpy(text, data, size);
	check_limits(text, size);
	/* more bytes never take a decision back, but for the head's limit */
	if (size > 0 && http_request_read(text, size - 1) != HTTP_UNFINISHED)
		FUZZ_CHECK(http_request_read(text, size - 1) == http_request_read(text, size));
	free(text);
	return 0;
}
