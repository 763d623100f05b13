/* SPDX-License-Identifier: MIT */
#include "tests/serve/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/serve/client.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 20000
#define PROC_SIZE   8192

static struct rig the_rig;

uint64_t rig_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static _Noreturn void be_server(const char *const options[], int log_fd, uint32_t n_descriptors)
{
	static const char *const first[] = {
		MIDAIR_PROGRAM, "serve",   "--listen",	"127.0.0.1:0",
		"--listen",	"[::1]:0", "--metrics", "127.0.0.1:0",
	};
	const char *arguments[N_ITEMS(first) + RIG_OPTIONS + 1];
	size_t n = 0;
	struct rlimit limit;

	for (; n < N_ITEMS(first); n++)
		arguments[n] = first[n];
	for (size_t i = 0; i < RIG_OPTIONS && options[i]; i++)
		arguments[n++] = options[i];
	arguments[n] = NULL;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = n_descriptors > 0 ? n_descriptors : limit.rlim_max;
	limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_NOFILE, &limit);
	/* A sanitizer's search for leaks stops the threads in a way that the sandbox forbids. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	dup2(log_fd, STDERR_FILENO);
	/* execv() does not write to them; the prototype is older than const. */
	execv(MIDAIR_PROGRAM, (char *const *)(uintptr_t)arguments);
	_exit(127);
}

/*
 * Kills the server when this process is gone, however it went: the parent-death signal is lost
 * when the server becomes another user. A byte in the pipe says that it is not needed any more.
 */
static int watch_over(pid_t pid)
{
	int life[2];
	char byte;
	pid_t watcher;

	assert_int_equal(pipe2(life, O_CLOEXEC), 0);
	watcher = fork();
	assert_true(watcher >= 0);
	if (watcher > 0) {
		close(life[0]);
		return life[1];
	}
	close(life[1]);
	for (int fd = STDIN_FILENO; fd < life[0]; fd++)
		close(fd);
	if (read(life[0], &byte, 1) == 0)
		kill(pid, SIGKILL);
	_exit(0);
}

/* Takes what the log has, waiting for at most timeout_ms. False: it has ended. */
static bool read_log(struct rig *rig, int timeout_ms)
{
	struct pollfd one = {.fd = rig->log_fd, .events = POLLIN};
	ssize_t n;

	if (poll(&one, 1, timeout_ms) != 1)
		return true;
	n = read(rig->log_fd, rig->log + rig->log_size, sizeof(rig->log) - rig->log_size - 1);
	if (n <= 0)
		return false;
	rig->log_size += (size_t)n;
	rig->log[rig->log_size] = '\0';
	return true;
}

size_t rig_wait_log(struct rig *rig, size_t from, const char *text)
{
	uint64_t end_ms = rig_now_ms() + PATIENCE_MS;
	bool is_alive = true;

	for (;;) {
		const char *found = strstr(rig->log + from, text);

		if (found)
			return (size_t)(found - rig->log) + strlen(text);
		if (!is_alive || rig_now_ms() > end_ms)
			fail_msg("not in the log: \"%s\"\n%s", text, rig->log + from);
		is_alive = read_log(rig, 100);
	}
}

bool rig_log_has(struct rig *rig, const char *text)
{
	while (poll(&(struct pollfd){.fd = rig->log_fd, .events = POLLIN}, 1, 0) == 1)
		if (!read_log(rig, 0))
			break;
	return strstr(rig->log, text) != NULL;
}

/* The port of the nth line with that text. */
static uint16_t find_port(const struct rig *rig, const char *text)
{
	const char *found = strstr(rig->log, text);

	return found ? (uint16_t)strtoul(found + strlen(text), NULL, 10) : 0;
}

static void find_ports(struct rig *rig)
{
	bool is_json = rig->log[0] == '{';

	rig->port = find_port(rig, is_json ? "\"listening\",\"address\":\"127.0.0.1:"
					   : "listening address=127.0.0.1:");
	rig->port_6 = find_port(rig, is_json ? "\"listening\",\"address\":\"[::1]:"
					     : "listening address=[::1]:");
	rig->metrics_port = find_port(rig, is_json ? "\"metrics\",\"address\":\"127.0.0.1:"
						   : "metrics address=127.0.0.1:");
	assert_true(rig->port != 0 && rig->metrics_port != 0);
}

struct rig *rig_start_with_descriptors(const char *const options[], uint32_t n_descriptors)
{
	struct rig *rig = &the_rig;
	int log[2];

	*rig = (struct rig){.log_size = 0};
	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	rig->pid = fork();
	assert_true(rig->pid >= 0);
	if (rig->pid == 0)
		be_server(options, log[1], n_descriptors);
	close(log[1]);
	rig->life_fd = watch_over(rig->pid);
	rig->log_fd = log[0];
	rig_wait_log(rig, 0, "ready");
	find_ports(rig);
	return rig;
}

struct rig *rig_start(const char *const options[])
{
	return rig_start_with_descriptors(options, 0);
}

void rig_signal(const struct rig *rig, int number)
{
	assert_int_equal(kill(rig->pid, number), 0);
}

int rig_stop(struct rig *rig)
{
	int status;

	kill(rig->pid, SIGTERM);
	while (waitpid(rig->pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_int_equal(write(rig->life_fd, "", 1), 1);
	close(rig->life_fd);
	while (read_log(rig, 0) &&
	       poll(&(struct pollfd){.fd = rig->log_fd, .events = POLLIN}, 1, 0) == 1)
		;
	close(rig->log_fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fprintf(stderr, "%s", rig->log);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint64_t rig_metric(struct rig *rig, const char *name)
{
	static char text[65536];
	char line[128];
	const char *found;

	http_get(rig->metrics_port, "GET /metrics HTTP/1.0\r\n\r\n", text, sizeof(text));
	snprintf(line, sizeof(line), "\nmidair_serve_%s ", name);
	found = strstr(text, line);
	if (!found)
		fail_msg("no metric %s in\n%s", name, text);
	return strtoull(found + strlen(line), NULL, 10);
}

void rig_wait_metric(struct rig *rig, const char *name, uint64_t value)
{
	uint64_t end_ms = rig_now_ms() + PATIENCE_MS;

	while (rig_metric(rig, name) != value)
		if (rig_now_ms() > end_ms)
			fail_msg("%s is %llu, not %llu", name,
				 (unsigned long long)rig_metric(rig, name),
				 (unsigned long long)value);
}

static void read_proc(const struct rig *rig, const char *file, char text[PROC_SIZE])
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)rig->pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, text, PROC_SIZE - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
}

void rig_proc(const struct rig *rig, const char *file, const char *key, char *value,
	      size_t size)
{
	char text[PROC_SIZE];
	const char *found;

	read_proc(rig, file, text);
	found = strstr(text, key);
	if (!found)
		fail_msg("no \"%s\" in %s", key, file);
	found += strlen(key);
	found += strspn(found, " \t");
	size_t length = strcspn(found, "\n");

	if (length >= size)
		length = size - 1;
	memcpy(value, found, length);
	value[length] = '\0';
}

uint64_t rig_cpu_ms(const struct rig *rig)
{
	char text[PROC_SIZE];
	char *at;

	read_proc(rig, "stat", text);
	/* utime and stime are the 12th and 13th after the name, which ends with ")". */
	at = strrchr(text, ')');
	for (int i = 0; at && i < 12; i++)
		at = strchr(at + 1, ' ');
	assert_non_null(at);
	uint64_t user = strtoull(at, &at, 10);
	uint64_t system = strtoull(at, &at, 10);

	return (user + system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}
