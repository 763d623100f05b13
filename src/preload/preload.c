/* SPDX-License-Identifier: MIT */
/*
 * libmidair-preload.so: stands in front of connect(), bind() and close() of an unmodified program
 * (LD_PRELOAD), and gives its outgoing TCP connections local ends from midair's pool, the given
 * source addresses in turn, and the guard against connections to oneself.
 *
 * Touched are TCP sockets over IPv4 and IPv6 only. One that the program has bound to a port keeps
 * it, one that it has bound to an address keeps that. Whatever cannot be done for a socket, the
 * call is passed on as it is.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "preload/connection.h"
#include "preload/lock.h"
#include "preload/note.h"
#include "preload/real.h"
#include "preload/settings.h"
#include "preload/tell.h"

/* Under the C library's names, but not of its types: its own have parameters that C has not. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int preload_connect(int fd, const struct sockaddr *address,
			     socklen_t length) __asm__("connect");
EXPORTED int preload_bind(int fd, const struct sockaddr *address,
			  socklen_t length) __asm__("bind");
EXPORTED int preload_close(int fd) __asm__("close");

static void forget_all(void)
{
	note_forget_all();
	offer_forget_all();
}

/* Without this the wrappers only pass on: until then no program runs, but other libraries do. */
static bool is_ready;

__attribute__((constructor)) static void begin(void)
{
	int saved = errno;

	tell_init();
	settings_read();
	lock_init(forget_all);
	is_ready = true;
	errno = saved;
}

__attribute__((destructor)) static void end(void)
{
	if (settings->is_verbose)
		tell_counts();
}

static int answer(int result)
{
	if (result == 0)
		return 0;
	errno = -result;
	return -1;
}

static bool is_internet(const struct sockaddr *address, socklen_t length)
{
	if (address == NULL || length < sizeof(address->sa_family))
		return false;
	return (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) ||
	       (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6));
}

int preload_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	struct attempt attempt = {.fd = fd, .address = address, .length = length};
	int saved = errno;

	if (!is_ready || !is_internet(address, length) ||
	    midair_endpoint_from_sockaddr(&attempt.remote, address, length) != 0)
		return real_connect(fd, address, length);
	int result = connection_dial(&attempt);
	errno = saved;
	return answer(result);
}

/* The late bind: bind() takes the address, connect() will choose the port. Not for who wants to
 * know the port in between. */
int preload_bind(int fd, const struct sockaddr *address, socklen_t length)
{
	struct midair_endpoint local;
	const int yes = 1;
	int saved = errno;

	if (is_ready && settings->is_late_bind && is_internet(address, length) &&
	    midair_endpoint_from_sockaddr(&local, address, length) == 0 && local.port == 0 &&
	    connection_is_tcp(fd))
		(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
	errno = saved;
	return real_bind(fd, address, length);
}

/* What becomes of the tuple when this descriptor is closed now. */
static enum midair_pool_fate fate_of(int fd)
{
	switch (connection_state(fd)) {
	case MIDAIR_TCP_ESTABLISHED:
	case MIDAIR_TCP_FIN_WAIT1:
	case MIDAIR_TCP_FIN_WAIT2:
	case MIDAIR_TCP_CLOSING:
		return MIDAIR_POOL_TIME_WAIT;
	default:
		return MIDAIR_POOL_FREE;
	}
}

/* Takes the note away before the number can be another thread's. */
static bool take_note(int fd, struct note *note)
{
	struct note *noted;

	if (!lock_take())
		return false;
	noted = note_of(fd);
	if (noted != NULL) {
		*note = *noted;
		*noted = (struct note){.is_set = false};
	}
	lock_give();
	return noted != NULL;
}

int preload_close(int fd)
{
	struct note note = {.is_set = false};
	enum midair_pool_fate fate;
	int saved = errno;

	if (!is_ready || !note_is_set(fd) || !take_note(fd, &note))
		return real_close(fd);
	fate = fate_of(fd);
	errno = saved;
	int result = real_close(fd);
	saved = errno;
	if (note.has_offer && lock_take()) {
		note_give(&note, fate);
		lock_give();
	}
	errno = saved;
	return result;
}
