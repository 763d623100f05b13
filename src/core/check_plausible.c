/* SPDX-License-Identifier: MIT */
/* check_plausible: what a server may make us dial. */
#include "core/address_kind.h"
#include "core/check.h"

bool check_is_loopback(const struct midair_endpoint *endpoint)
{
	return address_kind(endpoint) == ADDRESS_LOOPBACK;
}

bool check_is_plausible(const struct midair_endpoint *server,
			const struct midair_endpoint *other)
{
	return other->family == server->family && other->port != 0 &&
	       (address_kind(other) == ADDRESS_PUBLIC ||
		address_kind(other) == address_kind(server));
}
