/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * As relay.c, with the bytes going through a stream: a step of one direction moves what it can
 * and says which of its ends it waits for. What was taken from an end and could not go on waits
 * in the direction's buffer; nothing is read while it does, so a slow reader holds the other end
 * back. After a second of silence all buffers are given back.
 *
 * The relay is over when the peer's kernel has acknowledged everything: then, and only then, what
 * was sent cannot be lost by our process ending.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/stream_internal.h"
#include "os/broken_pipe.h"
#include "os/cleanup.h"
#include "os/local_end.h"
#include "os/silence.h"
#include "os/socket.h"
#include "os/stream_socket.h"

#define BUFFER_BYTES (256u * 1024)
/* One step's share, so that the other direction gets its turn. */
#define STEP_BYTES	 (1024u * 1024)
#define IDLE_MS		 1000
#define LONGEST_PAUSE_MS 64

enum direction_state {
	WAITS_FOR_INPUT,
	WAITS_FOR_OUTPUT,
	HAS_ENDED,
};

struct direction {
	enum direction_state state;
	uint8_t *buffer; /* NULL until it is needed */
	size_t begin;
	size_t end;
	uint64_t moved_bytes;
};

struct stream_relay {
	struct midair_stream *stream;
	struct local_end in;
	struct local_end out;
	int out_fd; /* the caller's */
	int stop_fd;
	uint32_t flags;
	struct direction send;
	struct direction receive;
	bool is_shutting_down; /* our input has ended */
	bool is_lost;
	bool is_silent; /* lost, and nobody has said so */
	struct silence silence;
	int error; /* of an end that is not the connection */
};

enum { WATCH_IN, WATCH_OUT, WATCH_CONNECTION, WATCH_STOP, N_WATCH };

static bool has_ended(const struct direction *direction)
{
	return direction->state == HAS_ENDED;
}

static bool prepare(struct stream_relay *relay, struct direction *direction)
{
	if (direction->buffer == NULL)
		direction->buffer = malloc(BUFFER_BYTES);
	if (direction->buffer == NULL)
		relay->error = -ENOMEM;
	return direction->buffer != NULL;
}

/* ---- from our input to the peer ------------------------------------------------------------- */

static void lose(struct stream_relay *relay, int result)
{
	relay->is_lost = true;
	relay->is_silent |= result == MIDAIR_E_PATH_LOST;
}

static int loss_of(int error)
{
	return silence_is_error(-error) ? MIDAIR_E_PATH_LOST : MIDAIR_E_LOST;
}

static void send_failed(struct stream_relay *relay, int result)
{
	if (result == -EAGAIN) {
		relay->send.state = WAITS_FOR_OUTPUT;
		return;
	}
	/* what the peer sent before may still be read */
	relay->send.state = HAS_ENDED;
	lose(relay, result);
}

static void shut_down(struct stream_relay *relay)
{
	int result = midair_stream_shutdown(relay->stream);

	if (result == 0)
		relay->send.state = HAS_ENDED;
	else
		send_failed(relay, result);
}

/* False when the direction has to wait or has ended. */
static bool take_input(struct stream_relay *relay)
{
	struct direction *send = &relay->send;
	ssize_t n = local_end_read(&relay->in, send->buffer, BUFFER_BYTES);

	if (n > 0) {
		send->begin = 0;
		send->end = (size_t)n;
		return true;
	}
	if (n == 0) {
		relay->is_shutting_down = true;
		shut_down(relay);
	} else if (n != -EAGAIN && n != -EINTR) {
		relay->error = (int)n;
	}
	return false;
}

static bool pass_to_peer(struct stream_relay *relay)
{
	struct direction *send = &relay->send;
	size_t n = 0;
	int result = midair_stream_write(relay->stream, send->buffer + send->begin,
					 send->end - send->begin, &n);

	if (result != 0) {
		send_failed(relay, result);
		return false;
	}
	send->begin += n;
	send->moved_bytes += n;
	if (send->begin < send->end || stream_is_blocked(relay->stream)) {
		send->state = WAITS_FOR_OUTPUT;
		return false;
	}
	return relay->in.may_repeat;
}

static void step_send(struct stream_relay *relay)
{
	struct direction *send = &relay->send;
	uint64_t limit = send->moved_bytes + STEP_BYTES;
	bool is_able = prepare(relay, send);

	if (relay->is_shutting_down) {
		shut_down(relay);
		return;
	}
	if (send->state == WAITS_FOR_OUTPUT) {
		int result = midair_stream_flush(relay->stream);

		if (result != 0) {
			send_failed(relay, result);
			return;
		}
	}
	send->state = WAITS_FOR_INPUT;
	while (is_able && send->moved_bytes < limit) {
		if (send->begin == send->end)
			is_able = take_input(relay);
		if (is_able)
			is_able = pass_to_peer(relay);
	}
}

/* ---- from the peer to our output ------------------------------------------------------------ */

static void end_receiving(struct stream_relay *relay, int result)
{
	if (result == -EAGAIN) {
		relay->receive.state = WAITS_FOR_INPUT;
		return;
	}
	relay->receive.state = HAS_ENDED;
	if (result != MIDAIR_E_END)
		lose(relay, result);
	if ((relay->flags & MIDAIR_RELAY_CLOSE_OUT) != 0) {
		local_end_deinit(&relay->out);
		relay->out_fd = close_fd(relay->out_fd);
	}
}

static bool take_from_peer(struct stream_relay *relay)
{
	struct direction *receive = &relay->receive;
	size_t n = 0;
	int result = midair_stream_read(relay->stream, receive->buffer, BUFFER_BYTES, &n);

	if (result != 0) {
		end_receiving(relay, result);
		return false;
	}
	receive->begin = 0;
	receive->end = n;
	receive->state = WAITS_FOR_OUTPUT;
	return relay->out.may_repeat;
}

static bool give_out(struct stream_relay *relay)
{
	struct direction *receive = &relay->receive;
	ssize_t n = local_end_write(&relay->out, receive->buffer + receive->begin,
				    receive->end - receive->begin);

	if (n < 0) {
		if (n != -EAGAIN && n != -EINTR)
			relay->error = (int)n;
		return false;
	}
	receive->begin += (size_t)n;
	receive->moved_bytes += (uint64_t)n;
	if (receive->begin < receive->end)
		return relay->out.may_repeat;
	receive->state = WAITS_FOR_INPUT;
	return true;
}

static void step_receive(struct stream_relay *relay)
{
	struct direction *receive = &relay->receive;
	uint64_t limit = receive->moved_bytes + STEP_BYTES;
	bool is_able = prepare(relay, receive);

	/* Not before the stream is asked in vain: poll() knows nothing of what it holds already. */
	while (is_able && relay->error == 0 &&
	       (receive->moved_bytes < limit || receive->state == WAITS_FOR_INPUT))
		is_able = receive->state == WAITS_FOR_INPUT ? take_from_peer(relay)
							    : give_out(relay);
}

/* ---- both ----------------------------------------------------------------------------------- */

/* A descriptor nobody waits for is left out: its error bits would keep poll() from sleeping.
 * Only the connection stays once its receiving side has ended: a RST must still end us. */
static void what_to_poll(const struct stream_relay *relay, struct pollfd fds[N_WATCH])
{
	const struct direction *send = &relay->send;
	const struct direction *receive = &relay->receive;
	short connection = 0;

	if (receive->state == WAITS_FOR_INPUT)
		connection |= POLLIN;
	if (send->state == WAITS_FOR_OUTPUT || stream_is_blocked(relay->stream))
		connection |= POLLOUT;
	fds[WATCH_IN].fd = send->state == WAITS_FOR_INPUT ? relay->in.fd : -1;
	fds[WATCH_IN].events = POLLIN;
	fds[WATCH_OUT].fd = receive->state == WAITS_FOR_OUTPUT ? relay->out.fd : -1;
	fds[WATCH_OUT].events = POLLOUT;
	fds[WATCH_CONNECTION].fd =
		connection != 0 || has_ended(receive) ? midair_stream_fd(relay->stream) : -1;
	fds[WATCH_CONNECTION].events = connection;
	fds[WATCH_STOP].fd = relay->stop_fd;
	fds[WATCH_STOP].events = POLLIN;
}

static void step_both(struct stream_relay *relay, const struct pollfd fds[N_WATCH])
{
	short connection = fds[WATCH_CONNECTION].revents;
	bool may_send = (connection & (POLLOUT | POLLERR | POLLHUP)) != 0;

	if (relay->send.state == WAITS_FOR_INPUT && fds[WATCH_IN].revents != 0)
		step_send(relay);
	else if (relay->send.state == WAITS_FOR_OUTPUT && may_send)
		step_send(relay);
	else if (may_send)
		midair_stream_flush(relay->stream);
	if (relay->receive.state == WAITS_FOR_INPUT && (connection & ~POLLOUT) != 0)
		step_receive(relay);
	else if (relay->receive.state == WAITS_FOR_OUTPUT && fds[WATCH_OUT].revents != 0)
		step_receive(relay);
}

static bool is_finished(struct stream_relay *relay, const struct pollfd fds[N_WATCH])
{
	bool is_dead = has_ended(&relay->receive) &&
		       (fds[WATCH_CONNECTION].revents & (POLLERR | POLLHUP)) != 0;

	if (relay->error != 0)
		return true;
	if (!has_ended(&relay->send) && is_dead && !relay->is_lost)
		lose(relay, loss_of(socket_outcome(midair_stream_fd(relay->stream))));
	return has_ended(&relay->receive) && (has_ended(&relay->send) || relay->is_lost);
}

static void release(struct direction *direction)
{
	if (direction->begin < direction->end)
		return;
	free(direction->buffer);
	direction->buffer = NULL;
}

/* Not longer than the stream wants to wait. */
static int at_most_ms(const struct stream_relay *relay, int pause_ms)
{
	int timeout_ms = midair_stream_timeout(relay->stream);

	return timeout_ms >= 0 && timeout_ms < pause_ms ? timeout_ms : pause_ms;
}

static int wait_for_work(struct stream_relay *relay, struct pollfd fds[N_WATCH])
{
	int look_ms = at_most_ms(relay, silence_wait_ms(&relay->silence));
	int n;

	what_to_poll(relay, fds);
	n = poll(fds, N_WATCH, look_ms < IDLE_MS ? look_ms : IDLE_MS);
	if (n == 0 && look_ms > IDLE_MS) {
		stream_trim(relay->stream);
		release(&relay->send);
		release(&relay->receive);
		n = poll(fds, N_WATCH, at_most_ms(relay, silence_wait_ms(&relay->silence)));
	}
	return n < 0 ? -errno : 0;
}

static int run(struct stream_relay *relay)
{
	struct pollfd fds[N_WATCH] = {0};

	/* The peer's first bytes may have come with the last of the handshake: poll() does not know. */
	step_receive(relay);
	while (!is_finished(relay, fds)) {
		int result = wait_for_work(relay, fds);

		if (result < 0 && result != -EINTR)
			return result;
		if (result < 0)
			continue;
		if (relay->stop_fd >= 0 && fds[WATCH_STOP].revents != 0)
			return -EINTR;
		if (silence_is_too_long(&relay->silence, midair_stream_fd(relay->stream)))
			return MIDAIR_E_PATH_LOST;
		step_both(relay, fds);
		/* What it waited for has not come. */
		if (relay->receive.state == WAITS_FOR_INPUT &&
		    midair_stream_timeout(relay->stream) == 0)
			step_receive(relay);
	}
	if (relay->error != 0)
		return relay->error;
	if (!relay->is_lost)
		return 0;
	return relay->is_silent ? MIDAIR_E_PATH_LOST : MIDAIR_E_LOST;
}

/* No event tells of it, so it is asked for. Silence ends it, or stop_fd. */
static int wait_until_acknowledged(struct stream_relay *relay)
{
	int fd = midair_stream_fd(relay->stream);
	int pause_ms = 1;
	int result;

	while ((result = stream_socket_is_acknowledged(fd)) == 0) {
		struct pollfd stop = {.fd = relay->stop_fd, .events = POLLIN};

		if (poll(&stop, 1, pause_ms) > 0)
			return -EINTR;
		if (silence_is_too_long(&relay->silence, fd))
			return MIDAIR_E_PATH_LOST;
		if (pause_ms < LONGEST_PAUSE_MS)
			pause_ms *= 2;
	}
	return result >= 0 ? 0 : loss_of(result);
}

int midair_stream_relay(int in_fd, int out_fd, struct midair_stream *stream, int stop_fd,
			uint32_t flags, struct midair_relay_result *result)
{
	struct stream_relay relay = {.stream = stream,
				     .out_fd = out_fd,
				     .stop_fd = stop_fd,
				     .flags = flags,
				     .out.own_fd = -1};
	struct broken_pipe held;
	int status = local_end_init(&relay.in, in_fd, false);

	if (status == 0)
		status = local_end_init(&relay.out, out_fd, true);
	broken_pipe_hold(&held);
	if (status == 0)
		status = run(&relay);
	broken_pipe_release(&held);
	if (status == 0)
		status = wait_until_acknowledged(&relay);
	*result = (struct midair_relay_result){
		.sent_bytes = relay.send.moved_bytes,
		.received_bytes = relay.receive.moved_bytes,
	};
	local_end_deinit(&relay.in);
	local_end_deinit(&relay.out);
	free(relay.send.buffer);
	free(relay.receive.buffer);
	return status;
}
