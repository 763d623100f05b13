/* SPDX-License-Identifier: MIT */
#include "os/queue_position.h"

/* Not netinet/tcp.h: its struct tcp_info lacks newer fields. */
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TRIES 4
/* Of the kernel's states (include/net/tcp_states.h): there is no connection any more. */
#define STATE_CLOSE 7

static int read_acknowledged(int fd, uint64_t *bytes)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return -errno;
	if (info.tcpi_state == STATE_CLOSE)
		return -ECONNRESET;
	*bytes = info.tcpi_bytes_acked;
	return 0;
}

/* The kernel has no single number for it: acknowledged (tcpi_bytes_acked, Linux 4.1) and not yet
 * acknowledged (SIOCOUTQ) are asked for one after the other. */
int queue_position(int fd, uint64_t *position, bool *is_exact)
{
	uint64_t before = 0, after = 0;
	int n_waiting = 0;
	int result = read_acknowledged(fd, &before);

	for (int i = 0; i < TRIES && result == 0; i++) {
		if (i > 0)
			before = after;
		if (ioctl(fd, SIOCOUTQ, &n_waiting) < 0)
			return -errno;
		result = read_acknowledged(fd, &after);
		if (before == after)
			break;
	}
	if (result < 0)
		return result;
	*position = before + (uint64_t)n_waiting;
	if (is_exact != NULL)
		*is_exact = before == after;
	return 0;
}
