/* SPDX-License-Identifier: MIT */
#include "os/service_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket_option.h"

/* What is longer than any first flight; bytes beyond it turn the FIN into a RST, no more. */
#define DISCARD_BYTES 8192
/* A client that is gone without a word is noticed after USER_TIMEOUT_MS: until then the next one in
 * its room is introduced to nobody, and a client that comes back from the same port, through a NAT
 * that was restarted, meets its own old connection and is kept out. */
#define KEEPALIVE_IDLE_S     15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES     4
/* Also for data: an introduction to a client that has moved. */
#define USER_TIMEOUT_MS 30000
/* Of a pair that is relayed, as its own two ends do: os/socket.c. */
#define STREAM_IDLE_S	  20
#define STREAM_INTERVAL_S 5
/* All that a client may send after its introduction. Set on the accepted socket, not on the listener:
 * there it would lock the window scale at 0 (tcp_openreq_init_rwin, 6.18), and a pair that is relayed
 * later could never have more than 64 KiB on their way. */
#define RECEIVE_BYTES 32768

/* Linux 5.14; old headers lack it. Older kernels keep the buffers that the listener has set. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
/* Of a stream, beyond what is on its way: so much is taken for a reader that does not read. */
#define UNSENT_BYTES (1024 * 1024)

struct option {
	int level;
	int name;
	int value;
};

static int set_option(int fd, const struct option *option)
{
	return socket_option_set(fd, option->level, option->name, option->value);
}

int service_socket_set_output(int listener, uint32_t output_bytes)
{
	/* The kernel doubles the value for its own overhead (socket(7)). */
	return socket_option_set(listener, SOL_SOCKET, SO_SNDBUF, (int)output_bytes);
}

static int set_options(int fd, int domain, uint32_t output_bytes)
{
	const struct option options[] = {
		/* Connections of the server before are in TIME_WAIT: it may listen all the same. */
		{SOL_SOCKET, SO_REUSEADDR, 1},
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS},
	};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(options) / sizeof(options[0]); i++)
		result = set_option(fd, &options[i]);
	if (result == 0 && domain == AF_INET6)
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return result != 0 ? result : service_socket_set_output(fd, output_bytes);
}

int service_socket_listen(const struct midair_endpoint *local, uint32_t output_bytes)
{
	int domain = local->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
	_cleanup_close_ int fd =
		socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result;

	if (fd < 0)
		return -errno;
	result = set_options(fd, domain, output_bytes);
	if (result == 0)
		result = socket_option_bind(fd, local);
	if (result < 0)
		return result;
	/* Not TCP_DEFER_ACCEPT: who says nothing would stay in the queue of half-open
	 * connections, which is small and has no order; in our table it is the first to go. The
	 * kernel cuts the backlog to net.core.somaxconn. */
	if (listen(fd, INT32_MAX) < 0)
		return -errno;
	return take_fd(&fd);
}

/* accept(2): errors of the connection itself are passed on by Linux. */
static bool is_of_connection(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

int service_socket_accept(int listener, struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd;

	do {
		length = sizeof(address);
		fd = accept4(listener, (struct sockaddr *)&address, &length,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (fd < 0 && is_of_connection(errno));
	if (fd < 0)
		return -errno;
	if (midair_endpoint_from_sockaddr(remote, (const struct sockaddr *)&address, length) !=
	    0) {
		close_fd(fd);
		return -EAFNOSUPPORT;
	}
	(void)socket_option_set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES);
	return fd;
}

bool service_socket_is_exhausted(int result)
{
	return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
	       result == -ENOMEM;
}

int service_socket_peek(int fd, void *bytes, size_t size)
{
	ssize_t n = recv(fd, bytes, size, MSG_PEEK | MSG_DONTWAIT);

	return n < 0 ? -errno : (int)n;
}

int service_socket_discard(int fd, void *bytes, size_t size)
{
	/* TCP throws away with MSG_TRUNC, and copies nothing (tcp(7)). bytes is for the
	 * sanitizers, which do not know that. */
	ssize_t n = recv(fd, bytes, size, MSG_TRUNC | MSG_DONTWAIT);

	return n < 0 ? -errno : (int)n;
}

int service_socket_send(int fd, const void *bytes, size_t size)
{
	ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EAGAIN;
}

int service_socket_widen(int fd)
{
	const struct option options[] = {
		{SOL_SOCKET, SO_BUF_LOCK, 0},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 0},
		{IPPROTO_TCP, TCP_KEEPIDLE, STREAM_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, STREAM_INTERVAL_S},
		{IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int one = set_option(fd, &options[i]);

		result = one != 0 ? one : result;
	}
	return result;
}

int service_socket_finish(int fd)
{
	return shutdown(fd, SHUT_WR) < 0 ? -errno : 0;
}

int service_socket_hang_up(int fd)
{
	return shutdown(fd, SHUT_RDWR) < 0 ? -errno : 0;
}

void service_socket_refuse(int fd, const void *bytes, size_t size)
{
	uint8_t unread[DISCARD_BYTES];

	(void)service_socket_send(fd, bytes, size);
	/* Closing with unread input would send RST, which may overtake the message. */
	(void)service_socket_discard(fd, unread, sizeof(unread));
	close_fd(fd);
}
