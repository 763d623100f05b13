/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A decoder is fed what has arrived so far, and must say as early as it can that this is not the
 * protocol: a stranger (a web browser, a port scanner) is refused at its first byte, a length that
 * the type cannot have at the fourth, so that nobody is waited for, or buffered, in vain. The
 * bodies are in wire_client.c and wire_server.c; docs/PROTOCOL.md has the table that the tests of
 * this file are made from.
 */
#include "core/wire.h"

#include <string.h>

#include "core/wire_body.h"

struct layout {
	enum wire_type type;
	uint16_t body_min;
	uint16_t body_max;
	void (*write)(struct byte_writer *writer, const struct wire_message *message);
	void (*read)(struct byte_reader *reader, struct wire_message *message);
};

#define HELLO_BYTES   6
#define ENTER_BYTES   (6 + 2 * WIRE_SHARE_BYTES)
#define WELCOME_BYTES 3
#define PEER_BYTES    (1 + WIRE_SHARE_BYTES)
#define PROBES_BYTES  6

static const struct layout layouts[] = {
	{WIRE_HELLO, HELLO_BYTES, WIRE_BODY_MAX, wire_write_hello, wire_read_hello},
	{WIRE_ENTER, ENTER_BYTES, ENTER_BYTES + WIRE_NAME_MAX, wire_write_enter,
	 wire_read_enter},
	{WIRE_SEALED, 1, WIRE_SEALED_MAX, wire_write_sealed, wire_read_sealed},
	{WIRE_LEAVE, 1, 1, wire_write_leave, wire_read_leave},
	{WIRE_WELCOME, WELCOME_BYTES + BYTES_ENDPOINT_IPV4, WELCOME_BYTES + BYTES_ENDPOINT_IPV6,
	 wire_write_welcome, wire_read_welcome},
	{WIRE_ROOM, 8, 8, wire_write_room, wire_read_room},
	{WIRE_PEER, PEER_BYTES + BYTES_ENDPOINT_IPV4, PEER_BYTES + BYTES_ENDPOINT_IPV6,
	 wire_write_peer, wire_read_peer},
	{WIRE_LEFT, 1, 1, wire_write_left, wire_read_left},
	{WIRE_ERROR, 1, 1, wire_write_error, wire_read_error},
	{WIRE_PROBE_INFO, 1, 1, wire_write_probe_info, wire_read_probe_info},
	{WIRE_PROBE, 3, 3, wire_write_probe, wire_read_probe},
	{WIRE_PROBES, PROBES_BYTES + 1, PROBES_BYTES + BYTES_ENDPOINT_IPV6, wire_write_probes,
	 wire_read_probes},
	{WIRE_PROBE_RESULT, 7, 7, wire_write_probe_result, wire_read_probe_result},
	{WIRE_RELAY, 1, 1, wire_write_relay, wire_read_relay},
	{WIRE_RELAY_READY, 1, 1, wire_write_relay_sign, wire_read_relay_sign},
	{WIRE_RELAY_WANTED, 1, 1, wire_write_relay_sign, wire_read_relay_sign},
	{WIRE_RELAY_REFUSED, 1, 1, wire_write_relay_refused, wire_read_relay_refused},
};

static const struct layout *layout_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if ((uint32_t)layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

size_t wire_encode(const struct wire_message *message, uint8_t bytes[WIRE_MESSAGE_MAX])
{
	const struct layout *layout = layout_of((uint32_t)message->type);
	struct byte_writer header = {.at = bytes, .n_left = WIRE_HEADER_BYTES};
	struct byte_writer body = {.at = bytes + WIRE_HEADER_BYTES, .n_left = WIRE_BODY_MAX};

	if (!layout)
		return 0;
	layout->write(&body, message);
	if (body.has_failed)
		return 0;
	bytes_write_8(&header, message->type);
	bytes_write_8(&header, 0);
	bytes_write_16(&header, (uint32_t)(body.at - bytes) - WIRE_HEADER_BYTES);
	return (size_t)(body.at - bytes);
}

/* What the header says, as far as it has arrived. False: not the protocol. */
static bool check_header(const uint8_t *bytes, size_t size, const struct layout **layout,
			 size_t *body_size)
{
	if (size >= 1)
		*layout = layout_of(bytes[0]);
	if (size >= 1 && !*layout)
		return false;
	if (size >= 2 && bytes[1] != 0)
		return false;
	if (size < WIRE_HEADER_BYTES)
		return true;
	*body_size = (size_t)(bytes[2] << 8 | bytes[3]);
	return *body_size >= (*layout)->body_min && *body_size <= (*layout)->body_max;
}

int wire_decode(const uint8_t *bytes, size_t size, struct wire_message *message)
{
	const struct layout *layout = NULL;
	size_t body_size = 0;
	struct wire_message read;
	struct byte_reader body;

	if (!check_header(bytes, size, &layout, &body_size))
		return -1;
	if (size < WIRE_HEADER_BYTES || size - WIRE_HEADER_BYTES < body_size)
		return 0;
	memset(&read, 0, sizeof(read));
	read.type = layout->type;
	body = (struct byte_reader){.at = bytes + WIRE_HEADER_BYTES, .n_left = body_size};
	layout->read(&body, &read);
	if (!bytes_is_done(&body))
		return -1;
	*message = read;
	return (int)(WIRE_HEADER_BYTES + body_size);
}

const char *wire_error_name(enum wire_error error)
{
	switch (error) {
	case WIRE_ERROR_VERSION:
		return "version";
	case WIRE_ERROR_PROTOCOL:
		return "protocol";
	case WIRE_ERROR_ROOM_TAKEN:
		return "room-taken";
	case WIRE_ERROR_BUSY:
		return "busy";
	case WIRE_ERROR_TOO_MANY:
		return "too-many";
	case WIRE_ERROR_SLOW:
		return "slow";
	case WIRE_ERROR_EXPIRED:
		return "expired";
	case WIRE_ERROR_CLOSING:
		return "closing";
	}
	return "unknown";
}

const char *wire_reason_name(enum wire_reason reason)
{
	switch (reason) {
	case WIRE_REASON_GONE:
		return "gone";
	case WIRE_REASON_DONE:
		return "done";
	case WIRE_REASON_WRONG_CODE:
		return "wrong-code";
	case WIRE_REASON_GAVE_UP:
		return "gave-up";
	}
	return "unknown";
}
