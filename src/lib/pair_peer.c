/* SPDX-License-Identifier: MIT */
/* The keys of a pairing, and what they open and close. See pair_internal.h. */
#include "core/endpoint.h"
#include "crypto/seal.h"
#include "lib/pair_internal.h"
#include "os/clock.h"
#include "os/interfaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* "midair 1", a zero, the protocol's version, the room's name. */
#define CONTEXT_NAME "midair 1"

static void free_exchanges(struct pairing *pairing)
{
	for (size_t i = 0; i < 2; i++)
		pairing->exchanges[i] = spake2_free(pairing->exchanges[i]);
}

static int new_exchange(struct pairing *pairing, enum spake2_role role)
{
	char words[MIDAIR_CODE_SIZE];
	struct spake2_config config = {
		.role = role,
		.password = pairing->secret.password,
		.password_size = sizeof(pairing->secret.password),
		.identity_a = "midair role A",
		.identity_b = "midair role B",
	};
	int result;

	if (!pairing->is_reusable) {
		code_password(&pairing->code, words);
		config.password = (const uint8_t *)words;
		config.password_size = strlen(words);
	}
	result = spake2_new(&pairing->exchanges[role], &config);
	secret_forget(words, sizeof(words));
	return result;
}

/* The same shares until an introduction uses them: a server that has not noticed yet that our
 * connection is lost knows by them that we come back, and does not introduce us to ourselves. */
int pair_prepare_shares(struct pairing *pairing)
{
	int result = 0;

	for (enum spake2_role role = SPAKE2_A; role <= SPAKE2_B && result == 0; role++)
		if (pairing->exchanges[role] == NULL)
			result = new_exchange(pairing, role);
	return result;
}

/* The room as the server knows it. Returns its size. */
static uint8_t room_name(const struct pairing *pairing, uint8_t name[WIRE_NAME_MAX])
{
	char digits[WIRE_NAME_MAX];
	int size;

	if (pairing->is_reusable) {
		memcpy(name, pairing->secret.room, SECRET_ROOM_BYTES);
		return SECRET_ROOM_BYTES;
	}
	size = snprintf(digits, sizeof(digits), "%u", pairing->code.room);
	memcpy(name, digits, (size_t)size);
	return (uint8_t)size;
}

static uint32_t wanted_lifetime_s(const struct pairing *pairing)
{
	const struct approach *approach = &pairing->approach;
	uint64_t end_ns = approach->start_ns + approach->config.wait_ns;
	uint64_t now_ns = clock_now_ns();
	uint64_t left_s = end_ns > now_ns ? (end_ns - now_ns) / SECOND_NS + 1 : 1;

	return left_s < WIRE_LIFETIME_S_MAX ? (uint32_t)left_s : WIRE_LIFETIME_S_MAX;
}

static void look_around(struct pairing *pairing)
{
	struct candidate_view *view = &pairing->view;
	const struct midair_session *session = pairing->session;
	int n = interfaces_read(view->interfaces);

	view->n_interfaces = n > 0 ? (uint32_t)n : 0;
	for (uint32_t i = 0; i < N_HOLDERS; i++)
		view->ports[i] = session->holder_fds[i] >= 0 ? session->local[i].port : 0;
	/* Bound to one address, we are reached there only. */
	for (uint32_t i = 0; i < view->n_interfaces; i++) {
		struct midair_endpoint bound = session->config.local;

		bound.port = 0;
		if (bound.family != MIDAIR_FAMILY_NONE && bound.address[0] != 0 &&
		    !midair_endpoint_equal(&view->interfaces[i].endpoint, &bound))
			view->interfaces[i].is_unfit = true;
	}
}

void pair_greet(struct pairing *pairing, uint32_t server, bool is_allocating)
{
	struct wire_message messages[2] = {
		{.type = WIRE_HELLO, .hello = {WIRE_VERSION_MIN, WIRE_VERSION_MAX}},
		{.type = WIRE_ENTER},
	};
	struct wire_enter *enter = &messages[1].enter;
	int result = pair_prepare_shares(pairing);

	if (result != 0) {
		session_fail_with(pairing->session, result);
		return;
	}
	enter->lifetime_s = wanted_lifetime_s(pairing);
	enter->flags = is_allocating ? WIRE_ENTER_ALLOCATE : 0;
	if (pairing->is_reusable)
		enter->flags = WIRE_ENTER_REUSABLE;
	if (!is_allocating)
		enter->name_size = room_name(pairing, enter->name);
	spake2_share(pairing->exchanges[SPAKE2_A], enter->share_a);
	spake2_share(pairing->exchanges[SPAKE2_B], enter->share_b);
	pair_send(pairing, server, messages, 2);
	look_around(pairing);
}

static int bind_context(struct pairing *pairing, struct spake2 *exchange)
{
	uint8_t context[sizeof(CONTEXT_NAME) + 1 + WIRE_NAME_MAX] = CONTEXT_NAME;
	size_t size = sizeof(CONTEXT_NAME);

	context[size++] = pairing->version;
	size += room_name(pairing, context + size);
	return spake2_bind(exchange, context, size);
}

/* The server hands us to ourselves: either of our shares, for whatever role. */
static bool is_ours(const struct pairing *pairing, const uint8_t share[SPAKE2_SHARE_BYTES])
{
	uint8_t ours[SPAKE2_SHARE_BYTES];

	for (enum spake2_role role = SPAKE2_A; role <= SPAKE2_B; role++) {
		spake2_share(pairing->exchanges[role], ours);
		if (memcmp(ours, share, sizeof(ours)) == 0)
			return true;
	}
	return false;
}

int pair_exchange(struct pairing *pairing, const struct wire_peer *peer)
{
	enum spake2_role role = peer->role == MIDAIR_ROLE_A ? SPAKE2_A : SPAKE2_B;
	struct spake2_result exchanged;
	int result = bind_context(pairing, pairing->exchanges[role]);

	if (is_ours(pairing, peer->share))
		result = -EBADMSG;
	if (result == 0)
		result = spake2_finish(pairing->exchanges[role], peer->share, &exchanged);
	free_exchanges(pairing);
	if (result != 0)
		return result;
	result = pairing_keys_derive(&pairing->keys, exchanged.secret);
	memcpy(pairing->our_confirmation, exchanged.our_confirmation, SPAKE2_CONFIRM_BYTES);
	memcpy(pairing->their_confirmation, exchanged.their_confirmation, SPAKE2_CONFIRM_BYTES);
	secret_forget(&exchanged, sizeof(exchanged));
	pairing->role = (enum midair_role)peer->role;
	pairing->observed = peer->observed;
	pairing->n_sealed = 0;
	pairing->n_opened = 0;
	pairing->n_told = 0;
	pair_account_reset(pairing);
	return result;
}

void pair_dial_observed(struct pairing *pairing)
{
	if (!pair_is_relay_only(pairing) &&
	    candidates_may_dial_observed(&pairing->view, &pairing->observed))
		session_add_candidate(pairing->session, &pairing->observed);
}

int pair_begin(struct pairing *pairing)
{
	int result;

	pair_hole_close(pairing);
	if (!candidates_are_neighbours(&pairing->view, &pairing->observed))
		pair_dial_observed(pairing);
	result = session_start_authenticated(pairing->session, pairing->role == MIDAIR_ROLE_A,
					     pairing->keys.psk, pairing->timeout_ns);
	pair_survey_introduced(pairing);
	return result;
}

static bool is_told(const struct pairing *pairing, const struct candidate *candidate)
{
	for (uint32_t i = 0; i < pairing->n_told; i++)
		if (midair_endpoint_equal(&pairing->told[i].endpoint, &candidate->endpoint))
			return true;
	return false;
}

/* What the peer has not been told yet, up to what it would take. */
static void fill(struct pairing *pairing, struct introduction *introduction)
{
	struct candidate offer[INTRODUCTION_CANDIDATES_MAX];
	uint32_t n = pair_is_relay_only(pairing) ? 0 : candidates_offer(&pairing->view, offer);

	for (uint32_t i = 0; i < n && pairing->n_told < INTRODUCTION_CANDIDATES_MAX; i++) {
		if (is_told(pairing, &offer[i]))
			continue;
		pairing->told[pairing->n_told++] = offer[i];
		introduction->candidates[introduction->n_candidates++] = offer[i];
	}
}

void pair_tell(struct pairing *pairing, uint32_t server)
{
	bool is_a = pairing->role == MIDAIR_ROLE_A;
	const uint8_t *key = is_a ? pairing->keys.seal_a : pairing->keys.seal_b;
	struct introduction introduction = {.has_confirmation = pairing->n_sealed == 0};
	struct wire_message message = {.type = WIRE_SEALED};
	uint8_t plain[INTRODUCTION_BYTES_MAX];
	size_t size;

	memcpy(introduction.confirmation, pairing->our_confirmation, SPAKE2_CONFIRM_BYTES);
	fill(pairing, &introduction);
	if (introduction.n_candidates == 0 && !introduction.has_confirmation &&
	    !pair_has_news(pairing))
		return;
	pair_report(pairing, &introduction);
	size = introduction_encode(&introduction, plain);
	if (size == 0 || seal(key, pairing->n_sealed, plain, size, message.sealed.bytes) != 0)
		return;
	if (pairing->n_sealed++ == 0)
		pair_account_told(pairing);
	message.sealed.size = (uint16_t)(size + SEAL_TAG_BYTES);
	pair_send(pairing, server, &message, 1);
}

int pair_open(struct pairing *pairing, const struct wire_sealed *sealed,
	      struct introduction *introduction)
{
	bool is_a = pairing->role == MIDAIR_ROLE_A;
	const uint8_t *key = is_a ? pairing->keys.seal_b : pairing->keys.seal_a;
	uint8_t plain[WIRE_SEALED_MAX];
	bool is_first = pairing->n_opened == 0;
	int result;

	if (sealed->size < SEAL_TAG_BYTES)
		return -EBADMSG;
	result = seal_open(key, pairing->n_opened, sealed->bytes, sealed->size, plain);
	if (result != 0)
		return result;
	pairing->n_opened++;
	if (!introduction_decode(introduction, plain, sealed->size - SEAL_TAG_BYTES) ||
	    introduction->has_confirmation != is_first)
		return -EPROTO;
	if (is_first && !secret_equal(introduction->confirmation, pairing->their_confirmation,
				      SPAKE2_CONFIRM_BYTES))
		return -EBADMSG;
	if (is_first)
		pair_account_heard(pairing);
	pairing->is_account = pair_account_take(pairing, plain, sealed->size - SEAL_TAG_BYTES);
	return 0;
}

/* Those where the server saw the peer, or the others. */
static void dial_all(struct pairing *pairing, const struct introduction *introduction,
		     bool are_observed)
{
	for (uint32_t i = 0; i < introduction->n_candidates; i++) {
		const struct midair_endpoint *remote = &introduction->candidates[i].endpoint;

		if (endpoint_is_same_address(remote, &pairing->observed) == are_observed &&
		    candidates_may_dial(&pairing->view, &pairing->observed, remote))
			session_add_candidate(pairing->session, remote);
	}
}

void pair_dial(struct pairing *pairing, struct introduction *introduction)
{
	bool are_neighbours = candidates_are_neighbours(&pairing->view, &pairing->observed);

	if (pair_is_relay_only(pairing))
		return;
	candidates_sort(introduction->candidates, introduction->n_candidates);
	dial_all(pairing, introduction, !are_neighbours);
	dial_all(pairing, introduction, are_neighbours);
	/* where it is among them it is dialled already */
	pair_dial_observed(pairing);
}

void pair_wipe(struct pairing *pairing)
{
	free_exchanges(pairing);
	pairing_keys_wipe(&pairing->keys);
	secret_wipe(&pairing->secret);
	secret_forget(pairing->our_confirmation, sizeof(pairing->our_confirmation));
	secret_forget(pairing->their_confirmation, sizeof(pairing->their_confirmation));
}
