/* SPDX-License-Identifier: MIT */
#include "core/bytes.h"

#include <string.h>

#include "core/endpoint.h"

const uint8_t *bytes_take(struct byte_reader *reader, size_t size)
{
	const uint8_t *taken = reader->at;

	if (reader->has_failed || size > reader->n_left) {
		reader->has_failed = true;
		return NULL;
	}
	reader->at += size;
	reader->n_left -= size;
	return taken;
}

uint8_t bytes_read_8(struct byte_reader *reader)
{
	const uint8_t *taken = bytes_take(reader, 1);

	return taken ? taken[0] : 0;
}

uint16_t bytes_read_16(struct byte_reader *reader)
{
	const uint8_t *taken = bytes_take(reader, 2);

	return (uint16_t)(taken ? taken[0] << 8 | taken[1] : 0);
}

uint32_t bytes_read_32(struct byte_reader *reader)
{
	const uint8_t *taken = bytes_take(reader, 4);

	if (!taken)
		return 0;
	return (uint32_t)taken[0] << 24 | (uint32_t)taken[1] << 16 | (uint32_t)taken[2] << 8 |
	       taken[3];
}

void bytes_read(struct byte_reader *reader, void *out, size_t size)
{
	const uint8_t *taken = bytes_take(reader, size);

	if (taken)
		memcpy(out, taken, size);
	else
		memset(out, 0, size);
}

bool bytes_is_done(const struct byte_reader *reader)
{
	return !reader->has_failed && reader->n_left == 0;
}

void bytes_write(struct byte_writer *writer, const void *data, size_t size)
{
	if (writer->has_failed || size > writer->n_left) {
		writer->has_failed = true;
		return;
	}
	memcpy(writer->at, data, size);
	writer->at += size;
	writer->n_left -= size;
}

void bytes_write_8(struct byte_writer *writer, uint32_t value)
{
	uint8_t bytes[] = {(uint8_t)value};

	bytes_write(writer, bytes, sizeof(bytes));
}

void bytes_write_16(struct byte_writer *writer, uint32_t value)
{
	uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	bytes_write(writer, bytes, sizeof(bytes));
}

void bytes_write_32(struct byte_writer *writer, uint32_t value)
{
	bytes_write_16(writer, value >> 16);
	bytes_write_16(writer, value & 0xffff);
}

static size_t address_bytes(uint8_t family)
{
	if (family == MIDAIR_IPV4)
		return 4;
	return family == MIDAIR_IPV6 ? 16 : 0;
}

/* Multicast is 224.0.0.0/4 and ff00::/8; 240.0.0.0/4 is reserved and ends with broadcast. */
bool bytes_is_reachable(const struct midair_endpoint *endpoint)
{
	static const uint8_t unspecified[16];
	struct midair_endpoint unmapped = *endpoint;
	size_t size = address_bytes(endpoint->family);

	endpoint_unmap(&unmapped);
	if (size == 0 || endpoint->port == 0 || unmapped.family != endpoint->family)
		return false;
	if (memcmp(endpoint->address, unspecified, size) == 0)
		return false;
	return endpoint->address[0] < (endpoint->family == MIDAIR_IPV4 ? 224 : 0xff);
}

void bytes_write_endpoint(struct byte_writer *writer, const struct midair_endpoint *endpoint)
{
	if (!bytes_is_reachable(endpoint)) {
		writer->has_failed = true;
		return;
	}
	bytes_write_8(writer, endpoint->family);
	bytes_write_16(writer, endpoint->port);
	bytes_write(writer, endpoint->address, address_bytes(endpoint->family));
}

void bytes_read_endpoint(struct byte_reader *reader, struct midair_endpoint *endpoint)
{
	*endpoint = (struct midair_endpoint){.family = bytes_read_8(reader)};
	endpoint->port = bytes_read_16(reader);
	bytes_read(reader, endpoint->address, address_bytes(endpoint->family));
	if (!bytes_is_reachable(endpoint))
		reader->has_failed = true;
}
