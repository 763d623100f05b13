/* SPDX-License-Identifier: MIT */
/* wire_relay: the bodies of RELAY, RELAY_READY, RELAY_WANTED and RELAY_REFUSED. */
#include "core/wire_body.h"

static bool is_relay(uint8_t relay)
{
	return relay == WIRE_RELAY_YES || relay == WIRE_RELAY_NO;
}

void wire_write_relay(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_relay((uint8_t)message->relay))
		writer->has_failed = true;
	bytes_write_8(writer, message->relay);
}

void wire_read_relay(struct byte_reader *reader, struct wire_message *message)
{
	message->relay = (enum wire_relay)bytes_read_8(reader);
	if (!is_relay((uint8_t)message->relay))
		reader->has_failed = true;
}

/* READY and WANTED say all by their type. */
void wire_write_relay_sign(struct byte_writer *writer, const struct wire_message *message)
{
	(void)message;
	bytes_write_8(writer, 0);
}

void wire_read_relay_sign(struct byte_reader *reader, struct wire_message *message)
{
	(void)message;
	if (bytes_read_8(reader) != 0)
		reader->has_failed = true;
}

static bool is_refusal(enum wire_refusal refusal)
{
	return refusal >= WIRE_REFUSAL_UNABLE && refusal <= WIRE_REFUSAL_PEER;
}

void wire_write_relay_refused(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_refusal(message->refusal))
		writer->has_failed = true;
	bytes_write_8(writer, message->refusal);
}

void wire_read_relay_refused(struct byte_reader *reader, struct wire_message *message)
{
	message->refusal = (enum wire_refusal)bytes_read_8(reader);
	if (!is_refusal(message->refusal))
		reader->has_failed = true;
}

const char *wire_refusal_name(enum wire_refusal refusal)
{
	switch (refusal) {
	case WIRE_REFUSAL_UNABLE:
		return "unable";
	case WIRE_REFUSAL_BUSY:
		return "busy";
	case WIRE_REFUSAL_PEER:
		return "peer";
	}
	return "unknown";
}
