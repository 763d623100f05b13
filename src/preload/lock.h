/* SPDX-License-Identifier: MIT */
/*
 * lock: the one lock of the library, held for about a microsecond and never while something
 * waits. connect() and close() may be called by signal handlers, so the lock can be found held by
 * the thread itself; and fork() may come at any time.
 */
#ifndef MIDAIR_PRELOAD_LOCK_H
#define MIDAIR_PRELOAD_LOCK_H

#include <stdbool.h>

/* forget: called with the lock held, first thing in a forked child that takes the lock. */
void lock_init(void (*forget)(void));

/* False when nothing may be touched: this thread has the lock already (it runs a signal handler),
 * or this is a child of vfork() in its parent's memory. */
bool lock_take(void);
void lock_give(void);

#endif
