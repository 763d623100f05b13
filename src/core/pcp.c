/* SPDX-License-Identifier: MIT */
#include "core/pcp.h"

#include <string.h>

#include "core/bytes.h"

#define VERSION		    2
#define OPCODE_ANNOUNCE	    0
#define OPCODE_MAP	    1
#define ANSWER_BIT	    0x80u
#define PROTOCOL_TCP	    6
#define RESULT_OK	    0
#define RESULT_BAD_VERSION  1
#define NAT_PMP_VERSION	    0
#define NAT_PMP_LEAST_BYTES 8

static void write_address(struct byte_writer *writer, const struct midair_endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t zero[16] = {0};

	switch ((enum midair_family)endpoint->family) {
	case MIDAIR_IPV4:
		bytes_write(writer, mapped, sizeof(mapped));
		bytes_write(writer, endpoint->address, 4);
		break;
	case MIDAIR_IPV6:
		bytes_write(writer, endpoint->address, 16);
		break;
	case MIDAIR_FAMILY_NONE:
		bytes_write(writer, zero, sizeof(zero));
		break;
	}
}

static void read_address(struct byte_reader *reader, struct midair_endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t address[16];

	bytes_read(reader, address, sizeof(address));
	*endpoint = (struct midair_endpoint){.family = MIDAIR_IPV6};
	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		endpoint->family = MIDAIR_IPV4;
		memcpy(endpoint->address, address + sizeof(mapped), 4);
	} else {
		memcpy(endpoint->address, address, sizeof(address));
	}
}

static void write_header(struct byte_writer *writer, uint8_t opcode, uint32_t lifetime_s,
			 const struct midair_endpoint *client)
{
	bytes_write_8(writer, VERSION);
	bytes_write_8(writer, opcode);
	bytes_write_16(writer, 0);
	bytes_write_32(writer, lifetime_s);
	write_address(writer, client);
}

size_t pcp_announce_request(const struct midair_endpoint *client,
			    uint8_t bytes[PCP_REQUEST_BYTES])
{
	struct byte_writer writer = {.at = bytes, .n_left = PCP_REQUEST_BYTES};

	write_header(&writer, OPCODE_ANNOUNCE, 0, client);
	return PCP_REQUEST_BYTES - writer.n_left;
}

/* "Whichever" has the family of the mapping: ::ffff:0.0.0.0 or :: (RFC 6887, 11.1). */
static void write_suggestion(struct byte_writer *writer, const struct midair_endpoint *client,
			     const struct midair_endpoint *external)
{
	const struct midair_endpoint whichever = {.family = client->family};

	write_address(writer, external->family == client->family ? external : &whichever);
}

size_t pcp_map_request(const struct midair_endpoint *client, const struct pcp_mapping *mapping,
		       uint8_t bytes[PCP_REQUEST_BYTES])
{
	struct byte_writer writer = {.at = bytes, .n_left = PCP_REQUEST_BYTES};

	write_header(&writer, OPCODE_MAP, mapping->lifetime_s, client);
	bytes_write(&writer, mapping->nonce, PCP_NONCE_BYTES);
	bytes_write_32(&writer, (uint32_t)PROTOCOL_TCP << 24);
	bytes_write_16(&writer, mapping->port);
	bytes_write_16(&writer, mapping->external.port);
	write_suggestion(&writer, client, &mapping->external);
	return PCP_REQUEST_BYTES - writer.n_left;
}

static bool read_mapping(struct byte_reader *reader, struct pcp_mapping *mapping)
{
	uint32_t protocol;

	bytes_read(reader, mapping->nonce, PCP_NONCE_BYTES);
	protocol = bytes_read_32(reader) >> 24;
	mapping->port = bytes_read_16(reader);
	mapping->external.port = bytes_read_16(reader);
	return protocol == PROTOCOL_TCP;
}

static bool is_about(const struct pcp_mapping *asked, const struct pcp_mapping *mapping)
{
	return memcmp(asked->nonce, mapping->nonce, PCP_NONCE_BYTES) == 0 &&
	       asked->port == mapping->port;
}

/* Options may follow; none was asked for, so none says anything. */
static enum pcp_answer read_map(struct byte_reader *reader, uint8_t result, uint32_t lifetime_s,
				const struct pcp_mapping *asked, struct pcp_mapping *mapping)
{
	struct pcp_mapping said = {.lifetime_s = lifetime_s};
	struct midair_endpoint external;
	bool is_tcp = read_mapping(reader, &said);

	read_address(reader, &external);
	external.port = said.external.port;
	said.external = external;
	if (reader->has_failed || !is_tcp || !is_about(asked, &said))
		return PCP_FOREIGN;
	if (result != RESULT_OK)
		return PCP_REFUSED;
	*mapping = said;
	return PCP_MAPPED;
}

/* A NAT-PMP server answers any other version with its own and the result 1 (RFC 6886, 3.5). */
static bool is_nat_pmp(const uint8_t *bytes, size_t size)
{
	return size >= NAT_PMP_LEAST_BYTES && bytes[0] == NAT_PMP_VERSION &&
	       (bytes[1] & ANSWER_BIT) != 0;
}

enum pcp_answer pcp_read(const uint8_t *bytes, size_t size, const struct pcp_mapping *asked,
			 struct pcp_mapping *mapping)
{
	struct byte_reader reader = {.at = bytes, .n_left = size};
	uint8_t opcode = ANSWER_BIT | (asked != NULL ? OPCODE_MAP : OPCODE_ANNOUNCE);
	uint32_t lifetime_s;
	uint8_t result;

	if (is_nat_pmp(bytes, size))
		return PCP_NO_SERVER;
	/* The size is a multiple of 4 (RFC 6887, 8.3). */
	if (size > PCP_ANSWER_MAX || size % 4 != 0 || bytes_read_8(&reader) != VERSION ||
	    bytes_read_8(&reader) != opcode)
		return PCP_FOREIGN;
	(void)bytes_read_8(&reader);
	result = bytes_read_8(&reader);
	lifetime_s = bytes_read_32(&reader);
	(void)bytes_take(&reader, 16); /* the server's clock, and reserved */
	if (reader.has_failed)
		return PCP_FOREIGN;
	if (result == RESULT_BAD_VERSION)
		return PCP_NO_SERVER;
	if (asked != NULL)
		return read_map(&reader, result, lifetime_s, asked, mapping);
	return result == RESULT_OK ? PCP_ANNOUNCED : PCP_REFUSED;
}
