/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>

#include "midair/midair.h"
#include "os/broken_pipe.h"
#include "os/cleanup.h"
#include "os/mover.h"
#include "os/silence.h"
#include "os/socket.h"

struct relay {
	struct mover send;
	struct mover receive;
	int fd;
	int stop_fd;
	uint32_t flags;
	bool is_lost;
	bool is_silent; /* lost, and nobody has said so */
	struct silence silence;
};

enum { WATCH_IN, WATCH_OUT, WATCH_CONNECTION, WATCH_STOP, N_WATCH };

/* A descriptor nobody waits for is left out: its error bits would keep poll() from sleeping.
 * Only the connection stays once its receiving side has ended: a RST must still end us. */
static void what_to_poll(const struct relay *relay, struct pollfd fds[N_WATCH])
{
	const struct mover *send = &relay->send;
	const struct mover *receive = &relay->receive;
	short connection = 0;

	if (receive->state == MOVER_WAITS_FOR_INPUT)
		connection |= POLLIN;
	if (send->state == MOVER_WAITS_FOR_OUTPUT)
		connection |= POLLOUT;
	fds[WATCH_IN].fd = send->state == MOVER_WAITS_FOR_INPUT ? send->in_fd : -1;
	fds[WATCH_IN].events = POLLIN;
	fds[WATCH_OUT].fd = receive->state == MOVER_WAITS_FOR_OUTPUT ? receive->out_fd : -1;
	fds[WATCH_OUT].events = POLLOUT;
	fds[WATCH_CONNECTION].fd = connection != 0 || mover_is_over(receive) ? relay->fd : -1;
	fds[WATCH_CONNECTION].events = connection;
	fds[WATCH_STOP].fd = relay->stop_fd;
	fds[WATCH_STOP].events = POLLIN;
}

static void lose(struct relay *relay, int error)
{
	relay->is_lost = true;
	relay->is_silent |= silence_is_error(error);
}

static void step_send(struct relay *relay, const struct pollfd fds[N_WATCH])
{
	struct mover *send = &relay->send;
	bool is_ready =
		send->state == MOVER_WAITS_FOR_INPUT
			? fds[WATCH_IN].revents != 0
			: (fds[WATCH_CONNECTION].revents & (POLLOUT | POLLERR | POLLHUP)) != 0;

	if (mover_is_over(send) || !is_ready)
		return;
	mover_step(send);
	if (send->state == MOVER_OUTPUT_FAILED)
		lose(relay, send->error); /* what the peer sent before may still be read */
	else if (mover_is_over(send))
		socket_shutdown_sending(relay->fd);
}

static void step_receive(struct relay *relay, const struct pollfd fds[N_WATCH])
{
	struct mover *receive = &relay->receive;
	bool is_ready = receive->state == MOVER_WAITS_FOR_INPUT
				? (fds[WATCH_CONNECTION].revents & ~POLLOUT) != 0
				: fds[WATCH_OUT].revents != 0;

	if (mover_is_over(receive) || !is_ready)
		return;
	mover_step(receive);
	if (receive->state == MOVER_INPUT_FAILED)
		lose(relay, receive->error);
	if (mover_is_over(receive) && (relay->flags & MIDAIR_RELAY_CLOSE_OUT) != 0)
		receive->out_fd = close_fd(receive->out_fd);
}

static int loss_of(const struct relay *relay)
{
	if (!relay->is_lost)
		return 0;
	return relay->is_silent ? MIDAIR_E_PATH_LOST : MIDAIR_E_LOST;
}

/* 1: over. */
static int is_finished(struct relay *relay, const struct pollfd fds[N_WATCH], int *result)
{
	const struct mover *send = &relay->send;
	const struct mover *receive = &relay->receive;
	bool is_dead = mover_is_over(receive) &&
		       (fds[WATCH_CONNECTION].revents & (POLLERR | POLLHUP)) != 0;

	if (receive->state == MOVER_OUTPUT_FAILED) {
		*result = -receive->error;
		return 1;
	}
	if (send->state == MOVER_INPUT_FAILED) {
		*result = -send->error;
		return 1;
	}
	if (!mover_is_over(send) && is_dead && !relay->is_lost)
		lose(relay, -socket_outcome(relay->fd));
	*result = loss_of(relay);
	return mover_is_over(receive) && (mover_is_over(send) || relay->is_lost);
}

static int run(struct relay *relay)
{
	struct pollfd fds[N_WATCH] = {0};
	int result = 0;

	while (!is_finished(relay, fds, &result)) {
		what_to_poll(relay, fds);
		if (poll(fds, N_WATCH, silence_wait_ms(&relay->silence)) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (silence_is_too_long(&relay->silence, relay->fd))
			return MIDAIR_E_PATH_LOST;
		if (fds[WATCH_STOP].fd >= 0 && fds[WATCH_STOP].revents != 0)
			return -EINTR;
		step_send(relay, fds);
		step_receive(relay, fds);
	}
	return result;
}

int midair_relay(int in_fd, int out_fd, int fd, int stop_fd, uint32_t flags,
		 struct midair_relay_result *result)
{
	struct relay relay = {.fd = fd, .stop_fd = stop_fd, .flags = flags};
	struct broken_pipe held;
	int status = mover_init(&relay.send, in_fd, fd);

	if (status == 0)
		status = mover_init(&relay.receive, fd, out_fd);
	if (status == 0)
		status = socket_guard_stream(fd);
	broken_pipe_hold(&held);
	if (status == 0)
		status = run(&relay);
	broken_pipe_release(&held);
	if (status == 0)
		status = socket_release_stream(fd);
	*result = (struct midair_relay_result){
		.sent_bytes = relay.send.moved_bytes,
		.received_bytes = relay.receive.moved_bytes,
	};
	mover_deinit(&relay.send);
	mover_deinit(&relay.receive);
	return status;
}
