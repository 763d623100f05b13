/* SPDX-License-Identifier: MIT */
/*
 * note: what the library has done to a descriptor of the program, by its number. All but
 * note_is_set() needs the lock.
 */
#ifndef MIDAIR_PRELOAD_NOTE_H
#define MIDAIR_PRELOAD_NOTE_H

#include "preload/offer.h"

/* Descriptors above are left to the kernel's choice of ports. */
#define PRELOAD_FDS_MAX 1048576

struct note {
	bool is_set;	/* the socket's address and port are of our choice */
	bool is_bound;	/* explicitly: it keeps its port until it is closed */
	bool has_offer; /* to be given back */
	struct offer offer;
	struct midair_endpoint
		bound; /* the address that the program bound; family NONE: none */
};

/* A quick look, without the lock. */
bool note_is_set(int fd);

/* NULL: the descriptor is beyond the limit, or memory is short. */
struct note *note_of(int fd);

/* Gives the note's offer back, if it has one. */
void note_give(struct note *note, enum midair_pool_fate fate);

/* Gives back what belongs to descriptors that were closed past us (fclose(), dup2(), ...). */
void note_reap(uint32_t pool);

void note_forget_all(void);

#endif
