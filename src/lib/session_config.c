/* SPDX-License-Identifier: MIT */
/* From what a caller wants to a session that holds its port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/endpoint.h"
#include "lib/session_greet.h"
#include "lib/session_internal.h"
#include "os/clock.h"
#include "os/entropy.h"

#define TIMEOUT_DEFAULT_MS 60000u
#define TIMEOUT_MAX_MS	   86400000u
#define ALL_FLAGS	   (MIDAIR_NO_LISTEN | MIDAIR_ONCE | MIDAIR_ANY_PORT | MIDAIR_PLAIN)
/* More addresses of the peer come with its sealed message, a moment after the first. */
const uint64_t session_patience_ns = UINT64_C(5000000000);

static int check_peers(const struct midair_config *config)
{
	if (config->peers == NULL || config->n_peers == 0)
		return MIDAIR_E_CONFIG;
	if (config->n_peers > MIDAIR_PEERS_MAX)
		return MIDAIR_E_LIMIT;
	for (size_t i = 0; i < config->n_peers; i++) {
		uint8_t family = config->peers[i].family;

		if (family != MIDAIR_IPV4 && family != MIDAIR_IPV6)
			return MIDAIR_E_CONFIG;
		/* connect() would take "any address" for this machine itself */
		if (endpoint_is_unspecified(&config->peers[i]))
			return MIDAIR_E_CONFIG;
		if (config->peers[i].port == 0)
			return MIDAIR_E_RANGE;
	}
	return 0;
}

/* Keys without a secret, and a secret without a character, are mistakes that must show. */
static int check_secret(const struct midair_config *config)
{
	bool is_plain = (config->flags & MIDAIR_PLAIN) != 0;

	if (config->secret == NULL)
		return is_plain || config->secret_size != 0 ? MIDAIR_E_CONFIG : 0;
	if (config->secret_size > MIDAIR_SECRET_MAX)
		return MIDAIR_E_LIMIT;
	return config->secret_size == 0 ? MIDAIR_E_CONFIG : 0;
}

/* A caller built against a shorter, older struct leaves the newer fields zero. */
static int copy_config(struct midair_config *copy, const struct midair_config *config)
{
	int result;

	if (config == NULL || config->size < sizeof(config->size) ||
	    config->size > sizeof(*copy))
		return MIDAIR_E_CONFIG;
	memset(copy, 0, sizeof(*copy));
	memcpy(copy, config, config->size);
	result = check_peers(copy);
	if (result == 0)
		result = check_secret(copy);
	if (result != 0)
		return result;
	if ((copy->flags & ~ALL_FLAGS) != 0 || copy->start.tv_nsec < 0 ||
	    copy->start.tv_nsec > 999999999)
		return MIDAIR_E_CONFIG;
	if (copy->timeout_ms > TIMEOUT_MAX_MS)
		return MIDAIR_E_RANGE;
	if (copy->timeout_ms == 0)
		copy->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (copy->local.port == 0)
		copy->local.port = copy->peers[0].port;
	return 0;
}

static void init_core(struct midair_session *session)
{
	struct session_config config = {
		.n_peers = (uint32_t)session->config.n_peers,
		.flags = session->config.flags,
		.is_authenticated = session->config.secret != NULL,
		.has_key = session->config.secret != NULL,
		.is_guessable = session->config.secret != NULL,
		.timeout_ns = UINT64_C(1000000) * session->config.timeout_ms,
		.seed = entropy_seed(),
	};

	memcpy(config.peers, session->config.peers, config.n_peers * sizeof(config.peers[0]));
	for (uint32_t i = 0; i < config.n_peers; i++)
		session->is_family_wanted[holder_of(config.peers[i].family)] = true;
	session->config.peers = NULL;
	session_init(&session->core, &config);
}

static struct midair_session *create(void)
{
	struct midair_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->loop = (struct loop)LOOP_NULL;
	session->adopted_fd = -1;
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		session->holder_fds[i] = -1;
	for (uint32_t i = 0; i < N_CONNECTIONS; i++)
		session->fds[i] = -1;
	for (uint32_t i = 0; i < SESSION_PATHS_MAX; i++)
		session->prepared_fds[i] = -1;
	return session;
}

static int take_secret(struct midair_session *session)
{
	const char *secret = session->config.secret;
	bool is_plain = (session->config.flags & MIDAIR_PLAIN) != 0;

	session->config.secret = NULL;
	if (secret == NULL)
		return 0;
	return greeter_new(&session->greeter, secret, session->config.secret_size,
			   is_plain ? GREETING_PLAIN : 0);
}

/* Even an immediate start happens in dispatch: the caller gets its events from there. */
static int open_session(struct midair_session *session)
{
	int result = loop_init(&session->loop);

	if (result == 0)
		result = session_bind(session);
	if (result == 0)
		result = session_prepare(session);
	if (result == 0 && session->is_waiting)
		return session_wait_for_start(session);
	return result == 0 ? loop_arm_monotonic(&session->loop, 0) : result;
}

int midair_session_new(struct midair_session **session, const struct midair_config *config)
{
	struct midair_config copy;
	struct midair_session *created;
	int result = copy_config(&copy, config);

	if (result != 0)
		return result;
	created = create();
	if (created == NULL)
		return -ENOMEM;
	created->config = copy;
	init_core(created);
	result = take_secret(created);
	if (result == 0) {
		created->is_waiting =
			copy.start.tv_sec != 0 && session_until_start_ns(created) > 0;
		result = open_session(created);
	}
	if (result != 0) {
		midair_session_free(created);
		return result;
	}
	*session = created;
	return 0;
}

/* ---- for a pairing ------------------------------------------------------------------------ */

int session_open_unstarted(struct midair_session **session,
			   const struct session_opening *opening)
{
	struct midair_session *created = create();
	const struct session_config core = {
		.flags = opening->flags,
		.is_authenticated = true,
		.is_from_anywhere = true,
		.is_standing = opening->is_standing,
		.is_direct_only = (opening->flags & MIDAIR_DIRECT_ONLY) != 0,
		.patience_ns = session_patience_ns,
		.timeout_ns = SESSION_NO_DEADLINE,
		.seed = entropy_seed(),
	};
	int result;

	if (created == NULL)
		return -ENOMEM;
	created->config = (struct midair_config){
		.local = opening->local,
		.flags = opening->flags,
		.log = opening->log,
		.log_context = opening->log_context,
	};
	memcpy(created->is_family_wanted, opening->is_family_wanted,
	       sizeof(created->is_family_wanted));
	created->is_unstarted = true;
	created->opened_ns = clock_now_ns();
	session_init(&created->core, &core);
	result = open_session(created);
	if (result != 0) {
		midair_session_free(created);
		return result;
	}
	*session = created;
	return 0;
}

void session_add_candidate(struct midair_session *session, const struct midair_endpoint *remote)
{
	session_feed(session, &(struct session_event){
				      .type = SESSION_EVENT_CANDIDATE,
				      .remote = *remote,
			      });
}

void session_set_patience(struct midair_session *session, uint64_t patience_ns)
{
	session->core.config.patience_ns = patience_ns;
}

int session_start_authenticated(struct midair_session *session, bool is_server,
				const uint8_t psk[TLS_PSK_BYTES], uint64_t timeout_ns)
{
	if (!session->is_unstarted || session->core.phase != SESSION_WAITING)
		return MIDAIR_E_STATE;
	session->is_unstarted = false;
	session->is_server = is_server;
	memcpy(session->psk, psk, TLS_PSK_BYTES);
	session->core.config.timeout_ns = timeout_ns;
	session_feed(session, &(struct session_event){.type = SESSION_EVENT_START});
	return 0;
}

void session_fail_with(struct midair_session *session, int result)
{
	session_feed(session, &(struct session_event){
				      .type = SESSION_EVENT_GIVE_UP,
				      .result = result,
			      });
}
