/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The local end is fixed before the SYN leaves, so the check needs no established connection: it
 * is enough to compare the ends as soon as connect() returns, which is the same for sockets that
 * block and for those that do not. If they are equal nobody else can answer. One getsockname(),
 * less than half a microsecond, and nothing else unless the ports are equal.
 *
 * connect(AF_UNSPEC) resets such a connection and leaves the descriptor unconnected, as after a
 * refusal; a port that the kernel chose is free again.
 */
#include "preload/guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/dial_internal.h"
#include "os/dial_socket.h"
#include "os/socket.h"
#include "preload/tell.h"

/* connect() to the address "any" is one to this host: for IPv4 to the local address, for IPv6 to
 * the loopback address. */
static bool is_same_end(const struct midair_endpoint *local,
			const struct midair_endpoint *remote)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (local->port != remote->port || local->family != remote->family)
		return false;
	if (!dial_is_any(remote))
		return memcmp(local->address, remote->address, sizeof(local->address)) == 0;
	return remote->family == MIDAIR_IPV4 ||
	       memcmp(local->address, loopback, sizeof(loopback)) == 0;
}

static int integer_option(int fd, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -errno;
}

int guard_check(int fd, const struct midair_endpoint *remote, struct midair_endpoint *local)
{
	int saved = errno;
	int result = socket_local(fd, local);

	if (result != 0)
		*local = (struct midair_endpoint){.family = MIDAIR_FAMILY_NONE};
	/* A UDP socket may well talk to itself. */
	if (result == 0 && is_same_end(local, remote) &&
	    integer_option(fd, SO_PROTOCOL) == IPPROTO_TCP) {
		dial_socket_abort(fd);
		/* A refusal that was told leaves no error behind. */
		(void)integer_option(fd, SO_ERROR);
		count(&counts.n_self);
		result = -ECONNREFUSED;
	}
	errno = saved;
	return result == -ECONNREFUSED ? result : 0;
}
