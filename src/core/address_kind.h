/* SPDX-License-Identifier: MIT */
/* address_kind: from where an address can be reached. The one list of ranges in core. */
#ifndef MIDAIR_CORE_ADDRESS_KIND_H
#define MIDAIR_CORE_ADDRESS_KIND_H

#include "midair/midair.h"

enum address_kind {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* RFC 1918, RFC 6598, RFC 4193 */
	ADDRESS_LINK,	 /* RFC 3927, RFC 4291 2.5.6 */
	ADDRESS_LOOPBACK,
	/* No single host: unspecified, broadcast, multicast, reserved, documentation is not among
	 * them, because labs use it. */
	ADDRESS_NO_HOST,
};

enum address_kind address_kind(const struct midair_endpoint *endpoint);

/* 100.64.0.0/10 (RFC 6598), which is PRIVATE: between a carrier's NAT and its customers' own ones,
 * so that who is there need not be on our network. */
bool address_is_of_carrier(const struct midair_endpoint *endpoint);

/* Both are PRIVATE, and of one block: of RFC 1918 or RFC 6598, or one site's /48 (RFC 4193, 3.1). */
bool address_is_same_private_range(const struct midair_endpoint *a,
				   const struct midair_endpoint *b);

bool address_has_prefix(const uint8_t *address, const uint8_t *prefix, uint32_t bits);

#endif
