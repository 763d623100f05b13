/* SPDX-License-Identifier: MIT */
/*
 * tcp: the opening of TCP connections in one host's kernel, virtual.
 *
 * Theory of operation
 *
 * Sockets in CLOSED, LISTEN, SYN_SENT, SYN_RECV and ESTABLISHED follow RFC 9293 3.10.7, and Linux
 * where it differs: retransmission times, a limit on challenge ACKs, ICMP errors that abort a
 * SYN_SENT socket (when they quote its sequence number), a RST in SYN_RECV obeyed only with the
 * exact number (RFC 5961). Each end can send one message, which its length tells from others, and
 * repeats it until it is acknowledged. There is no FIN; closing means RST, or silence while
 * SYN_SENT. A segment to no socket is answered with RST.
 */
#ifndef MIDAIR_TESTS_SIM_TCP_H
#define MIDAIR_TESTS_SIM_TCP_H

#include "core/random.h"
#include "core/segment.h"

/* As many as a volley needs; what is not used costs nothing. */
#define TCP_SOCKETS   4096
#define TCP_BUCKETS   1024u
#define TCP_ADDRESSES 3
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
	uint16_t in_bytes;  /* the peer's message; 0: it has not come */
	uint16_t out_bytes; /* ours */
	uint32_t n_repeated;
	bool is_changed; /* it is in the list */
};

struct tcp_host {
	/* Linux 6.5 and later: the first SYNs go out once a second. */
	bool is_linear;
	/* Linux since July 2024: the crossing SYN-ACK establishes; before, it was challenged. */
	bool is_crossing_quick;
	struct midair_endpoint addresses[TCP_ADDRESSES]; /* family NONE: none */
	struct random random;
	int n_ever;	      /* sockets from here on were never used */
	int lowest_free;      /* none below is free */
	uint64_t earliest_ns; /* no timer runs out before */
	uint64_t now_ns;      /* set before each call */
	/* The host's way out; and: a socket's owner should look at it. */
	void (*send)(void *context, const struct segment *segment);
	void (*wake)(void *context);
	void *context;
	/* Sockets that have changed, for an owner of many; whoever reads the list empties it. */
	int n_changed;
	int n_acceptable;	     /* established children that nobody has accepted */
	uint16_t heads[TCP_BUCKETS]; /* by both ports; a socket's number + 1 */
	/* from here on nothing is cleared */
	uint16_t changed[TCP_SOCKETS];
	uint16_t links[TCP_SOCKETS];
	struct tcp_socket sockets[TCP_SOCKETS];
};

void tcp_init(struct tcp_host *host, uint64_t seed);

/* Sends a SYN. Returns the socket's number; -EADDRNOTAVAIL when the 4-tuple is taken,
 * -ENETUNREACH without an address of that family, -EMFILE when all sockets are in use. */
int tcp_connect(struct tcp_host *host, uint16_t local_port,
		const struct midair_endpoint *remote);

/* On the host's address number n. Returns the socket's number, or as above. */
int tcp_listen(struct tcp_host *host, int n, uint16_t local_port);

/* Once for each established socket. */
void tcp_send(struct tcp_host *host, int number, uint16_t n_bytes);

/* An established child that was not accepted yet, or TCP_NO_SOCKET. */
int tcp_accept(struct tcp_host *host, int listener);
/* Whether the socket is such a child, of whatever listener; it is then accepted. */
bool tcp_accept_child(struct tcp_host *host, int number);

/* Closes with RST; silently while SYN_SENT. A listener takes its children along. */
void tcp_close(struct tcp_host *host, int number);

/* A segment or an ICMP error arrives. */
void tcp_receive(struct tcp_host *host, const struct segment *segment);

/* When tcp_run_timers() has work; TCP_NO_TIMER for never. */
uint64_t tcp_deadline(const struct tcp_host *host);
void tcp_run_timers(struct tcp_host *host);

/* ---- shared by tcp*.c only ------------------------------------------------------------------ */

struct tcp_socket *tcp_new_socket(struct tcp_host *host);
void tcp_free_socket(struct tcp_host *host, struct tcp_socket *socket);
/* Before an established socket is anything else. */
void tcp_leave(struct tcp_host *host, const struct tcp_socket *socket);
/* From here on the socket is found by its two ends, or, a listener, by its own. */
void tcp_enlist(struct tcp_host *host, const struct tcp_socket *socket);
struct tcp_socket *tcp_find(struct tcp_host *host, const struct midair_endpoint *local,
			    const struct midair_endpoint *remote);
const struct tcp_socket *tcp_find_listener(struct tcp_host *host,
					   const struct midair_endpoint *local);
void tcp_wake(struct tcp_host *host, struct tcp_socket *socket);
void tcp_emit(struct tcp_host *host, const struct tcp_socket *socket, uint8_t flags);
void tcp_start_timer(struct tcp_host *host, struct tcp_socket *socket);

#endif
