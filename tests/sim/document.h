/* SPDX-License-Identifier: MIT */
/* document: a text file that holds generated text between two marks. */
#ifndef MIDAIR_TESTS_SIM_DOCUMENT_H
#define MIDAIR_TESTS_SIM_DOCUMENT_H

#include <stdbool.h>

struct document {
	const char *path;
	char *text;
	char *begin; /* of what is between the marks */
	char *end;   /* and of the mark behind it */
};

/* False, and told on standard error, when the file cannot be read or has not both marks. */
bool document_open(struct document *document, const char *path, const char *begin_mark,
		   const char *end_mark);
bool document_holds(const struct document *document, const char *text);
bool document_write(const struct document *document, const char *text);
void document_close(struct document *document);

#endif
