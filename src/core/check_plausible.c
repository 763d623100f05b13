/* SPDX-License-Identifier: MIT */
/* check_plausible: what a server may make us dial. */
#include <string.h>

#include "core/check.h"

/* From where an address can be reached, coarsely. */
enum kind { KIND_GLOBAL, KIND_PRIVATE, KIND_LINK, KIND_LOOPBACK };

static enum kind kind_of_ipv4(const uint8_t *address)
{
	if (address[0] == 127)
		return KIND_LOOPBACK;
	if (address[0] == 169 && address[1] == 254)
		return KIND_LINK;
	/* RFC 1918, and RFC 6598's space between a carrier's NAT and its customers. */
	if (address[0] == 10 || (address[0] == 172 && (address[1] & 0xf0) == 16) ||
	    (address[0] == 192 && address[1] == 168) ||
	    (address[0] == 100 && (address[1] & 0xc0) == 64))
		return KIND_PRIVATE;
	return KIND_GLOBAL;
}

static enum kind kind_of(const struct midair_endpoint *endpoint)
{
	static const uint8_t loopback[16] = {[15] = 1};
	const uint8_t *address = endpoint->address;

	if (endpoint->family == MIDAIR_IPV4)
		return kind_of_ipv4(address);
	if (memcmp(address, loopback, sizeof(loopback)) == 0)
		return KIND_LOOPBACK;
	if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
		return KIND_LINK;
	return (address[0] & 0xfe) == 0xfc ? KIND_PRIVATE : KIND_GLOBAL;
}

bool check_is_loopback(const struct midair_endpoint *endpoint)
{
	return kind_of(endpoint) == KIND_LOOPBACK;
}

bool check_is_plausible(const struct midair_endpoint *server,
			const struct midair_endpoint *other)
{
	return other->family == server->family && other->port != 0 &&
	       (kind_of(other) == KIND_GLOBAL || kind_of(other) == kind_of(server));
}
