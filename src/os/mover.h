/* SPDX-License-Identifier: MIT */
/*
 * mover: one direction of a relay. Moves what it can without waiting, then says which end it
 * waits for. By splice() where the ends allow it (no copy through user space), directly when one
 * of them is a pipe, else through a pipe of its own; and through a buffer where they do not.
 */
#ifndef MIDAIR_OS_MOVER_H
#define MIDAIR_OS_MOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mover_state {
	MOVER_WAITS_FOR_INPUT,
	MOVER_WAITS_FOR_OUTPUT,
	MOVER_ENDED,	    /* end of file, all written */
	MOVER_INPUT_FAILED, /* error says why */
	MOVER_OUTPUT_FAILED,
};

struct mover {
	enum mover_state state;
	int error; /* errno of a failure */
	int in_fd;
	int out_fd;
	bool is_in_socket;
	bool is_out_socket;
	bool is_splice;
	int pipe_fds[2];	/* our own, or -1 */
	size_t n_pipe_bytes;	/* that are in it */
	size_t write_max_bytes; /* of one write: more could block */
	unsigned char *buffer;
	size_t begin;
	size_t end;
	uint64_t moved_bytes;
};

/* Returns 0 or -errno. mover_deinit() is due in either case. */
int mover_init(struct mover *mover, int in_fd, int out_fd);
void mover_deinit(struct mover *mover);

/* The end that the state names is ready: moves until one end would block. */
void mover_step(struct mover *mover);

static inline bool mover_is_over(const struct mover *mover)
{
	return mover->state >= MOVER_ENDED;
}

#endif
