/* SPDX-License-Identifier: MIT */
#include "lab/wire_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "os/cleanup.h"

/* A stamp that claims to be older is not believed. */
#define AGE_MAX_NS INT64_C(20000000)
/* Room for a burst; the kernel halves it when it may not give as much. */
#define RECEIVE_BUFFER_BYTES (4 << 20)

static int set_options(int fd)
{
	const int on = 1;
	const int bytes = RECEIVE_BUFFER_BYTES;

	/* The kernel's own stamp of arrival takes our waking up out of the delays. */
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
		return -errno;
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return 0;
}

int wire_port_open(const char *interface, struct lab_reason *reason)
{
	/* Protocol 0: nothing is received before bind() names the interface. */
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int error;

	if (fd < 0)
		return lab_fail(reason, errno, "cannot open a packet socket");
	if (address.sll_ifindex == 0)
		return lab_fail(reason, errno, "no interface %s", interface);
	error = set_options(fd);
	if (error)
		return lab_fail(reason, -error, "cannot set up a packet socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return lab_fail(reason, errno, "cannot bind a packet socket to %s", interface);
	return take_fd(&fd);
}

static uint64_t age_of(struct msghdr *message)
{
	struct timespec stamp, now;
	int64_t age_ns;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		clock_gettime(CLOCK_REALTIME, &now);
		age_ns = (now.tv_sec - stamp.tv_sec) * INT64_C(1000000000) +
			 (now.tv_nsec - stamp.tv_nsec);
		return age_ns > 0 && age_ns < AGE_MAX_NS ? (uint64_t)age_ns : 0;
	}
	return 0;
}

ssize_t wire_port_receive(int fd, void *frame, size_t size, uint64_t *age_ns)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec vector = {.iov_base = frame, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n_bytes = recvmsg(fd, &message, MSG_DONTWAIT);

	if (n_bytes < 0)
		return -errno;
	*age_ns = age_of(&message);
	return n_bytes;
}

int wire_port_send(int fd, const void *frame, size_t n_bytes)
{
	return send(fd, frame, n_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
