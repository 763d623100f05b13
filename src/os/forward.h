/* SPDX-License-Identifier: MIT */
/*
 * forward: one direction of a relayed connection, from one TCP socket to another one through a
 * pipe: splice() moves references to the kernel's pages, no byte is copied to user space.
 *
 * For an edge-triggered loop: is_readable and is_writable say what is known of the two ends. The
 * loop sets them, forward_move() clears them when an end has no more. Nothing is read while the
 * pipe holds something that the output does not take, so a slow reader holds the sender back.
 */
#ifndef MIDAIR_OS_FORWARD_H
#define MIDAIR_OS_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forward {
	int in_fd;
	int out_fd;
	int pipe_fds[2];
	size_t n_held; /* in the pipe */
	bool is_readable;
	bool is_writable;
	bool has_ended;	  /* FIN has come */
	bool is_finished; /* and was passed on, behind all bytes */
	bool is_bulk;
	uint8_t n_large;  /* shares in a row */
	uint64_t n_bytes; /* taken from the input */
};

/* The two are non-blocking. Returns 0 or -errno; forward_close() is due in either case. */
int forward_open(struct forward *forward, int in_fd, int out_fd);
void forward_close(struct forward *forward); /* the pipe alone */

/* Takes at most limit bytes from the input, and passes on what is there. Returns how many were
 * taken, or the -errno of the end that is broken. */
long forward_move(struct forward *forward, size_t limit);

/*
 * In bulk the kernel wakes us for FORWARD_BULK_BYTES, not for each segment, which is most of the work.
 * What is less than that is not told of: the caller looks for it after some milliseconds.
 */
#define FORWARD_BULK_BYTES (256u * 1024)
void forward_set_bulk(struct forward *forward, bool is_bulk);

/* With a limit of 0 nothing is read: whether a byte waits all the same. A FIN is none, and seen. */
bool forward_has_more(struct forward *forward);

#endif
