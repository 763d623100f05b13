/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * /proc/PID/fd/N leads to the open file, so its status tells the inode of a socket, which is
 * what the socket table shows; that is cheaper than readlink() and parsing "socket:[N]". The
 * status is asked for with AT_STATX_DONT_SYNC: a descriptor on a dead network file system must
 * not hang us.
 *
 * A pid may be used again while we read. Everything of a process is therefore read below one
 * descriptor of its /proc/PID directory, which stands for that process and not for the number:
 * once it has ended, every look below gives ESRCH or ENOENT.
 */
#include "os/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/cleanup.h"

/* The file system of all sockets; the inode of a socket's name in a directory is another thing. */
struct socket_device {
	uint32_t major;
	uint32_t minor;
};

static int status_of(int directory_fd, const char *name, int flags, struct statx *status)
{
	if (statx(directory_fd, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_INO, status) < 0)
		return -errno;
	return 0;
}

static int find_socket_device(struct socket_device *device)
{
	struct statx status;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	int result = status_of(fd, "", AT_EMPTY_PATH, &status);
	if (result != 0)
		return result;
	*device = (struct socket_device){status.stx_dev_major, status.stx_dev_minor};
	return 0;
}

void owner_clean_name(char *name)
{
	name[strcspn(name, "\n")] = '\0';
	for (; *name != '\0'; name++) {
		if (*name < ' ' || *name > '~')
			*name = '?';
	}
}

static int read_name(int process_fd, char name[MIDAIR_PROCESS_NAME_SIZE])
{
	_cleanup_close_ int fd = openat(process_fd, "comm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n_bytes = read(fd, name, MIDAIR_PROCESS_NAME_SIZE - 1);
	if (n_bytes < 0)
		return -errno;
	name[n_bytes] = '\0';
	owner_clean_name(name);
	return 0;
}

struct visit {
	owner_handler handler;
	void *context;
	struct socket_device device;
	size_t n_hidden;
};

/* Shows the process's sockets. A descriptor that was closed meanwhile is passed over; the name
 * is only read of a process that has a socket. */
static int visit_descriptors(const struct visit *visit, int process_fd, DIR *descriptors,
			     int32_t pid)
{
	struct owner_process process = {.pid = 0};
	const struct dirent *name;

	while ((name = readdir(descriptors)) != NULL) {
		struct statx status;
		int result = 0;

		if (name->d_name[0] == '.' ||
		    status_of(dirfd(descriptors), name->d_name, 0, &status) != 0)
			continue;
		if (!S_ISSOCK(status.stx_mode) || status.stx_dev_major != visit->device.major ||
		    status.stx_dev_minor != visit->device.minor)
			continue;
		if (process.pid == 0)
			result = read_name(process_fd, process.name);
		process.pid = pid;
		if (result == 0)
			result = visit->handler(visit->context, status.stx_ino, &process);
		if (result != 0)
			return result;
	}
	return 0;
}

/* Opens the process's table of descriptors. Returns 0, or -errno with nothing open. */
static int open_descriptors(int process_fd, DIR **descriptors)
{
	_cleanup_close_ int fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*descriptors = fdopendir(fd);
	if (*descriptors == NULL)
		return -errno;
	take_fd(&fd);
	return 0;
}

static bool is_gone(int result)
{
	return result == -ENOENT || result == -ESRCH;
}

static bool is_forbidden(int result)
{
	return result == -EACCES || result == -EPERM;
}

static int visit_process(struct visit *visit, int proc_fd, const char *name, int32_t pid)
{
	_cleanup_closedir_ DIR *descriptors = NULL;
	_cleanup_close_ int process_fd =
		openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (process_fd < 0)
		return is_gone(-errno) ? 0 : -errno;
	int result = open_descriptors(process_fd, &descriptors);
	if (result == 0)
		result = visit_descriptors(visit, process_fd, descriptors, pid);
	if (is_forbidden(result))
		visit->n_hidden++;
	return is_gone(result) || is_forbidden(result) ? 0 : result;
}

/* The pid that a name in /proc stands for; 0 for a name that is no number. */
static int32_t pid_of(const char *name)
{
	char *end;

	if (name[0] < '1' || name[0] > '9')
		return 0;
	long pid = strtol(name, &end, 10);
	return *end == '\0' && pid <= INT32_MAX ? (int32_t)pid : 0;
}

static int visit_processes(struct visit *visit)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	const struct dirent *name;

	if (proc == NULL)
		return -errno;
	while ((name = readdir(proc)) != NULL) {
		int32_t pid = pid_of(name->d_name);

		if (pid == 0)
			continue;
		int result = visit_process(visit, dirfd(proc), name->d_name, pid);
		if (result != 0)
			return result;
	}
	return 0;
}

int owner_visit(owner_handler handler, void *context, size_t *n_hidden)
{
	struct visit visit = {.handler = handler, .context = context};
	int result = find_socket_device(&visit.device);

	if (result == 0)
		result = visit_processes(&visit);
	*n_hidden = visit.n_hidden;
	return result == OWNER_VISIT_END ? 0 : result;
}
