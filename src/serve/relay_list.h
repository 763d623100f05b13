/* SPDX-License-Identifier: MIT */
/* relay_list: which pairs a worker has, and which are due. Shared by relay*.c only. */
#ifndef MIDAIR_SERVE_RELAY_LIST_H
#define MIDAIR_SERVE_RELAY_LIST_H

#include "serve/server.h"

/* With the server's lock. A zeroed one with a generation of its own, or NULL: all are in use. */
struct relay *relay_take(struct server *server);
void relay_give(struct server *server, struct relay *relay);

static inline uint32_t relay_number(const struct server *server, const struct relay *relay)
{
	return (uint32_t)(relay - server->relays.table);
}

static inline struct relay *relay_at(const struct server *server, uint32_t number_plus_1)
{
	return number_plus_1 == 0 ? NULL : &server->relays.table[number_plus_1 - 1];
}

void relay_list_add(struct worker *worker, struct relay *relay);
void relay_list_remove(struct worker *worker, struct relay *relay);

/* Due pairs, each once. NULL: none. */
void relay_list_make_due(struct worker *worker, struct relay *relay);
void relay_list_rest(struct worker *worker, struct relay *relay, uint64_t resume_ms);

#endif
