/* SPDX-License-Identifier: MIT */
/* wire_client: the bodies of what a client sends: HELLO, ENTER, SEALED, LEAVE. */
#include <string.h>

#include "core/wire_body.h"

#define ENTER_FLAGS (WIRE_ENTER_ALLOCATE | WIRE_ENTER_REUSABLE)

static bool is_hello_valid(const struct wire_hello *hello)
{
	return hello->version_min >= 1 && hello->version_min <= hello->version_max;
}

void wire_write_hello(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_hello *hello = &message->hello;

	if (!is_hello_valid(hello))
		writer->has_failed = true;
	bytes_write_32(writer, WIRE_MAGIC);
	bytes_write_8(writer, hello->version_min);
	bytes_write_8(writer, hello->version_max);
}

void wire_read_hello(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_hello *hello = &message->hello;

	if (bytes_read_32(reader) != WIRE_MAGIC)
		reader->has_failed = true;
	hello->version_min = bytes_read_8(reader);
	hello->version_max = bytes_read_8(reader);
	if (!is_hello_valid(hello))
		reader->has_failed = true;
	/* Who speaks a version that we do not know may have more to say, in fields at the end. */
	if (hello->version_max > WIRE_VERSION_MAX)
		bytes_take(reader, reader->n_left);
}

static bool is_enter_valid(const struct wire_enter *enter)
{
	if ((enter->flags & ~ENTER_FLAGS) != 0 || enter->flags == ENTER_FLAGS)
		return false;
	if (enter->lifetime_s == 0 || enter->lifetime_s > WIRE_LIFETIME_S_MAX)
		return false;
	if (enter->flags & WIRE_ENTER_ALLOCATE)
		return enter->name_size == 0;
	return enter->name_size >= 1 && enter->name_size <= WIRE_NAME_MAX;
}

void wire_write_enter(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_enter *enter = &message->enter;

	if (!is_enter_valid(enter)) {
		writer->has_failed = true;
		return;
	}
	bytes_write_8(writer, enter->flags);
	bytes_write_8(writer, enter->name_size);
	bytes_write_32(writer, enter->lifetime_s);
	bytes_write(writer, enter->share_a, sizeof(enter->share_a));
	bytes_write(writer, enter->share_b, sizeof(enter->share_b));
	bytes_write(writer, enter->name, enter->name_size);
}

void wire_read_enter(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_enter *enter = &message->enter;

	enter->flags = bytes_read_8(reader);
	enter->name_size = bytes_read_8(reader);
	enter->lifetime_s = bytes_read_32(reader);
	bytes_read(reader, enter->share_a, sizeof(enter->share_a));
	bytes_read(reader, enter->share_b, sizeof(enter->share_b));
	if (!is_enter_valid(enter)) {
		reader->has_failed = true;
		return;
	}
	bytes_read(reader, enter->name, enter->name_size);
}

static bool is_sealed_valid(size_t size)
{
	return size >= 1 && size <= WIRE_SEALED_MAX;
}

void wire_write_sealed(struct byte_writer *writer, const struct wire_message *message)
{
	const struct wire_sealed *sealed = &message->sealed;

	if (is_sealed_valid(sealed->size))
		bytes_write(writer, sealed->bytes, sealed->size);
	else
		writer->has_failed = true;
}

/* Its size is the body's. */
void wire_read_sealed(struct byte_reader *reader, struct wire_message *message)
{
	struct wire_sealed *sealed = &message->sealed;

	if (!is_sealed_valid(reader->n_left)) {
		reader->has_failed = true;
		return;
	}
	sealed->size = (uint16_t)reader->n_left;
	bytes_read(reader, sealed->bytes, sealed->size);
}

/* Who can still send a LEAVE has not gone without a word. */
static bool is_leave_valid(enum wire_reason reason)
{
	return reason > WIRE_REASON_GONE && reason <= WIRE_REASON_GAVE_UP;
}

void wire_write_leave(struct byte_writer *writer, const struct wire_message *message)
{
	if (!is_leave_valid(message->reason))
		writer->has_failed = true;
	bytes_write_8(writer, message->reason);
}

void wire_read_leave(struct byte_reader *reader, struct wire_message *message)
{
	message->reason = (enum wire_reason)bytes_read_8(reader);
	if (!is_leave_valid(message->reason))
		reader->has_failed = true;
}
