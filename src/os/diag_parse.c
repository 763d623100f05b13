/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "core/endpoint.h"
#include "os/diag.h"

/* fe80::/10: the only addresses whose meaning depends on the interface. */
static bool is_link_local(const void *address)
{
	const uint8_t *bytes = address;

	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static struct midair_endpoint parse_endpoint(uint8_t family, const void *address, uint16_t port,
					     uint32_t interface)
{
	struct midair_endpoint endpoint = {
		.family = family == AF_INET ? MIDAIR_IPV4 : MIDAIR_IPV6,
		.port = ntohs(port),
	};

	memcpy(endpoint.address, address, family == AF_INET ? 4 : 16);
	if (family == AF_INET6 && is_link_local(address))
		endpoint.scope_id = interface;
	endpoint_unmap(&endpoint);
	return endpoint;
}

/*
 * A bound socket that neither connects nor listens is TCP_CLOSE to the kernel, and no other
 * closed socket is in a table that sock_diag walks.
 */
static int parse_state(enum midair_tcp_state *state, uint8_t value)
{
	if (value < MIDAIR_TCP_ESTABLISHED || value > MIDAIR_TCP_BOUND_INACTIVE)
		return MIDAIR_E_SYNTAX;
	*state = value == MIDAIR_TCP_CLOSE ? MIDAIR_TCP_BOUND_INACTIVE
					   : (enum midair_tcp_state)value;
	return 0;
}

static int parse_message(const struct inet_diag_msg *message, struct midair_row *row)
{
	const struct inet_diag_sockid *id = &message->id;
	struct midair_row parsed = {
		.receive_queue_bytes = message->idiag_rqueue,
		.send_queue_bytes = message->idiag_wqueue,
		.uid = message->idiag_uid,
		.inode = message->idiag_inode,
		.cookie = (uint64_t)id->idiag_cookie[1] << 32 | id->idiag_cookie[0],
	};

	if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6)
		return MIDAIR_E_UNSUPPORTED;
	int result = parse_state(&parsed.state, message->idiag_state);
	if (result != 0)
		return result;
	parsed.local = parse_endpoint(message->idiag_family, id->idiag_src, id->idiag_sport,
				      id->idiag_if);
	parsed.remote = parse_endpoint(message->idiag_family, id->idiag_dst, id->idiag_dport,
				       id->idiag_if);
	/* For a listener the kernel puts the limit of its backlog here: no bytes wait in it. */
	if (parsed.state == MIDAIR_TCP_LISTEN)
		parsed.send_queue_bytes = 0;
	*row = parsed;
	return 0;
}

int diag_parse_row(const void *message, size_t n_bytes, struct midair_row *row)
{
	struct nlmsghdr header;
	struct inet_diag_msg body;

	/* Copied out: the bytes need not be aligned. */
	if (n_bytes < sizeof(header))
		return MIDAIR_E_SYNTAX;
	memcpy(&header, message, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > n_bytes)
		return MIDAIR_E_SYNTAX;
	if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return MIDAIR_E_UNSUPPORTED;
	if (header.nlmsg_len < NLMSG_LENGTH(sizeof(body)))
		return MIDAIR_E_SYNTAX;
	memcpy(&body, (const char *)message + NLMSG_HDRLEN, sizeof(body));
	return parse_message(&body, row);
}

bool diag_is_pair(const struct midair_row *row, const struct midair_endpoint *local,
		  const struct midair_endpoint *remote)
{
	if (!midair_endpoint_equal(&row->local, local))
		return false;
	if (remote->port == 0)
		return row->remote.port == 0 && row->state == MIDAIR_TCP_LISTEN;
	return midair_endpoint_equal(&row->remote, remote);
}
