/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>

#include "core/endpoint.h"
#include "os/diag.h"

/* Of an attribute; the kernel's macros for it mix signed and unsigned. */
#define HEADER_SIZE sizeof(struct nlattr)
#define ALIGNMENT   ((size_t)4)

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

static enum midair_timer parse_timer(uint8_t value)
{
	return value <= MIDAIR_TIMER_PROBE ? (enum midair_timer)value : MIDAIR_TIMER_NONE;
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
		.timer = parse_timer(message->idiag_timer),
	};

	if (parsed.timer != MIDAIR_TIMER_NONE)
		parsed.timer_ms = message->idiag_expires;
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

/* An older kernel's TCP_INFO is shorter: what it lacks is zero. */
static void parse_facts(const void *data, size_t n_bytes, struct midair_row *row)
{
	struct tcp_info info;

	memset(&info, 0, sizeof(info));
	memcpy(&info, data, n_bytes < sizeof(info) ? n_bytes : sizeof(info));
	row->has_facts = true;
	row->facts = (struct midair_tcp_facts){
		.round_trip_us = info.tcpi_rtt,
		.round_trip_variation_us = info.tcpi_rttvar,
		.round_trip_min_us = info.tcpi_min_rtt,
		.congestion_window = info.tcpi_snd_cwnd,
		.segment_bytes = info.tcpi_snd_mss,
		.n_retransmitted = info.tcpi_total_retrans,
		.bytes_sent = info.tcpi_bytes_sent,
		.bytes_acknowledged = info.tcpi_bytes_acked,
		.bytes_received = info.tcpi_bytes_received,
	};
}

static bool has_connection(const struct midair_row *row)
{
	return row->state != MIDAIR_TCP_LISTEN && row->state != MIDAIR_TCP_BOUND_INACTIVE;
}

/* The attributes behind the fixed part. One that does not fit ends the reading: the row is right
 * all the same. */
static void parse_attributes(const char *data, size_t n_bytes, struct midair_row *row)
{
	struct nlattr attribute;

	while (n_bytes >= HEADER_SIZE) {
		memcpy(&attribute, data, sizeof(attribute));
		if (attribute.nla_len < HEADER_SIZE || attribute.nla_len > n_bytes)
			return;
		if (attribute.nla_type == INET_DIAG_INFO && has_connection(row))
			parse_facts(data + HEADER_SIZE, attribute.nla_len - HEADER_SIZE, row);
		if (attribute.nla_type == INET_DIAG_SKV6ONLY && attribute.nla_len > HEADER_SIZE)
			row->is_ipv6_only = data[HEADER_SIZE] != 0;
		size_t n_taken =
			((size_t)attribute.nla_len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		if (n_taken > n_bytes)
			return;
		data += n_taken;
		n_bytes -= n_taken;
	}
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
	int result = parse_message(&body, row);
	if (result != 0)
		return result;
	size_t n_fixed = NLMSG_SPACE(sizeof(body));
	if (header.nlmsg_len > n_fixed)
		parse_attributes((const char *)message + n_fixed, header.nlmsg_len - n_fixed,
				 row);
	return 0;
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
