/* SPDX-License-Identifier: MIT */
/* stun: binding over TCP (RFC 8489: 5, 6, 14.1, 14.2; self-framed by its own length). */
#ifndef MIDAIR_CORE_STUN_H
#define MIDAIR_CORE_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

#define STUN_HEADER_BYTES      20
#define STUN_TRANSACTION_BYTES 12
/* A longer message is refused: a request has few attributes. */
#define STUN_MESSAGE_MAX 512

/* The request. Returns its size (20). */
size_t stun_request(uint8_t bytes[STUN_HEADER_BYTES],
		    const uint8_t transaction[STUN_TRANSACTION_BYTES]);

/* The size of the message that begins here: 0 more bytes are needed to know, -1 not STUN or too
 * long. */
int stun_size(const uint8_t *bytes, size_t size);

/* Server: the answer to a whole message, written to answer; returns its size, 0 when there is
 * nothing to answer (an indication, a response, a broken message). Unknown comprehension-required
 * attributes are answered with error 420 (RFC 8489, 6.3.1); a FINGERPRINT is verified and given
 * back. */
size_t stun_answer(const uint8_t *request, size_t size, const struct midair_endpoint *observed,
		   uint8_t answer[STUN_MESSAGE_MAX]);

/* Client: true when the whole message is the success response to the transaction, with the mapped
 * address (XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS of an RFC 3489 server). */
bool stun_read_answer(const uint8_t *bytes, size_t size,
		      const uint8_t transaction[STUN_TRANSACTION_BYTES],
		      struct midair_endpoint *mapped);

#endif
