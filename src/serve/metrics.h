/* SPDX-License-Identifier: MIT */
/* metrics: /metrics in Prometheus' text format and /health, over HTTP on a port of its own. */
#ifndef MIDAIR_SERVE_METRICS_H
#define MIDAIR_SERVE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/http_request.h"

/* Further scrapers take the place of the one that has been there longest. */
#define METRICS_CONNECTIONS_MAX 8
/* Room for all of the text. */
#define METRICS_SIZE 16384

struct metrics_connection {
	int fd;
	uint64_t since_ms;
	size_t size;
	char head[HTTP_HEAD_MAX];
};

struct metrics_server {
	int listener;
	uint64_t listen_again_ms; /* no descriptor was left until then; 0: not */
	struct metrics_connection connections[METRICS_CONNECTIONS_MAX];
};

struct server;
struct worker;

void metrics_init(struct metrics_server *metrics);
void metrics_deinit(struct metrics_server *metrics);

void metrics_accept(struct worker *worker);
void metrics_handle(struct worker *worker, uint32_t number);
/* Ends those that have not asked in time. */
void metrics_tick(struct worker *worker, uint64_t now_ms);

/* The text; returns its size. Takes the server's lock. */
size_t metrics_write(struct server *server, char text[METRICS_SIZE]);

#endif
