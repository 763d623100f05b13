/* SPDX-License-Identifier: MIT */
#include "bench/serve/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/cleanup.h"

#define START_MS  10000
#define TEXT_SIZE 8192

static void stay_on(int processor)
{
	cpu_set_t set;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)processor, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static void be_server(const char *program, int log_fd)
{
	const char *const arguments[] = {
		"midair",
		"serve",
		"--listen",
		"127.0.0.1:0",
		"--limit",
		"connections-per-address=1000000",
		"--limit",
		"connects-per-minute=100000000",
		"--limit",
		"connects-burst=1000000",
		"--limit",
		"rooms-per-address=1000000",
		"--limit",
		"enters-per-minute=100000000",
		"--limit",
		"enters-burst=1000000",
		"--limit",
		"speak-ms=60000",
		"--max-connections",
		"24000",
		NULL,
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stay_on(0);
	dup2(log_fd, STDERR_FILENO);
	/* execv() does not write to them; the prototype is older than const. */
	execv(program, (char *const *)(uintptr_t)arguments);
	_exit(127);
}

/* Reads the log until the server is ready, and the port from it. */
static int wait_until_ready(struct process *process, int log_fd)
{
	static char text[TEXT_SIZE];
	size_t size = 0;
	struct pollfd one = {.fd = log_fd, .events = POLLIN};

	while (size + 1 < sizeof(text) && poll(&one, 1, START_MS) == 1) {
		ssize_t n = read(log_fd, text + size, sizeof(text) - size - 1);

		if (n <= 0)
			break;
		size += (size_t)n;
		text[size] = '\0';
		const char *address = strstr(text, "address=127.0.0.1:");

		if (!address || !strstr(text, " ready "))
			continue;
		process->port = (uint16_t)strtoul(address + 18, NULL, 10);
		return 0;
	}
	fprintf(stderr, "bench: the server did not start:\n%s", text);
	return -ETIME;
}

int process_start(struct process *process, const char *program)
{
	int log[2];

	if (pipe2(log, O_CLOEXEC) < 0)
		return -errno;
	process->pid = fork();
	if (process->pid == 0)
		be_server(program, log[1]);
	close(log[1]);
	stay_on(1);
	int result = process->pid < 0 ? -errno : wait_until_ready(process, log[0]);

	/* Nobody reads the log any more: the pipe is full or gone, and lines are dropped. */
	if (result != 0)
		close(log[0]);
	return result;
}

int process_end(struct process *process)
{
	int status;

	kill(process->pid, SIGTERM);
	/* Ends: the server ends within seconds of a SIGTERM, and that is what is tested here. */
	while (waitpid(process->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int read_proc(const struct process *process, const char *name, char text[TEXT_SIZE])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)process->pid, name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_SIZE - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

int64_t process_resident_bytes(const struct process *process)
{
	char text[TEXT_SIZE];
	const char *line;

	if (read_proc(process, "status", text) < 0)
		return -1;
	line = strstr(text, "VmRSS:");
	return line ? strtoll(line + 6, NULL, 10) * 1024 : -1;
}

double process_cpu_s(const struct process *process)
{
	char text[TEXT_SIZE];
	char *at;

	if (read_proc(process, "stat", text) < 0)
		return -1;
	/* utime and stime are the 12th and 13th after the name, which ends with ")". */
	at = strrchr(text, ')');
	for (int i = 0; at && i < 12; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -1;
	unsigned long user = strtoul(at, &at, 10);
	unsigned long system = strtoul(at, &at, 10);

	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
