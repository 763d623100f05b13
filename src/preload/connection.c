/* SPDX-License-Identifier: MIT */
#include "preload/connection.h"

#include <errno.h>
#include <netinet/in.h>

/* Not netinet/tcp.h: the two do not go together. */
#include <linux/tcp.h>

#include "lib/dial_internal.h"
#include "os/socket.h"
#include "preload/guard.h"
#include "preload/lock.h"
#include "preload/note.h"
#include "preload/real.h"
#include "preload/settings.h"
#include "preload/tell.h"

bool connection_is_tcp(int fd)
{
	int protocol = 0;
	socklen_t length = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 &&
	       protocol == IPPROTO_TCP;
}

int connection_state(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_state
									  : MIDAIR_TCP_CLOSE;
}

/* The call as it is, and the guard. */
static int connect_guarded(struct attempt *attempt)
{
	struct midair_endpoint local;
	int result = 0;

	if (real_connect(attempt->fd, attempt->address, attempt->length) < 0)
		result = -errno;
	if (attempt_is_under_way(result) &&
	    guard_check(attempt->fd, &attempt->remote, &local) != 0)
		return -ECONNREFUSED;
	return result;
}

/* What the next offer is noted in. NULL: nothing can be noted, so nothing is offered. */
static struct note *next_offer(const struct attempt *attempt,
			       const struct midair_endpoint *bound, uint32_t n_tries,
			       int *result)
{
	struct note *note = note_of(attempt->fd);

	if (note == NULL)
		return NULL;
	note_give(note, MIDAIR_POOL_FREE);
	*result = offer_take(&note->offer, &attempt->remote, bound, n_tries);
	note->has_offer = *result == 0;
	note->is_set = true;
	note->bound = *bound;
	return note;
}

/* Takes the next offer, and notes it before it is used: whatever happens to the thread in
 * connect(), close() gives it back. Returns 0, MIDAIR_E_FULL, or -EBUSY when this socket has to
 * be left to the kernel. */
static int take(const struct attempt *attempt, const struct midair_endpoint *bound,
		uint32_t n_tries, struct offer *offer)
{
	struct note *note;
	int result = -EBUSY;

	if (!lock_take())
		return -EBUSY;
	note = next_offer(attempt, bound, n_tries, &result);
	if (note != NULL && result == 0)
		*offer = note->offer;
	lock_give();
	return result;
}

static void give(const struct attempt *attempt, enum midair_pool_fate fate)
{
	struct note *note;

	if (!lock_take())
		return;
	note = note_of(attempt->fd);
	if (note != NULL) {
		note_give(note, fate);
		note->is_bound = attempt->is_port_bound;
	}
	lock_give();
}

static void set_bound(const struct attempt *attempt)
{
	if (!attempt->is_port_bound || !lock_take())
		return;
	struct note *note = note_of(attempt->fd);
	if (note != NULL)
		note->is_bound = true;
	lock_give();
}

static int tell_full(const struct attempt *attempt)
{
	static atomic_flag is_told = ATOMIC_FLAG_INIT;
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	count(&counts.n_full);
	if (settings->is_verbose && !atomic_flag_test_and_set(&is_told))
		tell("no local port to %s is left: connect() fails with EADDRNOTAVAIL; more "
		     "ports (--ports) or addresses (--from) help",
		     midair_endpoint_format(&attempt->remote, text));
	return -EADDRNOTAVAIL;
}

/* A connection stands or is under way: is it the right one? */
static int check_connected(const struct attempt *attempt, const struct offer *offer, int result)
{
	struct midair_endpoint local;

	if (guard_check(attempt->fd, &attempt->remote, &local) != 0) {
		give(attempt, MIDAIR_POOL_FREE);
		return -ECONNREFUSED;
	}
	if (offer->local.port != 0 && local.port != offer->local.port) {
		count(&counts.n_elsewhere);
		give(attempt, MIDAIR_POOL_HELD);
		return result;
	}
	if (offer->local.port != 0)
		count(&counts.n_pooled);
	set_bound(attempt);
	return result;
}

/* Ends: a tuple that was tried in vain is not offered again for a while, and addresses that are
 * offered in turn only once. */
static int connect_pooled(struct attempt *attempt, const struct midair_endpoint *bound)
{
	struct offer offer = {.pool = 0};
	int result;

	for (uint32_t n_tries = 0;; n_tries++) {
		result = take(attempt, bound, n_tries, &offer);
		if (result == -EBUSY)
			return connect_guarded(attempt);
		if (result != 0)
			return tell_full(attempt);
		result = attempt_try(attempt, &offer);
		if (attempt_is_under_way(result))
			return check_connected(attempt, &offer, result);
		if (result != -EADDRNOTAVAIL || attempt->is_port_bound)
			break;
		count(&counts.n_in_vain);
		give(attempt, MIDAIR_POOL_HELD);
	}
	give(attempt, result == -EADDRNOTAVAIL ? MIDAIR_POOL_HELD : MIDAIR_POOL_FREE);
	return result;
}

/* A socket that we have dealt with before: its connection may live, or have been refused.
 * Returns whether it may have another offer; *bound is then what the program had bound. */
static bool is_to_be_offered_again(int fd, struct midair_endpoint *bound)
{
	bool is_bound = true;

	if (connection_state(fd) != MIDAIR_TCP_CLOSE || !lock_take())
		return false;
	struct note *note = note_of(fd);
	if (note != NULL) {
		is_bound = note->is_bound;
		*bound = note->bound;
	}
	lock_give();
	return !is_bound;
}

/* A socket that is new to us. The program's own choice of a port stands. */
static bool is_to_be_offered(int fd, struct midair_endpoint *bound)
{
	if (!connection_is_tcp(fd) || socket_local(fd, bound) != 0 || bound->port != 0)
		return false;
	if (dial_is_any(bound))
		*bound = (struct midair_endpoint){.family = MIDAIR_FAMILY_NONE};
	return true;
}

int connection_dial(struct attempt *attempt)
{
	struct midair_endpoint bound;
	bool is_offered = false;

	count(&counts.n_connects);
	if (settings->has_pool && attempt->remote.port != 0)
		is_offered = note_is_set(attempt->fd)
				     ? is_to_be_offered_again(attempt->fd, &bound)
				     : is_to_be_offered(attempt->fd, &bound);
	return is_offered ? connect_pooled(attempt, &bound) : connect_guarded(attempt);
}
