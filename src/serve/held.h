/* SPDX-License-Identifier: MIT */
/*
 * held: the beginnings of messages whose rest has not come.
 *
 * Theory of operation
 *
 * Half a message could stay with the kernel until the rest has come, and would cost nothing here.
 * But the kernel keeps the whole segment for the bytes at its end, up to all of the receive
 * buffer, and closes the window over it. So they are taken out, into one of HELD_MAX places of the
 * worker. When there is none left, they do stay with the kernel: only a stream that is longer than
 * the receive buffer can stand still then, and pair_s ends that.
 */
#ifndef MIDAIR_SERVE_HELD_H
#define MIDAIR_SERVE_HELD_H

#include <stddef.h>
#include <stdint.h>

#include "core/wire.h"

#define HELD_MAX 1024u

/* All zeros is empty. */
struct held {
	uint16_t free; /* number + 1, of the first; 0: none */
	uint16_t n_touched;
	struct {
		uint16_t next; /* free: as above */
		uint16_t size;
		uint8_t bytes[WIRE_MESSAGE_MAX];
	} places[HELD_MAX];
};

/* Keeps fewer than WIRE_MESSAGE_MAX bytes. Returns their number, from 1; 0: full. */
uint16_t held_keep(struct held *held, const uint8_t *bytes, size_t size);

/* Copies what is kept to bytes and returns its size; 0 for number 0. */
size_t held_copy(const struct held *held, uint16_t number, uint8_t *bytes);

/* Gives the place back. Returns 0, the number of nothing. */
uint16_t held_release(struct held *held, uint16_t number);

#endif
