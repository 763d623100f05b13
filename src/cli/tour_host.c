/* SPDX-License-Identifier: MIT */
#include "cli/tour_host.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/tour_page.h"

#define EXCHANGE_TIMEOUT_MS 3000

static bool is_over(struct tour_account *account, const struct midair_event *event)
{
	if (account->n_events < TOUR_EVENTS_MAX)
		account->events[account->n_events++] = *event;
	if (event->type != MIDAIR_EVENT_CONNECTED && event->type != MIDAIR_EVENT_FAILED)
		return false;
	account->end = *event;
	return true;
}

/* Returns the connected descriptor, or -1. */
static int meet(const struct tour_host *host)
{
	struct midair_config config = {
		.size = sizeof(config),
		.peers = &host->peer,
		.n_peers = 1,
		.start = host->start,
		.timeout_ms = host->timeout_ms,
		.flags = host->flags,
	};
	struct midair_session *session = NULL;
	struct midair_event event;
	bool is_finished = false;
	int fd;

	host->account->end.result = midair_session_new(&session, &config);
	if (session == NULL)
		return -1;
	while (!is_finished) {
		struct pollfd ready = {.fd = midair_session_fd(session), .events = POLLIN};

		poll(&ready, 1, -1);
		if (midair_session_dispatch(session) != 0)
			break;
		while (!is_finished && midair_session_next_event(session, &event) == 0)
			is_finished = is_over(host->account, &event);
	}
	fd = midair_session_take_fd(session);
	midair_session_free(session);
	return fd < 0 ? -1 : fd;
}

/* Reads until size - 1 bytes, a whole message or the end. */
static size_t receive(int fd, char *buffer, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t n_bytes = 0;

	while (n_bytes < size - 1 && poll(&ready, 1, EXCHANGE_TIMEOUT_MS) == 1) {
		ssize_t n = recv(fd, buffer + n_bytes, size - 1 - n_bytes, 0);

		if (n <= 0)
			break;
		n_bytes += (size_t)n;
		if (n_bytes >= strlen(TOUR_MESSAGE))
			break;
	}
	buffer[n_bytes] = '\0';
	return n_bytes;
}

static void exchange(struct tour_account *account, int fd)
{
	char rest[8];

	if (send(fd, TOUR_MESSAGE, strlen(TOUR_MESSAGE), MSG_NOSIGNAL) < 0)
		return;
	receive(fd, account->received, sizeof(account->received));
	account->n_rows = (uint32_t)page_find_rows(TOUR_PORT, account->rows, TOUR_ROWS_MAX);
	/* The other host's row shall say ESTABLISHED too: stay until it has closed. */
	shutdown(fd, SHUT_WR);
	receive(fd, rest, sizeof(rest));
}

int tour_host_main(void *context)
{
	struct tour_host *host = context;
	int fd = meet(host);

	if (fd >= 0) {
		exchange(host->account, fd);
		close(fd);
	}
	return 0;
}
