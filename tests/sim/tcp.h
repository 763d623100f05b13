/* SPDX-License-Identifier: MIT */
/*
 * tcp: the opening of TCP connections in one host's kernel, virtual.
 *
 * Theory of operation
 *
 * Sockets in CLOSED, LISTEN, SYN_SENT, SYN_RECV and ESTABLISHED follow RFC 9293 3.10.7, and Linux
 * where it differs: retransmission times, a limit on challenge ACKs, ICMP errors that abort a
 * SYN_SENT socket (when they quote its sequence number), a RST in SYN_RECV obeyed only with the
 * exact number (RFC 5961). There is no data and no FIN; closing means RST, or silence while
 * SYN_SENT. A segment to no socket is answered with RST.
 */
#ifndef MIDAIR_TESTS_SIM_TCP_H
#define MIDAIR_TESTS_SIM_TCP_H

#include "core/random.h"
#include "core/segment.h"

#define TCP_SOCKETS   128
#define TCP_ADDRESSES 2
#define TCP_NO_SOCKET (-1)
#define TCP_NO_TIMER  UINT64_MAX

enum tcp_state {
	TCP_FREE,
	TCP_DEAD, /* closed by the kernel: error says why; waits for the owner's close */
	TCP_LISTENING,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_ESTABLISHED,
};

struct tcp_socket {
	enum tcp_state state;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	uint32_t iss;	  /* our initial sequence number */
	uint32_t irs;	  /* the peer's */
	uint64_t sent_ns; /* when the latest SYN or SYN-ACK went out */
	uint64_t timer_ns;
	uint32_t n_retransmitted;
	uint64_t challenge_ns; /* when the next challenge ACK may be sent */
	int error;	       /* DEAD: -errno */
	bool is_child;	       /* of a listener */
	bool is_accepted;
	bool has_syn_ack; /* the peer's SYN-ACK has come */
	enum midair_crossing crossing;
	uint32_t round_trip_us;
};

struct tcp_host {
	/* Linux 6.5 and later: the first SYNs go out once a second. */
	bool is_linear;
	/* Linux since July 2024: the crossing SYN-ACK establishes; before, it was challenged. */
	bool is_crossing_quick;
	struct midair_endpoint addresses[TCP_ADDRESSES]; /* family NONE: none */
	struct random random;
	int n_ever; /* sockets from here on were never used */
	struct tcp_socket sockets[TCP_SOCKETS];
	uint64_t now_ns; /* set before each call */
	/* The host's way out; and: a socket's owner should look at it. */
	void (*send)(void *context, const struct segment *segment);
	void (*wake)(void *context);
	void *context;
};

void tcp_init(struct tcp_host *host, uint64_t seed);

/* Sends a SYN. Returns the socket's number; -EADDRNOTAVAIL when the 4-tuple is taken,
 * -ENETUNREACH without an address of that family, -EMFILE when all sockets are in use. */
int tcp_connect(struct tcp_host *host, uint16_t local_port,
		const struct midair_endpoint *remote);

/* Returns the socket's number, or as above. */
int tcp_listen(struct tcp_host *host, enum midair_family family, uint16_t local_port);

/* An established child that was not accepted yet, or TCP_NO_SOCKET. */
int tcp_accept(struct tcp_host *host, int listener);

/* Closes with RST; silently while SYN_SENT. A listener takes its children along. */
void tcp_close(struct tcp_host *host, int number);

/* A segment or an ICMP error arrives. */
void tcp_receive(struct tcp_host *host, const struct segment *segment);

/* When tcp_run_timers() has work; TCP_NO_TIMER for never. */
uint64_t tcp_deadline(const struct tcp_host *host);
void tcp_run_timers(struct tcp_host *host);

/* ---- shared by tcp*.c only ------------------------------------------------------------------ */

struct tcp_socket *tcp_new_socket(struct tcp_host *host);
void tcp_emit(struct tcp_host *host, const struct tcp_socket *socket, uint8_t flags);
void tcp_start_timer(struct tcp_host *host, struct tcp_socket *socket);

#endif
