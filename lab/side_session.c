/* SPDX-License-Identifier: MIT */
#include <sys/epoll.h>

#include "lab/side_process.h"

void side_session_start(struct side_worker *worker, uint32_t number)
{
	const struct side_run *run = &worker->config->runs[number];
	struct side_attempt *attempt = &worker->attempts[number];
	struct midair_endpoint peer = worker->config->peer;
	struct midair_config config = {
		.size = sizeof(config),
		.peers = &peer,
		.n_peers = 1,
		.local = {.port = run->port},
		.start = run->start,
		.timeout_ms = worker->config->timeout_ms,
		.flags = worker->config->flags,
	};
	int result;

	peer.port = run->port;
	result = midair_session_new(&attempt->session, &config);
	if (result == 0)
		result = side_worker_watch(worker, midair_session_fd(attempt->session), EPOLLIN,
					   number);
	if (result != 0)
		side_worker_end(worker, number, result, false);
}

static void adopt(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	int fd = midair_session_take_fd(attempt->session);

	attempt->session = midair_session_free(attempt->session);
	side_worker_adopt(worker, number, fd);
}

void side_session_step(struct side_worker *worker, uint32_t number)
{
	struct side_attempt *attempt = &worker->attempts[number];
	int result = midair_session_dispatch(attempt->session);
	struct midair_event event;

	while (midair_session_next_event(attempt->session, &event) == 0) {
		side_worker_record(worker, number, &event);
		if (event.type == MIDAIR_EVENT_CONNECTED) {
			adopt(worker, number);
			return;
		}
		if (event.type == MIDAIR_EVENT_FAILED) {
			side_worker_end(worker, number, event.result, false);
			return;
		}
	}
	if (result != 0)
		side_worker_end(worker, number, result, false);
}
