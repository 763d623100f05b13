/* SPDX-License-Identifier: MIT */
#include "cli/usage.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/quote.h"

int usage_tell(const char *command, const char *what, const char *word)
{
	char text[QUOTE_SIZE];

	fprintf(stderr, "midair %s: %s \"%s\" (midair %s --help)\n", command, what,
		quote(word, text), command);
	return EXIT_USAGE;
}

int usage_bad_option(const char *command, int option, char **argv, int first_long)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt > 0 && optopt < first_long;

	return usage_tell(command,
			  option == ':' ? "a value is missing after" : "there is no option",
			  is_letter ? letter : argv[optind - 1]);
}

bool usage_read_seconds(const char *text, double least, double most, uint32_t *milliseconds)
{
	char *end;
	double seconds = strtod(text, &end);

	/* strtod() alone would take "0x10", "1e1" and leading blanks as well. */
	if (text[strspn(text, "0123456789.")] != '\0' || end == text || *end != '\0' ||
	    !isfinite(seconds) || seconds < least || seconds > most)
		return false;
	*milliseconds = (uint32_t)lround(seconds * 1000);
	return true;
}
