/* SPDX-License-Identifier: MIT */
/* portmap_http: one HTTP request and its answer, of a limited size, without waiting. */
#ifndef MIDAIR_OS_PORTMAP_HTTP_H
#define MIDAIR_OS_PORTMAP_HTTP_H

#include "core/http_answer.h"
#include "core/upnp.h"
#include "os/loop.h"

/* Zeros to put after a body for parsers that look a little further. */
#define PORTMAP_HTTP_SLACK 16

struct portmap_http {
	int fd; /* -1: none is under way */
	uint32_t tag;
	bool is_connected;
	size_t n_request;
	size_t n_sent;
	size_t n_input;
	char request[UPNP_REQUEST_SIZE]; /* to be written before the start */
	char input[HTTP_ANSWER_MAX];
};

/* Returns 0 or -errno; one that was under way is stopped. */
int portmap_http_start(struct portmap_http *http, struct loop *loop, uint32_t tag,
		       const struct midair_endpoint *remote, size_t n_request);

/* The descriptor is ready. WHOLE: the answer is in input, and the connection is closed. */
enum http_progress portmap_http_step(struct portmap_http *http, struct loop *loop,
				     struct http_answer *answer);

void portmap_http_stop(struct portmap_http *http, struct loop *loop);

#endif
