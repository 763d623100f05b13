/* SPDX-License-Identifier: MIT */
/* wire_probe: the bodies of PROBE_INFO, PROBES, PROBE and PROBE_RESULT. */
#include "core/wire_body.h"

void wire_write_probe_info(struct byte_writer *writer, const struct wire_message *message)
{
	(void)message;
	bytes_write_8(writer, 0);
}

void wire_read_probe_info(struct byte_reader *reader, struct wire_message *message)
{
	(void)message;
	if (bytes_read_8(reader) != 0)
		reader->has_failed = true;
}

static bool is_kind(uint8_t kind)
{
	return kind >= WIRE_PROBE_FRESH && kind <= WIRE_PROBE_REFUSING;
}

void wire_write_probe(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_kind(message->probe.kind))
		writer->has_failed = true;
	bytes_write_16(writer, message->probe.token);
	bytes_write_8(writer, message->probe.kind);
}

void wire_read_probe(struct byte_reader *reader, struct wire_message *message)
{
	message->probe.token = bytes_read_16(reader);
	message->probe.kind = bytes_read_8(reader);
	if (!is_kind(message->probe.kind))
		reader->has_failed = true;
}

void wire_write_probes(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_probes *probes = &message->probes;

	bytes_write_16(writer, probes->second_port);
	bytes_write_16(writer, probes->silent_port);
	bytes_write_16(writer, probes->refusing_port);
	if (probes->alternative.family == MIDAIR_FAMILY_NONE)
		bytes_write_8(writer, MIDAIR_FAMILY_NONE);
	else
		bytes_write_endpoint(writer, &probes->alternative);
}

void wire_read_probes(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_probes *probes = &message->probes;

	probes->second_port = bytes_read_16(reader);
	probes->silent_port = bytes_read_16(reader);
	probes->refusing_port = bytes_read_16(reader);
	if (reader->n_left != 1)
		bytes_read_endpoint(reader, &probes->alternative);
	else if (bytes_read_8(reader) != MIDAIR_FAMILY_NONE)
		reader->has_failed = true;
}

static bool is_result_valid(const struct wire_probe_result *result)
{
	return is_kind(result->kind) && result->outcome >= WIRE_PROBE_CONNECTED &&
	       result->outcome <= WIRE_PROBE_UNABLE && result->error <= WIRE_PROBE_ERROR_OTHER;
}

void wire_write_probe_result(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_probe_result *result = &message->probe_result;

	if (!is_result_valid(result))
		writer->has_failed = true;
	bytes_write_16(writer, result->token);
	bytes_write_8(writer, result->kind);
	bytes_write_8(writer, result->outcome);
	bytes_write_8(writer, result->error);
	bytes_write_16(writer, result->elapsed_ms);
}

void wire_read_probe_result(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_probe_result *result = &message->probe_result;

	result->token = bytes_read_16(reader);
	result->kind = bytes_read_8(reader);
	result->outcome = bytes_read_8(reader);
	result->error = bytes_read_8(reader);
	result->elapsed_ms = bytes_read_16(reader);
	if (!is_result_valid(result))
		reader->has_failed = true;
}

const char *wire_probe_outcome_name(enum wire_probe_outcome outcome)
{
	switch (outcome) {
	case WIRE_PROBE_CONNECTED:
		return "connected";
	case WIRE_PROBE_RESET:
		return "reset";
	case WIRE_PROBE_UNREACHABLE:
		return "unreachable";
	case WIRE_PROBE_SILENCE:
		return "silence";
	case WIRE_PROBE_LIMITED:
		return "limited";
	case WIRE_PROBE_UNABLE:
		return "unable";
	}
	return "unknown";
}
