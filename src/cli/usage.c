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

int usage_take_seconds(const char *command, const char *option, const char *text,
		       uint32_t *milliseconds)
{
	char what[64];

	if (usage_read_seconds(text, 0.001, USAGE_LONGEST_S, milliseconds))
		return -1;
	snprintf(what, sizeof(what), "%s takes seconds, 0.001 to 86400, not", option);
	return usage_tell(command, what, text);
}
