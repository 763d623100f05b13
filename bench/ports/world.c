/* SPDX-License-Identifier: MIT */
#include "bench/ports/world.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/cleanup.h"

#define BACKLOG	      1048576
#define BACKLOG_TEXT  "1048576"
#define SETTING_SIZE  128
#define NS_PER_S      INT64_C(1000000000)
#define STATUS_FAILED 1
#define PATIENCE_MS   5000

int64_t world_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct sockaddr_in world_address(uint32_t host_order, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(host_order),
	};
}

static int set(const char *folder, const char *name, const char *value)
{
	char path[SETTING_SIZE];
	size_t length = strlen(value);

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", folder, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, value, length) == (ssize_t)length ? 0 : -errno;
}

int world_set(const char *name, const char *value)
{
	return set("ipv4", name, value);
}

static int bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);

	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/* Root stays in the first user namespace: only there may it load BPF programs. */
static int enter(void)
{
	if (unshare(CLONE_NEWNET) < 0 &&
	    (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0))
		return -errno;
	int result = bring_loopback_up();
	if (result == 0)
		result = set("core", "somaxconn", BACKLOG_TEXT);
	if (result == 0)
		result = world_set("ip_local_port_range", "32768 60999");
	if (result == 0)
		result = world_set("tcp_max_tw_buckets", BACKLOG_TEXT);
	return result;
}

int world_listen(void)
{
	struct sockaddr_in any = world_address(INADDR_ANY, WORLD_PORT);
	_cleanup_close_ int fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return take_fd(&fd);
}

int world_accept(int listener)
{
	struct pollfd one = {.fd = listener, .events = POLLIN};
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	/* The last segment of the handshake may wait for another processor. */
	if (fd < 0 && errno == EAGAIN && poll(&one, 1, PATIENCE_MS) == 1)
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void open_as_many_as_allowed(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(world_function *function, struct measured *measured,
	       const struct ports_plan *plan, uint32_t round, unsigned int seconds)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(seconds);
	open_as_many_as_allowed();
	int result = enter();

	if (result == 0)
		result = function(measured, plan, round);
	if (result < 0)
		fprintf(stderr, "bench: %s\n", strerror(-result));
	return result < 0 ? STATUS_FAILED : 0;
}

int world_run(world_function *function, struct measured *measured,
	      const struct ports_plan *plan, uint32_t round, unsigned int seconds)
{
	int status;

	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(run(function, measured, plan, round, seconds));
	/* Ends: the child has an alarm. */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? -ETIME : -EINTR;
	return WEXITSTATUS(status) == 0 ? 0 : -EIO;
}
