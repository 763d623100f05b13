/* SPDX-License-Identifier: MIT */
#include "bench/ports/keepers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/cleanup.h"

#define FEW_MORE 64 /* descriptors that a keeper has anyway */

union control {
	char bytes[CMSG_SPACE(KEEPER_BATCH * sizeof(int))];
	struct cmsghdr align;
};

/* Until the other end is closed. */
static void keep(int fd)
{
	for (;;) {
		char byte;
		union control control;
		struct iovec part = {.iov_base = &byte, .iov_len = 1};
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};

		if (recvmsg(fd, &message, 0) != 1)
			return;
		byte = (message.msg_flags & MSG_CTRUNC) == 0;
		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
			return;
	}
}

static int start(struct keepers *keepers)
{
	struct keeper *keeper = &keepers->list[keepers->n_keepers];
	int pair[2];

	if (keepers->n_keepers == KEEPERS_AT_MOST)
		return -EMFILE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* What the parent holds must not live on here. */
		if (dup2(pair[1], 3) == 3 && close_range(4, ~0U, 0) == 0)
			keep(3);
		_exit(0);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	*keeper = (struct keeper){.pid = pid, .fd = pair[0]};
	keepers->n_keepers++;
	return 0;
}

static int find_room(struct keepers *keepers, struct keeper **keeper)
{
	struct rlimit limit;
	int result = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (keepers->n_keepers == 0 ||
	    keepers->list[keepers->n_keepers - 1].n_kept + KEEPER_BATCH + FEW_MORE >
		    limit.rlim_cur)
		result = start(keepers);
	if (result == 0)
		*keeper = &keepers->list[keepers->n_keepers - 1];
	return result;
}

static int hand_over(struct keeper *keeper, const int *fds, uint32_t n_fds)
{
	char byte = 1;
	union control control = {.bytes = {0}};
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
	if (sendmsg(keeper->fd, &message, MSG_NOSIGNAL) != 1)
		return -errno;
	if (recv(keeper->fd, &byte, 1, 0) != 1 || byte != 1)
		return -EMFILE;
	keeper->n_kept += n_fds;
	return 0;
}

int keepers_flush(struct keepers *keepers)
{
	struct keeper *keeper = NULL;
	int result = 0;

	if (keepers->n_waiting == 0)
		return 0;
	result = find_room(keepers, &keeper);
	if (result == 0)
		result = hand_over(keeper, keepers->waiting, keepers->n_waiting);
	for (uint32_t i = 0; i < keepers->n_waiting; i++)
		close(keepers->waiting[i]);
	keepers->n_waiting = 0;
	return result;
}

int keepers_park(struct keepers *keepers, int fd)
{
	keepers->waiting[keepers->n_waiting++] = fd;
	return keepers->n_waiting == KEEPER_BATCH ? keepers_flush(keepers) : 0;
}

void keepers_end(struct keepers *keepers)
{
	(void)keepers_flush(keepers);
	for (uint32_t i = 0; i < keepers->n_keepers; i++)
		close(keepers->list[i].fd);
	for (uint32_t i = 0; i < keepers->n_keepers; i++)
		(void)waitpid(keepers->list[i].pid, NULL, 0);
	*keepers = (struct keepers){.n_keepers = 0};
}
