/* SPDX-License-Identifier: MIT */
/* http_answer: the body of an HTTP answer, read as it grows. */
#ifndef MIDAIR_CORE_HTTP_ANSWER_H
#define MIDAIR_CORE_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

/* Larger ones are refused: descriptions of routers have a few KiB. */
#define HTTP_ANSWER_MAX 32768

struct http_answer {
	int status;
	size_t body; /* its place in the bytes */
	size_t n_body;
};

enum http_progress { HTTP_ANSWER_PARTIAL, HTTP_ANSWER_WHOLE, HTTP_ANSWER_BAD };

/* Looks at all that has come so far; is_end: no more will come. A chunked body is joined where it
 * is, so that bytes are not to be looked at again once it is WHOLE. */
enum http_progress http_answer_read(char *bytes, size_t size, bool is_end,
				    struct http_answer *answer);

#endif
