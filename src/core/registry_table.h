/* SPDX-License-Identifier: MIT */
/* registry_table: the names of rooms. Shared by registry*.c only. */
#ifndef MIDAIR_CORE_REGISTRY_TABLE_H
#define MIDAIR_CORE_REGISTRY_TABLE_H

#include "core/registry.h"

/* The room of that name, or REGISTRY_NONE. */
uint32_t registry_find(const struct registry *registry, const uint8_t *name, size_t name_size);

/* Gives a room the name of enter, or with ALLOCATE a number that is not in use. */
void registry_name(struct registry *registry, uint32_t room, uint32_t now,
		   const struct wire_enter *enter);

/* The name is free again. Does nothing for a room without one. */
void registry_unname(struct registry *registry, uint32_t room);

#endif
