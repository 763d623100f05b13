/* SPDX-License-Identifier: MIT */
#include "lib/session_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/entropy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT_MS 60000u
#define TIMEOUT_MAX_MS	   86400000u
/* The timer wakes this much before the agreed instant, and the rest is spun: a timer's interrupt
 * and the wake-up after it take 50 to 150 us on an idle core. */
#define SPIN_NS	  INT64_C(300000)
#define ALL_FLAGS (MIDAIR_NO_LISTEN | MIDAIR_ONCE | MIDAIR_ANY_PORT)

/* 292 years are all that nanoseconds can tell in 64 bits. */
static int64_t difference_ns(const struct timespec *later, const struct timespec *earlier)
{
	int64_t seconds;
	int64_t difference;

	if (__builtin_sub_overflow((int64_t)later->tv_sec, (int64_t)earlier->tv_sec,
				   &seconds) ||
	    __builtin_mul_overflow(seconds, INT64_C(1000000000), &difference) ||
	    __builtin_add_overflow(difference, later->tv_nsec - earlier->tv_nsec, &difference))
		return later->tv_sec > earlier->tv_sec ? INT64_MAX : -INT64_MAX;
	return difference;
}

static int64_t until_start_ns(const struct midair_session *session)
{
	struct timespec now = clock_realtime();

	return difference_ns(&session->config.start, &now);
}

void session_emit(struct midair_session *session, const struct midair_event *event)
{
	char line[MIDAIR_EVENT_TEXT_SIZE];
	struct midair_event stamped = *event;

	if (session->is_waiting)
		stamped.time_ns = -until_start_ns(session);
	event_queue_put(&session->events, &stamped);
	if (session->config.log != NULL)
		session->config.log(session->config.log_context,
				    midair_event_format(&stamped, line));
}

static bool is_unspecified(const struct midair_endpoint *endpoint)
{
	const uint8_t zero[sizeof(endpoint->address)] = {0};

	return memcmp(endpoint->address, zero, sizeof(zero)) == 0;
}

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
		if (is_unspecified(&config->peers[i]))
			return MIDAIR_E_CONFIG;
		if (config->peers[i].port == 0)
			return MIDAIR_E_RANGE;
	}
	return 0;
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
		.timeout_ns = UINT64_C(1000000) * session->config.timeout_ms,
		.seed = entropy_seed(),
	};

	memcpy(config.peers, session->config.peers, config.n_peers * sizeof(config.peers[0]));
	session->config.peers = NULL;
	session_init(&session->core, &config);
}

static void init_descriptors(struct midair_session *session)
{
	session->loop = (struct loop)LOOP_NULL;
	session->adopted_fd = -1;
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		session->holder_fds[i] = -1;
	for (uint32_t i = 0; i < N_CONNECTIONS; i++)
		session->fds[i] = -1;
	for (uint32_t i = 0; i < SESSION_PATHS_MAX; i++)
		session->prepared_fds[i] = -1;
}

static void begin(struct midair_session *session)
{
	session->is_waiting = false;
	session_feed(session, &(struct session_event){.type = SESSION_EVENT_START});
}

/* Arms the wall-clock timer for just before the start. Also called after the clock was set. */
static int wait_for_start(struct midair_session *session)
{
	struct timespec wake = session->config.start;
	int64_t wait_ns = until_start_ns(session);

	wake.tv_nsec -= SPIN_NS;
	if (wake.tv_nsec < 0) {
		wake.tv_nsec += 1000000000;
		wake.tv_sec--;
	}
	session_emit(session, &(struct midair_event){
				      .type = MIDAIR_EVENT_WAITING,
				      .wait_ns = wait_ns > 0 ? wait_ns : 0,
			      });
	return loop_arm_realtime(&session->loop, &wake);
}

static int open_session(struct midair_session *session)
{
	int result = loop_init(&session->loop);

	session->is_waiting = session->config.start.tv_sec != 0 && until_start_ns(session) > 0;
	if (result == 0)
		result = session_bind(session);
	if (result == 0)
		result = session_prepare(session);
	if (result == 0 && session->is_waiting)
		return wait_for_start(session);
	/* Even an immediate start happens in dispatch: the caller gets its events from there. */
	return result == 0 ? loop_arm_monotonic(&session->loop, 0) : result;
}

int midair_session_new(struct midair_session **session, const struct midair_config *config)
{
	struct midair_config copy;
	struct midair_session *created;
	int result = copy_config(&copy, config);

	if (result != 0)
		return result;
	created = calloc(1, sizeof(*created));
	if (created == NULL)
		return -ENOMEM;
	created->config = copy;
	init_descriptors(created);
	init_core(created);
	result = open_session(created);
	if (result != 0) {
		midair_session_free(created);
		return result;
	}
	*session = created;
	return 0;
}

struct midair_session *midair_session_free(struct midair_session *session)
{
	if (session == NULL)
		return NULL;
	session_close_all(session);
	session->adopted_fd = close_fd(session->adopted_fd);
	loop_deinit(&session->loop);
	free(session);
	return NULL;
}

int midair_session_fd(const struct midair_session *session)
{
	return session->loop.epoll_fd;
}

static int start_is_near(struct midair_session *session)
{
	int64_t wait_ns = until_start_ns(session);

	if (!session->is_waiting)
		return 0;
	if (wait_ns > 2 * SPIN_NS)
		return wait_for_start(session);
	while (wait_ns > 0) {
		wait_ns = until_start_ns(session);
		/* The clock was set back under us. */
		if (wait_ns > 2 * SPIN_NS)
			return wait_for_start(session);
	}
	begin(session);
	return 0;
}

static int dispatch_event(struct midair_session *session, const struct loop_event *event)
{
	switch (event->kind) {
	case LOOP_REALTIME_TIMER:
	case LOOP_REALTIME_CHANGED:
		return start_is_near(session);
	case LOOP_MONOTONIC_TIMER:
		if (!session->core.is_started && !session->is_waiting)
			begin(session);
		return 0;
	case LOOP_DESCRIPTOR:
		session_on_descriptor(session, event->tag);
		return 0;
	}
	return 0;
}

int midair_session_dispatch(struct midair_session *session)
{
	struct loop_event events[LOOP_BATCH];
	int n = loop_collect(&session->loop, events);
	int result = n < 0 ? n : 0;
	bool is_over;

	for (int i = 0; i < n && result == 0; i++)
		result = dispatch_event(session, &events[i]);
	if (session_deadline(&session->core) <= clock_now_ns())
		session_feed(session, &(struct session_event){.type = SESSION_EVENT_TIME});
	is_over = session->core.phase == SESSION_CONNECTED ||
		  session->core.phase == SESSION_FAILED;
	if (is_over) {
		session->is_waiting = false;
		session_close_all(session);
	}
	if (result == 0 && session->core.phase != SESSION_WAITING)
		result = loop_arm_monotonic(&session->loop, session_deadline(&session->core));
	return result;
}

int midair_session_next_event(struct midair_session *session, struct midair_event *event)
{
	return event_queue_take(&session->events, event) ? 0 : MIDAIR_E_NO_EVENT;
}

int midair_session_take_fd(struct midair_session *session)
{
	return session->adopted_fd >= 0 ? take_fd(&session->adopted_fd) : -EBADF;
}
