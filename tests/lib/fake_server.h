/* SPDX-License-Identifier: MIT */
/*
 * fake_server: a rendezvous server inside the test's own loop, small and as hostile as the test
 * wants. One instance at a time; all its sockets are non-blocking.
 */
#ifndef MIDAIR_TESTS_FAKE_SERVER_H
#define MIDAIR_TESTS_FAKE_SERVER_H

#include "core/wire.h"
#include "tests/lib/loopback.h"

#define FAKE_CLIENTS 32
#define FAKE_SPENT   8
#define FAKE_ENTERED 8
#define FAKE_POLL    (FAKE_CLIENTS + 2)

enum fake_manner {
	FAKE_HONEST,
	FAKE_SILENT,	    /* takes connections, says nothing */
	FAKE_NOT_US,	    /* another protocol */
	FAKE_FUTURE,	    /* a version that we do not know */
	FAKE_REFUSES,	    /* a limit is reached */
	FAKE_SWAPS_ADDRESS, /* tells fake_address instead of the peer's */
	FAKE_REFLECTS,	    /* introduces each one to itself */
	FAKE_SAYS_PEER_TWICE,
	FAKE_FLIPS_A_BIT, /* of each sealed message */
	FAKE_DROPS_SEALED,
	FAKE_RETURNS_SEALED, /* to its sender */
	FAKE_REPEATS_SEALED,
	FAKE_LIES_OF_WRONG_CODE, /* and drops what would prove it wrong */
	FAKE_DIES_AFTER_PEER,
	FAKE_FLOODS,	   /* with messages that make no sense, after the introduction */
	FAKE_SWAPS_SHARES, /* gives both a share of its own: sits in the middle */
	FAKE_MIXES_ROOMS,  /* introduces to each other who have entered different ones */
	FAKE_MIXES_ROLES,  /* tells both that they are role A, with fitting shares */
};

struct fake_client {
	int fd;
	struct midair_endpoint remote;
	bool has_entered;
	struct wire_enter enter;
	int partner;	/* -1: none */
	bool is_asking; /* for the relay */
	bool is_relayed;
	bool has_ended; /* its FIN was passed on */
	size_t n_input;
	uint8_t input[WIRE_MESSAGE_MAX];
};

struct fake_server {
	enum fake_manner manner;
	/* The relay; its bytes are those of the peers, but for one bit at flip_at (0: none). */
	bool has_relay;
	bool is_busy; /* refuses */
	uint64_t flip_at;
	uint64_t n_relayed; /* bytes */
	struct midair_endpoint local;
	struct midair_endpoint fake_address;
	int listener;
	int listener6; /* of [::1] with the same port; -1: none */
	uint32_t n_numbers;
	uint32_t n_introductions;
	uint32_t n_sealed;
	uint32_t n_connections;
	uint32_t n_asked;   /* by STUN */
	uint32_t n_left[4]; /* by reason, as clients said */
	struct fake_client clients[FAKE_CLIENTS];
	struct wire_enter spent[FAKE_SPENT]; /* rooms */
	uint32_t n_spent;
	struct wire_enter entered[FAKE_ENTERED]; /* the latest, by n_entered */
	uint32_t n_entered;
};

void fake_server_open(struct fake_server *server, const struct midair_endpoint *local,
		      enum fake_manner manner);
/* Listens on [::1] too, with the same port. */
void fake_server_add_ipv6(struct fake_server *server);
/* As a process that was killed: RST to everybody. What it knew is gone, too. */
void fake_server_close(struct fake_server *server);

/* What to poll for. Returns the number, at most FAKE_POLL. */
size_t fake_server_poll(const struct fake_server *server, struct pollfd *fds);
/* Does what is due. */
void fake_server_step(struct fake_server *server);

#endif
