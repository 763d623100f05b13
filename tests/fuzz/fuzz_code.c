/* SPDX-License-Identifier: MIT */
/* A code as somebody types it: the normal form is its own, and completion leads to codes. */
#include "core/code.h"
#include "tests/fuzz/fuzz.h"

static void check_normal_form(const struct code *code)
{
	char text[MIDAIR_CODE_SIZE];
	char again[MIDAIR_CODE_SIZE];
	char password[MIDAIR_CODE_SIZE];
	struct code read;

	code_format(code, text);
	FUZZ_CHECK(strlen(text) < sizeof(text));
	FUZZ_CHECK(code_parse(&read, text, NULL) == 0);
	FUZZ_CHECK(memcmp(&read, code, sizeof(read)) == 0);
	code_format(&read, again);
	FUZZ_CHECK(strcmp(text, again) == 0);
	code_password(code, password);
	FUZZ_CHECK(strcmp(strchr(text, '-') + 1, password) == 0);
}

static void check_completion(const char *beginning)
{
	char text[MIDAIR_CODE_SIZE];
	char again[MIDAIR_CODE_SIZE];

	for (uint32_t nth = 0; nth < 3; nth++) {
		if (code_complete(text, beginning, nth) != 0)
			return;
		FUZZ_CHECK(strlen(text) < sizeof(text));
		/* what is complete is its own only completion */
		FUZZ_CHECK(code_complete(again, text, 0) == 0);
		FUZZ_CHECK(strcmp(text, again) == 0);
		FUZZ_CHECK(code_complete(again, text, 1) == MIDAIR_E_END);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct code code = {0};
	uint32_t wrong = UINT32_MAX;
	int result = code_parse(&code, text, &wrong);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE);
	FUZZ_CHECK((wrong != UINT32_MAX) == (result == MIDAIR_E_RANGE));
	if (result == MIDAIR_E_RANGE)
		FUZZ_CHECK(wrong <= MIDAIR_WORDS_MAX + 1);
	if (result == 0)
		check_normal_form(&code);
	check_completion(text);
	free(text);
	return 0;
}
