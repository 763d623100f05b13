/* SPDX-License-Identifier: MIT */
/* wire_body: the bodies of the messages. Shared by wire*.c only. A read or write that meets a
 * field out of range fails its cursor. */
#ifndef MIDAIR_CORE_WIRE_BODY_H
#define MIDAIR_CORE_WIRE_BODY_H

#include "core/bytes.h"
#include "core/wire.h"

void wire_write_hello(struct byte_writer *writer, const struct wire_message *message);
void wire_write_enter(struct byte_writer *writer, const struct wire_message *message);
void wire_write_sealed(struct byte_writer *writer, const struct wire_message *message);
void wire_write_leave(struct byte_writer *writer, const struct wire_message *message);

void wire_read_hello(struct byte_reader *reader, struct wire_message *message);
void wire_read_enter(struct byte_reader *reader, struct wire_message *message);
void wire_read_sealed(struct byte_reader *reader, struct wire_message *message);
void wire_read_leave(struct byte_reader *reader, struct wire_message *message);

void wire_write_welcome(struct byte_writer *writer, const struct wire_message *message);
void wire_write_room(struct byte_writer *writer, const struct wire_message *message);
void wire_write_peer(struct byte_writer *writer, const struct wire_message *message);
void wire_write_left(struct byte_writer *writer, const struct wire_message *message);
void wire_write_error(struct byte_writer *writer, const struct wire_message *message);

void wire_read_welcome(struct byte_reader *reader, struct wire_message *message);
void wire_read_room(struct byte_reader *reader, struct wire_message *message);
void wire_read_peer(struct byte_reader *reader, struct wire_message *message);
void wire_read_left(struct byte_reader *reader, struct wire_message *message);
void wire_read_error(struct byte_reader *reader, struct wire_message *message);

/* wire_probe.c */
void wire_write_probe_info(struct byte_writer *writer, const struct wire_message *message);
void wire_write_probe(struct byte_writer *writer, const struct wire_message *message);
void wire_write_probes(struct byte_writer *writer, const struct wire_message *message);
void wire_write_probe_result(struct byte_writer *writer, const struct wire_message *message);

void wire_read_probe_info(struct byte_reader *reader, struct wire_message *message);
void wire_read_probe(struct byte_reader *reader, struct wire_message *message);
void wire_read_probes(struct byte_reader *reader, struct wire_message *message);
void wire_read_probe_result(struct byte_reader *reader, struct wire_message *message);

/* wire_relay.c */
void wire_write_relay(struct byte_writer *writer, const struct wire_message *message);
void wire_read_relay(struct byte_reader *reader, struct wire_message *message);
void wire_write_relay_sign(struct byte_writer *writer, const struct wire_message *message);
void wire_read_relay_sign(struct byte_reader *reader, struct wire_message *message);
void wire_write_relay_refused(struct byte_writer *writer, const struct wire_message *message);
void wire_read_relay_refused(struct byte_reader *reader, struct wire_message *message);

#endif
