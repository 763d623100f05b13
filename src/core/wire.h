/* SPDX-License-Identifier: MIT */
/*
 * wire: the messages between a client and the rendezvous server (docs/PROTOCOL.md has the table).
 *
 * A message is a type, a zero, the body's length (two bytes, network order) and the body. Types
 * have the two top bits 01, so that a STUN request, whose first byte has 00, is told apart on the
 * same port. Everything that arrives is hostile: a decoder accepts exactly what its encoder can
 * write, and nothing else. (One exception: the HELLO of a later version may be longer.)
 */
#ifndef MIDAIR_CORE_WIRE_H
#define MIDAIR_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midair/midair.h"

#define WIRE_MAGIC	  UINT32_C(0x4d494452) /* "MIDR" */
#define WIRE_VERSION_MIN  1
#define WIRE_VERSION_MAX  1
#define WIRE_HEADER_BYTES 4
/* No body is longer; a length above it ends the connection. */
#define WIRE_BODY_MAX	 1024
#define WIRE_MESSAGE_MAX (WIRE_HEADER_BYTES + WIRE_BODY_MAX)
#define WIRE_SHARE_BYTES 33
#define WIRE_NAME_MAX	 32
#define WIRE_SEALED_MAX	 1000
/* No room lives longer: a day. */
#define WIRE_LIFETIME_S_MAX 86400

enum wire_type {
	WIRE_HELLO = 0x41,	/* client: the first one */
	WIRE_ENTER = 0x42,	/* client: into a room */
	WIRE_SEALED = 0x43,	/* both ways: for the peer, the server cannot read it */
	WIRE_LEAVE = 0x44,	/* client: gives up, or is done */
	WIRE_PROBE_INFO = 0x45, /* client: what can be probed here? */
	WIRE_PROBE = 0x46,	/* client: dial the end of this connection that you see */
	WIRE_RELAY = 0x47, /* client: the server shall forward our bytes to the peer, or not */
	/* 0x48 to 0x5f: reserved for the client */
	WIRE_WELCOME = 0x61,	   /* server: the answer to HELLO */
	WIRE_ROOM = 0x62,	   /* server: the answer to ENTER */
	WIRE_PEER = 0x63,	   /* server: the introduction */
	WIRE_LEFT = 0x64,	   /* server: the peer is gone */
	WIRE_ERROR = 0x65,	   /* server: why it closes the connection now */
	WIRE_PROBES = 0x66,	   /* server: the answer to PROBE_INFO */
	WIRE_PROBE_RESULT = 0x67,  /* server: what came of a PROBE */
	WIRE_RELAY_READY = 0x68,   /* server: all that follows is the peer's */
	WIRE_RELAY_WANTED = 0x69,  /* server: the peer has sent RELAY */
	WIRE_RELAY_REFUSED = 0x6a, /* server: there will be no relay */
};

/* Of WIRE_ENTER. */
#define WIRE_ENTER_ALLOCATE (1u << 0) /* no name: the server gives out a number */
#define WIRE_ENTER_REUSABLE (1u << 1) /* a secret's room: free again after the introduction */

/* What a server can do beside introducing, of WIRE_WELCOME. */
#define WIRE_CAN_RELAY (1u << 0)
#define WIRE_CAN_PROBE (1u << 1)

enum wire_error {
	WIRE_ERROR_VERSION = 1, /* no common version */
	WIRE_ERROR_PROTOCOL,	/* what was sent makes no sense */
	WIRE_ERROR_ROOM_TAKEN,	/* two are in it, or were */
	WIRE_ERROR_BUSY,	/* a limit of the server's */
	WIRE_ERROR_TOO_MANY,	/* a limit for this address */
	WIRE_ERROR_SLOW,	/* did not speak, or did not read, in time */
	WIRE_ERROR_EXPIRED,	/* the room's time is over */
	WIRE_ERROR_CLOSING,	/* the server ends; come back later */
};

struct wire_hello {
	uint8_t version_min;
	uint8_t version_max;
};

struct wire_enter {
	uint8_t flags;
	uint32_t lifetime_s; /* wanted, 1 or more; the server may give less */
	uint8_t name_size;   /* 0 with ALLOCATE, else 1 to WIRE_NAME_MAX */
	/* A number in decimal, "7"; or the 16 bytes that a secret gives. */
	uint8_t name[WIRE_NAME_MAX];
	uint8_t share_a[WIRE_SHARE_BYTES]; /* should the role be A */
	uint8_t share_b[WIRE_SHARE_BYTES];
};

struct wire_welcome {
	uint8_t version;
	uint16_t capabilities;		 /* WIRE_CAN_* */
	struct midair_endpoint observed; /* the client's end as the server sees it */
};

struct wire_room {
	uint32_t number;     /* with ALLOCATE; else 0 */
	uint32_t lifetime_s; /* from now */
};

struct wire_peer {
	uint8_t role;			 /* the receiver's: enum midair_role */
	uint8_t share[WIRE_SHARE_BYTES]; /* the peer's, for its role */
	struct midair_endpoint observed; /* the peer's end */
};

struct wire_sealed {
	uint16_t size;
	uint8_t bytes[WIRE_SEALED_MAX];
};

/* Of WIRE_LEAVE (all but GONE) and WIRE_LEFT: what the peer shall be told. */
enum wire_reason {
	WIRE_REASON_GONE = 0, /* the connection ended without a word */
	WIRE_REASON_DONE,     /* connected: the rendezvous is not needed any more */
	WIRE_REASON_WRONG_CODE,
	WIRE_REASON_GAVE_UP,
};

/* Of WIRE_PROBES. A port of 0: there is none. */
struct wire_probes {
	uint16_t second_port;		    /* answers as the main one does */
	uint16_t silent_port;		    /* lets no answer out */
	uint16_t refusing_port;		    /* answers every SYN with RST */
	struct midair_endpoint alternative; /* the server at another address; NONE: no other */
};

/* From where the server dials. */
enum wire_probe_kind {
	WIRE_PROBE_FRESH = 1,	/* a fresh port of the address that was connected to */
	WIRE_PROBE_ALTERNATIVE, /* a fresh port of the alternative address */
	WIRE_PROBE_SILENT,	/* the silent port of the address that was connected to */
	WIRE_PROBE_REFUSING,	/* the refusing port of that address */
};

enum wire_probe_outcome {
	WIRE_PROBE_CONNECTED = 1,
	WIRE_PROBE_RESET,
	WIRE_PROBE_UNREACHABLE,
	WIRE_PROBE_SILENCE,
	WIRE_PROBE_LIMITED, /* a limit of the server's: not dialled */
	WIRE_PROBE_UNABLE,  /* the server cannot: not dialled */
};

/* What kind of ICMP error it was. */
enum wire_probe_error {
	WIRE_PROBE_ERROR_NONE = 0,
	WIRE_PROBE_ERROR_HOST,
	WIRE_PROBE_ERROR_NETWORK,
	WIRE_PROBE_ERROR_OTHER,
};

struct wire_probe {
	uint16_t token; /* comes back with the result */
	uint8_t kind;	/* enum wire_probe_kind */
};

struct wire_probe_result {
	uint16_t token;
	uint8_t kind;
	uint8_t outcome; /* enum wire_probe_outcome */
	uint8_t error;	 /* enum wire_probe_error */
	uint16_t elapsed_ms;
};

/* Of WIRE_RELAY. */
enum wire_relay {
	WIRE_RELAY_YES = 1,
	WIRE_RELAY_NO, /* the answer to RELAY_WANTED: the peer need not wait */
};

/* Of WIRE_RELAY_REFUSED. */
enum wire_refusal {
	WIRE_REFUSAL_UNABLE = 1, /* the server has no relay */
	WIRE_REFUSAL_BUSY,	 /* a limit of the server's */
	WIRE_REFUSAL_PEER,	 /* the peer does not want it */
};

struct wire_message {
	enum wire_type type;
	union {
		struct wire_hello hello;
		struct wire_enter enter;
		struct wire_welcome welcome;
		struct wire_room room;
		struct wire_peer peer;
		struct wire_sealed sealed;
		struct wire_probes probes;
		struct wire_probe probe;
		struct wire_probe_result probe_result;
		enum wire_reason reason; /* LEAVE, LEFT */
		enum wire_error error;
		enum wire_relay relay;
		enum wire_refusal refusal; /* RELAY_REFUSED */
	};
};

/* Returns the number of bytes written, at most WIRE_MESSAGE_MAX; 0 when message cannot be sent
 * (a field is out of range). */
size_t wire_encode(const struct wire_message *message, uint8_t bytes[WIRE_MESSAGE_MAX]);

/* Reads one message. Returns the number of bytes that it took, 0 when more are needed, or -1: this
 * is not the protocol, end the connection. *message is set only when it was read. */
int wire_decode(const uint8_t *bytes, size_t size, struct wire_message *message);

const char *wire_error_name(enum wire_error error);	  /* "version", "room-taken", ... */
const char *wire_reason_name(enum wire_reason reason);	  /* "gone", "done", ... */
const char *wire_refusal_name(enum wire_refusal refusal); /* "unable", "busy", "peer" */
/* "connected", "reset", ... */
const char *wire_probe_outcome_name(enum wire_probe_outcome outcome);

#endif
