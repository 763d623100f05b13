/* SPDX-License-Identifier: MIT */
#include "core/stun.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "core/endpoint.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/socket.h"
#include "os/stream_socket.h"

#define DEFAULT_TIMEOUT_MS 5000
#define NS_PER_MS	   UINT64_C(1000000)

struct exchange {
	int fd;
	uint64_t deadline_ns;
	uint8_t transaction[STUN_TRANSACTION_BYTES];
};

static int check(const struct midair_endpoint *server, struct midair_endpoint *from)
{
	endpoint_unmap(from);
	if (server->family == MIDAIR_FAMILY_NONE || server->port == 0)
		return MIDAIR_E_CONFIG;
	if (from->family == MIDAIR_FAMILY_NONE)
		from->family = server->family;
	return from->family == server->family ? 0 : MIDAIR_E_CONFIG;
}

/* Returns 0 when fd is ready, MIDAIR_E_TIMEOUT, -errno. */
static int wait_until(const struct exchange *exchange, short events)
{
	struct pollfd one = {.fd = exchange->fd, .events = events};
	int n_ready = 0;

	while (n_ready == 0) {
		uint64_t now_ns = clock_now_ns();
		uint64_t left_ms;

		if (now_ns >= exchange->deadline_ns)
			return MIDAIR_E_TIMEOUT;
		left_ms = (exchange->deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
		n_ready = poll(&one, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
		if (n_ready < 0 && errno == EINTR)
			n_ready = 0;
	}
	return n_ready < 0 ? -errno : 0;
}

static int connect_to(const struct exchange *exchange, const struct midair_endpoint *server)
{
	int result = socket_dial(exchange->fd, server);

	while (result == 0) {
		result = wait_until(exchange, POLLOUT);
		if (result != 0)
			return result;
		result = socket_outcome(exchange->fd);
		if (result != -EINPROGRESS)
			return result;
		result = 0;
	}
	return result;
}

static int ask(struct exchange *exchange)
{
	uint8_t request[STUN_HEADER_BYTES];
	uint64_t random[2] = {entropy_seed(), entropy_seed()};
	ssize_t n_sent;

	memcpy(exchange->transaction, random, sizeof(exchange->transaction));
	stun_request(request, exchange->transaction);
	/* The first bytes of a connection: the kernel has room for all of them. */
	n_sent = stream_socket_send(exchange->fd, request, sizeof(request));
	if (n_sent < 0)
		return (int)n_sent;
	return n_sent == (ssize_t)sizeof(request) ? 0 : -EAGAIN;
}

/* Reads exactly the answer: what may follow it is for whoever gets the connection. */
static int read_answer(const struct exchange *exchange, struct midair_endpoint *mapped)
{
	uint8_t answer[STUN_MESSAGE_MAX];
	size_t n_read = 0;
	size_t n_wanted = STUN_HEADER_BYTES;

	while (n_read < n_wanted) {
		ssize_t n =
			stream_socket_receive(exchange->fd, answer + n_read, n_wanted - n_read);
		int result = n == -EAGAIN ? wait_until(exchange, POLLIN) : 0;
		int size;

		if (result != 0)
			return result;
		if (n < 0 && n != -EAGAIN)
			return (int)n;
		if (n == 0)
			return MIDAIR_E_PROTOCOL;
		n_read += n > 0 ? (size_t)n : 0;
		size = stun_size(answer, n_read);
		if (size < 0)
			return MIDAIR_E_PROTOCOL;
		if (size > 0)
			n_wanted = (size_t)size;
	}
	return stun_read_answer(answer, n_read, exchange->transaction, mapped)
		       ? 0
		       : MIDAIR_E_PROTOCOL;
}

static int run(struct exchange *exchange, const struct midair_endpoint *server,
	       struct midair_endpoint *mapped, struct midair_endpoint *from)
{
	int result = connect_to(exchange, server);

	if (result == 0)
		result = ask(exchange);
	if (result == 0)
		result = read_answer(exchange, mapped);
	if (result == 0)
		result = socket_local(exchange->fd, from);
	return result != 0 ? result : socket_restore(exchange->fd);
}

int midair_stun(const struct midair_endpoint *server, struct midair_endpoint *local,
		uint32_t timeout_ms, struct midair_endpoint *mapped, int *fd)
{
	uint64_t limit_ms = timeout_ms != 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
	struct exchange exchange = {.deadline_ns = clock_now_ns() + limit_ms * NS_PER_MS};
	struct midair_endpoint to = *server;
	struct midair_endpoint from = *local;
	struct midair_endpoint seen;
	int result;

	endpoint_unmap(&to);
	result = check(&to, &from);
	if (result != 0)
		return result;
	exchange.fd = socket_open(&from);
	if (exchange.fd < 0)
		return exchange.fd == -EADDRINUSE ? MIDAIR_E_PORT_IN_USE : exchange.fd;
	result = run(&exchange, &to, &seen, &from);
	if (result != 0) {
		socket_close_reset(exchange.fd);
		return result;
	}
	*local = from;
	*mapped = seen;
	if (fd)
		*fd = exchange.fd;
	else
		close_fd(exchange.fd);
	return 0;
}
