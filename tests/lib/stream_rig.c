/* SPDX-License-Identifier: MIT */
#include "tests/lib/stream_rig.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/tls.h"
#include "lib/stream_internal.h"
#include "os/socket.h"
#include "os/stream_socket.h"
#include "tests/crypto/tls_pump.h"
#include "tests/lib/loopback.h"

static struct tls *open_tls(bool is_server)
{
	const struct tls_config config = {.is_server = is_server, .psk = "everybody knows"};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static void send_all(int fd, struct tls *tls)
{
	const uint8_t *bytes;
	size_t size;

	/* a flight is far smaller than any socket's buffer */
	while ((bytes = tls_output(tls, &size)), size > 0) {
		ssize_t n = stream_socket_send(fd, bytes, size);

		assert_true(n > 0);
		tls_sent(tls, (size_t)n);
	}
}

struct midair_stream *stream_rig_open(int fd, bool is_server)
{
	struct midair_stream *stream = NULL;
	struct tls *tls = open_tls(is_server);

	while (tls_state(tls) == TLS_HANDSHAKE) {
		size_t size;
		uint8_t *input = tls_input(tls, &size);
		ssize_t n;

		send_all(fd, tls);
		assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
		n = stream_socket_receive(fd, input, size);
		assert_true(n > 0);
		tls_received(tls, (size_t)n);
	}
	assert_int_not_equal(tls_state(tls), TLS_FAILED);
	assert_int_equal(stream_new(&stream, fd, tls), 0);
	return stream;
}

void stream_rig_open_both(const int fds[2], struct midair_stream *streams[2])
{
	struct tls *server = open_tls(true);
	struct tls *client = open_tls(false);

	tls_pump(server, client);
	assert_int_equal(stream_new(&streams[0], fds[0], server), 0);
	assert_int_equal(stream_new(&streams[1], fds[1], client), 0);
}

/* So that what waits in between is little. */
static void make_narrow(int fd)
{
	int size = 65536;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

#define CHUNK 50000

struct half {
	uint8_t bytes[CHUNK];
	size_t begin;
	size_t end;
	bool has_input_ended;
	bool is_done;
};

struct proxy {
	struct midair_stream *stream;
	int plain_fd;
	struct half up;	  /* plain to stream */
	struct half down; /* stream to plain */
	bool has_failed;
};

/* Each returns 0, -EAGAIN, or what ends the proxy. */
static int step_up(struct proxy *proxy)
{
	struct half *up = &proxy->up;
	size_t n_taken = 0;
	ssize_t n;
	int result;

	if (up->begin < up->end) {
		result = midair_stream_write(proxy->stream, up->bytes + up->begin,
					     up->end - up->begin, &n_taken);
		up->begin += n_taken;
		return result;
	}
	if (up->has_input_ended) {
		result = midair_stream_shutdown(proxy->stream);
		up->is_done = result == 0;
		return result;
	}
	n = stream_socket_receive(proxy->plain_fd, up->bytes, CHUNK);
	up->begin = 0;
	up->end = n > 0 ? (size_t)n : 0;
	up->has_input_ended = n == 0;
	return n < 0 ? (int)n : 0;
}

static int step_down(struct proxy *proxy)
{
	struct half *down = &proxy->down;
	size_t n_read = 0;
	ssize_t n;
	int result;

	if (down->begin < down->end) {
		n = stream_socket_send(proxy->plain_fd, down->bytes + down->begin,
				       down->end - down->begin);
		down->begin += n > 0 ? (size_t)n : 0;
		return n < 0 ? (int)n : 0;
	}
	result = midair_stream_read(proxy->stream, down->bytes, CHUNK, &n_read);
	down->begin = 0;
	down->end = n_read;
	if (result != MIDAIR_E_END)
		return result;
	down->is_done = true;
	return socket_shutdown_sending(proxy->plain_fd);
}

static void step(struct proxy *proxy, int (*half_step)(struct proxy *proxy),
		 const bool *is_done)
{
	int result = 0;

	while (!*is_done && result == 0)
		result = half_step(proxy);
	if (result != 0 && result != -EAGAIN)
		proxy->has_failed = true;
}

static void wait_for_either(struct proxy *proxy)
{
	const struct half *up = &proxy->up;
	const struct half *down = &proxy->down;
	short events = midair_stream_events(proxy->stream);
	struct pollfd fds[] = {
		{.fd = midair_stream_fd(proxy->stream), .events = events},
		{.fd = proxy->plain_fd},
	};

	if (down->begin < down->end) {
		fds[0].events &= POLLOUT;
		fds[1].events |= POLLOUT;
	}
	if (up->begin == up->end && !up->has_input_ended)
		fds[1].events |= POLLIN;
	poll(fds, N_ITEMS(fds), -1);
	/* before its end has been read, reading tells of an error, after all that came before it */
	if (up->has_input_ended && (fds[1].revents & POLLERR) != 0)
		proxy->has_failed = true;
	if (down->is_done && (fds[0].revents & (POLLERR | POLLHUP)) != 0)
		proxy->has_failed = true;
}

/* What came from the peer before it was lost has arrived. */
static void wait_until_acknowledged(struct proxy *proxy)
{
	int fd = midair_stream_fd(proxy->stream);

	for (int i = 0; i < PATIENCE_MS; i++) {
		int result = midair_stream_flush(proxy->stream);

		if (result == 0)
			result = stream_socket_is_acknowledged(fd);
		if (result != 0 && result != -EAGAIN)
			return;
		poll(NULL, 0, 1);
	}
}

void stream_rig_proxy(int plain_fd, int connection_fd)
{
	static struct proxy proxy;

	make_narrow(plain_fd);
	make_narrow(connection_fd);
	proxy = (struct proxy){.plain_fd = plain_fd,
			       .stream = stream_rig_open(connection_fd, true)};
	socket_guard_stream(plain_fd);
	while (!proxy.has_failed && !(proxy.up.is_done && proxy.down.is_done)) {
		midair_stream_flush(proxy.stream);
		step(&proxy, step_up, &proxy.up.is_done);
		step(&proxy, step_down, &proxy.down.is_done);
		if (!proxy.has_failed && !(proxy.up.is_done && proxy.down.is_done))
			wait_for_either(&proxy);
	}
	wait_until_acknowledged(&proxy);
	if (!proxy.has_failed)
		socket_release_stream(plain_fd);
	_exit(0);
}
