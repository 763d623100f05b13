/* SPDX-License-Identifier: MIT */
/* stun: the client's half. */
#include "core/stun.h"

#include <string.h>

#include "core/endpoint.h"
#include "core/stun_message.h"

size_t stun_request(uint8_t bytes[STUN_HEADER_BYTES],
		    const uint8_t transaction[STUN_TRANSACTION_BYTES])
{
	struct byte_writer writer = {.at = bytes, .n_left = STUN_HEADER_BYTES};

	stun_write_header(&writer, STUN_BINDING_REQUEST, transaction);
	return STUN_HEADER_BYTES;
}

/* RFC 3489's servers send SOURCE-ADDRESS and the like, which RFC 8489 does not know any more. */
static bool is_acceptable(uint32_t type)
{
	return !stun_must_be_known(type) || stun_is_known(type) ||
	       (type >= STUN_MAPPED_ADDRESS && type <= STUN_REFLECTED_FROM);
}

/* mask: what the address is hidden with, so that no NAT "corrects" it on its way (RFC 8489, 14.2):
 * the cookie and the transaction; NULL for MAPPED-ADDRESS. */
static bool read_address(const struct stun_attribute *attribute, const uint8_t *mask,
			 struct midair_endpoint *mapped)
{
	struct byte_reader reader = {.at = attribute->value, .n_left = attribute->size};
	struct midair_endpoint read = {0};
	uint32_t family;
	size_t n_bytes;

	bytes_read_8(&reader);
	family = bytes_read_8(&reader);
	read.port = bytes_read_16(&reader);
	n_bytes = family == STUN_FAMILY_IPV4 ? 4 : 16;
	read.family = family == STUN_FAMILY_IPV4 ? MIDAIR_IPV4 : MIDAIR_IPV6;
	bytes_read(&reader, read.address, n_bytes);
	if (!bytes_is_done(&reader) ||
	    (family != STUN_FAMILY_IPV4 && family != STUN_FAMILY_IPV6))
		return false;
	if (mask) {
		read.port = (uint16_t)(read.port ^ (mask[0] << 8 | mask[1]));
		for (size_t i = 0; i < n_bytes; i++)
			read.address[i] ^= mask[i];
	}
	endpoint_unmap(&read);
	*mapped = read;
	return bytes_is_reachable(mapped);
}

/* The first of each kind counts, and the hidden one more than the other. */
struct found {
	struct midair_endpoint plain;
	struct midair_endpoint hidden;
};

static bool take_attribute(struct found *found, const struct stun_attribute *attribute,
			   const uint8_t *mask)
{
	if (!is_acceptable(attribute->type))
		return false;
	if (attribute->type == STUN_XOR_MAPPED_ADDRESS && found->hidden.family == 0)
		return read_address(attribute, mask, &found->hidden);
	if (attribute->type == STUN_MAPPED_ADDRESS && found->plain.family == 0)
		return read_address(attribute, NULL, &found->plain);
	return true;
}

bool stun_read_answer(const uint8_t *bytes, size_t size,
		      const uint8_t transaction[STUN_TRANSACTION_BYTES],
		      struct midair_endpoint *mapped)
{
	const size_t transaction_at = STUN_HEADER_BYTES - STUN_TRANSACTION_BYTES;
	struct found found = {0};
	struct stun_attribute attribute;
	struct stun_walk walk;
	enum stun_step step;

	if (!stun_walk_begin(&walk, STUN_BINDING_SUCCESS, bytes, size) ||
	    memcmp(bytes + transaction_at, transaction, STUN_TRANSACTION_BYTES) != 0)
		return false;
	while ((step = stun_walk_next(&walk, &attribute)) == STUN_ATTRIBUTE)
		if (!take_attribute(&found, &attribute, bytes + transaction_at - 4))
			return false;
	if (found.hidden.family == 0)
		found.hidden = found.plain;
	if (step == STUN_BROKEN || found.hidden.family == 0)
		return false;
	*mapped = found.hidden;
	return true;
}
