/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * namespace_run()'s process 1 must not exec, since all the lab dies with it; a child of it may,
 * and keeps its parent-death signal over execve() (only a change of credentials clears it, and
 * then the end of process 1 still kills it with the whole pid namespace).
 *
 * The executable is named by a descriptor: inside, a user who gave up root may not reach the path
 * any more, and a container may show no /proc/self/exe.
 */
#include "lab/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "lab/namespace.h"
#include "os/broken_pipe.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define NS_PER_MS    UINT64_C(1000000)
#define EXIT_NOT_RUN 126
#define DROPPED_SIZE 4096
#define N_STANDARD   3

struct stream {
	int fd; /* -1: at its end */
	size_t n_bytes;
	char text[PROGRAM_TEXT_SIZE];
};

struct program {
	pid_t pid; /* -1: reaped */
	int status;
	int input_fd;
	struct stream streams[PROGRAM_N_STREAMS];
};

/* What the child starts with. */
struct launch {
	const struct program_config *config;
	int fds[N_STANDARD]; /* its ends of the pipes */
};

int program_open(const char *path)
{
	int fd = open(path ? path : "/proc/self/exe", O_PATH | O_CLOEXEC);

	if (fd < 0 && !path)
		fd = open((const char *)getauxval(AT_EXECFN), O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int execute(const struct program_config *config)
{
	for (const char *const *added = config->environment; added && *added; added++)
		if (putenv(strdup(*added)) != 0)
			return EXIT_NOT_RUN;
	execveat(config->executable_fd, "", (char *const *)config->arguments, environ,
		 AT_EMPTY_PATH);
	return EXIT_NOT_RUN;
}

static int launch_main(void *context)
{
	const struct launch *launch = context;
	const struct program_config *config = launch->config;

	for (int i = 0; i < N_STANDARD; i++)
		if (dup2(launch->fds[i], i) < 0)
			return EXIT_NOT_RUN;
	return config->function ? config->function(config->context) : execute(config);
}

/* A pipe whose ends are no standard descriptors, should the caller lack some of those. */
static int make_pipe(int *read_fd, int *write_fd)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*read_fd = fcntl(fds[0], F_DUPFD_CLOEXEC, N_STANDARD);
	*write_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, N_STANDARD);
	close(fds[0]);
	close(fds[1]);
	return *read_fd < 0 || *write_fd < 0 ? -EMFILE : 0;
}

static int set_non_blocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* Our ends wait for nobody, the child's are as a shell makes them. */
static int make_pipes(struct program *program, struct launch *launch)
{
	int error = make_pipe(&launch->fds[STDIN_FILENO], &program->input_fd);

	if (!error)
		error = set_non_blocking(program->input_fd);
	for (int i = 0; i < PROGRAM_N_STREAMS && !error; i++) {
		error = make_pipe(&program->streams[i].fd, &launch->fds[STDOUT_FILENO + i]);
		if (!error)
			error = set_non_blocking(program->streams[i].fd);
	}
	return error;
}

int program_start(struct program **program, const struct program_config *config,
		  struct lab_reason *reason)
{
	struct program *made = calloc(1, sizeof(*made));
	struct launch launch = {.config = config, .fds = {-1, -1, -1}};
	int error;

	if (!made)
		return lab_fail(reason, ENOMEM, "cannot start a program");
	made->pid = made->input_fd = -1;
	for (int i = 0; i < PROGRAM_N_STREAMS; i++)
		made->streams[i].fd = -1;
	error = make_pipes(made, &launch);
	if (!error)
		made->pid = namespace_spawn(config->namespace_fd, launch_main, &launch);
	if (!error && made->pid < 0)
		error = (int)made->pid;
	for (int i = 0; i < N_STANDARD; i++)
		close_fd(launch.fds[i]);
	if (error) {
		program_free(made);
		return lab_fail(reason, -error, "cannot start a program");
	}
	*program = made;
	return 0;
}

struct program *program_free(struct program *program)
{
	if (!program)
		return NULL;
	namespace_kill(&program->pid);
	close_fd(program->input_fd);
	for (int i = 0; i < PROGRAM_N_STREAMS; i++)
		close_fd(program->streams[i].fd);
	free(program);
	return NULL;
}

void program_signal(struct program *program, int number)
{
	if (program->pid > 0)
		kill(program->pid, number);
}

const char *program_text(const struct program *program, enum program_stream stream)
{
	return program->streams[stream].text;
}

/* Milliseconds until then, for poll(). */
static int left_ms(uint64_t until_ns)
{
	uint64_t now_ns = clock_now_ns();

	return now_ns < until_ns ? (int)((until_ns - now_ns) / NS_PER_MS) + 1 : 0;
}

static uint64_t deadline_ns(int timeout_ms)
{
	return clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
}

void program_close_input(struct program *program)
{
	program->input_fd = close_fd(program->input_fd);
}

int program_write(struct program *program, const char *text, int timeout_ms)
{
	uint64_t until_ns = deadline_ns(timeout_ms);
	struct pollfd ready = {.fd = program->input_fd, .events = POLLOUT};
	size_t n_left = strlen(text);

	while (n_left > 0) {
		struct broken_pipe held;
		ssize_t n_written;

		if (program->input_fd < 0)
			return -EPIPE;
		if (poll(&ready, 1, left_ms(until_ns)) < 1)
			return -ETIME;
		broken_pipe_hold(&held);
		n_written = write(program->input_fd, text, n_left);
		broken_pipe_release(&held);
		if (n_written < 0 && errno != EAGAIN)
			return -errno;
		if (n_written > 0) {
			text += n_written;
			n_left -= (size_t)n_written;
		}
	}
	return 0;
}

static void read_stream(struct stream *stream)
{
	char dropped[DROPPED_SIZE];
	size_t room = PROGRAM_TEXT_SIZE - 1 - stream->n_bytes;
	ssize_t n = room > 0 ? read(stream->fd, stream->text + stream->n_bytes, room)
			     : read(stream->fd, dropped, sizeof(dropped));

	if (n > 0 && room > 0)
		stream->n_bytes += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		stream->fd = close_fd(stream->fd);
}

/* Both streams, so that the program never waits for us. False when the time is over. */
static bool read_some(struct program *program, uint64_t until_ns)
{
	struct pollfd fds[PROGRAM_N_STREAMS];

	for (int i = 0; i < PROGRAM_N_STREAMS; i++)
		fds[i] = (struct pollfd){.fd = program->streams[i].fd, .events = POLLIN};
	if (poll(fds, PROGRAM_N_STREAMS, left_ms(until_ns)) < 1)
		return false;
	for (int i = 0; i < PROGRAM_N_STREAMS; i++)
		if (fds[i].revents)
			read_stream(&program->streams[i]);
	return true;
}

int program_wait_text(struct program *program, enum program_stream stream, const char *text,
		      int timeout_ms)
{
	uint64_t until_ns = deadline_ns(timeout_ms);
	const struct stream *from = &program->streams[stream];

	while (!strstr(from->text, text)) {
		if (from->fd < 0)
			return -EPIPE;
		if (!read_some(program, until_ns))
			return -ETIME;
	}
	return 0;
}

int program_wait(struct program *program, int timeout_ms)
{
	uint64_t until_ns = deadline_ns(timeout_ms);
	int status;

	while (program->streams[PROGRAM_OUTPUT].fd >= 0 ||
	       program->streams[PROGRAM_ERRORS].fd >= 0)
		if (!read_some(program, until_ns))
			return -ETIME;
	if (program->pid < 0)
		return program->status;
	status = namespace_wait(program->pid, left_ms(until_ns));
	if (status >= 0) {
		program->pid = -1;
		program->status = status;
	}
	return status;
}
