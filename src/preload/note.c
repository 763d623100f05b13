/* SPDX-License-Identifier: MIT */
#include "preload/note.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os/socket.h"

#define CHUNK_SIZE 1024
#define N_CHUNKS   (PRELOAD_FDS_MAX / CHUNK_SIZE)

struct chunk {
	struct note notes[CHUNK_SIZE];
};

static _Atomic(struct chunk *) chunks[N_CHUNKS];

static struct note *find(int fd)
{
	struct chunk *chunk;

	if (fd < 0 || fd >= PRELOAD_FDS_MAX)
		return NULL;
	chunk = atomic_load_explicit(&chunks[fd / CHUNK_SIZE], memory_order_acquire);
	return chunk != NULL ? &chunk->notes[fd % CHUNK_SIZE] : NULL;
}

bool note_is_set(int fd)
{
	struct note *note = find(fd);

	/* Who closes a descriptor while another thread connects it has no answer anyway. */
	return note != NULL && __atomic_load_n(&note->is_set, __ATOMIC_RELAXED);
}

struct note *note_of(int fd)
{
	struct note *note = find(fd);

	if (note != NULL || fd < 0 || fd >= PRELOAD_FDS_MAX)
		return note;
	struct chunk *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return NULL;
	atomic_store_explicit(&chunks[fd / CHUNK_SIZE], made, memory_order_release);
	return find(fd);
}

void note_give(struct note *note, enum midair_pool_fate fate)
{
	if (note->has_offer)
		offer_give(&note->offer, fate);
	note->has_offer = false;
}

static bool has_vanished(int fd, const struct note *note)
{
	struct midair_endpoint local;

	return socket_local(fd, &local) != 0 || local.port != note->offer.local.port;
}

static void reap_chunk(int first_fd, struct chunk *chunk, uint32_t pool)
{
	for (int i = 0; i < CHUNK_SIZE; i++) {
		struct note *note = &chunk->notes[i];

		if (note->has_offer && note->offer.pool == pool &&
		    has_vanished(first_fd + i, note)) {
			note_give(note, MIDAIR_POOL_FREE);
			*note = (struct note){.is_set = false};
		}
	}
}

void note_reap(uint32_t pool)
{
	for (int i = 0; i < N_CHUNKS; i++) {
		struct chunk *chunk = atomic_load_explicit(&chunks[i], memory_order_relaxed);

		if (chunk != NULL)
			reap_chunk(i * CHUNK_SIZE, chunk, pool);
	}
}

void note_forget_all(void)
{
	for (int i = 0; i < N_CHUNKS; i++) {
		struct chunk *chunk = atomic_load_explicit(&chunks[i], memory_order_relaxed);

		if (chunk != NULL)
			memset(chunk, 0, sizeof(*chunk));
	}
}
