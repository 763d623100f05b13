/* SPDX-License-Identifier: MIT */
#include "os/probe_socket.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket_option.h"

/* SYNs at 0, 1 and 3 s (tcp(7)): the dial ends before the third. */
#define SYN_RETRIES 1

static int bind_shared(int fd, const struct midair_endpoint *local)
{
	int result = socket_option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);

	if (result == 0 && local->family == MIDAIR_IPV6)
		result = socket_option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return result != 0 ? result : socket_option_bind(fd, local);
}

static int open_shared(const struct midair_endpoint *local)
{
	_cleanup_close_ int fd =
		socket(local->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result = fd < 0 ? -errno : bind_shared(fd, local);

	return result < 0 ? result : take_fd(&fd);
}

int probe_socket_silent(const struct midair_endpoint *local)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &nothing};
	_cleanup_close_ int fd = open_shared(local);

	if (fd < 0)
		return fd;
	/* Before listen(), so that nobody ever gets an answer. */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    listen(fd, 1) < 0)
		return -errno;
	return take_fd(&fd);
}

int probe_socket_refusing(const struct midair_endpoint *local)
{
	return open_shared(local);
}

int probe_socket_give(int fd, const char *user)
{
	const struct passwd *entry;

	if (geteuid() != 0)
		return -EPERM;
	entry = getpwnam(user);
	if (!entry)
		return -ENOENT;
	/* SO_REUSEPORT compares the sockets' owners, which fchown() sets (Linux 4.10). */
	return fchown(fd, entry->pw_uid, entry->pw_gid) < 0 ? -errno : 0;
}

int probe_socket_dial(const struct midair_endpoint *local, const struct midair_endpoint *remote)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);
	_cleanup_close_ int fd = open_shared(local);
	int result;

	if (fd < 0)
		return fd;
	result = socket_option_set(fd, IPPROTO_TCP, TCP_SYNCNT, SYN_RETRIES);
	if (result == 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0)
		result = -errno;
	if (result < 0)
		return result;
	if (connect(fd, (const struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}
