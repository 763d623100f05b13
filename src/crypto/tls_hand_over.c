/* SPDX-License-Identifier: MIT */
/* The sending direction's key for somebody else, who makes the records from then on. */
#include <errno.h>
#include <string.h>

#include "crypto/tls_internal.h"

static int describe(const struct tls *tls, struct tls_sending_key *key)
{
	const struct tls_record *sealing = &tls->sealing;
	bool is_chacha20 = sealing->suite == TLS_SUITE_CHACHA20_POLY1305;

	*key = (struct tls_sending_key){.is_chacha20 = is_chacha20, .number = sealing->number};
	memcpy(key->iv, sealing->iv, sizeof(key->iv));
	return tls_expand_label(key->key, is_chacha20 ? 32 : 16, sealing->secret, "key", NULL,
				0);
}

int tls_hand_over(struct tls *tls, struct tls_sending_key *key)
{
	if (tls->state != TLS_DONE || tls->is_closed || tls->is_handed_over ||
	    tls->out.begin < tls->out.end)
		return -EBUSY;
	return describe(tls, key);
}

void tls_was_handed_over(struct tls *tls)
{
	tls->is_handed_over = true;
}

bool tls_is_update_due(const struct tls *tls)
{
	return tls->is_update_due;
}

int tls_next_key(struct tls *tls, struct tls_sending_key *key)
{
	int result = tls_record_update(&tls->sealing);

	if (result == 0)
		result = describe(tls, key);
	tls->is_update_due = false;
	return result;
}

uint32_t tls_records_per_key(const struct tls *tls)
{
	return tls->records_per_key;
}
