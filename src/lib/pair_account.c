/* SPDX-License-Identifier: MIT */
/* What each side saw of an attempt that has failed, told to the other. See pair_internal.h. */
#include "crypto/seal.h"
#include "lib/pair_internal.h"
#include "os/clock.h"

_Static_assert(TIMELINE_BYTES <= INTRODUCTION_BYTES_MAX, "fits into a sealed message");

static int64_t attempt_time_ns(const struct midair_session *session)
{
	return (int64_t)(clock_now_ns() - session->opened_ns);
}

void pair_account_reset(struct pairing *pairing)
{
	struct midair_session *session = pairing->session;

	session->timeline.has_told = false;
	session->timeline.has_heard = false;
	session->has_theirs = false;
	session->is_server_silent = false;
}

void pair_account_told(struct pairing *pairing)
{
	pairing->session->timeline.has_told = true;
	pairing->session->timeline.told_ns = attempt_time_ns(pairing->session);
}

void pair_account_heard(struct pairing *pairing)
{
	pairing->session->timeline.has_heard = true;
	pairing->session->timeline.heard_ns = attempt_time_ns(pairing->session);
}

/* Everything but what happened at private addresses. */
static size_t write_account(struct midair_session *session, uint8_t plain[TIMELINE_BYTES])
{
	struct timeline *told = &session->told;

	told->has_told = session->timeline.has_told;
	told->told_ns = session->timeline.told_ns;
	told->has_heard = session->timeline.has_heard;
	told->heard_ns = session->timeline.heard_ns;
	told->is_direct_only = session->timeline.is_direct_only;
	return timeline_encode(told, plain);
}

void pair_account(struct pairing *pairing, uint32_t server)
{
	bool is_a = pairing->role == MIDAIR_ROLE_A;
	const uint8_t *key = is_a ? pairing->keys.seal_a : pairing->keys.seal_b;
	struct wire_message message = {.type = WIRE_SEALED};
	uint8_t plain[TIMELINE_BYTES];
	size_t size = write_account(pairing->session, plain);

	if (size == 0 || seal(key, pairing->n_sealed, plain, size, message.sealed.bytes) != 0)
		return;
	pairing->n_sealed++;
	message.sealed.size = (uint16_t)(size + SEAL_TAG_BYTES);
	pair_send(pairing, server, &message, 1);
}

/* The first one counts: the peer has no reason to tell it twice. */
bool pair_account_take(struct pairing *pairing, const uint8_t *plain, size_t size)
{
	struct midair_session *session = pairing->session;

	if (session->has_theirs || !timeline_decode(&session->theirs, plain, size))
		return false;
	session->has_theirs = true;
	return true;
}

/* Before the plan and what it was made of are forgotten. */
void pair_account_keep(struct pairing *pairing)
{
	const struct pair_reach *reach = &pairing->reach;
	uint8_t family = reach->has_plan ? reach->plan.family : pairing->observed.family;
	uint32_t i = family == MIDAIR_IPV6;

	pairing->session->reports[0] = reach->told[i];
	pairing->session->reports[1] = reach->theirs[i];
}
