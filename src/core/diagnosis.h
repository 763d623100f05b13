/* SPDX-License-Identifier: MIT */
/*
 * diagnosis: from what both sides saw of a failed attempt to why it failed. Pure.
 *
 * Theory of operation
 *
 * Most results say it by themselves: no server, no peer, another code. When the time ran out between
 * the two, the evidence is taken in the order of its weight: a plan that says that there is no
 * direct way; the other side that never dialled; connections that stood and were not the peer's; and
 * at last what came back to the SYNs, which the boxes in front of the side that was dialled sent, or
 * did not. Without the other side's timeline, half of that is known.
 */
#ifndef MIDAIR_CORE_DIAGNOSIS_H
#define MIDAIR_CORE_DIAGNOSIS_H

#include "core/nat_report.h"
#include "core/timeline.h"

#define HELP_DIRECT                                                                            \
	(MIDAIR_REMEDY_RELAY | MIDAIR_REMEDY_OPEN_PORT | MIDAIR_REMEDY_IPV6 |                  \
	 MIDAIR_REMEDY_OTHER_NETWORK)

/* X(constant, name, text, explanation, side, step, remedies). Names that are a result's mean what
 * the result means. */
#define DIAGNOSES(X)                                                                           \
	X(DIAGNOSIS_UNKNOWN, "unknown", "nothing that was seen tells why",                     \
	  "The attempt ended before it could learn anything, or by an error of the system.",   \
	  UNKNOWN, DIAL, MIDAIR_REMEDY_RETRY | MIDAIR_REMEDY_CHECK)                            \
	X(DIAGNOSIS_LOCAL, "this-machine", "this machine could not do its part",               \
	  "The error is one of the system's own: a port that is taken, an address that is "    \
	  "not ours, no permission, no memory.",                                               \
	  OURS, START, MIDAIR_REMEDY_FREE_PORT)                                                \
	X(DIAGNOSIS_SELF, "self-connection", "the address that was dialled is our own",        \
	  "The SYN met itself: address and port are those of this machine's own socket.",      \
	  OURS, DIAL, MIDAIR_REMEDY_CHECK_ADDRESS)                                             \
	X(DIAGNOSIS_SERVER, "server-unreachable", "the rendezvous server was not reached",     \
	  "No connection to any of the server's addresses came about: it does not run, its "   \
	  "address is another one, or a firewall stands before it or before us.",              \
	  SERVER, SERVER, MIDAIR_REMEDY_CHECK_SERVER | MIDAIR_REMEDY_ALLOW)                    \
	X(DIAGNOSIS_BUSY, "server-busy", "the server has reached one of its limits",           \
	  "The server's operator has set how many may use it, in all and from one address.",   \
	  SERVER, SERVER, MIDAIR_REMEDY_RETRY)                                                 \
	X(DIAGNOSIS_VERSION, "protocol-version", "the versions have nothing in common",        \
	  "One of the three, this side, the other one and the server, is too old.", SERVER,    \
	  SERVER, MIDAIR_REMEDY_UPDATE)                                                        \
	X(DIAGNOSIS_PROTOCOL, "protocol",                                                      \
	  "the server or the other side does not keep to the protocol",                        \
	  "Something else listens at that address and port, or it is hostile.", SERVER,        \
	  SERVER, MIDAIR_REMEDY_CHECK_SERVER | MIDAIR_REMEDY_UPDATE)                           \
	X(DIAGNOSIS_ROOM_TAKEN, "room-taken", "the code is spent",                             \
	  "A code introduces two, once, whatever comes of it: each introduction is a guess "   \
	  "for somebody who does not know it.",                                                \
	  BOTH, INTRODUCTION, MIDAIR_REMEDY_NEW_CODE)                                          \
	X(DIAGNOSIS_NO_PEER, "no-peer", "nobody came with the same code",                      \
	  "The server was there, and the other side never was: not started, another server, "  \
	  "another room, or it cannot reach the server.",                                      \
	  THEIRS, INTRODUCTION, MIDAIR_REMEDY_START_PEER)                                      \
	X(DIAGNOSIS_WRONG_CODE, "wrong-code", "the other side has another code or secret",     \
	  "Whoever came into the room proved that it does not know our code: mistyped, or a "  \
	  "stranger who guessed. Nothing was told to it.",                                     \
	  THEIRS, INTRODUCTION, MIDAIR_REMEDY_NEW_CODE | MIDAIR_REMEDY_SAME_SECRET)            \
	X(DIAGNOSIS_UNCONFIRMED, "unconfirmed",                                                \
	  "the other side came and never showed that it has the code",                         \
	  "It was cut off in that moment, or it was a stranger who guessed: what it was sent " \
	  "tells it whether one guess was right. When your own other side did not come, "      \
	  "somebody guessed.",                                                                 \
	  THEIRS, INTRODUCTION, MIDAIR_REMEDY_NEW_CODE)                                        \
	X(DIAGNOSIS_PEER_LEFT, "peer-left", "the other side ended its attempt",                \
	  "It was introduced, and then its user or its own time ended it.", THEIRS, DIAL,      \
	  MIDAIR_REMEDY_START_PEER | MIDAIR_REMEDY_RETRY)                                      \
	X(DIAGNOSIS_PEER_SILENT, "peer-never-dialled", "the other side sent no SYN",           \
	  "Its own timeline has none, or this machine of its could not send any: no route, "   \
	  "or a firewall of its own.",                                                         \
	  THEIRS, DIAL, MIDAIR_REMEDY_ALLOW | MIDAIR_REMEDY_OTHER_NETWORK)                     \
	X(DIAGNOSIS_NO_ROUTE, "no-route", "no SYN of ours could leave this machine",           \
	  "There is no route to any of the other side's addresses, or the firewall of this "   \
	  "machine forbids it.",                                                               \
	  OURS, DIAL, MIDAIR_REMEDY_ALLOW | MIDAIR_REMEDY_CHECK_ADDRESS)                       \
	X(DIAGNOSIS_STRANGER, "stranger-answers",                                              \
	  "who answered at the other side's address is not the other side",                    \
	  "Connections stood, and their other end could not prove that it knows the secret: "  \
	  "a NAT gave that port to somebody else, or the secrets differ.",                     \
	  THEIRS, HANDSHAKE, MIDAIR_REMEDY_CHECK_ADDRESS | MIDAIR_REMEDY_SAME_SECRET)          \
	X(DIAGNOSIS_BROKEN, "handshake-broken",                                                \
	  "connections stood and broke before they had proved themselves",                     \
	  "A box between the two lets SYNs pass and cuts what follows, or loses packets: "     \
	  "middleboxes that check sequence numbers do not know simultaneous open.",            \
	  BOTH, HANDSHAKE, MIDAIR_REMEDY_RETRY | MIDAIR_REMEDY_OTHER_PORT | HELP_DIRECT)       \
	X(DIAGNOSIS_RANDOM_BOTH, "random-both",                                                \
	  "both NATs give out random ports for each destination: neither can be found",        \
	  "Each side would have to guess the other's port out of 64,512 while its own is as "  \
	  "unknown: thousands of millions of pairs. No budget of SYNs finds one.",             \
	  BOTH, DIAL, HELP_DIRECT)                                                             \
	X(DIAGNOSIS_RANDOM_SEQUENTIAL, "random-sequential",                                    \
	  "one NAT gives out random ports, the other a new one for each destination",          \
	  "The random one cannot be foreseen, and each guess at it costs the other side a "    \
	  "port of its own, so that neither stays where it is looked for.",                    \
	  BOTH, DIAL, HELP_DIRECT)                                                             \
	X(DIAGNOSIS_SYN_IN_REFUSED, "syn-in-refused",                                          \
	  "both NATs refuse a SYN that meets our own, and let no stranger in",                 \
	  "A connection from both ends needs one box at least that takes a SYN after it has "  \
	  "let one out (RFC 5382, 4.2). Neither does, and nobody can be the listener.",        \
	  BOTH, DIAL, HELP_DIRECT)                                                             \
	X(DIAGNOSIS_SYN_IN_ERROR, "syn-in-error",                                              \
	  "one NAT answers a SYN that meets our own with an ICMP error",                       \
	  "The error ends the other side's half-open connection each time, so that the two "   \
	  "SYNs never meet.",                                                                  \
	  BOTH, DIAL, HELP_DIRECT)                                                             \
	X(DIAGNOSIS_NO_FAMILY, "no-common-family",                                             \
	  "the two sides have no address family in common",                                    \
	  "One has only IPv4, the other only IPv6.", BOTH, DIAL,                               \
	  MIDAIR_REMEDY_RELAY | MIDAIR_REMEDY_IPV6 | MIDAIR_REMEDY_OTHER_NETWORK)              \
	X(DIAGNOSIS_MISSED, "ports-missed",                                                    \
	  "none of the ports that were tried was the right one",                               \
	  "A NAT gives out another port for each destination, and the ports that it was "      \
	  "expected to give out were not those: other traffic behind it, or bad luck.",        \
	  BOTH, DIAL, MIDAIR_REMEDY_RETRY | HELP_DIRECT)                                       \
	X(DIAGNOSIS_FILTERED, "filtered", "a firewall forbids the connection",                 \
	  "ICMP \"administratively prohibited\" came back to the SYNs: somebody has decided "  \
	  "that they shall not pass.",                                                         \
	  THEIRS, DIAL, MIDAIR_REMEDY_ALLOW | HELP_DIRECT)                                     \
	X(DIAGNOSIS_UNREACHABLE, "unreachable", "a router finds no way to the other side",     \
	  "ICMP errors came back to the SYNs, and no SYN of the other side got in.", THEIRS,   \
	  DIAL, MIDAIR_REMEDY_CHECK_ADDRESS | HELP_DIRECT)                                     \
	X(DIAGNOSIS_REFUSED, "refused-everywhere",                                             \
	  "each SYN was answered with RST, and none met the other side's",                     \
	  "The box that was dialled refuses what it does not expect. The SYNs of the two "     \
	  "sides would have met if its outer port were the one that the server saw, or if "    \
	  "the other side had dialled.",                                                       \
	  THEIRS, DIAL, MIDAIR_REMEDY_CHECK | HELP_DIRECT)                                     \
	X(DIAGNOSIS_ONCE, "refused-once",                                                      \
	  "the one SYN was refused, and --once allowed no other",                              \
	  "It came before the other side's own had opened the way.", THEIRS, DIAL,             \
	  MIDAIR_REMEDY_OTHER_FIRST | MIDAIR_REMEDY_RETRY)                                     \
	X(DIAGNOSIS_SILENCE, "silence", "no SYN was ever answered",                            \
	  "A box drops what it does not expect. Of two such boxes each lets the other's SYN "  \
	  "in when the ports are right: so one of them shows another port than the server "    \
	  "saw, or a firewall drops outgoing TCP, or the other side did not dial.",            \
	  UNKNOWN, DIAL, MIDAIR_REMEDY_CHECK | HELP_DIRECT)                                    \
	X(DIAGNOSIS_NOT_MET, "not-met", "both sides sent SYNs, and none met another",          \
	  "Each was answered in its own way or not at all. A NAT shows another port than the " \
	  "server saw, or refuses a SYN that comes after its own.",                            \
	  BOTH, DIAL, MIDAIR_REMEDY_CHECK | HELP_DIRECT)                                       \
	X(DIAGNOSIS_ONE_ROUTER, "one-router",                                                  \
	  "both sides are behind one router, which does not lead them to each other",          \
	  "The server saw both at one address. The router, or the carrier's NAT, does not "    \
	  "turn packets for its own address round (hairpinning; RFC 5382, REQ-8), and inside " \
	  "the two do not reach each other: it keeps its hosts apart, as for guests, or they " \
	  "are in different networks.",                                                        \
	  BOTH, DIAL, MIDAIR_REMEDY_RELAY | MIDAIR_REMEDY_IPV6 | MIDAIR_REMEDY_OTHER_NETWORK)  \
	X(DIAGNOSIS_NETWORK_CHANGED, "network-changed",                                        \
	  "our way to the server was lost in the middle of the attempt",                       \
	  "What we told the server after the introduction was never acknowledged: a NAT "      \
	  "before us was restarted or has another address, this machine has changed its "      \
	  "network, or the server has vanished. Where the server saw us, and the other side "  \
	  "dials, nobody may be any more.",                                                    \
	  OURS, DIAL, MIDAIR_REMEDY_RETRY | MIDAIR_REMEDY_NEW_CODE)                            \
	X(DIAGNOSIS_NO_RELAY, "no-relay", "the relay alone was allowed, and there is none",    \
	  "The server was not started with --relay, is at a limit, or the other side does "    \
	  "not want it.",                                                                      \
	  SERVER, DIAL, MIDAIR_REMEDY_RELAY)                                                   \
	X(DIAGNOSIS_LOST, "lost", "the connection was broken, not closed",                     \
	  "Data may be missing. RST from the other side or a box between, or nothing came "    \
	  "back for so long that the connection was given up.",                                \
	  UNKNOWN, STREAM, MIDAIR_REMEDY_RETRY)                                                \
	X(DIAGNOSIS_PATH_LOST, "path-lost", "the path fell silent",                            \
	  "A NAT has forgotten the connection (it rebooted, changed its address, or keeps "    \
	  "idle ones for too short a time), the network is gone, or the other machine is.",    \
	  UNKNOWN, STREAM, MIDAIR_REMEDY_RETRY)

enum diagnosis {
#define DIAGNOSIS_ENUM(constant, name, text, explanation, side, step, remedies) constant,
	DIAGNOSES(DIAGNOSIS_ENUM)
#undef DIAGNOSIS_ENUM
		N_DIAGNOSES,
};

const char *diagnosis_explanation(enum diagnosis diagnosis);

struct evidence {
	int result; /* how the attempt ended */
	bool is_pairing;
	bool is_server_silent; /* it has not acknowledged what we sent it last */
	bool can_relay;	       /* the server could have forwarded */
	const struct timeline *ours;
	const struct timeline *theirs; /* NULL: the other side has told nothing */
	/* Of the family in question; NULL: nothing is known. */
	const struct nat_report *our_report;
	const struct nat_report *their_report;
};

/* Never fails; what is known of neither side is left open. */
void diagnose(struct midair_verdict *verdict, const struct evidence *evidence);

#endif
