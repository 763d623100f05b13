/* SPDX-License-Identifier: MIT */
#include "os/socket.h"

/* Not netinet/tcp.h: its struct tcp_info lacks the segment counters. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket_option.h"

/* Linux 6.15; absent from Debian 12's headers. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

/* The held SYN is sent again at least this often, so that a NAT with a short memory for
 * unanswered SYNs (5 s have been seen) does not forget us. */
#define SYN_INTERVAL_MAX_MS 2000
#define RTO_MAX_DEFAULT_MS  120000
/* The kernel's largest: the session's deadline ends a dial, not the SYN counter. */
#define SYN_RETRIES_MAX 127
/* Without TCP_RTO_MAX_MS the intervals double: give up after SYNs at 0, 1, 3 s (before Linux
 * 6.5; later at 0 to 6 s), and the session's redial starts a new row. */
#define SYN_RETRIES_DOUBLING 2

/* Shorter than the idle time of the most forgetful NATs, and an end to waiting for the dead: 40 s
 * after the last that was heard. */
#define KEEPALIVE_IDLE_S     20
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES     4

static int set_syn_timing(int fd)
{
	if (socket_option_set(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, SYN_INTERVAL_MAX_MS) == 0)
		return socket_option_set(fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES_MAX);
	return socket_option_set(fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES_DOUBLING);
}

bool socket_can_set_syn_interval(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	return fd >= 0 &&
	       socket_option_set(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, SYN_INTERVAL_MAX_MS) == 0;
}

int socket_open(const struct midair_endpoint *local)
{
	int domain = local->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
	/* Not protocol 0: where MPTCP is the default it falls back on a simultaneous open. */
	_cleanup_close_ int fd =
		socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result;

	if (fd < 0)
		return -errno;
	/* SO_REUSEPORT, not SO_REUSEADDR: bind stays O(1), and other users stay out. */
	result = socket_option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (result == 0 && domain == AF_INET6)
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (result == 0)
		result = set_syn_timing(fd);
	if (result == 0)
		result = socket_option_bind(fd, local);
	return result < 0 ? result : take_fd(&fd);
}

int socket_dial(int fd, const struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);

	if (connect(fd, (const struct sockaddr *)&address, length) == 0 || errno == EINPROGRESS)
		return 0;
	return -errno;
}

static int read_tcp_info(int fd, struct tcp_info *info)
{
	socklen_t length = sizeof(*info);

	*info = (struct tcp_info){0};
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) < 0 ? -errno : 0;
}

uint32_t socket_round_trip_us(int fd)
{
	struct tcp_info info;

	return read_tcp_info(fd, &info) == 0 ? info.tcpi_rtt : 0;
}

static bool is_dialling(const struct tcp_info *info)
{
	return info->tcpi_state == MIDAIR_TCP_SYN_SENT ||
	       info->tcpi_state == MIDAIR_TCP_SYN_RECV;
}

/* The kernel (6.18) sets the error, tells poll(), and only then the state; and TCP_INFO has the state
 * from before it waits for whoever is at that. So a second look has what follows from the error. */
static int look_again(int fd, struct tcp_info *info)
{
	int result = read_tcp_info(fd, info);

	return result < 0 ? result : read_tcp_info(fd, info);
}

int socket_outcome(int fd)
{
	struct tcp_info info;
	int error = 0;
	socklen_t length = sizeof(error);
	int result = read_tcp_info(fd, &info);

	if (result < 0)
		return result;
	/* The state comes first: an ICMP error that arrived while connect() held the socket is
	 * only a soft error, and the SYN is still out. Reading SO_ERROR clears it. */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error != 0 && is_dialling(&info))
		result = look_again(fd, &info);
	if (result < 0)
		return result;
	if (is_dialling(&info))
		return -EINPROGRESS;
	if (info.tcpi_state == MIDAIR_TCP_CLOSE)
		return error != 0 ? -error : -ECONNREFUSED;
	return 0;
}

bool socket_is_half_open(int fd)
{
	struct tcp_info info;

	return read_tcp_info(fd, &info) == 0 && info.tcpi_state == MIDAIR_TCP_SYN_RECV;
}

int socket_listen(int fd)
{
	return listen(fd, SOMAXCONN) < 0 ? -errno : 0;
}

bool socket_is_local_address(const struct midair_endpoint *endpoint)
{
	struct midair_endpoint any_port = *endpoint;

	any_port.port = 0;
	_cleanup_close_ int fd = socket_open(&any_port);
	/* EADDRINUSE: ours, but every port of the kernel's range is in use. */
	return fd >= 0 || fd == -EADDRINUSE;
}

int socket_stop_listening(int fd)
{
	/* On a listener shutdown() is a disconnect that keeps an explicit binding (Linux). */
	return shutdown(fd, SHUT_RDWR) < 0 ? -errno : 0;
}

int socket_accept(int fd, struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	_cleanup_close_ int accepted =
		accept4(fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int result;

	if (accepted < 0)
		return -errno;
	result = midair_endpoint_from_sockaddr(remote, (const struct sockaddr *)&address,
					       length);
	return result != 0 ? -EAFNOSUPPORT : take_fd(&accepted);
}

int socket_local(int fd, struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	return midair_endpoint_from_sockaddr(local, (const struct sockaddr *)&address,
					     length) != 0
		       ? -EAFNOSUPPORT
		       : 0;
}

static int socket_remote(int fd, struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	return midair_endpoint_from_sockaddr(remote, (const struct sockaddr *)&address,
					     length) != 0
		       ? -EAFNOSUPPORT
		       : 0;
}

int socket_facts(int fd, struct socket_facts *facts)
{
	struct tcp_info info;
	int result = read_tcp_info(fd, &info);

	if (result == 0)
		result = socket_local(fd, &facts->local);
	if (result == 0)
		result = socket_remote(fd, &facts->remote);
	if (result < 0)
		return result;
	facts->round_trip_us = info.tcpi_rtt;
	facts->counts = (struct crossing_counts){
		.segments_in = info.tcpi_segs_in,
		.segments_out = info.tcpi_segs_out,
		.data_segments_in = info.tcpi_data_segs_in,
		.retransmissions = info.tcpi_total_retrans,
	};
	return 0;
}

int socket_shutdown_sending(int fd)
{
	return shutdown(fd, SHUT_WR) < 0 ? -errno : 0;
}

static int set_linger(int fd, bool is_reset)
{
	struct linger linger = {.l_onoff = is_reset, .l_linger = 0};

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0 ? -errno : 0;
}

int socket_close_reset(int fd)
{
	if (fd >= 0)
		set_linger(fd, true);
	return close_fd(fd);
}

int socket_guard_stream(int fd)
{
	int result = set_linger(fd, true);

	if (result == 0)
		result = socket_option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	/* Not TCP (a test's socket pair): there is no timing to set. */
	if (result < 0 ||
	    socket_option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S) < 0)
		return result;
	socket_option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	socket_option_set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	return 0;
}

int socket_release_stream(int fd)
{
	return set_linger(fd, false);
}

int socket_set_no_delay(int fd, bool is_on)
{
	return socket_option_set(fd, IPPROTO_TCP, TCP_NODELAY, is_on);
}

int socket_restore(int fd)
{
	/* Kernels without the option never got it: their answer is of no interest. */
	socket_option_set(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RTO_MAX_DEFAULT_MS);
	return 0;
}
