/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The program's socket cannot be replaced: it may be in an epoll set already, and has options of
 * its own. So whatever is tried has to leave it as it was when it fails. A pin
 * (IP_LOCAL_PORT_RANGE) does, and so does a bind of the address without a port: both may be
 * repeated with other values. An explicit bind of the port is for good, and is the only way to a
 * tuple in TIME_WAIT (where tcp_tw_reuse forbids it), to a port that somebody has bound, and to
 * one outside ip_local_port_range. So before that the kernel is asked whether the tuple is alive,
 * and a claim keeps other processes with this library from doing the same at the same time. Only
 * if somebody else takes the tuple in the microseconds between does the program see
 * EADDRNOTAVAIL.
 */
#include "preload/attempt.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include "lib/dial_internal.h"
#include "os/cleanup.h"
#include "os/dial_socket.h"
#include "os/tuple_claim.h"
#include "os/tuple_state.h"
#include "preload/real.h"

bool attempt_is_under_way(int result)
{
	return result == 0 || result == -EINPROGRESS || result == -EINTR || result == -EALREADY;
}

/* Connections of an IPv6 socket to ::ffff:a.b.c.d are IPv4's, but its addresses are IPv6's. */
static socklen_t to_sockaddr(const struct attempt *attempt,
			     const struct midair_endpoint *endpoint,
			     struct sockaddr_storage *address)
{
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6,
				      .sin6_port = htons(endpoint->port)};

	if (attempt->address->sa_family != AF_INET6 || endpoint->family != MIDAIR_IPV4)
		return (socklen_t)midair_endpoint_to_sockaddr(endpoint, address);
	mapped.sin6_addr.s6_addr[10] = 0xff;
	mapped.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&mapped.sin6_addr.s6_addr[12], endpoint->address, 4);
	memcpy(address, &mapped, sizeof(mapped));
	return sizeof(mapped);
}

static int bind_end(const struct attempt *attempt, const struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = to_sockaddr(attempt, local, &address);

	return real_bind(attempt->fd, (const struct sockaddr *)&address, length) < 0 ? -errno
										     : 0;
}

static int set_integer(const struct attempt *attempt, int level, int name, int value)
{
	return setsockopt(attempt->fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int connect_now(const struct attempt *attempt)
{
	return real_connect(attempt->fd, attempt->address, attempt->length) < 0 ? -errno : 0;
}

/* The address now, the port in connect(). */
static int bind_address(const struct attempt *attempt, const struct midair_endpoint *local)
{
	struct midair_endpoint without_port = *local;
	int result;

	if (dial_is_any(local))
		return 0;
	without_port.port = 0;
	result = set_integer(attempt, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	return result != 0 ? result : bind_end(attempt, &without_port);
}

static int connect_pinned(const struct attempt *attempt, const struct offer *offer)
{
	int result = bind_address(attempt, &offer->local);

	if (result == 0)
		result = dial_socket_pin(attempt->fd, offer->local.port);
	return result != 0 ? result : connect_now(attempt);
}

/* Whether a connection of this tuple lives. What the kernel does not tell is tried. */
static bool is_live(const struct attempt *attempt, const struct midair_endpoint *source)
{
	int state = dial_is_any(source) ? 0 : tuple_state_read(source, &attempt->remote);

	return state > 0 && state != MIDAIR_TCP_TIME_WAIT && state != MIDAIR_TCP_CLOSE;
}

static int bind_and_connect(struct attempt *attempt, const struct midair_endpoint *source)
{
	int result;

	if (is_live(attempt, source))
		return -EADDRNOTAVAIL;
	result = bind_end(attempt, source);
	if (result == -EADDRINUSE)
		return -EADDRNOTAVAIL;
	if (result != 0)
		return result;
	attempt->is_port_bound = true;
	return connect_now(attempt);
}

static void end_claim(void *claim)
{
	close_fd(*(int *)claim);
}

static int connect_bound(struct attempt *attempt, const struct offer *offer)
{
	struct midair_endpoint source = offer->source;
	int claim, result;

	if (dial_is_any(&source))
		(void)dial_socket_source(&attempt->remote, &source);
	source.family = attempt->remote.family;
	source.port = offer->local.port;
	claim = tuple_claim_take(&source, &attempt->remote);
	if (claim == -EADDRINUSE)
		return -EADDRNOTAVAIL;
	/* The thread may be cancelled in connect(). */
	pthread_cleanup_push(end_claim, &claim);
	result = bind_and_connect(attempt, &source);
	pthread_cleanup_pop(1);
	return result;
}

int attempt_try(struct attempt *attempt, const struct offer *offer)
{
	int result;

	if (offer->local.port == 0) {
		result = bind_address(attempt, &offer->local);
		return result != 0 ? result : connect_now(attempt);
	}
	/* Who shares a port must allow it, those who were there first as well. */
	result = set_integer(attempt, SOL_SOCKET, SO_REUSEPORT, 1);
	if (result == 0 && offer->is_pinnable) {
		result = connect_pinned(attempt, offer);
		if (result != -EADDRNOTAVAIL && result != -ENOPROTOOPT)
			return result;
	}
	return result != 0 && !offer->is_pinnable ? result : connect_bound(attempt, offer);
}
