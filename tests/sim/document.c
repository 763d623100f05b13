/* SPDX-License-Identifier: MIT */
#include "tests/sim/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES (1u << 20)

static bool read_all(struct document *document)
{
	FILE *file = fopen(document->path, "r");
	size_t size;

	document->text = calloc(1, SIZE_MAX_BYTES);
	if (!file || !document->text) {
		perror(document->path);
		if (file)
			fclose(file);
		return false;
	}
	size = fread(document->text, 1, SIZE_MAX_BYTES - 1, file);
	document->text[size] = '\0';
	fclose(file);
	return true;
}

bool document_open(struct document *document, const char *path, const char *begin_mark,
		   const char *end_mark)
{
	*document = (struct document){.path = path};
	if (!read_all(document))
		return false;
	document->begin = strstr(document->text, begin_mark);
	if (document->begin) {
		document->begin += strlen(begin_mark);
		document->end = strstr(document->begin, end_mark);
	}
	if (document->end)
		return true;
	fprintf(stderr, "%s: the marks are missing\n", path);
	return false;
}

bool document_holds(const struct document *document, const char *text)
{
	size_t size = (size_t)(document->end - document->begin);

	return size == strlen(text) && memcmp(document->begin, text, size) == 0;
}

bool document_write(const struct document *document, const char *text)
{
	FILE *file = fopen(document->path, "w");
	size_t before = (size_t)(document->begin - document->text);
	bool is_written;

	if (!file) {
		perror(document->path);
		return false;
	}
	is_written = fwrite(document->text, 1, before, file) == before &&
		     fputs(text, file) >= 0 && fputs(document->end, file) >= 0;
	return fclose(file) == 0 && is_written;
}

void document_close(struct document *document)
{
	free(document->text);
	*document = (struct document){.path = NULL};
}
