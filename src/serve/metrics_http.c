/* SPDX-License-Identifier: MIT */
/* metrics_http: one request, one answer, the end. The answer fits what the kernel takes at once,
 * so nobody who reads slowly keeps anything here. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/service_socket.h"
#include "serve/server.h"

#define REQUEST_TIME_MS 5000
#define HEADER_SIZE	256

void metrics_init(struct metrics_server *metrics)
{
	metrics->listener = -1;
	for (uint32_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		metrics->connections[i].fd = -1;
}

void metrics_deinit(struct metrics_server *metrics)
{
	metrics->listener = close_fd(metrics->listener);
	for (uint32_t i = 0; i < METRICS_CONNECTIONS_MAX; i++)
		metrics->connections[i].fd = close_fd(metrics->connections[i].fd);
}

/* A free one, or the oldest, which ends. */
static uint32_t find_place(struct metrics_server *metrics)
{
	uint32_t oldest = 0;

	for (uint32_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
		if (metrics->connections[i].fd < 0)
			return i;
		if (metrics->connections[i].since_ms < metrics->connections[oldest].since_ms)
			oldest = i;
	}
	metrics->connections[oldest].fd = close_fd(metrics->connections[oldest].fd);
	return oldest;
}

void metrics_accept(struct worker *worker)
{
	struct metrics_server *metrics = &worker->metrics;
	struct midair_endpoint remote;
	int fd = service_socket_accept(metrics->listener, &remote);

	if (fd < 0) {
		if (fd != -EAGAIN && watch_forget(worker->watch, metrics->listener) == 0)
			metrics->listen_again_ms = clock_coarse_ms() + ACCEPT_PAUSE_MS;
		return;
	}
	uint32_t number = find_place(metrics);

	metrics->connections[number].fd = fd;
	metrics->connections[number].since_ms = clock_coarse_ms();
	metrics->connections[number].size = 0;
	if (watch_level(worker->watch, fd, tag_make(TAG_METRICS, 0, number)) < 0)
		metrics->connections[number].fd = close_fd(fd);
}

static void answer(int fd, const char *status, const char *body, size_t body_size)
{
	char text[HEADER_SIZE + METRICS_SIZE];
	int n = snprintf(text, HEADER_SIZE,
			 "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
			 status, body_size);

	memcpy(text + n, body, body_size);
	(void)service_socket_send(fd, text, (size_t)n + body_size);
}

static void answer_health(const struct server *server, int fd)
{
	if (atomic_load(&server->phase) == SERVER_RUNNING)
		answer(fd, "200 OK", "ok\n", 3);
	else
		answer(fd, "503 Service Unavailable", "ending\n", 7);
}

static void answer_metrics(struct server *server, int fd)
{
	char text[METRICS_SIZE];

	answer(fd, "200 OK", text, metrics_write(server, text));
}

/* Returns whether that was all. */
static bool answer_request(struct server *server, const struct metrics_connection *connection)
{
	int fd = connection->fd;

	switch (http_request_read(connection->head, connection->size)) {
	case HTTP_UNFINISHED:
		return false;
	case HTTP_METRICS:
		answer_metrics(server, fd);
		break;
	case HTTP_HEALTH:
		answer_health(server, fd);
		break;
	case HTTP_NOT_FOUND:
		answer(fd, "404 Not Found", "/metrics or /health\n", 20);
		break;
	case HTTP_NOT_GET:
		answer(fd, "405 Method Not Allowed", "only GET\n", 9);
		break;
	case HTTP_BAD:
		answer(fd, "400 Bad Request", "not HTTP\n", 9);
		break;
	}
	return true;
}

void metrics_handle(struct worker *worker, uint32_t number)
{
	struct metrics_connection *connection = &worker->metrics.connections[number];
	ssize_t n;

	if (connection->fd < 0)
		return;
	n = recv(connection->fd, connection->head + connection->size,
		 sizeof(connection->head) - connection->size, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		connection->size += (size_t)n;
	if (n <= 0 || answer_request(worker->server, connection))
		connection->fd = close_fd(connection->fd);
}

void metrics_tick(struct worker *worker, uint64_t now_ms)
{
	struct metrics_server *metrics = &worker->metrics;

	if (metrics->listen_again_ms != 0 && now_ms >= metrics->listen_again_ms &&
	    watch_level(worker->watch, metrics->listener,
			tag_make(TAG_METRICS_LISTENER, 0, 0)) == 0)
		metrics->listen_again_ms = 0;
	for (uint32_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
		struct metrics_connection *connection = &metrics->connections[i];

		if (connection->fd >= 0 && now_ms - connection->since_ms > REQUEST_TIME_MS)
			connection->fd = close_fd(connection->fd);
	}
}
