/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "lab/firewall.h"

/* The request, and the kernel's acknowledgement. */
#define MESSAGE_SIZE 256
#define SEQUENCE     1

static int exchange(struct mnl_socket *socket)
{
	char bytes[MESSAGE_SIZE] = {0};
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
	ssize_t n_bytes;

	header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nlmsg_seq = SEQUENCE;
	/* Without a tuple: all of them, of both families. */
	mnl_nlmsg_put_extra_header(header, sizeof(struct nfgenmsg));
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, bytes, header->nlmsg_len) < 0)
		return -errno;
	n_bytes = mnl_socket_recvfrom(socket, bytes, sizeof(bytes));
	if (n_bytes < 0 || mnl_cb_run(bytes, (size_t)n_bytes, SEQUENCE,
				      mnl_socket_get_portid(socket), NULL, NULL) < 0)
		return -errno;
	return 0;
}

int firewall_forget(struct lab_reason *reason)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int error = socket ? exchange(socket) : -errno;

	if (socket)
		mnl_socket_close(socket);
	return error ? lab_fail(reason, -error, "cannot make conntrack forget") : 0;
}
