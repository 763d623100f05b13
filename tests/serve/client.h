/* SPDX-License-Identifier: MIT */
/* client: a client of the server that does what the test wants. Everything that is not as expected
 * fails the test; nothing waits longer than some seconds. */
#ifndef MIDAIR_TESTS_SERVE_CLIENT_H
#define MIDAIR_TESTS_SERVE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/wire.h"

struct client {
	int fd;
	uint8_t share; /* the first byte of its share_a; share_b has the next one */
	size_t n_bytes;
	uint8_t bytes[8192];
};

/* From 127.a.b.c to 127.0.0.1; source 0: the kernel's choice. */
struct client client_connect(uint16_t port, uint32_t source);
struct client client_connect_6(uint16_t port);
/* Without a complaint: fd is -1 when it could not. */
struct client client_try_connect(uint16_t port, uint32_t source);

void client_send(struct client *client, const void *bytes, size_t size);
void client_say(struct client *client, const struct wire_message *message);
void client_hello(struct client *client);
/* name NULL: ALLOCATE. */
void client_enter(struct client *client, const char *name, uint8_t flags);
void client_sealed(struct client *client, const char *text, size_t size);
void client_leave(struct client *client, enum wire_reason reason);

/* HELLO, ENTER; reads WELCOME, ROOM. Returns the room. */
struct wire_room client_join(struct client *client, const char *name, uint8_t flags);

/* The next message, which must be of that type. */
struct wire_message client_hear(struct client *client, enum wire_type type);
void client_hear_error(struct client *client, enum wire_error error);
/* The connection has ended, with FIN or RST, and nothing more was said. */
void client_hear_end(struct client *client);
/* Nothing is said within some time. */
void client_hear_nothing(struct client *client, int ms);

void client_close(struct client *client);

/* The whole answer, as a text. */
void http_get(uint16_t port, const char *request, char *answer, size_t size);

#endif
