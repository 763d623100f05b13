/* SPDX-License-Identifier: MIT */
#include "tests/lib/silent_resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_written;
}

/* As root of a user namespace of our own where we are not root already. */
static bool enter_namespaces(void)
{
	char map[64];
	uid_t uid = getuid();

	if (uid == 0 && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	return write_file("/proc/self/uid_map", map);
}

static bool raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

	if (fd >= 0)
		close(fd);
	return is_up;
}

/* Lets the program see this text in place of the file. */
static bool replace_file(const char *path, const char *text)
{
	char name[] = "/tmp/midair-test-XXXXXX";
	int fd = mkstemp(name);
	bool is_replaced;

	if (fd < 0)
		return false;
	close(fd);
	is_replaced = write_file(name, text) && mount(name, path, NULL, MS_BIND, NULL) == 0;
	unlink(name);
	return is_replaced;
}

/* Takes the questions: without it the kernel would say at once that nobody is there. */
static bool open_black_hole(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static int run_there(int (*run)(void))
{
	if (!enter_namespaces() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !raise_loopback() || !replace_file("/etc/resolv.conf", "nameserver 127.0.0.1\n") ||
	    !open_black_hole())
		return 77;
	/* absent where only DNS is asked anyway */
	replace_file("/etc/nsswitch.conf", "hosts: files dns\n");
	return run();
}

int in_silent_network(int (*run)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(run_there(run));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}
