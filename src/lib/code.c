/* SPDX-License-Identifier: MIT */
#include "core/code.h"

int midair_code_normalise(char code[MIDAIR_CODE_SIZE], const char *text, uint32_t *word)
{
	struct code parsed;
	int result = code_parse(&parsed, text, word);

	if (result == 0)
		code_format(&parsed, code);
	return result;
}

int midair_code_complete(char code[MIDAIR_CODE_SIZE], const char *beginning, uint32_t nth)
{
	return code_complete(code, beginning, nth);
}
