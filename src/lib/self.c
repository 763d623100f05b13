/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A socket that is bound to a port and connects to the same address and port receives its own
 * SYN while it is in SYN-SENT. RFC 9293 3.5 (figure 7) makes that a simultaneous open: it
 * answers with SYN-ACK, which it receives too, and is ESTABLISHED with itself.
 *
 * Nobody can take the SYN instead: connect() enters the pair of endpoints in the kernel's table
 * before the SYN leaves, an exact pair is found before any listener, and a pair exists once.
 * SO_REUSEPORT (set by socket_open() before bind) lets the user's other midair sockets keep the
 * same port; a listener among them changes nothing.
 */
#include <errno.h>

#include "core/endpoint.h"
#include "midair/midair.h"
#include "os/cleanup.h"
#include "os/self_socket.h"
#include "os/socket.h"

/* On one machine the three segments take some 50 us. Only a packet filter makes it wait. */
#define SELF_TIMEOUT_MS 1000

int midair_is_self_connected(int fd)
{
	struct midair_endpoint local;
	struct midair_endpoint remote;
	int result = self_socket_remote(fd, &remote);

	if (result == 0)
		result = socket_local(fd, &local);
	if (result != 0)
		return result;
	return midair_endpoint_equal(&local, &remote) ? 1 : 0;
}

/* A pair that exists (or is in TIME_WAIT where it cannot be used again) is EADDRNOTAVAIL, and a
 * kernel that does not know simultaneous open answers its own SYN with RST. */
static int dial_result(int result)
{
	if (result == -EADDRNOTAVAIL)
		return MIDAIR_E_PORT_IN_USE;
	if (result == -ECONNREFUSED || result == -ECONNRESET)
		return MIDAIR_E_UNSUPPORTED;
	return result;
}

static int dial_self(int fd)
{
	struct midair_endpoint bound;
	int result = socket_local(fd, &bound);

	if (result == 0)
		result = dial_result(socket_dial(fd, &bound));
	if (result == 0)
		result = self_socket_wait(fd, SELF_TIMEOUT_MS);
	if (result == 0)
		result = dial_result(socket_outcome(fd));
	return result;
}

int midair_self_connect(const struct midair_endpoint *local, int *fd)
{
	struct midair_endpoint wanted = *local;

	endpoint_unmap(&wanted);
	if (wanted.family != MIDAIR_IPV4 && wanted.family != MIDAIR_IPV6)
		return -EAFNOSUPPORT;
	_cleanup_close_ int opened = socket_open(&wanted);
	if (opened == -EADDRINUSE)
		return MIDAIR_E_PORT_IN_USE;
	if (opened < 0)
		return opened;
	int result = dial_self(opened);
	if (result == 0)
		result = self_socket_reset_on_close(opened);
	if (result == 0)
		result = socket_restore(opened);
	if (result != 0)
		return result;
	if (midair_is_self_connected(opened) != 1)
		return MIDAIR_E_UNSUPPORTED;
	*fd = take_fd(&opened);
	return 0;
}
