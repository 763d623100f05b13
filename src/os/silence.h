/* SPDX-License-Identifier: MIT */
/*
 * silence: whether the other end of a connection still answers. TCP itself repeats unanswered data
 * for a quarter of an hour. (TCP_USER_TIMEOUT would end sooner, but also a connection whose peer
 * lives and takes no more for the moment.)
 */
#ifndef MIDAIR_OS_SILENCE_H
#define MIDAIR_OS_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

/* How often to look, and how long data may stay unanswered. */
#define SILENCE_LOOK_MS 5000
#define SILENCE_MAX_MS	20000

/* Zero-initialise. */
struct silence {
	uint64_t looked_ns;
	uint64_t since_ns;   /* data has waited in vain; 0: it has not */
	uint32_t n_segments; /* that had come at the last look */
};

/* How long poll() may sleep before the next look, whatever has woken it since the last one. */
int silence_wait_ms(const struct silence *silence);

/* To be called when that is over; in between it does nothing. True: what was sent has not been
 * answered for SILENCE_MAX_MS, and nothing else came. fd may be something other than TCP: false. */
bool silence_is_too_long(struct silence *silence, int fd);

/* Whether an errno of a connection tells that its path has fallen silent, as opposed to an end that
 * somebody has sent. */
bool silence_is_error(int error);

#endif
