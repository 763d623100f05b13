/* SPDX-License-Identifier: MIT */
/* checksum: the internet checksum (RFC 1071) and its update in place (RFC 1624). Pure. */
#ifndef MIDAIR_CORE_CHECKSUM_H
#define MIDAIR_CORE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* One's complement sum of big-endian 16-bit words; an odd last byte is padded with zero. */
uint16_t checksum_sum(const uint8_t *bytes, size_t n_bytes);
uint16_t checksum_add(uint16_t a, uint16_t b);

/* Mends a stored checksum when covered words that summed to before now sum to after. A checksum
 * that was wrong stays wrong: a box must not hide damage (RFC 1624 equation 3). */
void checksum_mend(uint8_t stored[2], uint16_t before, uint16_t after);

#endif
