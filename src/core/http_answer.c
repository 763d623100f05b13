/* SPDX-License-Identifier: MIT */
#include "core/http_answer.h"

#include <string.h>
#include <strings.h>

/* "HTTP/1.1 200": RFC 9112, 4. */
#define STATUS_AT    9
#define STATUS_BYTES 3
#define N_DIGITS     5

/* The place after the empty line, 0: not there yet. */
static size_t find_body(const char *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (bytes[i] != '\n')
			continue;
		if (bytes[i + 1] == '\n')
			return i + 2;
		if (bytes[i + 1] == '\r' && i + 2 < size && bytes[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

static int digit_of(char c, int base)
{
	int digit = -1;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (c >= 'a' && c <= 'f')
		digit = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		digit = c - 'A' + 10;
	return digit < base ? digit : -1;
}

/* The number of digits, 0: none, or too many for any size that we take. */
static size_t read_number(const char *text, size_t size, int base, size_t *value)
{
	size_t n = 0;

	*value = 0;
	while (n < size && digit_of(text[n], base) >= 0) {
		if (n == N_DIGITS)
			return 0;
		*value = *value * (size_t)base + (size_t)digit_of(text[n], base);
		n++;
	}
	return n;
}

static int read_status(const char *bytes, size_t size)
{
	size_t status;

	if (size < STATUS_AT + STATUS_BYTES || memcmp(bytes, "HTTP/1.", 7) != 0 ||
	    read_number(bytes + STATUS_AT, STATUS_BYTES, 10, &status) != STATUS_BYTES)
		return -1;
	return (int)status;
}

/* The value of a header line, NULL when there is none. */
static const char *find_header(const char *bytes, size_t head, const char *name, size_t *size)
{
	size_t n_name = strlen(name);
	size_t at = 0;

	while (at < head) {
		const char *line = bytes + at;
		const char *end = memchr(line, '\n', head - at);
		size_t n_line = end != NULL ? (size_t)(end - line) : head - at;

		at += n_line + 1;
		if (n_line <= n_name || line[n_name] != ':' ||
		    strncasecmp(line, name, n_name) != 0)
			continue;
		line += n_name + 1;
		n_line -= n_name + 1;
		for (; n_line > 0 && (*line == ' ' || *line == '\t'); n_line--)
			line++;
		for (; n_line > 0 && line[n_line - 1] <= ' '; n_line--)
			;
		*size = n_line;
		return line;
	}
	return NULL;
}

/* The place after a line that begins with a number, 0: it is not whole, or (*is_bad) none. */
static size_t read_chunk_line(const char *bytes, size_t at, size_t size, size_t *n_chunk,
			      bool *is_bad)
{
	const char *end = memchr(bytes + at, '\n', size - at);

	*is_bad = false;
	if (end == NULL)
		return 0;
	*is_bad = read_number(bytes + at, (size_t)(end - bytes) - at, 16, n_chunk) == 0;
	return *is_bad ? 0 : (size_t)(end - bytes) + 1;
}

/* RFC 9112, 7.1: first whether all is there, then the chunks are moved together. */
static enum http_progress join(char *bytes, size_t size, bool is_dry,
			       struct http_answer *answer)
{
	size_t at = answer->body;
	size_t to = answer->body;

	for (;;) {
		bool is_bad;
		size_t n_chunk = 0;
		size_t start = read_chunk_line(bytes, at, size, &n_chunk, &is_bad);

		if (start == 0)
			return is_bad ? HTTP_ANSWER_BAD : HTTP_ANSWER_PARTIAL;
		if (n_chunk == 0)
			break;
		if (size - start < n_chunk)
			return HTTP_ANSWER_PARTIAL;
		if (!is_dry)
			memmove(bytes + to, bytes + start, n_chunk);
		to += n_chunk;
		at = start + n_chunk;
		if (at < size && bytes[at] == '\r')
			at++;
		if (at == size)
			return HTTP_ANSWER_PARTIAL;
		if (bytes[at++] != '\n')
			return HTTP_ANSWER_BAD;
	}
	answer->n_body = to - answer->body;
	return HTTP_ANSWER_WHOLE;
}

static bool is_chunked(const char *bytes, size_t head)
{
	size_t size;
	const char *value = find_header(bytes, head, "Transfer-Encoding", &size);

	return value != NULL && size >= 7 && strncasecmp(value + size - 7, "chunked", 7) == 0;
}

static enum http_progress read_body(char *bytes, size_t size, bool is_end,
				    struct http_answer *answer)
{
	size_t n_value;
	size_t n_wanted;
	const char *value = find_header(bytes, answer->body, "Content-Length", &n_value);

	if (value == NULL) {
		answer->n_body = size - answer->body;
		return is_end ? HTTP_ANSWER_WHOLE : HTTP_ANSWER_PARTIAL;
	}
	if (read_number(value, n_value, 10, &n_wanted) != n_value || n_value == 0)
		return HTTP_ANSWER_BAD;
	if (n_wanted > HTTP_ANSWER_MAX - answer->body)
		return HTTP_ANSWER_BAD;
	answer->n_body = n_wanted;
	return size - answer->body >= n_wanted ? HTTP_ANSWER_WHOLE : HTTP_ANSWER_PARTIAL;
}

enum http_progress http_answer_read(char *bytes, size_t size, bool is_end,
				    struct http_answer *answer)
{
	struct http_answer found = {.body = find_body(bytes, size)};
	enum http_progress progress = HTTP_ANSWER_PARTIAL;

	if (size > HTTP_ANSWER_MAX)
		return HTTP_ANSWER_BAD;
	if (found.body > 0) {
		found.status = read_status(bytes, size);
		if (found.status < 0)
			return HTTP_ANSWER_BAD;
		if (!is_chunked(bytes, found.body)) {
			progress = read_body(bytes, size, is_end, &found);
		} else {
			progress = join(bytes, size, true, &found);
			if (progress == HTTP_ANSWER_WHOLE)
				progress = join(bytes, size, false, &found);
		}
	}
	if (progress == HTTP_ANSWER_PARTIAL && (is_end || size >= HTTP_ANSWER_MAX))
		return HTTP_ANSWER_BAD;
	if (progress == HTTP_ANSWER_WHOLE)
		*answer = found;
	return progress;
}
