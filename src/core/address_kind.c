/* SPDX-License-Identifier: MIT */
#include "core/address_kind.h"

#include <string.h>

bool address_has_prefix(const uint8_t *address, const uint8_t *prefix, uint32_t bits)
{
	uint32_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	return memcmp(address, prefix, whole) == 0 &&
	       (bits % 8 == 0 || ((address[whole] ^ prefix[whole]) & mask) == 0);
}

struct range {
	uint8_t prefix[16];
	uint8_t bits;
	enum address_kind kind;
};

/* RFC 6890 and its updates; what is not listed is public. */
static const struct range ranges4[] = {
	{{0}, 8, ADDRESS_NO_HOST},	   {{10}, 8, ADDRESS_PRIVATE},
	{{100, 64}, 10, ADDRESS_PRIVATE},  {{127}, 8, ADDRESS_LOOPBACK},
	{{169, 254}, 16, ADDRESS_LINK},	   {{172, 16}, 12, ADDRESS_PRIVATE},
	{{192, 168}, 16, ADDRESS_PRIVATE}, {{224}, 3, ADDRESS_NO_HOST},
};

static const struct range ranges6[] = {
	{{[15] = 1}, 128, ADDRESS_LOOPBACK},
	{{0}, 128, ADDRESS_NO_HOST},
	/* IPv4 in disguise is not ours to send to: the stack would send IPv4. */
	{{[10] = 0xff, [11] = 0xff}, 96, ADDRESS_NO_HOST},
	{{0}, 96, ADDRESS_NO_HOST},
	{{0xfc}, 7, ADDRESS_PRIVATE},
	{{0xfe, 0x80}, 10, ADDRESS_LINK},
	{{0xfe, 0xc0}, 10, ADDRESS_PRIVATE},
	{{0xff}, 8, ADDRESS_NO_HOST},
};

static const struct range public_range = {{0}, 0, ADDRESS_PUBLIC};

static const struct range *find_range(const struct range *ranges, size_t n_ranges,
				      const uint8_t *address)
{
	for (size_t i = 0; i < n_ranges; i++)
		if (address_has_prefix(address, ranges[i].prefix, ranges[i].bits))
			return &ranges[i];
	return &public_range;
}

/* NULL: of no family. */
static const struct range *range_of(const struct midair_endpoint *endpoint)
{
	if (endpoint->family == MIDAIR_IPV4)
		return find_range(ranges4, sizeof(ranges4) / sizeof(ranges4[0]),
				  endpoint->address);
	if (endpoint->family == MIDAIR_IPV6)
		return find_range(ranges6, sizeof(ranges6) / sizeof(ranges6[0]),
				  endpoint->address);
	return NULL;
}

enum address_kind address_kind(const struct midair_endpoint *endpoint)
{
	const struct range *range = range_of(endpoint);

	return range != NULL ? range->kind : ADDRESS_NO_HOST;
}

bool address_is_same_private_range(const struct midair_endpoint *a,
				   const struct midair_endpoint *b)
{
	const struct range *range = range_of(a);

	if (range == NULL || range->kind != ADDRESS_PRIVATE || range_of(b) != range)
		return false;
	return a->family == MIDAIR_IPV4 || address_has_prefix(a->address, b->address, 48);
}

bool address_is_of_carrier(const struct midair_endpoint *endpoint)
{
	static const uint8_t shared[] = {100, 64};

	return endpoint->family == MIDAIR_IPV4 &&
	       address_has_prefix(endpoint->address, shared, 10);
}
