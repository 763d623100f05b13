/* SPDX-License-Identifier: MIT */
#include "bench/pipe_ends.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tls.h"
#include "lib/stream_internal.h"
#include "os/cleanup.h"
#include "os/stream_socket.h"

#define CHUNK_BYTES (128u * 1024)

static void wait_until(int fd, short events)
{
	struct pollfd one = {.fd = fd, .events = events};

	poll(&one, 1, -1);
}

static bool send_flight(int fd, struct tls *tls)
{
	const uint8_t *bytes;
	size_t size;

	while ((bytes = tls_output(tls, &size)), size > 0) {
		ssize_t n = stream_socket_send(fd, bytes, size);

		if (n < 0 && n != -EAGAIN)
			return false;
		if (n > 0)
			tls_sent(tls, (size_t)n);
		else
			wait_until(fd, POLLOUT);
	}
	return true;
}

static bool receive_flight(int fd, struct tls *tls)
{
	size_t size;
	uint8_t *bytes = tls_input(tls, &size);
	ssize_t n;

	wait_until(fd, POLLIN);
	n = stream_socket_receive(fd, bytes, size);
	if (n > 0)
		tls_received(tls, (size_t)n);
	return n > 0;
}

/* The pairing's keys are known, the connection stands. */
static struct midair_stream *open_stream(enum end end, int fd)
{
	const struct tls_config config = {.is_server = end == RECEIVER, .psk = "fixed"};
	struct midair_stream *stream = NULL;
	struct tls *tls = NULL;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (tls_new(&tls, &config) < 0)
		return NULL;
	while (tls_state(tls) == TLS_HANDSHAKE)
		if (!send_flight(fd, tls) || !receive_flight(fd, tls))
			return NULL;
	return stream_new(&stream, fd, tls) == 0 ? stream : NULL;
}

int stream_relay_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	struct midair_relay_result moved;
	struct midair_stream *stream = open_stream(end, fd);
	_cleanup_close_ int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int result;

	(void)carry;
	if (stream == NULL)
		return 1;
	result = midair_stream_relay(end == SENDER ? pipe_fd : nothing,
				     end == SENDER ? nothing : pipe_fd, stream, -1, 0, &moved);
	midair_stream_free(stream);
	return result;
}

static int write_stream(struct midair_stream *stream, uint64_t n_bytes)
{
	static const char chunk[CHUNK_BYTES];
	int result = 0;
	size_t n;

	while (n_bytes > 0 && result == 0) {
		size_t wanted = n_bytes < CHUNK_BYTES ? (size_t)n_bytes : CHUNK_BYTES;

		result = midair_stream_write(stream, chunk, wanted, &n);
		if (result == 0) {
			n_bytes -= n;
		} else if (result == -EAGAIN) {
			wait_until(midair_stream_fd(stream), midair_stream_events(stream));
			result = 0;
		}
	}
	while (result == 0 && (result = midair_stream_shutdown(stream)) == -EAGAIN) {
		wait_until(midair_stream_fd(stream), midair_stream_events(stream));
		result = 0;
		if (midair_stream_shutdown(stream) == 0)
			break;
	}
	return result;
}

static int read_stream(struct midair_stream *stream)
{
	static char chunk[CHUNK_BYTES];
	int result;
	size_t n;

	while ((result = midair_stream_read(stream, chunk, sizeof(chunk), &n)) !=
	       MIDAIR_E_END) {
		if (result == -EAGAIN)
			wait_until(midair_stream_fd(stream), midair_stream_events(stream));
		else if (result != 0)
			return 1;
	}
	return 0;
}

int stream_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	struct midair_stream *stream = open_stream(end, fd);
	int result;

	(void)pipe_fd;
	if (stream == NULL)
		return 1;
	if (end == SENDER)
		result = write_stream(stream, carry->n_bytes) != 0 || read_stream(stream) != 0;
	else
		result = read_stream(stream) != 0 || write_stream(stream, 0) != 0;
	midair_stream_free(stream);
	return result;
}
