/* SPDX-License-Identifier: MIT */
/*
 * bytes: reads and writes numbers in network order at a cursor that cannot leave its buffer. A
 * cursor that was asked for too much stays failed, reads zeros and writes nothing, so that one
 * question at the end is enough.
 */
#ifndef MIDAIR_CORE_BYTES_H
#define MIDAIR_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

struct byte_reader {
	const uint8_t *at;
	size_t n_left;
	bool has_failed;
};

struct byte_writer {
	uint8_t *at;
	size_t n_left;
	bool has_failed;
};

uint8_t bytes_read_8(struct byte_reader *reader);
uint16_t bytes_read_16(struct byte_reader *reader);
uint32_t bytes_read_32(struct byte_reader *reader);
/* NULL when fewer are left. */
const uint8_t *bytes_take(struct byte_reader *reader, size_t size);
void bytes_read(struct byte_reader *reader, void *out, size_t size);
/* Everything was there, was right, and nothing is left. */
bool bytes_is_done(const struct byte_reader *reader);

void bytes_write_8(struct byte_writer *writer, uint32_t value);
void bytes_write_16(struct byte_writer *writer, uint32_t value);
void bytes_write_32(struct byte_writer *writer, uint32_t value);
void bytes_write(struct byte_writer *writer, const void *data, size_t size);

/*
 * An endpoint: family (one byte, 4 or 6), port, address (4 or 16 bytes). Only what a connection
 * can lead to is written or read: a port, and an address that is neither unspecified nor multicast
 * nor IPv4 in IPv6's clothes. A scope means something on one machine only and is left out.
 */
#define BYTES_ENDPOINT_IPV4 7
#define BYTES_ENDPOINT_IPV6 19

void bytes_write_endpoint(struct byte_writer *writer, const struct midair_endpoint *endpoint);
void bytes_read_endpoint(struct byte_reader *reader, struct midair_endpoint *endpoint);
bool bytes_is_reachable(const struct midair_endpoint *endpoint);

#endif
