/* SPDX-License-Identifier: MIT */
#include "core/greeting.h"

#include <string.h>

#include "core/bytes.h"

void greeting_encode(const struct greeting *greeting, uint8_t bytes[GREETING_BYTES])
{
	struct byte_writer writer = {.at = bytes, .n_left = GREETING_BYTES};

	bytes_write_32(&writer, GREETING_MAGIC);
	bytes_write_8(&writer, GREETING_VERSION);
	bytes_write_8(&writer, GREETING_VERSION);
	bytes_write_8(&writer, greeting->flags);
	bytes_write_8(&writer, 0);
	bytes_write(&writer, greeting->nonce, GREETING_NONCE_BYTES);
	bytes_write(&writer, greeting->share_a, GREETING_SHARE_BYTES);
	bytes_write(&writer, greeting->share_b, GREETING_SHARE_BYTES);
}

bool greeting_is_plausible(const uint8_t *bytes, size_t size)
{
	const uint8_t magic[] = {GREETING_MAGIC >> 24, GREETING_MAGIC >> 16 & 0xff,
				 GREETING_MAGIC >> 8 & 0xff, GREETING_MAGIC & 0xff};
	size_t n = size < sizeof(magic) ? size : sizeof(magic);

	return n == 0 || memcmp(bytes, magic, n) == 0;
}

/* SEC 1, 2.3.3: a compressed point. Whether it lies on the curve is SPAKE2's to find out. */
static bool is_compressed(const uint8_t share[GREETING_SHARE_BYTES])
{
	return share[0] == 2 || share[0] == 3;
}

int greeting_decode(struct greeting *greeting, const uint8_t bytes[GREETING_BYTES])
{
	struct byte_reader reader = {.at = bytes, .n_left = GREETING_BYTES};
	struct greeting read = {.flags = 0};
	uint8_t lowest, highest;

	if (bytes_read_32(&reader) != GREETING_MAGIC)
		return MIDAIR_E_PROTOCOL;
	lowest = bytes_read_8(&reader);
	highest = bytes_read_8(&reader);
	if (lowest > highest)
		return MIDAIR_E_PROTOCOL;
	if (lowest > GREETING_VERSION || highest < GREETING_VERSION)
		return MIDAIR_E_VERSION;
	read.flags = bytes_read_8(&reader);
	if ((read.flags & ~GREETING_PLAIN) != 0 || bytes_read_8(&reader) != 0)
		return MIDAIR_E_PROTOCOL;
	bytes_read(&reader, read.nonce, GREETING_NONCE_BYTES);
	bytes_read(&reader, read.share_a, GREETING_SHARE_BYTES);
	bytes_read(&reader, read.share_b, GREETING_SHARE_BYTES);
	if (!bytes_is_done(&reader) || !is_compressed(read.share_a) ||
	    !is_compressed(read.share_b))
		return MIDAIR_E_PROTOCOL;
	*greeting = read;
	return 0;
}

enum midair_role greeting_role(const struct greeting *ours, const struct greeting *theirs)
{
	int order = memcmp(ours->nonce, theirs->nonce, GREETING_NONCE_BYTES);

	if (order == 0)
		return MIDAIR_ROLE_NONE;
	return order > 0 ? MIDAIR_ROLE_A : MIDAIR_ROLE_B;
}
