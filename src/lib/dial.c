/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Two ways lead to a local port that others share. A pin (IP_LOCAL_PORT_RANGE of one port) binds
 * nothing: connect() makes its "automatic choice" among one. It is the cheapest, and it leaves the
 * port visible to everybody else's automatic choice. But an automatic choice never takes a port
 * that anybody has bound explicitly, nor a tuple in TIME_WAIT where tcp_tw_reuse says no. Then
 * connect() fails with EADDRNOTAVAIL before anything was sent, and the same socket may still be
 * bound explicitly, which gets past both. So SHARE costs one call more in that case, and a port
 * that was bound once stays so for as long as any socket of it lives.
 *
 * A port outside ip_local_port_range cannot be pinned: the kernel takes another one without a
 * word. The range is read beforehand, so that no SYN leaves from a wrong port, and getsockname()
 * still verifies, because the range may have been changed meanwhile.
 */
#include <errno.h>
#include <string.h>

#include "core/endpoint.h"
#include "lib/dial_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/dial_socket.h"
#include "os/port_range.h"
#include "os/self_socket.h"
#include "os/socket.h"

#define DEFAULT_TIMEOUT_MS 30000
#define NS_PER_MS	   UINT64_C(1000000)
/* A range that no port lies in, from 65535 to 0: this kernel cannot pin. */
#define RANGE_NONE UINT32_C(0xffff0000)
/* What start() returns beside public results: the kernel took another port. */
#define PIN_IGNORED INT32_MAX

bool dial_is_any(const struct midair_endpoint *endpoint)
{
	static const uint8_t any[sizeof(endpoint->address)];

	return endpoint->family == MIDAIR_FAMILY_NONE ||
	       memcmp(endpoint->address, any, sizeof(any)) == 0;
}

int midair_dial_prepare(struct midair_dial_config *config)
{
	struct port_range range;
	int result = dial_socket_probe_pin();

	if (result == -ENOPROTOOPT) {
		config->pin_range = RANGE_NONE;
		return 0;
	}
	if (result == 0)
		result = port_range_read(&range);
	if (result == 0)
		config->pin_range = (uint32_t)range.first << 16 | range.last;
	return result;
}

/* Without /proc the port is bound: that works for every port. */
static bool is_pinnable(const struct midair_dial_config *config)
{
	struct port_range range = {
		.first = (uint16_t)(config->pin_range >> 16),
		.last = (uint16_t)config->pin_range,
	};

	if (config->policy == MIDAIR_DIAL_EXACT)
		return false;
	if (config->pin_range == 0 && port_range_read(&range) != 0)
		return false;
	return config->local.port >= range.first && config->local.port <= range.last;
}

static struct midair_endpoint bound_endpoint(const struct midair_dial_config *config)
{
	struct midair_endpoint local = config->local;

	local.family = config->remote.family;
	return local;
}

/* Binds address and port, then connects. */
static int connect_bound(const struct midair_dial_config *config, int fd)
{
	struct midair_endpoint local = bound_endpoint(config);
	int result = dial_socket_bind(fd, &local);

	if (result == -EADDRINUSE)
		return MIDAIR_E_PORT_IN_USE;
	return result != 0 ? result : socket_dial(fd, &config->remote);
}

/* Binds the address if there is one, then connects: the port is chosen by then. */
static int connect_unbound(const struct midair_dial_config *config, int fd)
{
	int result = 0;

	if (!dial_is_any(&config->local))
		result = dial_socket_bind_address(fd, &config->local);
	return result != 0 ? result : socket_dial(fd, &config->remote);
}

/* PIN_IGNORED: the dial was ended. */
static int verify_port(const struct midair_dial_config *config, int fd)
{
	struct midair_endpoint used;
	int result = socket_local(fd, &used);

	if (result != 0 || used.port == config->local.port)
		return result;
	dial_socket_abort(fd);
	return PIN_IGNORED;
}

/* *is_bound: only an explicit bind did it. */
static int connect_pinned(const struct midair_dial_config *config, int fd, bool *is_bound)
{
	int result = dial_socket_pin(fd, config->local.port);

	if (result == 0)
		result = connect_unbound(config, fd);
	if (result == 0)
		return verify_port(config, fd);
	if (result != -EADDRNOTAVAIL && result != -ENOPROTOOPT)
		return result;
	*is_bound = true;
	return connect_bound(config, fd);
}

static int start(const struct midair_dial_config *config, int *fd, bool is_pinned,
		 bool *is_bound)
{
	bool is_shared = config->local.port != 0;
	_cleanup_close_ int opened = dial_socket_open(config->remote.family, is_shared);
	int result;

	if (opened < 0)
		return opened;
	*is_bound = is_shared && !is_pinned;
	if (is_pinned)
		result = connect_pinned(config, opened, is_bound);
	else if (is_shared)
		result = connect_bound(config, opened);
	else
		result = connect_unbound(config, opened);
	if (result == 0)
		*fd = take_fd(&opened);
	return result;
}

int dial_start_checked(const struct midair_dial_config *config, int *fd, bool *is_bound)
{
	bool is_pinned = config->local.port != 0 && is_pinnable(config);
	int result = start(config, fd, is_pinned, is_bound);

	if (result == PIN_IGNORED)
		result = start(config, fd, false, is_bound);
	return result;
}

static int check(struct midair_dial_config *config)
{
	if (config->size != sizeof(*config) || config->policy > MIDAIR_DIAL_EXACT)
		return MIDAIR_E_CONFIG;
	endpoint_unmap(&config->local);
	endpoint_unmap(&config->remote);
	if (config->remote.family == MIDAIR_FAMILY_NONE || config->remote.port == 0)
		return MIDAIR_E_CONFIG;
	if (config->local.family != MIDAIR_FAMILY_NONE &&
	    config->local.family != config->remote.family)
		return MIDAIR_E_CONFIG;
	if (config->policy == MIDAIR_DIAL_EXACT && config->local.port == 0)
		return MIDAIR_E_CONFIG;
	return 0;
}

int midair_dial_start(const struct midair_dial_config *config, int *fd)
{
	struct midair_dial_config checked = *config;
	int result = check(&checked);
	bool is_bound;

	return result != 0 ? result : dial_start_checked(&checked, fd, &is_bound);
}

int midair_dial_finish(int fd)
{
	int result = socket_outcome(fd);

	if (result != 0)
		return result;
	result = midair_is_self_connected(fd);
	/* The peer may have ended it already: it was connected all the same, and not to itself. */
	if (result == -ENOTCONN)
		return 0;
	if (result != 1)
		return result;
	dial_socket_abort(fd);
	return MIDAIR_E_SELF;
}

static int wait_and_finish(int fd, uint32_t timeout_ms)
{
	uint64_t end_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
	int result = midair_dial_finish(fd);

	while (result == -EINPROGRESS) {
		uint64_t now_ns = clock_now_ns();

		if (now_ns >= end_ns)
			return -ETIMEDOUT;
		uint64_t left_ms = (end_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
		result = self_socket_wait(fd, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
		if (result == 0 || result == -EINTR || result == -ETIMEDOUT)
			result = midair_dial_finish(fd);
	}
	return result;
}

int midair_dial(const struct midair_dial_config *config, int *fd)
{
	_cleanup_close_ int opened = -1;
	uint32_t timeout_ms = config->timeout_ms != 0 ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
	int result = midair_dial_start(config, &opened);

	if (result == 0)
		result = wait_and_finish(opened, timeout_ms);
	if (result == 0)
		*fd = take_fd(&opened);
	return result;
}
