/* SPDX-License-Identifier: MIT */
#include "cli/quote.h"

#include <stdio.h>

const char *quote(const char *word, char buffer[QUOTE_SIZE])
{
	int length = snprintf(buffer, QUOTE_SIZE, "%s", word);

	if (length >= QUOTE_SIZE)
		snprintf(buffer + QUOTE_SIZE - 4, 4, "...");
	for (char *c = buffer; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return buffer;
}
