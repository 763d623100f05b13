/* SPDX-License-Identifier: MIT */
#include "cli/local.h"

#include <stdio.h>
#include <string.h>

/* Parses the text put into a format that makes it a whole endpoint. */
static int parse_as(struct midair_endpoint *endpoint, const char *before, const char *text,
		    const char *after)
{
	char whole[MIDAIR_ENDPOINT_TEXT_SIZE + 16];
	int length = snprintf(whole, sizeof(whole), "%s%s%s", before, text, after);

	if (length < 0 || length >= (int)sizeof(whole))
		return MIDAIR_E_SYNTAX;
	return midair_endpoint_parse(endpoint, whole);
}

int local_parse(struct midair_endpoint *local, const char *text)
{
	struct midair_endpoint parsed;

	if (midair_endpoint_parse(&parsed, text) == 0) {
		*local = parsed;
		return 0;
	}
	if (text[strspn(text, "0123456789")] == '\0') {
		if (parse_as(&parsed, "0.0.0.0:", text, "") != 0)
			return MIDAIR_E_SYNTAX;
		*local = (struct midair_endpoint){.port = parsed.port};
		return 0;
	}
	/* "1.2.3.4" and "[::1]" lack the port, "::1" the brackets as well. */
	if (parse_as(&parsed, "", text, ":1") != 0 && parse_as(&parsed, "[", text, "]:1") != 0)
		return MIDAIR_E_SYNTAX;
	parsed.port = 0;
	*local = parsed;
	return 0;
}
