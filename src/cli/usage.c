/* SPDX-License-Identifier: MIT */
#include "cli/usage.h"

#include <stdio.h>

#include "cli/exit.h"
#include "cli/quote.h"

int usage_tell(const char *command, const char *what, const char *word)
{
	char text[QUOTE_SIZE];

	fprintf(stderr, "midair %s: %s \"%s\" (midair %s --help)\n", command, what,
		quote(word, text), command);
	return EXIT_USAGE;
}
