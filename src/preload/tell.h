/* SPDX-License-Identifier: MIT */
/* tell: the counts, and the few lines that the library writes to the program's standard error. */
#ifndef MIDAIR_PRELOAD_TELL_H
#define MIDAIR_PRELOAD_TELL_H

#include <stdatomic.h>
#include <stdbool.h>

struct counts {
	atomic_ulong n_connects;  /* calls, to IPv4 and IPv6 addresses */
	atomic_ulong n_pooled;	  /* from a port of its choice */
	atomic_ulong n_in_vain;	  /* tuples that somebody else had */
	atomic_ulong n_full;	  /* refused with EADDRNOTAVAIL */
	atomic_ulong n_self;	  /* self-connections that became ECONNREFUSED */
	atomic_ulong n_elsewhere; /* the kernel took another port than it was told */
};

extern struct counts counts;

static inline void count(atomic_ulong *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Remembers which file standard error is: a program may put another one in its place. */
void tell_init(void);

/* One line, if standard error is still the one of the start. Keeps errno. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The counts, if there is anything to count. */
void tell_counts(void);

/* A forked child counts for itself. */
void tell_reset(void);

#endif
