/* SPDX-License-Identifier: MIT */
/* http_request: as much of HTTP/1.x (RFC 9112) as a scraper of metrics needs: one GET, its path,
 * and where its head ends. */
#ifndef MIDAIR_CORE_HTTP_REQUEST_H
#define MIDAIR_CORE_HTTP_REQUEST_H

#include <stddef.h>

enum http_request {
	HTTP_UNFINISHED, /* more bytes are needed */
	HTTP_METRICS,	 /* GET /metrics */
	HTTP_HEALTH,	 /* GET /health */
	HTTP_NOT_FOUND,	 /* another path: 404 */
	HTTP_NOT_GET,	 /* another method: 405 */
	HTTP_BAD,	 /* not HTTP: 400 */
};

/* A head that has not ended after HTTP_HEAD_MAX bytes is bad. */
#define HTTP_HEAD_MAX 2048

enum http_request http_request_read(const char *bytes, size_t size);

#endif
