/* SPDX-License-Identifier: MIT */
/* barren: records that only the peer can make, and that bring nothing. */
#ifndef MIDAIR_TESTS_BARREN_H
#define MIDAIR_TESTS_BARREN_H

#include "crypto/tls_internal.h"
#include "tests/unit/unit.h"

enum barren_kind {
	BARREN_UPDATE,	/* a new key each time */
	BARREN_REQUEST, /* the same, and one of ours is asked for */
	BARREN_EMPTY,	/* application data of no bytes */
	BARREN_ALERT,	/* user_canceled, which says nothing */
	N_BARREN_KINDS,
};

/* Puts one into the output of a peer that is DONE. */
static inline void barren_put(struct tls *peer, enum barren_kind kind)
{
	const uint8_t update[] = {TLS_KEY_UPDATE, 0, 0, 1, kind == BARREN_REQUEST};
	const uint8_t alert[] = {TLS_ALERT_WARNING, TLS_ALERT_USER_CANCEL};

	assert_true(tls_grow(peer, &peer->out, TLS_BATCH_BYTES));
	tls_compact(&peer->out);
	switch (kind) {
	case BARREN_UPDATE:
	case BARREN_REQUEST:
		tls_put(peer, TLS_CONTENT_HANDSHAKE, update, sizeof(update));
		assert_int_equal(tls_record_update(&peer->sealing), 0);
		break;
	case BARREN_EMPTY:
		tls_put(peer, TLS_CONTENT_DATA, "", 0);
		break;
	case BARREN_ALERT:
		tls_put(peer, TLS_CONTENT_ALERT, alert, sizeof(alert));
		break;
	case N_BARREN_KINDS:
		break;
	}
}

#endif
