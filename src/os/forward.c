/* SPDX-License-Identifier: MIT */
#include "os/forward.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "os/cleanup.h"

/* A page's place in the pipe takes what a segment has brought, 1.4 to 64 KiB. An unprivileged user
 * may have 64 MiB in all (fs.pipe-user-pages-soft): 128 such pipes; later ones are narrower. */
#define PIPE_BYTES (512 * 1024)
/* Asked for at once, whatever little is left of a share: segments that were split in two would be
 * sent on so, each with all the work of a whole one. */
#define SPLICE_BYTES (1024u * 1024)

int forward_open(struct forward *forward, int in_fd, int out_fd)
{
	*forward = (struct forward){
		.in_fd = in_fd,
		.out_fd = out_fd,
		.pipe_fds = {-1, -1},
		.is_readable = true,
		.is_writable = true,
	};
	if (pipe2(forward->pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	(void)fcntl(forward->pipe_fds[0], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

void forward_close(struct forward *forward)
{
	forward->pipe_fds[0] = close_fd(forward->pipe_fds[0]);
	forward->pipe_fds[1] = close_fd(forward->pipe_fds[1]);
}

static long splice_some(int in_fd, int out_fd, size_t n_bytes)
{
	long n;

	do
		n = splice(in_fd, NULL, out_fd, NULL, n_bytes,
			   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The pipe is empty, so EAGAIN is the input's. Returns as forward_move(). */
static long fill(struct forward *forward, size_t limit)
{
	long n = splice_some(forward->in_fd, forward->pipe_fds[1],
			     limit < SPLICE_BYTES ? limit : SPLICE_BYTES);

	if (n > 0) {
		forward->n_held = (size_t)n;
		forward->n_bytes += (uint64_t)n;
	} else if (n == 0) {
		forward->has_ended = true;
	} else if (n == -EAGAIN) {
		forward->is_readable = false;
		n = 0;
	}
	return n;
}

static long drain(struct forward *forward)
{
	long n = splice_some(forward->pipe_fds[0], forward->out_fd, forward->n_held);

	if (n > 0) {
		forward->n_held -= (size_t)n;
	} else if (n == -EAGAIN) {
		forward->is_writable = false;
		n = 0;
	}
	return n < 0 ? n : 0;
}

static long finish(struct forward *forward)
{
	forward->is_finished = true;
	return shutdown(forward->out_fd, SHUT_WR) < 0 ? -errno : 0;
}

long forward_move(struct forward *forward, size_t limit)
{
	size_t n_taken = 0;
	long result = 0;

	while (result >= 0) {
		if (forward->n_held > 0 && forward->is_writable) {
			result = drain(forward);
		} else if (forward->n_held > 0 || forward->is_finished) {
			break;
		} else if (forward->has_ended) {
			result = finish(forward);
		} else if (forward->is_readable && n_taken < limit) {
			result = fill(forward, limit - n_taken);
			n_taken += result > 0 ? (size_t)result : 0;
		} else {
			break;
		}
	}
	return result < 0 ? result : (long)n_taken;
}

bool forward_has_more(struct forward *forward)
{
	char byte;
	ssize_t n;

	if (forward->has_ended || !forward->is_readable)
		return false;
	n = recv(forward->in_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	forward->has_ended = n == 0;
	if (n < 0)
		forward->is_readable = errno != EAGAIN;
	return n > 0;
}

void forward_set_bulk(struct forward *forward, bool is_bulk)
{
	int least = is_bulk ? (int)FORWARD_BULK_BYTES : 1;

	if (forward->is_bulk != is_bulk)
		(void)setsockopt(forward->in_fd, SOL_SOCKET, SO_RCVLOWAT, &least,
				 sizeof(least));
	forward->is_bulk = is_bulk;
}
