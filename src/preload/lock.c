/* SPDX-License-Identifier: MIT */
#include "preload/lock.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "preload/tell.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void (*forget_all)(void);
static pid_t owner;
static bool is_stale;

/* Preloaded libraries are there from the start, so the cheapest model, which a signal handler
 * may use as well, will do. */
#define THREAD_OWN static _Thread_local __attribute__((tls_model("initial-exec")))
THREAD_OWN bool is_inside;
THREAD_OWN bool is_locked_for_fork;
THREAD_OWN int cancel_state;

bool lock_take(void)
{
	int state;

	if (is_inside || getpid() != owner)
		return false;
	/* Being cancelled here would leave the lock held for ever. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	is_inside = true;
	pthread_mutex_lock(&mutex);
	cancel_state = state;
	if (is_stale) {
		is_stale = false;
		forget_all();
	}
	return true;
}

void lock_give(void)
{
	int state = cancel_state;

	pthread_mutex_unlock(&mutex);
	is_inside = false;
	pthread_setcancelstate(state, NULL);
}

static void before_fork(void)
{
	is_locked_for_fork = lock_take();
}

static void after_fork_in_parent(void)
{
	if (is_locked_for_fork)
		lock_give();
	is_locked_for_fork = false;
}

/* Little is allowed here: what the parent left is forgotten later. */
static void after_fork_in_child(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	mutex = unlocked;
	if (is_locked_for_fork) {
		is_inside = false;
		pthread_setcancelstate(cancel_state, NULL);
	}
	is_locked_for_fork = false;
	is_stale = true;
	owner = getpid();
	tell_reset();
}

void lock_init(void (*forget)(void))
{
	forget_all = forget;
	owner = getpid();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
