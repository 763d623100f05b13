/* SPDX-License-Identifier: MIT */
/* stun_answer: the server's half. It has no state, asks for no credentials (RFC 8489, 12), and
 * answers what it does not understand as the RFC says. */
#include "core/stun_message.h"

#define UNKNOWN_CLASS  4
#define UNKNOWN_NUMBER 20
#define UNKNOWN_TEXT   "Unknown Attribute" /* with its padding: 20 bytes */

/* A request is no longer than a message, so it has no more attributes. */
#define ATTRIBUTES_IN_MESSAGE ((STUN_MESSAGE_MAX - STUN_HEADER_BYTES) / 4)

struct unknown {
	uint32_t n_types;
	uint16_t types[ATTRIBUTES_IN_MESSAGE];
};

static bool read_request(struct stun_walk *walk, struct unknown *unknown)
{
	struct stun_attribute attribute;
	enum stun_step step;

	while ((step = stun_walk_next(walk, &attribute)) == STUN_ATTRIBUTE)
		if (stun_must_be_known(attribute.type) && !stun_is_known(attribute.type))
			unknown->types[unknown->n_types++] = attribute.type;
	return step == STUN_END;
}

static void write_observed(struct byte_writer *writer, const struct midair_endpoint *observed,
			   const uint8_t *mask)
{
	size_t n_bytes = observed->family == MIDAIR_IPV4 ? 4 : 16;

	bytes_write_16(writer, STUN_XOR_MAPPED_ADDRESS);
	bytes_write_16(writer, (uint32_t)n_bytes + 4);
	bytes_write_8(writer, 0);
	bytes_write_8(writer, n_bytes == 4 ? STUN_FAMILY_IPV4 : STUN_FAMILY_IPV6);
	bytes_write_16(writer, observed->port ^ STUN_COOKIE >> 16);
	for (size_t i = 0; i < n_bytes; i++)
		bytes_write_8(writer, (uint32_t)(observed->address[i] ^ mask[i]));
}

static void write_padding(struct byte_writer *writer, size_t size)
{
	for (; size % 4 != 0; size++)
		bytes_write_8(writer, 0);
}

static void write_unknown(struct byte_writer *writer, const struct unknown *unknown)
{
	size_t text_size = sizeof(UNKNOWN_TEXT) - 1;

	bytes_write_16(writer, STUN_ERROR_CODE);
	bytes_write_16(writer, 4 + (uint32_t)text_size);
	bytes_write_16(writer, 0);
	bytes_write_8(writer, UNKNOWN_CLASS);
	bytes_write_8(writer, UNKNOWN_NUMBER);
	bytes_write(writer, UNKNOWN_TEXT, text_size);
	write_padding(writer, text_size);
	bytes_write_16(writer, STUN_UNKNOWN_ATTRIBUTES);
	bytes_write_16(writer, 2 * unknown->n_types);
	for (uint32_t i = 0; i < unknown->n_types; i++)
		bytes_write_16(writer, unknown->types[i]);
	write_padding(writer, 2 * unknown->n_types);
}

/* The header counts what has been written, and more bytes that are about to be. */
static void set_length(uint8_t *answer, const struct byte_writer *writer, size_t more)
{
	struct byte_writer length = {.at = answer + 2, .n_left = 2};

	bytes_write_16(&length,
		       (uint32_t)((size_t)(writer->at - answer) + more) - STUN_HEADER_BYTES);
}

static void write_fingerprint(struct byte_writer *writer, const uint8_t *answer)
{
	uint32_t fingerprint = stun_fingerprint(answer, (size_t)(writer->at - answer));

	bytes_write_16(writer, STUN_FINGERPRINT);
	bytes_write_16(writer, 4);
	bytes_write_32(writer, fingerprint);
}

size_t stun_answer(const uint8_t *request, size_t size, const struct midair_endpoint *observed,
		   uint8_t answer[STUN_MESSAGE_MAX])
{
	const uint8_t *transaction = request + STUN_HEADER_BYTES - STUN_TRANSACTION_BYTES;
	struct byte_writer writer = {.at = answer, .n_left = STUN_MESSAGE_MAX};
	struct unknown unknown = {0};
	struct stun_walk walk;

	if (!bytes_is_reachable(observed) ||
	    !stun_walk_begin(&walk, STUN_BINDING_REQUEST, request, size) ||
	    !read_request(&walk, &unknown))
		return 0;
	if (unknown.n_types > 0) {
		stun_write_header(&writer, STUN_BINDING_ERROR, transaction);
		write_unknown(&writer, &unknown);
	} else {
		stun_write_header(&writer, STUN_BINDING_SUCCESS, transaction);
		write_observed(&writer, observed, transaction - 4);
	}
	set_length(answer, &writer, walk.has_fingerprint ? 8 : 0);
	if (walk.has_fingerprint)
		write_fingerprint(&writer, answer);
	return writer.has_failed ? 0 : (size_t)(writer.at - answer);
}
