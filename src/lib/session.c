/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/session_greet.h"
#include "lib/session_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"

/* The timer wakes this much before the agreed instant, and the rest is spun: a timer's interrupt
 * and the wake-up after it take 50 to 150 us on an idle core. */
#define SPIN_NS INT64_C(300000)

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

int64_t session_until_start_ns(const struct midair_session *session)
{
	struct timespec now = clock_realtime();

	return difference_ns(&session->config.start, &now);
}

void session_emit(struct midair_session *session, const struct midair_event *event)
{
	char line[MIDAIR_EVENT_TEXT_SIZE];
	struct midair_event stamped = *event;

	if (session->opened_ns != 0)
		stamped.time_ns = (int64_t)(clock_now_ns() - session->opened_ns);
	else if (session->is_waiting)
		stamped.time_ns = -session_until_start_ns(session);
	if (stamped.reason == NULL &&
	    (stamped.path == MIDAIR_PATH_RELAYED || stamped.result == MIDAIR_E_NO_DIRECT))
		stamped.reason = session->reason;
	if (stamped.type == MIDAIR_EVENT_FAILED && session->pairing_calls != NULL)
		stamped.result = session->pairing_calls->result(session, stamped.result);
	timeline_note(&session->timeline, &stamped);
	timeline_note_told(&session->told, &stamped);
	if (stamped.type == MIDAIR_EVENT_FAILED) {
		session->failure = stamped.result;
		session->failed_ns = stamped.time_ns;
	}
	event_queue_put(&session->events, &stamped);
	if (session->config.log != NULL)
		session->config.log(session->config.log_context,
				    midair_event_format(&stamped, line));
}

static void begin(struct midair_session *session)
{
	session->is_waiting = false;
	session_feed(session, &(struct session_event){.type = SESSION_EVENT_START});
}

/* Arms the wall-clock timer for just before the start. Also called after the clock was set. */
int session_wait_for_start(struct midair_session *session)
{
	struct timespec wake = session->config.start;
	int64_t wait_ns = session_until_start_ns(session);

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

struct midair_session *midair_session_free(struct midair_session *session)
{
	if (session == NULL)
		return NULL;
	session_close_all(session);
	if (session->pairing_calls != NULL)
		session->pairing_calls->free(session->pairing);
	greeter_free(session->greeter);
	midair_stream_free(session->stream);
	tls_free(session->exporter);
	session->adopted_fd = close_fd(session->adopted_fd);
	loop_deinit(&session->loop);
	secret_forget(session->psk, sizeof(session->psk));
	free(session);
	return NULL;
}

int midair_session_fd(const struct midair_session *session)
{
	return session->loop.epoll_fd;
}

static int start_is_near(struct midair_session *session)
{
	int64_t wait_ns = session_until_start_ns(session);

	if (!session->is_waiting)
		return 0;
	if (wait_ns > 2 * SPIN_NS)
		return session_wait_for_start(session);
	while (wait_ns > 0) {
		wait_ns = session_until_start_ns(session);
		/* The clock was set back under us. */
		if (wait_ns > 2 * SPIN_NS)
			return session_wait_for_start(session);
	}
	begin(session);
	return 0;
}

/* The next step is the first SYN, and its timer is armed. */
static bool is_about_to_start(const struct midair_session *session)
{
	return session->core.phase == SESSION_WAITING && !session->is_waiting &&
	       !session->is_unstarted;
}

static int dispatch_event(struct midair_session *session, const struct loop_event *event)
{
	switch (event->kind) {
	case LOOP_REALTIME_TIMER:
	case LOOP_REALTIME_CHANGED:
		return start_is_near(session);
	case LOOP_MONOTONIC_TIMER:
		if (is_about_to_start(session))
			begin(session);
		return 0;
	case LOOP_DESCRIPTOR:
		session_on_descriptor(session, event->tag);
		return 0;
	}
	return 0;
}

static uint64_t pairing_deadline(const struct midair_session *session)
{
	if (session->pairing_calls == NULL)
		return SESSION_NO_DEADLINE;
	return session->pairing_calls->deadline(session);
}

static void end(struct midair_session *session)
{
	session->is_over = true;
	session->is_waiting = false;
	if (session->pairing_calls != NULL)
		session->pairing_calls->on_over(session);
	session_close_all(session);
}

static int arm_timer(struct midair_session *session)
{
	uint64_t deadline_ns = session_deadline(&session->core);
	uint64_t pairing_ns = pairing_deadline(session);

	if (session->is_judgement_due)
		deadline_ns = 0;
	return loop_arm_monotonic(&session->loop,
				  pairing_ns < deadline_ns ? pairing_ns : deadline_ns);
}

int midair_session_dispatch(struct midair_session *session)
{
	struct loop_event events[LOOP_BATCH];
	int n = loop_collect(&session->loop, events);
	int result = n < 0 ? n : 0;

	session_tell_judgement(session);
	for (int i = 0; i < n && result == 0; i++)
		result = dispatch_event(session, &events[i]);
	if (pairing_deadline(session) <= clock_now_ns())
		session->pairing_calls->on_time(session);
	if (session_deadline(&session->core) <= clock_now_ns())
		session_feed(session, &(struct session_event){.type = SESSION_EVENT_TIME});
	if (session_is_over(session) && !session->is_over)
		end(session);
	if (result == 0)
		result = session->adopt_result;
	if (result == 0 && !is_about_to_start(session))
		result = arm_timer(session);
	return result;
}

int midair_session_next_event(struct midair_session *session, struct midair_event *event)
{
	return event_queue_take(&session->events, event) ? 0 : MIDAIR_E_NO_EVENT;
}
