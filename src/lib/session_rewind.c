/* SPDX-License-Identifier: MIT */
/* Back to a session that holds its port and waits for an introduction. */
#include "lib/session_internal.h"
#include "os/socket.h"

static void close_connections(struct midair_session *session)
{
	for (uint32_t i = 0; i < N_CONNECTIONS; i++) {
		prove_forget(session, i);
		loop_forget(&session->loop, session->fds[i]);
		session->fds[i] = socket_close_reset(session->fds[i]);
	}
}

static void listen_again(struct midair_session *session)
{
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		if (session->holder_fds[i] >= 0 && socket_listen(session->holder_fds[i]) == 0)
			loop_watch_input(&session->loop, session->holder_fds[i],
					 HOLDER_TAG + i);
}

void session_rewind(struct midair_session *session)
{
	struct session_config config = session->core.config;
	bool is_deaf = session->core.has_stopped_listening;

	if (session_is_over(session))
		return;
	close_connections(session);
	config.n_peers = 0;
	config.timeout_ns = SESSION_NO_DEADLINE;
	config.seed = random_next(&session->core.random);
	session_init(&session->core, &config);
	session->is_unstarted = true;
	session->has_answered = false;
	if (is_deaf)
		listen_again(session);
}
