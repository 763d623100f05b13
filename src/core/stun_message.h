/* SPDX-License-Identifier: MIT */
/* stun_message: header, attributes and FINGERPRINT of a STUN message. Shared by stun*.c only. */
#ifndef MIDAIR_CORE_STUN_MESSAGE_H
#define MIDAIR_CORE_STUN_MESSAGE_H

#include "core/bytes.h"
#include "core/stun.h"

#define STUN_COOKIE UINT32_C(0x2112a442)

/* Binding (method 1) in its classes (RFC 8489, 5). */
#define STUN_BINDING_REQUEST 0x0001
#define STUN_BINDING_SUCCESS 0x0101
#define STUN_BINDING_ERROR   0x0111

/* RFC 8489, 18.3; those of RFC 3489 that old servers still send are 0x0002 to 0x0007 and 0x000b */
#define STUN_MAPPED_ADDRESS	      0x0001
#define STUN_USERNAME		      0x0006
#define STUN_MESSAGE_INTEGRITY	      0x0008
#define STUN_ERROR_CODE		      0x0009
#define STUN_UNKNOWN_ATTRIBUTES	      0x000a
#define STUN_REFLECTED_FROM	      0x000b
#define STUN_REALM		      0x0014
#define STUN_NONCE		      0x0015
#define STUN_MESSAGE_INTEGRITY_SHA256 0x001c
#define STUN_PASSWORD_ALGORITHM	      0x001d
#define STUN_USERHASH		      0x001e
#define STUN_XOR_MAPPED_ADDRESS	      0x0020
#define STUN_FINGERPRINT	      0x8028

#define STUN_FAMILY_IPV4 1
#define STUN_FAMILY_IPV6 2

struct stun_attribute {
	uint16_t type;
	uint16_t size;
	const uint8_t *value;
};

/* The attributes of a message, one after the other. */
struct stun_walk {
	const uint8_t *message;
	size_t size;
	struct byte_reader reader;
	bool is_past_integrity;
	bool has_fingerprint; /* and it was right */
};

enum stun_step { STUN_ATTRIBUTE, STUN_END, STUN_BROKEN };

/* False when these bytes are not exactly one message of this type. */
bool stun_walk_begin(struct stun_walk *walk, uint32_t type, const uint8_t *bytes, size_t size);
enum stun_step stun_walk_next(struct stun_walk *walk, struct stun_attribute *attribute);

/* Below 0x8000 are those that whoever does not know them must not pass over (RFC 8489, 14). */
bool stun_must_be_known(uint32_t type);
/* Whether RFC 8489 says what it means. */
bool stun_is_known(uint32_t type);

void stun_write_header(struct byte_writer *writer, uint32_t type,
		       const uint8_t transaction[STUN_TRANSACTION_BYTES]);
/* The value of FINGERPRINT behind these bytes, whose header counts it already. */
uint32_t stun_fingerprint(const uint8_t *bytes, size_t size);

#endif
