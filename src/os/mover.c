/* SPDX-License-Identifier: MIT */
#include "os/mover.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "os/cleanup.h"
#include "os/wide_pipe.h"

/* Large enough that system calls do not count, small enough for the second-level cache. */
#define BUFFER_BYTES (128u * 1024)
#define SPLICE_BYTES (1024u * 1024)
/* One step's share, so that the other direction gets its turn. */
#define STEP_BYTES (1024u * 1024)

static bool is_pipe(const struct stat *status)
{
	return S_ISFIFO(status->st_mode);
}

/* poll() promises room for PIPE_BUF bytes; a longer write to a blocking pipe or terminal may
 * block, and we have no right to change the mode of a description that others share. */
static size_t write_limit(const struct stat *status, int fd)
{
	if (is_pipe(status) || (S_ISCHR(status->st_mode) && isatty(fd)))
		return PIPE_BUF;
	return BUFFER_BYTES;
}

/* splice() takes a socket's own mode for whether it may block, on older kernels whatever its
 * flags say. */
static bool is_spliceable(const struct stat *status, int fd)
{
	int flags = S_ISSOCK(status->st_mode) ? fcntl(fd, F_GETFL) : O_NONBLOCK;

	return flags >= 0 && (flags & O_NONBLOCK) != 0 &&
	       !(S_ISCHR(status->st_mode) && isatty(fd));
}

int mover_init(struct mover *mover, int in_fd, int out_fd)
{
	struct stat in_status;
	struct stat out_status;

	*mover = (struct mover){.in_fd = in_fd, .out_fd = out_fd, .pipe_fds = {-1, -1}};
	if (fstat(in_fd, &in_status) < 0 || fstat(out_fd, &out_status) < 0)
		return -errno;
	mover->is_in_socket = S_ISSOCK(in_status.st_mode);
	mover->is_out_socket = S_ISSOCK(out_status.st_mode);
	/* Not into a file: write() moves the offset under a lock, splice() (6.18) does not, and two
	 * programs whose output a shell has sent to one file would overwrite each other. */
	mover->is_splice = is_spliceable(&in_status, in_fd) &&
			   is_spliceable(&out_status, out_fd) && !S_ISREG(out_status.st_mode);
	if (mover->is_splice && !is_pipe(&in_status) && !is_pipe(&out_status))
		mover->is_splice = wide_pipe_open(mover->pipe_fds) == 0;
	wide_pipe_set(in_fd, PIPE_WIDEST_BYTES);
	/* Less: there a page's place takes up to 32 KiB that splice() brings from a socket, and it
	 * would be long before a slow reader holds the peer back. */
	wide_pipe_set(out_fd, PIPE_WIDEST_BYTES / 4);
	mover->write_max_bytes = write_limit(&out_status, out_fd);
	mover->buffer = malloc(BUFFER_BYTES);
	return mover->buffer == NULL ? -ENOMEM : 0;
}

void mover_deinit(struct mover *mover)
{
	mover->pipe_fds[0] = close_fd(mover->pipe_fds[0]);
	mover->pipe_fds[1] = close_fd(mover->pipe_fds[1]);
	free(mover->buffer);
	mover->buffer = NULL;
}

static void fail(struct mover *mover, enum mover_state state)
{
	mover->error = errno;
	mover->state = state;
}

static ssize_t read_in(struct mover *mover)
{
	if (mover->n_pipe_bytes > 0) {
		/* what was on its way when splice() was refused */
		ssize_t n = read(mover->pipe_fds[0], mover->buffer, BUFFER_BYTES);

		mover->n_pipe_bytes -= n > 0 ? (size_t)n : 0;
		return n;
	}
	if (mover->is_in_socket)
		return recv(mover->in_fd, mover->buffer, BUFFER_BYTES, MSG_DONTWAIT);
	return read(mover->in_fd, mover->buffer, BUFFER_BYTES);
}

static ssize_t write_out(const struct mover *mover)
{
	size_t n_bytes = mover->end - mover->begin;

	if (mover->is_out_socket)
		return send(mover->out_fd, mover->buffer + mover->begin, n_bytes,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n_bytes > mover->write_max_bytes)
		n_bytes = mover->write_max_bytes;
	return write(mover->out_fd, mover->buffer + mover->begin, n_bytes);
}

/* False when the mover has to wait or is over. */
static bool fill(struct mover *mover)
{
	ssize_t n = read_in(mover);

	if (n > 0) {
		mover->begin = 0;
		mover->end = (size_t)n;
		mover->state = MOVER_WAITS_FOR_OUTPUT;
		/* Only a socket may be written without asking poll() again. */
		return mover->is_out_socket;
	}
	if (n == 0)
		mover->state = MOVER_ENDED;
	else if (errno != EAGAIN && errno != EINTR)
		fail(mover, MOVER_INPUT_FAILED);
	return false;
}

static bool drain(struct mover *mover)
{
	ssize_t n = write_out(mover);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail(mover, MOVER_OUTPUT_FAILED);
		return false;
	}
	mover->begin += (size_t)n;
	mover->moved_bytes += (uint64_t)n;
	if (mover->begin < mover->end)
		return mover->is_out_socket;
	mover->state = MOVER_WAITS_FOR_INPUT;
	/* Only a socket may be read without asking poll() again, and our own pipe. */
	return mover->is_in_socket || mover->n_pipe_bytes > 0;
}

static void copy(struct mover *mover)
{
	uint64_t limit = mover->moved_bytes + STEP_BYTES;
	bool is_able = true;

	while (is_able && mover->moved_bytes < limit)
		is_able = mover->state == MOVER_WAITS_FOR_INPUT ? fill(mover) : drain(mover);
}

/* splice() does not say which of its two ends would block: it is the one that poll() has not
 * just called ready. */
static void wait_for_other_end(struct mover *mover)
{
	mover->state = mover->state == MOVER_WAITS_FOR_INPUT ? MOVER_WAITS_FOR_OUTPUT
							     : MOVER_WAITS_FOR_INPUT;
}

static void splice_failed(struct mover *mover)
{
	if (errno == EAGAIN) {
		wait_for_other_end(mover);
	} else if (errno == EINVAL || errno == ENOSYS) {
		/* Ends that cannot be spliced: a pipe opened for appending, a terminal. */
		mover->is_splice = false;
		mover->state = MOVER_WAITS_FOR_INPUT;
	} else if (errno == EPIPE || errno == ENOSPC) {
		fail(mover, MOVER_OUTPUT_FAILED);
	} else if (errno == ECONNRESET || errno == ETIMEDOUT) {
		fail(mover, mover->is_in_socket ? MOVER_INPUT_FAILED : MOVER_OUTPUT_FAILED);
	} else if (errno != EINTR) {
		fail(mover, MOVER_INPUT_FAILED);
	}
}

static void splice_step(struct mover *mover)
{
	uint64_t limit = mover->moved_bytes + STEP_BYTES;

	while (mover->moved_bytes < limit) {
		ssize_t n = splice(mover->in_fd, NULL, mover->out_fd, NULL, SPLICE_BYTES,
				   SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

		if (n < 0) {
			splice_failed(mover);
			return;
		}
		if (n == 0) {
			mover->state = MOVER_ENDED;
			return;
		}
		mover->moved_bytes += (uint64_t)n;
		/* A regular file at the other end would make the next call block for its disk,
		 * which is what files do; a pipe or socket answers EAGAIN. */
	}
	mover->state = MOVER_WAITS_FOR_INPUT;
}

static ssize_t splice_some(int in_fd, int out_fd, size_t n_bytes)
{
	return splice(in_fd, NULL, out_fd, NULL, n_bytes, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
}

/* An end that cannot be spliced. True when it was that. */
static bool is_refused(struct mover *mover)
{
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	mover->is_splice = false;
	mover->state = MOVER_WAITS_FOR_INPUT;
	return true;
}

/* Both return false when the mover has to wait or is over. */
static bool fill_pipe(struct mover *mover)
{
	ssize_t n = splice_some(mover->in_fd, mover->pipe_fds[1], SPLICE_BYTES);

	if (n > 0) {
		mover->n_pipe_bytes = (size_t)n;
		return true;
	}
	mover->state = MOVER_WAITS_FOR_INPUT;
	if (n == 0)
		mover->state = MOVER_ENDED;
	else if (errno != EAGAIN && errno != EINTR && !is_refused(mover))
		fail(mover, MOVER_INPUT_FAILED);
	return false;
}

static bool drain_pipe(struct mover *mover)
{
	ssize_t n = splice_some(mover->pipe_fds[0], mover->out_fd, mover->n_pipe_bytes);

	if (n > 0) {
		mover->n_pipe_bytes -= (size_t)n;
		mover->moved_bytes += (uint64_t)n;
		return true;
	}
	mover->state = MOVER_WAITS_FOR_OUTPUT;
	if (n < 0 && errno != EAGAIN && errno != EINTR && !is_refused(mover))
		fail(mover, MOVER_OUTPUT_FAILED);
	return false;
}

static void splice_through_pipe(struct mover *mover)
{
	uint64_t limit = mover->moved_bytes + STEP_BYTES;
	bool is_able = true;

	while (is_able && mover->moved_bytes < limit)
		is_able = mover->n_pipe_bytes > 0 ? drain_pipe(mover) : fill_pipe(mover);
	if (is_able)
		mover->state = mover->n_pipe_bytes > 0 ? MOVER_WAITS_FOR_OUTPUT
						       : MOVER_WAITS_FOR_INPUT;
	else if (!mover->is_splice)
		copy(mover);
}

void mover_step(struct mover *mover)
{
	if (mover->is_splice && mover->pipe_fds[0] >= 0)
		splice_through_pipe(mover);
	else if (mover->is_splice)
		splice_step(mover);
	else
		copy(mover);
}
