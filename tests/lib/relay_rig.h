/* SPDX-License-Identifier: MIT */
/*
 * relay_rig: midair_relay() in a child process, its two ends and the peer in ours. The child has
 * every signal at its default, so that a SIGPIPE would kill it.
 *
 * Built with RIG_IS_ENCRYPTED it is midair_stream_relay() instead, and between the peer and it
 * another child turns what is encrypted into plain bytes: the same promises, the same tests.
 */
#ifndef MIDAIR_TESTS_RELAY_RIG_H
#define MIDAIR_TESTS_RELAY_RIG_H

#include <sys/types.h>

#include "tests/lib/loopback.h"

enum end_kind {
	END_PIPE,
	END_FILE,
	END_SOCKETPAIR,
	END_NULL,
	N_END_KINDS,
};

struct outcome {
	int result;
	struct midair_relay_result moved;
};

struct rig {
	/* given to the child */
	int in_fd;
	int out_fd;
	int connection_fd;
	int proxy_fds[2]; /* to the other child: plain, encrypted; or -1 */
	int stop_fd;
	uint32_t flags;
	/* ours: write what the relay is to send (-1: none), read what it received, be the peer */
	int feed_fd;
	int drain_fd;
	int peer_fd;
	int stop_write_fd;
	pid_t child;
	pid_t proxy;		 /* 0: none */
	struct outcome *outcome; /* shared with the child */
};

/* in: for END_FILE, a file that has n_file_bytes of the pattern. */
void rig_init(struct rig *rig, enum end_kind in, enum end_kind out, uint64_t n_file_bytes);
/* Forks the child and closes its ends here. */
void rig_start(struct rig *rig);
/* Waits for the child, which must have ended by itself, and frees everything. */
struct outcome rig_finish(struct rig *rig);
/* The same, but leaves peer_fd open. */
struct outcome rig_finish_keeping_peer(struct rig *rig);

/* A stream of known bytes under way through a descriptor; step functions never block. */
struct stream {
	int fd;
	uint32_t which;
	uint64_t offset;
	uint64_t end; /* to write: how much */
	bool is_done; /* to read: end of file or error */
	int error;
};

void stream_write(struct stream *stream);
void stream_read(struct stream *stream);

#endif
