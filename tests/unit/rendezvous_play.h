/* SPDX-License-Identifier: MIT */
/* rendezvous_play: a rendezvous with clients that say words, and hear words: "WELCOME ROOM PEER",
 * "LEFT(done)", "ERROR(slow)", "FIN", "DROP". */
#ifndef MIDAIR_TESTS_RENDEZVOUS_PLAY_H
#define MIDAIR_TESTS_RENDEZVOUS_PLAY_H

#include "core/rendezvous.h"

#define SCENE_CONNECTIONS  300u
#define SCENE_TOLD_SIZE	   256u
#define SCENE_SEALED_BYTES 100u
#define SCENE_LIFETIME_S   600u

struct scene {
	struct rendezvous rendezvous;
	struct rendezvous_update update;
	uint64_t now_ms;
	/* of the next HELLO and ENTER */
	uint8_t version_min, version_max;
	const char *name;
	uint8_t share; /* of share_a; share_b has the next one */
	uint8_t flags;
	uint8_t kind;	   /* of the next PROBE */
	uint32_t dial;	   /* the last one that was started */
	uint32_t relay[2]; /* the last pair to be forwarded */
	size_t chunk;	   /* so many bytes at a time; 0: all */
	/* by connection */
	char told[SCENE_CONNECTIONS][SCENE_TOLD_SIZE];
	struct wire_peer peers[SCENE_CONNECTIONS];
	struct midair_endpoint remotes[SCENE_CONNECTIONS];
};

/* One at a time: it is static. */
struct scene *scene_new(uint32_t n_connections);

/* From 10.0.0.address; each time another port. Returns 0 or the WIRE_ERROR_*. */
int scene_try_arrive(struct scene *scene, uint8_t address);
/* The same where it succeeds; returns the connection. */
uint32_t scene_arrive(struct scene *scene, uint8_t address);
/* Arrives and says HELLO ENTER in one flight. */
uint32_t scene_enter(struct scene *scene, uint8_t address, const char *name, uint8_t share,
		     uint8_t flags);

/* HELLO ENTER SEALED LEAVE ROOM STUN INFO PROBE RELAY NO-RELAY, with blanks between them. */
void scene_say(struct scene *scene, uint32_t connection, const char *words);
/* The last dial came to this. */
void scene_dialled(struct scene *scene, enum wire_probe_outcome outcome);
/* The last pair's forwarding has begun, or could not. */
void scene_relayed(struct scene *scene, bool has_begun);
void scene_gone(struct scene *scene, uint32_t connection);
void scene_pass(struct scene *scene, uint64_t ms);
void scene_close(struct scene *scene);

/* What was heard until now counts no more. */
void scene_forget(struct scene *scene);
void scene_expect(const struct scene *scene, uint32_t connection, const char *words);

#endif
