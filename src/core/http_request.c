/* SPDX-License-Identifier: MIT */
#include "core/http_request.h"

#include <stdbool.h>
#include <string.h>

/* The head ends with an empty line; a lone LF is accepted too (RFC 9112, 2.2). */
static bool is_finished(const char *bytes, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (bytes[i] != '\n')
			continue;
		if (bytes[i + 1] == '\n' ||
		    (bytes[i + 1] == '\r' && i + 2 < size && bytes[i + 2] == '\n'))
			return true;
	}
	return false;
}

static bool is_text(const char *bytes, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

static enum http_request read_path(const char *path, size_t size)
{
	const char *query = memchr(path, '?', size);

	if (query)
		size = (size_t)(query - path);
	if (is_text(path, size, "/metrics"))
		return HTTP_METRICS;
	return is_text(path, size, "/health") ? HTTP_HEALTH : HTTP_NOT_FOUND;
}

/* METHOD SP PATH SP HTTP/1.x */
static enum http_request read_line(const char *line, size_t size)
{
	const char *first = memchr(line, ' ', size);

	if (!first || first == line)
		return HTTP_BAD;
	const char *path = first + 1;
	size_t left = size - (size_t)(path - line);
	const char *second = memchr(path, ' ', left);

	if (!second || second == path)
		return HTTP_BAD;
	size_t path_size = (size_t)(second - path);

	left -= path_size + 1;
	if (left < 8 || memcmp(second + 1, "HTTP/1.", 7) != 0)
		return HTTP_BAD;
	if (!is_text(line, (size_t)(first - line), "GET"))
		return HTTP_NOT_GET;
	return read_path(path, path_size);
}

enum http_request http_request_read(const char *bytes, size_t size)
{
	const char *end = size > 0 ? memchr(bytes, '\n', size) : NULL;

	if (!is_finished(bytes, size))
		return size >= HTTP_HEAD_MAX ? HTTP_BAD : HTTP_UNFINISHED;
	return read_line(bytes, (size_t)(end - bytes));
}
