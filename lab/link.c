/* SPDX-License-Identifier: MIT */
#include "lab/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Room for the largest request below and the kernel's acknowledgement. */
#define MESSAGE_SIZE 1024

/* 02: locally administered, unicast. */
const uint8_t link_host_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
const uint8_t link_wire_mac[6] = {0x02, 0, 0, 0, 0, 0x02};

struct request {
	union {
		struct nlmsghdr header;
		char bytes[MESSAGE_SIZE];
	};
};

static struct nlmsghdr *request_init(struct request *request, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header;

	memset(request, 0, sizeof(*request));
	header = mnl_nlmsg_put_header(request->bytes);
	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	header->nlmsg_seq = (uint32_t)time(NULL);
	return header;
}

static int exchange(struct mnl_socket *socket, struct request *request)
{
	uint32_t sequence = request->header.nlmsg_seq;
	ssize_t n_bytes;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (mnl_socket_sendto(socket, request, request->header.nlmsg_len) < 0)
		return -errno;
	n_bytes = mnl_socket_recvfrom(socket, request->bytes, sizeof(request->bytes));
	if (n_bytes < 0)
		return -errno;
	if (mnl_cb_run(request->bytes, (size_t)n_bytes, sequence, mnl_socket_get_portid(socket),
		       NULL, NULL) < 0)
		return -errno;
	return 0;
}

static int request_send(struct request *request)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int error;

	if (!socket)
		return -errno;
	error = exchange(socket, request);
	mnl_socket_close(socket);
	return error;
}

static void put_end(struct nlmsghdr *header, const struct link_end *end)
{
	mnl_attr_put_strz(header, IFLA_IFNAME, end->name);
	mnl_attr_put(header, IFLA_ADDRESS, sizeof(end->mac), end->mac);
	mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)end->namespace_fd);
}

int link_pair_new(const struct link_end *one, const struct link_end *other,
		  struct lab_reason *reason)
{
	struct request request;
	struct nlmsghdr *header =
		request_init(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data, *peer;
	int error;

	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	put_end(header, one);
	info = mnl_attr_nest_start(header, IFLA_LINKINFO);
	mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	put_end(header, other);
	mnl_attr_nest_end(header, peer);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, info);
	error = request_send(&request);
	if (error)
		return lab_fail(reason, -error, "cannot make the veth pair %s - %s", one->name,
				other->name);
	return 0;
}

static void put_no_link_local(struct nlmsghdr *header)
{
	struct nlattr *spec = mnl_attr_nest_start(header, IFLA_AF_SPEC);
	struct nlattr *ipv6 = mnl_attr_nest_start(header, AF_INET6);

	/* Without a link-local address the kernel sends no router solicitations. */
	mnl_attr_put_u8(header, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(header, ipv6);
	mnl_attr_nest_end(header, spec);
}

static int find_index(const char *name, unsigned int *index, struct lab_reason *reason)
{
	*index = if_nametoindex(name);
	if (*index == 0)
		return lab_fail(reason, errno, "no interface %s", name);
	return 0;
}

int link_up(const char *name, unsigned int flags, struct lab_reason *reason)
{
	struct request request;
	struct nlmsghdr *header = request_init(&request, RTM_NEWLINK, 0);
	struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	unsigned int index;
	int error = find_index(name, &index, reason);

	if (error)
		return error;
	message->ifi_index = (int)index;
	message->ifi_flags = IFF_UP | (flags & LINK_NO_ARP ? IFF_NOARP : 0u);
	message->ifi_change = message->ifi_flags;
	if (flags & LINK_NO_ARP)
		put_no_link_local(header);
	error = request_send(&request);
	return error ? lab_fail(reason, -error, "cannot set %s up", name) : 0;
}

static void put_address(struct nlmsghdr *header, uint16_t type,
			const struct midair_endpoint *endpoint)
{
	mnl_attr_put(header, type, endpoint->family == MIDAIR_IPV6 ? 16 : 4, endpoint->address);
}

static uint8_t address_family(const struct midair_endpoint *endpoint)
{
	return endpoint->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
}

int link_add_address(const char *name, const struct midair_endpoint *address, uint8_t prefix,
		     struct lab_reason *reason)
{
	struct request request;
	struct nlmsghdr *header =
		request_init(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	unsigned int index;
	int error = find_index(name, &index, reason);

	if (error)
		return error;
	message->ifa_family = address_family(address);
	message->ifa_prefixlen = prefix;
	message->ifa_flags = address->family == MIDAIR_IPV6 ? IFA_F_NODAD : 0;
	message->ifa_index = index;
	put_address(header, IFA_LOCAL, address);
	put_address(header, IFA_ADDRESS, address);
	error = request_send(&request);
	return error ? lab_fail(reason, -error, "cannot add an address to %s", name) : 0;
}

int link_add_gateway(const char *name, const struct midair_endpoint *gateway,
		     struct lab_reason *reason)
{
	struct request request;
	struct nlmsghdr *header =
		request_init(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	unsigned int index;
	int error = find_index(name, &index, reason);

	if (error)
		return error;
	message->rtm_family = address_family(gateway);
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_BOOT;
	message->rtm_scope = RT_SCOPE_UNIVERSE;
	message->rtm_type = RTN_UNICAST;
	message->rtm_flags = RTNH_F_ONLINK;
	put_address(header, RTA_GATEWAY, gateway);
	mnl_attr_put_u32(header, RTA_OIF, index);
	error = request_send(&request);
	return error ? lab_fail(reason, -error, "cannot add a gateway by %s", name) : 0;
}

static int put_route(const char *name, const struct midair_endpoint *destination,
		     uint8_t prefix, uint16_t flags, struct lab_reason *reason)
{
	struct request request;
	struct nlmsghdr *header = request_init(&request, RTM_NEWROUTE, NLM_F_CREATE | flags);
	struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	unsigned int index;
	int error = find_index(name, &index, reason);

	if (error)
		return error;
	message->rtm_family = address_family(destination);
	message->rtm_dst_len = prefix;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_BOOT;
	message->rtm_scope =
		destination->family == MIDAIR_IPV6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	message->rtm_type = RTN_UNICAST;
	if (prefix > 0)
		put_address(header, RTA_DST, destination);
	mnl_attr_put_u32(header, RTA_OIF, index);
	error = request_send(&request);
	return error ? lab_fail(reason, -error, "cannot add a route by %s", name) : 0;
}

int link_add_route(const char *name, const struct midair_endpoint *destination, uint8_t prefix,
		   struct lab_reason *reason)
{
	return put_route(name, destination, prefix, NLM_F_EXCL, reason);
}

int link_change_route(const char *name, const struct midair_endpoint *destination,
		      uint8_t prefix, struct lab_reason *reason)
{
	return put_route(name, destination, prefix, NLM_F_REPLACE, reason);
}
