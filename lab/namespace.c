/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The caller forks a keeper, the keeper unshares user, network, mount and pid namespaces and
 * forks once more: that child is process 1 of the new pid namespace and runs the lab. The kernel
 * kills a pid namespace together with its process 1, so one parent-death signal in a row of two
 * processes is enough to leave nothing behind, even after SIGKILL. Network namespaces live as
 * long as a process or a descriptor holds them; all of these are inside.
 *
 * One uid is enough (ours becomes 0), and mapping just one needs no privilege and no helper
 * program. setgroups has to be given up for it (user_namespaces(7)).
 */
#include "lab/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/link.h"
#include "os/cleanup.h"

/* What the keeper's pipe carries when the lab could not be entered. */
struct entry_failure {
	int error;
	struct lab_reason reason;
};

static int write_text(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, length) != (ssize_t)length)
		return -errno;
	return 0;
}

static int map_one_id(const char *path, unsigned int id)
{
	char text[32];

	snprintf(text, sizeof(text), "0 %u 1", id);
	return write_text(path, text);
}

static int unshare_all(struct lab_reason *reason)
{
	const int spaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error;

	if (unshare(CLONE_NEWUSER | spaces) < 0) {
		error = errno;
		/* Root needs no user namespace: some machines forbid only that one. */
		if (uid != 0 || unshare(spaces) < 0)
			return lab_fail(reason, error,
					"this machine allows no user namespaces "
					"(see user.max_user_namespaces, "
					"kernel.unprivileged_userns_clone, AppArmor, or the "
					"container's settings)");
		return 0;
	}
	error = write_text("/proc/self/setgroups", "deny");
	if (!error)
		error = map_one_id("/proc/self/uid_map", uid);
	if (!error)
		error = map_one_id("/proc/self/gid_map", gid);
	if (error)
		return lab_fail(reason, -error, "cannot map our user into a user namespace");
	return 0;
}

static void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before the call; a parent in another pid namespace is 0. */
	if (getppid() != parent)
		_exit(1);
}

static void settle_mounts(void)
{
	/* Nothing that is mounted here may leak out. A fresh /proc shows the lab's processes; a
	 * container that hides parts of /proc forbids it, and the old one still serves sysctls. */
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static void report_failure(int fd, int error, const struct lab_reason *reason)
{
	struct entry_failure failure = {.error = error, .reason = *reason};
	ssize_t written = write(fd, &failure, sizeof(failure));

	_exit(written == (ssize_t)sizeof(failure) ? 1 : 2);
}

static int exit_value(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return exit_value(status);
}

static void keep(pid_t parent, int fd, int (*function)(void *context), void *context)
{
	struct lab_reason reason = {{0}};
	/* The wire may run with SCHED_FIFO only where root hands down the right to. */
	const struct rlimit realtime = {.rlim_cur = 10, .rlim_max = 10};
	int error;
	pid_t pid;

	setrlimit(RLIMIT_RTPRIO, &realtime);
	error = unshare_all(&reason);
	if (error)
		report_failure(fd, error, &reason);
	/* After unshare(): a change of credentials clears the parent-death signal. */
	die_with_parent(parent);
	pid = fork();
	if (pid < 0)
		report_failure(fd,
			       lab_fail(&reason, errno, "cannot start the lab's first process"),
			       &reason);
	if (pid == 0) {
		close(fd);
		die_with_parent(0);
		settle_mounts();
		exit(function(context));
	}
	close(fd);
	_exit(wait_for(pid));
}

int namespace_run(int (*function)(void *context), void *context, struct lab_reason *reason)
{
	_cleanup_close_ int read_fd = -1;
	struct entry_failure failure;
	int fds[2];
	pid_t parent = getpid();
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return lab_fail(reason, errno, "cannot make a pipe");
	read_fd = fds[0];
	fflush(NULL); /* what is buffered must not be printed by each process */
	pid = fork();
	if (pid < 0) {
		close(fds[1]);
		return lab_fail(reason, errno, "cannot fork");
	}
	if (pid == 0) {
		close(read_fd);
		keep(parent, fds[1], function, context);
	}
	close(fds[1]);
	if (read(read_fd, &failure, sizeof(failure)) == (ssize_t)sizeof(failure)) {
		wait_for(pid);
		if (reason)
			*reason = failure.reason;
		return failure.error;
	}
	return wait_for(pid);
}

bool namespace_has_proc(void)
{
	char target[32] = "";
	char own[32];

	snprintf(own, sizeof(own), "%d", (int)getpid());
	return readlink("/proc/self", target, sizeof(target) - 1) > 0 &&
	       strcmp(target, own) == 0;
}

int namespace_current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int namespace_enter(int fd)
{
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int namespace_new(struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int fd;
	int error;

	if (home < 0)
		return lab_fail(reason, -home, "cannot open our network namespace");
	if (unshare(CLONE_NEWNET) < 0)
		return lab_fail(reason, errno, "cannot make a network namespace");
	fd = namespace_current();
	error = fd < 0 ? fd : link_up("lo", 0, reason);
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot go back to our network namespace");
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

pid_t namespace_spawn(int fd, int (*function)(void *context), void *context)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid < 0 ? -errno : pid;
	die_with_parent(parent);
	if (fd >= 0 && namespace_enter(fd) < 0)
		_exit(126);
	pid = function(context);
	fflush(NULL);
	_exit(pid);
}

void namespace_kill(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		wait_for(*pid);
	}
	*pid = -1;
}

int namespace_wait(pid_t pid, int timeout_ms)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return -errno;
	if (poll(&ended, 1, timeout_ms) < 1)
		return -ETIME;
	return wait_for(pid);
}
