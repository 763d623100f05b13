/* SPDX-License-Identifier: MIT */
#include "lib/session_internal.h"
#include "os/cleanup.h"
#include "os/socket.h"

#include <errno.h>

/* A port that is free in both families is found by trying. */
#define CHOICES 32

static bool is_listening(const struct midair_session *session)
{
	return (session->config.flags & MIDAIR_NO_LISTEN) == 0;
}

static int hold(struct midair_session *session, uint32_t holder)
{
	_cleanup_close_ int fd = socket_open(&session->local[holder]);
	int result;

	if (fd == -EADDRINUSE)
		return MIDAIR_E_PORT_IN_USE;
	if (fd < 0)
		return fd;
	if (session->local[holder].port == 0) {
		result = socket_local(fd, &session->local[holder]);
		if (result < 0)
			return result;
	}
	if (is_listening(session)) {
		result = socket_listen(fd);
		if (result == 0)
			result = loop_watch_input(&session->loop, fd, HOLDER_TAG + holder);
		/* bind() let us in beside sockets that only dial; a listener of another program on
		 * this port shows here. */
		if (result < 0)
			return result == -EADDRINUSE ? MIDAIR_E_PORT_IN_USE : result;
	}
	session->holder_fds[holder] = take_fd(&fd);
	return 0;
}

static void tell(struct midair_session *session, enum midair_event_type type, uint32_t holder)
{
	session_emit(session, &(struct midair_event){
				      .type = type,
				      .local = session->local[holder],
			      });
}

/* Without an IPv6 stack the IPv4 addresses are still worth trying, and the other way round. */
static bool is_family_missing(int result)
{
	return result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL;
}

/* port 0: the first family's choice goes for the other one too. */
static int bind_families(struct midair_session *session, uint16_t port)
{
	const uint8_t families[N_HOLDERS] = {MIDAIR_IPV4, MIDAIR_IPV6};
	const struct midair_endpoint *wanted = &session->config.local;
	bool is_held = false;
	int last_result = MIDAIR_E_CONFIG;

	for (uint32_t i = 0; i < N_HOLDERS; i++) {
		if (!session->is_family_wanted[i])
			continue;
		if (wanted->family == families[i])
			session->local[i] = *wanted;
		else if (wanted->family == MIDAIR_FAMILY_NONE)
			session->local[i].family = families[i];
		else
			continue;
		session->local[i].port = port;
		last_result = hold(session, i);
		if (last_result != 0 && !is_family_missing(last_result))
			return last_result;
		if (last_result != 0)
			continue;
		is_held = true;
		port = session->local[i].port;
	}
	return is_held ? 0 : last_result;
}

static void release_holders(struct midair_session *session)
{
	for (uint32_t i = 0; i < N_HOLDERS; i++) {
		loop_forget(&session->loop, session->holder_fds[i]);
		session->holder_fds[i] = close_fd(session->holder_fds[i]);
	}
}

int session_bind(struct midair_session *session)
{
	uint16_t port = session->config.local.port;
	int result = bind_families(session, port);

	/* The number that the kernel chose for one family was taken in the other. */
	for (int i = 0; i < CHOICES && port == 0 && result == MIDAIR_E_PORT_IN_USE; i++) {
		release_holders(session);
		result = bind_families(session, port);
	}
	for (uint32_t i = 0; i < N_HOLDERS && result == 0; i++) {
		if (session->holder_fds[i] < 0)
			continue;
		tell(session, MIDAIR_EVENT_BOUND, i);
		if (is_listening(session))
			tell(session, MIDAIR_EVENT_LISTENING, i);
	}
	return result;
}

int session_prepare(struct midair_session *session)
{
	const struct session_config *config = &session->core.config;

	for (uint32_t i = 0; i < config->n_peers; i++) {
		uint32_t holder = holder_of(config->peers[i].family);

		if (session->holder_fds[holder] < 0)
			continue;
		session->prepared_fds[i] = socket_open(&session->local[holder]);
		if (session->prepared_fds[i] < 0)
			return session->prepared_fds[i];
	}
	return 0;
}
