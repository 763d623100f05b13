/* SPDX-License-Identifier: MIT */
/*
 * TLS with hostile bytes: before the handshake, in the middle of it, after it, and from a peer
 * that knows the keys and sends records of any type and content. Nobody without the keys gets
 * anywhere, nothing grows, and a connection that has failed stays so.
 *
 * The first byte: who is the victim and when; the second: the size of its reader's buffer.
 */
#include "crypto/tls_internal.h"
#include "tests/crypto/tls_pump.h"
#include "tests/fuzz/fuzz.h"

enum when { BEFORE, BETWEEN, AFTER, AS_PEER, N_WHEN };

#define BUFFER_SIZE 70000

static struct tls *open_end(bool is_server)
{
	const struct tls_config config = {
		.is_server = is_server, .psk = {1, 2, 3}, .records_per_key = 4};
	struct tls *tls = NULL;

	FUZZ_CHECK(tls_new(&tls, &config) == 0);
	return tls;
}

static void check(struct tls *tls)
{
	size_t size;

	tls_output(tls, &size);
	FUZZ_CHECK(size <= TLS_BATCH_BYTES);
	FUZZ_CHECK(tls->in.capacity <= TLS_BATCH_BYTES && tls->out.capacity <= TLS_BATCH_BYTES);
	FUZZ_CHECK(tls_state(tls) != TLS_FAILED || size == 0);
}

static void read_all(struct tls *tls, size_t room)
{
	static uint8_t buffer[BUFFER_SIZE];
	size_t n;

	do {
		n = tls_read(tls, buffer, room);
		FUZZ_CHECK(n <= room);
		check(tls);
	} while (n > 0);
	if (tls_state(tls) == TLS_FAILED)
		FUZZ_CHECK(tls_write(tls, "x", 1) == 0);
}

/* Raw bytes, as anybody on the way can put them there. */
static void give_raw(struct tls *victim, const uint8_t *data, size_t size, size_t room)
{
	size_t n;

	while (size > 0 && (n = tls_give(victim, data, size)) > 0) {
		read_all(victim, room);
		data += n;
		size -= n;
	}
	read_all(victim, room);
}

/* Records as only the peer can make them: type, length, content, again and again. The content is
 * what is left of the input, repeated. */
static void give_records(struct tls *peer, struct tls *victim, const uint8_t *data, size_t size,
			 size_t room)
{
	uint8_t content[TLS_CONTENT_MAX];

	while (size > 3) {
		size_t n = ((size_t)data[1] << 8 | data[2]) % (TLS_CONTENT_MAX + 1);
		size_t n_left = size - 3;

		for (size_t i = 0; i < n; i++)
			content[i] = data[3 + i % n_left];
		if (!tls_grow(peer, &peer->out, TLS_BATCH_BYTES))
			return;
		tls_compact(&peer->out);
		tls_put(peer, data[0], content, n);
		tls_pass(peer, victim);
		read_all(victim, room);
		n_left = n < n_left ? n : n_left;
		data += 3 + n_left;
		size -= 3 + n_left;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_server;
	enum when when;
	size_t room;
	struct tls *victim, *peer;
	enum tls_state state_before;

	if (size < 2)
		return 0;
	is_server = (data[0] & 1) != 0;
	when = (data[0] >> 1) % N_WHEN;
	room = 1 + (size_t)data[1] * data[1];
	victim = open_end(is_server);
	peer = open_end(!is_server);
	if (when == BETWEEN) {
		/* the server is PROVEN, the client has an answer that was cut off */
		tls_pass(is_server ? peer : victim, is_server ? victim : peer);
		if (!is_server)
			tls_give(victim, tls_output(peer, &(size_t){0}), 100);
	} else if (when >= AFTER) {
		tls_pump(victim, peer);
		FUZZ_CHECK(tls_state(victim) == TLS_DONE && tls_state(peer) == TLS_DONE);
	}
	state_before = tls_state(victim);
	if (when == AS_PEER)
		give_records(peer, victim, data + 2, size - 2, room);
	else
		give_raw(victim, data + 2, size - 2, room);
	if (when != AS_PEER)
		FUZZ_CHECK(tls_state(victim) == state_before ||
			   tls_state(victim) == TLS_FAILED);
	tls_free(victim);
	tls_free(peer);
	return 0;
}
