/* SPDX-License-Identifier: MIT */
#include "tests/lib/relay_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef RIG_IS_ENCRYPTED
#include "tests/lib/stream_rig.h"
#define IS_ENCRYPTED true
#else
#define IS_ENCRYPTED false
#endif

#define CHUNK  65536
#define PERIOD 251

/* The stream from offset on, CHUNK bytes. The period is prime, so that no block that a kernel or
 * a program handles as a whole can be lost or doubled unseen. */
static const uint8_t *pattern(uint64_t offset, uint32_t which)
{
	static uint8_t table[2][CHUNK + PERIOD];

	if (table[1][1] == 0)
		for (uint32_t i = 0; i < CHUNK + PERIOD; i++) {
			table[0][i] = (uint8_t)(i % PERIOD);
			table[1][i] = (uint8_t)(PERIOD - i % PERIOD);
		}
	return &table[which][offset % PERIOD];
}

void stream_write(struct stream *stream)
{
	while (stream->fd >= 0 && stream->offset < stream->end) {
		uint64_t left = stream->end - stream->offset;
		size_t n_bytes = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t n;

		n = write(stream->fd, pattern(stream->offset, stream->which), n_bytes);
		if (n < 0) {
			stream->error = errno == EAGAIN ? 0 : errno;
			stream->is_done = stream->error != 0;
			return;
		}
		stream->offset += (uint64_t)n;
	}
	stream->is_done = true;
}

void stream_read(struct stream *stream)
{
	uint8_t buffer[CHUNK];
	ssize_t n = 0;

	while (stream->fd >= 0 && !stream->is_done &&
	       (n = read(stream->fd, buffer, sizeof(buffer))) > 0) {
		if (memcmp(buffer, pattern(stream->offset, stream->which), (size_t)n) != 0)
			fail_msg("wrong bytes after %llu", (unsigned long long)stream->offset);
		stream->offset += (uint64_t)n;
	}
	if (n < 0 && errno != EAGAIN)
		stream->error = errno;
	if (stream->fd < 0 || n == 0 || stream->error != 0)
		stream->is_done = true;
}

static int temporary_file(uint64_t n_bytes)
{
	int fd = memfd_create("midair", MFD_CLOEXEC);
	struct stream stream = {.fd = fd, .end = n_bytes};

	assert_true(fd >= 0);
	stream_write(&stream);
	assert_true(stream.is_done && stream.error == 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void open_ends(enum end_kind kind, int fds[2], uint64_t n_file_bytes)
{
	switch (kind) {
	case END_PIPE:
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		return;
	case END_SOCKETPAIR:
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		return;
	case END_FILE:
		fds[0] = temporary_file(n_file_bytes);
		fds[1] = -1;
		return;
	case END_NULL:
	case N_END_KINDS:
		fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
		fds[1] = -1;
		return;
	}
}

static void set_nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void rig_init(struct rig *rig, enum end_kind in, enum end_kind out, uint64_t n_file_bytes)
{
	int in_fds[2];
	int out_fds[2];
	int connection[2];
	int encrypted[2] = {-1, -1};
	int stop[2];

	open_ends(in, in_fds, n_file_bytes);
	open_ends(out, out_fds, 0);
	tcp_pair(connection);
	if (IS_ENCRYPTED)
		tcp_pair(encrypted);
	assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
	*rig = (struct rig){
		.in_fd = in_fds[0],
		.feed_fd = in_fds[1],
		/* a pipe's writing end is the second one, a file or device has only the first */
		.out_fd = out_fds[1] >= 0 ? out_fds[1] : out_fds[0],
		.drain_fd = out_fds[1] >= 0 ? out_fds[0] : -1,
		.connection_fd = IS_ENCRYPTED ? encrypted[0] : connection[0],
		.proxy_fds = {IS_ENCRYPTED ? connection[0] : -1, encrypted[1]},
		.peer_fd = connection[1],
		.stop_fd = stop[0],
		.stop_write_fd = stop[1],
		.outcome = mmap(NULL, sizeof(struct outcome), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	set_nonblocking(rig->connection_fd);
	set_nonblocking(rig->peer_fd);
	set_nonblocking(rig->proxy_fds[0]);
	set_nonblocking(rig->proxy_fds[1]);
	set_nonblocking(rig->feed_fd);
	set_nonblocking(rig->drain_fd);
}

static void close_here(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* With our ends open in a child nobody would ever see the end of the file. */
static void close_ours(struct rig *rig)
{
	close_here(&rig->feed_fd);
	close_here(&rig->drain_fd);
	close_here(&rig->peer_fd);
	close_here(&rig->stop_write_fd);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
}

static int relay(struct rig *rig)
{
#ifdef RIG_IS_ENCRYPTED
	struct midair_stream *stream = stream_rig_open(rig->connection_fd, false);

	return midair_stream_relay(rig->in_fd, rig->out_fd, stream, rig->stop_fd, rig->flags,
				   &rig->outcome->moved);
#else
	return midair_relay(rig->in_fd, rig->out_fd, rig->connection_fd, rig->stop_fd,
			    rig->flags, &rig->outcome->moved);
#endif
}

static void run_child(struct rig *rig)
{
	close_ours(rig);
	close_here(&rig->proxy_fds[0]);
	close_here(&rig->proxy_fds[1]);
	rig->outcome->result = relay(rig);
	_exit(0);
}

static void start_proxy(struct rig *rig)
{
#ifdef RIG_IS_ENCRYPTED
	rig->proxy = fork();
	assert_true(rig->proxy >= 0);
	if (rig->proxy != 0)
		return;
	close_ours(rig);
	close_here(&rig->in_fd);
	close_here(&rig->out_fd);
	close_here(&rig->connection_fd);
	close_here(&rig->stop_fd);
	stream_rig_proxy(rig->proxy_fds[0], rig->proxy_fds[1]);
#else
	(void)rig;
#endif
}

void rig_start(struct rig *rig)
{
	start_proxy(rig);
	rig->child = fork();
	assert_true(rig->child >= 0);
	if (rig->child == 0)
		run_child(rig);
	close_here(&rig->in_fd);
	/* a file's contents are looked at afterwards */
	if (rig->drain_fd >= 0)
		close_here(&rig->out_fd);
	close_here(&rig->connection_fd);
	close_here(&rig->proxy_fds[0]);
	close_here(&rig->proxy_fds[1]);
	close_here(&rig->stop_fd);
}

static void wait_for_exit(pid_t child)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	int status = 0;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (now_ms() > end_ms) {
			kill(child, SIGKILL);
			fail_msg("the relay does not end");
		}
		poll(NULL, 0, 1);
	}
	if (WIFSIGNALED(status))
		fail_msg("the relay was killed by signal %d", WTERMSIG(status));
	assert_int_equal(status, 0);
}

struct outcome rig_finish_keeping_peer(struct rig *rig)
{
	struct outcome outcome;

	wait_for_exit(rig->child);
	outcome = *rig->outcome;
	munmap(rig->outcome, sizeof(*rig->outcome));
	close_here(&rig->out_fd);
	close_here(&rig->feed_fd);
	close_here(&rig->drain_fd);
	close_here(&rig->stop_write_fd);
	return outcome;
}

struct outcome rig_finish(struct rig *rig)
{
	struct outcome outcome = rig_finish_keeping_peer(rig);

	close_here(&rig->peer_fd);
	if (rig->proxy > 0)
		wait_for_exit(rig->proxy);
	return outcome;
}
