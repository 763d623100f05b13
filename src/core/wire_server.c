/* SPDX-License-Identifier: MIT */
/* wire_server: the bodies of what the server sends: WELCOME, ROOM, PEER, LEFT, ERROR. */
#include "core/wire_body.h"

/* The server chooses a version that the client has offered, so one that we speak. */
static bool is_version_known(uint8_t version)
{
	return version >= WIRE_VERSION_MIN && version <= WIRE_VERSION_MAX;
}

void wire_write_welcome(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_welcome *welcome = &message->welcome;

	if (!is_version_known(welcome->version))
		writer->has_failed = true;
	bytes_write_8(writer, welcome->version);
	bytes_write_16(writer, welcome->capabilities);
	bytes_write_endpoint(writer, &welcome->observed);
}

void wire_read_welcome(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_welcome *welcome = &message->welcome;

	welcome->version = bytes_read_8(reader);
	if (!is_version_known(welcome->version))
		reader->has_failed = true;
	welcome->capabilities = bytes_read_16(reader);
	bytes_read_endpoint(reader, &welcome->observed);
}

void wire_write_room(struct byte_writer *writer, const struct wire_message *message)
{
	if (message->room.lifetime_s > WIRE_LIFETIME_S_MAX)
		writer->has_failed = true;
	bytes_write_32(writer, message->room.number);
	bytes_write_32(writer, message->room.lifetime_s);
}

void wire_read_room(struct byte_reader *reader, struct wire_message *message)
{
	message->room.number = bytes_read_32(reader);
	message->room.lifetime_s = bytes_read_32(reader);
	if (message->room.lifetime_s > WIRE_LIFETIME_S_MAX)
		reader->has_failed = true;
}

static bool is_role(uint8_t role)
{
	return role == MIDAIR_ROLE_A || role == MIDAIR_ROLE_B;
}

void wire_write_peer(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_peer *peer = &message->peer;

	if (!is_role(peer->role))
		writer->has_failed = true;
	bytes_write_8(writer, peer->role);
	bytes_write(writer, peer->share, sizeof(peer->share));
	bytes_write_endpoint(writer, &peer->observed);
}

void wire_read_peer(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_peer *peer = &message->peer;

	peer->role = bytes_read_8(reader);
	if (!is_role(peer->role))
		reader->has_failed = true;
	bytes_read(reader, peer->share, sizeof(peer->share));
	bytes_read_endpoint(reader, &peer->observed);
}

static bool is_left_valid(enum wire_reason reason)
{
	return (unsigned int)reason <= WIRE_REASON_GAVE_UP;
}

void wire_write_left(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_left_valid(message->reason))
		writer->has_failed = true;
	bytes_write_8(writer, message->reason);
}

void wire_read_left(struct byte_reader *reader, struct wire_message *message)
{
	message->reason = (enum wire_reason)bytes_read_8(reader);
	if (!is_left_valid(message->reason))
		reader->has_failed = true;
}

static bool is_error_valid(enum wire_error error)
{
	return error >= WIRE_ERROR_VERSION && error <= WIRE_ERROR_CLOSING;
}

void wire_write_error(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_error_valid(message->error))
		writer->has_failed = true;
	bytes_write_8(writer, message->error);
}

void wire_read_error(struct byte_reader *reader, struct wire_message *message)
{
	message->error = (enum wire_error)bytes_read_8(reader);
	if (!is_error_valid(message->error))
		reader->has_failed = true;
}
