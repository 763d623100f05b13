/* SPDX-License-Identifier: MIT */
#include "core/stun_message.h"

#define FINGERPRINT_XOR	  UINT32_C(0x5354554e)
#define FINGERPRINT_BYTES 8
/* The polynomial of ISO 3309, bits reversed. */
#define CRC_POLYNOMIAL UINT32_C(0xedb88320)

/* Bit by bit: a message has some hundred bytes, and few have a FINGERPRINT. */
static uint32_t crc_32(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
	}
	return ~crc;
}

uint32_t stun_fingerprint(const uint8_t *bytes, size_t size)
{
	return crc_32(bytes, size) ^ FINGERPRINT_XOR;
}

int stun_size(const uint8_t *bytes, size_t size)
{
	struct byte_reader reader = {.at = bytes, .n_left = size};
	uint32_t type;
	uint32_t length;

	if (size >= 1 && bytes[0] >> 6 != 0)
		return -1;
	type = bytes_read_16(&reader);
	length = bytes_read_16(&reader);
	if (reader.has_failed)
		return 0;
	if (type >> 14 != 0 || length % 4 != 0 || STUN_HEADER_BYTES + length > STUN_MESSAGE_MAX)
		return -1;
	if (reader.n_left < 4)
		return 0;
	if (bytes_read_32(&reader) != STUN_COOKIE)
		return -1;
	return (int)(STUN_HEADER_BYTES + length);
}

bool stun_walk_begin(struct stun_walk *walk, uint32_t type, const uint8_t *bytes, size_t size)
{
	if (size < STUN_HEADER_BYTES || stun_size(bytes, size) != (int)size)
		return false;
	*walk = (struct stun_walk){
		.message = bytes,
		.size = size,
		.reader = {.at = bytes, .n_left = size},
	};
	if (bytes_read_16(&walk->reader) != type)
		return false;
	bytes_take(&walk->reader, STUN_HEADER_BYTES - 2);
	return true;
}

/* It must be the last one (RFC 8489, 14.7). */
static bool check_fingerprint(struct stun_walk *walk, const struct stun_attribute *attribute)
{
	struct byte_reader value = {.at = attribute->value, .n_left = attribute->size};
	uint32_t expected = stun_fingerprint(walk->message, walk->size - FINGERPRINT_BYTES);

	walk->has_fingerprint = bytes_read_32(&value) == expected && bytes_is_done(&value) &&
				bytes_is_done(&walk->reader);
	return walk->has_fingerprint;
}

static bool read_attribute(struct byte_reader *reader, struct stun_attribute *attribute)
{
	attribute->type = bytes_read_16(reader);
	attribute->size = bytes_read_16(reader);
	attribute->value = bytes_take(reader, attribute->size);
	/* Each begins at a multiple of four; what fills the gap may be anything. */
	bytes_take(reader, (4u - attribute->size % 4u) % 4u);
	return !reader->has_failed;
}

static bool is_integrity(uint32_t type)
{
	return type == STUN_MESSAGE_INTEGRITY || type == STUN_MESSAGE_INTEGRITY_SHA256;
}

/* An HMAC-SHA1, or an HMAC-SHA256 that may be cut short (RFC 8489, 14.5 and 14.6). */
static bool is_integrity_size(const struct stun_attribute *attribute)
{
	if (attribute->type == STUN_MESSAGE_INTEGRITY)
		return attribute->size == 20;
	return attribute->size >= 16 && attribute->size <= 32 && attribute->size % 4 == 0;
}

enum stun_step stun_walk_next(struct stun_walk *walk, struct stun_attribute *attribute)
{
	while (walk->reader.n_left > 0) {
		if (!read_attribute(&walk->reader, attribute))
			return STUN_BROKEN;
		if (attribute->type == STUN_FINGERPRINT) {
			if (!check_fingerprint(walk, attribute))
				return STUN_BROKEN;
		} else if (is_integrity(attribute->type)) {
			if (!is_integrity_size(attribute))
				return STUN_BROKEN;
			walk->is_past_integrity = true;
		} else if (!walk->is_past_integrity) {
			/* What follows the integrity is not covered by it: RFC 8489, 14.5 */
			return STUN_ATTRIBUTE;
		}
	}
	return STUN_END;
}

bool stun_must_be_known(uint32_t type)
{
	return type < 0x8000;
}

bool stun_is_known(uint32_t type)
{
	switch (type) {
	case STUN_MAPPED_ADDRESS:
	case STUN_USERNAME:
	case STUN_MESSAGE_INTEGRITY:
	case STUN_ERROR_CODE:
	case STUN_UNKNOWN_ATTRIBUTES:
	case STUN_REALM:
	case STUN_NONCE:
	case STUN_MESSAGE_INTEGRITY_SHA256:
	case STUN_PASSWORD_ALGORITHM:
	case STUN_USERHASH:
	case STUN_XOR_MAPPED_ADDRESS:
		return true;
	default:
		return false;
	}
}

void stun_write_header(struct byte_writer *writer, uint32_t type,
		       const uint8_t transaction[STUN_TRANSACTION_BYTES])
{
	bytes_write_16(writer, type);
	bytes_write_16(writer, 0);
	bytes_write_32(writer, STUN_COOKIE);
	bytes_write(writer, transaction, STUN_TRANSACTION_BYTES);
}
