/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 *	write -> tls (sealed, at most one batch) -> send()     recv() -> tls (one batch) -> read
 *
 * A batch holds many records, so that a system call moves many. Each direction ends with
 * close_notify; a FIN without it, a reset, or a record that does not open is a loss, and so are
 * more than TLS_BARREN_RECORDS_MAX records in a row that bring nothing: a call that reads opens no
 * more of them, however fast they come. The socket is guarded (close() resets it) until both
 * directions have ended whole.
 *
 * Role A's stream may begin before the client's Finished has come (session_prove.c). Until then
 * nobody has shown that it is the author of the hello: Finished must come within
 * FINISHED_PATIENCE_NS and some round trips, or the stream is lost. The socket itself cannot wake
 * whoever polls it for that, so midair_stream_timeout() tells until when.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/kernel_sender.h"
#include "lib/stream_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/silence.h"
#include "os/socket.h"
#include "os/stream_socket.h"

#define PROTOCOL_SIZE 64
/* As long as core waits for a connection to prove itself. */
#define FINISHED_PATIENCE_NS UINT64_C(5000000000)
#define FINISHED_ROUND_TRIPS 3u
#define ROUND_TRIP_US_LIMIT  2000000u
#define NS_PER_MS	     UINT64_C(1000000)

struct midair_stream {
	int fd;
	struct tls *tls;
	int receive_error; /* MIDAIR_E_LOST or -errno, for ever */
	int send_error;
	bool was_read;		 /* at least once */
	bool is_closing;	 /* shutdown() was called */
	bool is_writer_waiting;	 /* its last call could not do all: POLLOUT, whoever flushes */
	bool is_notified;	 /* the kernel has sent our close_notify */
	bool is_fin_sent;	 /* after our close_notify */
	bool has_ended;		 /* the peer's close_notify was read */
	uint64_t finished_by_ns; /* when the client's Finished must have come; 0: it has */
	struct kernel_sender sender;
	char protocol[PROTOCOL_SIZE];
};

/* What a socket says when the connection is at fault, not the caller. */
static int loss_or_error(ssize_t error)
{
	switch (error) {
	case -EBADF:
	case -ENOTSOCK:
	case -EFAULT:
	case -EINVAL:
	case -ENOMEM:
	case -ENOBUFS:
		return (int)error;
	default:
		return silence_is_error((int)-error) ? MIDAIR_E_PATH_LOST : MIDAIR_E_LOST;
	}
}

/* 0, -EAGAIN, or what ends our direction for ever. */
static int sending_result(struct midair_stream *stream, ssize_t result)
{
	if (result < 0 && result != -EAGAIN) {
		stream->send_error = loss_or_error(result);
		return stream->send_error;
	}
	return (int)result;
}

/* One recv(). 0: something came. */
static int fill(struct midair_stream *stream)
{
	size_t room;
	uint8_t *bytes = tls_input(stream->tls, &room);
	ssize_t n;

	if (room == 0)
		return MIDAIR_E_LOST; /* no memory for it, or the handshake failed */
	n = stream_socket_receive(stream->fd, bytes, room);
	if (n > 0) {
		tls_received(stream->tls, (size_t)n);
		return 0;
	}
	if (n == -EAGAIN)
		return -EAGAIN;
	return n == 0 ? MIDAIR_E_LOST : loss_or_error(n);
}

/* A caller that only writes has not looked yet whether Finished is there. */
static void expect_finished(struct midair_stream *stream)
{
	if (stream->finished_by_ns == 0 || tls_state(stream->tls) != TLS_PROVEN) {
		stream->finished_by_ns = 0;
		return;
	}
	if (clock_now_ns() < stream->finished_by_ns)
		return;
	while (tls_state(stream->tls) == TLS_PROVEN && fill(stream) == 0) {
	}
	stream->finished_by_ns = 0;
	if (tls_state(stream->tls) == TLS_PROVEN)
		stream->receive_error = stream->send_error = MIDAIR_E_LOST;
}

static int flush(struct midair_stream *stream)
{
	const uint8_t *bytes;
	size_t size;

	expect_finished(stream);
	if (stream->send_error != 0)
		return stream->send_error;
	while ((bytes = tls_output(stream->tls, &size)), size > 0) {
		ssize_t n = stream_socket_send(stream->fd, bytes, size);

		if (n < 0)
			return sending_result(stream, n);
		tls_sent(stream->tls, (size_t)n);
	}
	if (!stream->sender.is_on || stream->is_notified)
		return 0;
	return sending_result(stream,
			      kernel_sender_update(&stream->sender, stream->fd, stream->tls));
}

static uint64_t finished_by_ns(int fd, const struct tls *tls)
{
	uint64_t round_trip_us = socket_round_trip_us(fd);

	if (tls_state(tls) != TLS_PROVEN)
		return 0;
	if (round_trip_us > ROUND_TRIP_US_LIMIT)
		round_trip_us = ROUND_TRIP_US_LIMIT;
	return clock_now_ns() + FINISHED_PATIENCE_NS +
	       FINISHED_ROUND_TRIPS * UINT64_C(1000) * round_trip_us;
}

int stream_new(struct midair_stream **stream, int fd, struct tls *tls)
{
	struct midair_stream *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	result = socket_guard_stream(fd);
	if (result == 0)
		result = stream_socket_no_delay(fd);
	if (result < 0) {
		free(made);
		return result;
	}
	made->fd = fd;
	made->tls = tls;
	made->finished_by_ns = finished_by_ns(fd, tls);
	snprintf(made->protocol, sizeof(made->protocol), "TLS 1.3, %s", tls_cipher(tls));
	flush(made);
	*stream = made;
	return 0;
}

/* Both directions have come to their end: close() may be an ordinary one. */
static void release_when_whole(struct midair_stream *stream)
{
	if (stream->has_ended && stream->is_fin_sent)
		socket_release_stream(stream->fd);
}

int midair_stream_read(struct midair_stream *stream, void *buffer, size_t size, size_t *n)
{
	size_t n_read = 0;
	int result;

	stream->was_read = true;
	expect_finished(stream);
	result = stream->receive_error;
	while (result == 0 && (n_read = tls_read(stream->tls, buffer, size)) == 0) {
		if (size == 0 && tls_state(stream->tls) == TLS_DONE)
			break;
		if (tls_state(stream->tls) == TLS_ENDED)
			result = MIDAIR_E_END;
		else if (tls_state(stream->tls) == TLS_FAILED)
			result = MIDAIR_E_LOST;
		else
			result = fill(stream);
	}
	if (result == MIDAIR_E_END && !stream->has_ended) {
		stream->has_ended = true;
		release_when_whole(stream);
	} else if (result != 0 && result != -EAGAIN) {
		stream->receive_error = result;
	}
	/* the last of the handshake, or the answer to a KeyUpdate */
	flush(stream);
	if (result == 0)
		*n = n_read;
	return result;
}

/* Seals and sends what it can of the bytes. *n: how many were taken. Returns as flush(). */
static int write_some(struct midair_stream *stream, const uint8_t *bytes, size_t size,
		      size_t *n)
{
	int result;

	if (stream->sender.is_on) {
		ssize_t n_sent = kernel_sender_write(&stream->sender, stream->fd, stream->tls,
						     bytes, size);

		*n = n_sent > 0 ? (size_t)n_sent : 0;
		return n_sent > 0 ? 0 : sending_result(stream, n_sent);
	}
	*n = tls_write(stream->tls, bytes, size);
	if (*n == 0 && tls_state(stream->tls) == TLS_FAILED)
		return MIDAIR_E_LOST;
	result = flush(stream);
	kernel_sender_offer(&stream->sender, stream->fd, stream->tls, *n);
	return result;
}

int midair_stream_write(struct midair_stream *stream, const void *buffer, size_t size,
			size_t *n)
{
	const uint8_t *bytes = buffer;
	size_t n_taken = 0;
	int result = 0;

	if (stream->is_closing)
		return MIDAIR_E_STATE;
	expect_finished(stream);
	if (tls_state(stream->tls) == TLS_FAILED)
		return MIDAIR_E_LOST;
	if (stream->send_error != 0)
		return stream->send_error;
	while (n_taken < size && result == 0) {
		size_t n_now;

		result = write_some(stream, bytes + n_taken, size - n_taken, &n_now);
		n_taken += n_now;
	}
	stream->is_writer_waiting = result == -EAGAIN;
	/* An error after bytes were taken is told by the next call. */
	if (n_taken == 0 && result != 0)
		return result;
	*n = n_taken;
	return 0;
}

int midair_stream_flush(struct midair_stream *stream)
{
	int result = flush(stream);

	stream->is_writer_waiting = result == -EAGAIN;
	return result;
}

/* Puts close_notify on its way. Returns as flush(). */
static int notify(struct midair_stream *stream)
{
	int result = flush(stream);

	if (!stream->sender.is_on) {
		while (!tls_close(stream->tls) && result == 0)
			result = flush(stream);
		return tls_state(stream->tls) == TLS_FAILED ? MIDAIR_E_LOST : flush(stream);
	}
	if (result == 0 && !stream->is_notified)
		result = sending_result(stream,
					kernel_sender_close(&stream->sender, stream->fd));
	stream->is_notified |= result == 0;
	/* A FIN would overtake what the kernel's TLS still holds. */
	if (result == 0)
		result = sending_result(stream,
					kernel_sender_is_flushed(&stream->sender, stream->fd));
	return result;
}

int midair_stream_shutdown(struct midair_stream *stream)
{
	int result;

	stream->is_closing = true;
	result = notify(stream);
	stream->is_writer_waiting = result == -EAGAIN;
	if (result != 0 || stream->is_fin_sent)
		return result;
	result = sending_result(stream, socket_shutdown_sending(stream->fd));
	if (result != 0)
		return result;
	stream->is_fin_sent = true;
	release_when_whole(stream);
	return 0;
}

int midair_stream_fd(const struct midair_stream *stream)
{
	return stream->fd;
}

bool stream_is_blocked(const struct midair_stream *stream)
{
	size_t size;

	tls_output(stream->tls, &size);
	return size > 0 && stream->send_error == 0;
}

short midair_stream_events(const struct midair_stream *stream)
{
	bool is_reading = !stream->has_ended && stream->receive_error == 0;
	bool is_writing = (stream->is_writer_waiting && stream->send_error == 0) ||
			  stream_is_blocked(stream);

	/* The peer's first bytes may have come with the last of the handshake, so that the socket has
	 * none to tell of: poll() shall return, for the first read. */
	if (is_reading && !stream->was_read)
		is_writing = true;
	return (short)((is_reading ? POLLIN : 0) | (is_writing ? POLLOUT : 0));
}

int midair_stream_timeout(const struct midair_stream *stream)
{
	uint64_t now_ns = clock_now_ns();

	if (stream->finished_by_ns == 0 || stream->receive_error != 0 ||
	    tls_state(stream->tls) != TLS_PROVEN)
		return -1;
	if (now_ns >= stream->finished_by_ns)
		return 0;
	return (int)((stream->finished_by_ns - now_ns) / NS_PER_MS) + 1;
}

int midair_stream_export(struct midair_stream *stream, const char *label, void *out,
			 size_t size)
{
	enum tls_state state = tls_state(stream->tls);

	if (state != TLS_DONE && state != TLS_ENDED)
		return MIDAIR_E_STATE;
	return tls_export(stream->tls, label, out, size);
}

const char *midair_stream_protocol(const struct midair_stream *stream)
{
	return stream->protocol;
}

void stream_trim(struct midair_stream *stream)
{
	tls_trim(stream->tls);
}

struct midair_stream *midair_stream_free(struct midair_stream *stream)
{
	if (stream == NULL)
		return NULL;
	tls_free(stream->tls);
	close_fd(stream->fd);
	free(stream);
	return NULL;
}
