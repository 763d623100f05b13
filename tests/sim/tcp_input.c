/* SPDX-License-Identifier: MIT */
/* RFC 9293 3.10.7: what a segment does, by state. */
#include <errno.h>

#include "tests/sim/tcp.h"

#define WINDOW 65535u
/* net.ipv4.tcp_invalid_ratelimit, of each socket. */
#define CHALLENGE_PAUSE_NS UINT64_C(500000000)

static void kill_socket(struct tcp_host *host, struct tcp_socket *socket, int error)
{
	/* a request or a child that nobody has seen disappears without a word */
	bool is_unseen = socket->is_child && !socket->is_accepted;

	tcp_leave(host, socket);
	socket->state = TCP_DEAD;
	socket->error = error;
	if (is_unseen)
		tcp_free_socket(host, socket);
	tcp_wake(host, socket);
}

static void answer_reset(struct tcp_host *host, const struct segment *segment)
{
	struct segment reset;

	if (segment_answer_reset(segment, &reset))
		host->send(host->context, &reset);
}

static void challenge(struct tcp_host *host, struct tcp_socket *socket)
{
	if (host->now_ns < socket->challenge_ns)
		return;
	socket->challenge_ns = host->now_ns + CHALLENGE_PAUSE_NS;
	tcp_emit(host, socket, SEGMENT_ACK);
}

static void establish(struct tcp_host *host, struct tcp_socket *socket,
		      enum midair_crossing crossing)
{
	socket->state = TCP_ESTABLISHED;
	host->n_acceptable += socket->is_child;
	socket->crossing = socket->is_child ? MIDAIR_CAUGHT : crossing;
	socket->round_trip_us = (uint32_t)((host->now_ns - socket->sent_ns) / 1000);
	socket->timer_ns = TCP_NO_TIMER;
	tcp_wake(host, socket);
}

/* 3.10.7.2 */
static void in_listen(struct tcp_host *host, const struct tcp_socket *listener,
		      const struct segment *segment)
{
	struct tcp_socket *child;

	if (segment->flags & SEGMENT_RST)
		return;
	if (segment->flags & SEGMENT_ACK) {
		answer_reset(host, segment);
		return;
	}
	if (!(segment->flags & SEGMENT_SYN))
		return;
	child = tcp_new_socket(host);
	if (!child)
		return; /* the queue is full: silence, the SYN will come again */
	child->state = TCP_SYN_RECV;
	child->is_child = true;
	child->local = listener->local;
	child->remote = segment->source;
	child->iss = (uint32_t)random_next(&host->random);
	child->irs = segment->sequence;
	tcp_enlist(host, child);
	tcp_start_timer(host, child);
	tcp_emit(host, child, SEGMENT_SYN | SEGMENT_ACK);
}

/* 3.10.7.3 */
static void in_syn_sent(struct tcp_host *host, struct tcp_socket *socket,
			const struct segment *segment)
{
	bool has_ack = segment->flags & SEGMENT_ACK;

	if (has_ack && segment->acknowledgement != socket->iss + 1) {
		answer_reset(host, segment);
		return;
	}
	if (segment->flags & SEGMENT_RST) {
		if (has_ack)
			kill_socket(host, socket, -ECONNREFUSED);
		return;
	}
	if (!(segment->flags & SEGMENT_SYN))
		return;
	socket->irs = segment->sequence;
	if (has_ack) {
		establish(host, socket, MIDAIR_ANSWERED);
		tcp_emit(host, socket, SEGMENT_ACK);
		return;
	}
	/* Simultaneous open. The SYN's timer goes on, now for the SYN-ACK. */
	socket->state = TCP_SYN_RECV;
	socket->sent_ns = host->now_ns;
	tcp_emit(host, socket, SEGMENT_SYN | SEGMENT_ACK);
}

/* The peer's SYN-ACK of a simultaneous open: its number is one below what is expected. */
static bool is_crossing_syn_ack(const struct tcp_socket *socket, const struct segment *segment)
{
	return !socket->is_child && segment->flags & SEGMENT_ACK &&
	       segment->sequence == socket->irs && segment->acknowledgement == socket->iss + 1;
}

static void take_syn(struct tcp_host *host, struct tcp_socket *socket,
		     const struct segment *segment)
{
	if (socket->state == TCP_SYN_RECV && is_crossing_syn_ack(socket, segment)) {
		socket->has_syn_ack = true;
		if (host->is_crossing_quick) {
			establish(host, socket, MIDAIR_CROSSED);
			tcp_emit(host, socket, SEGMENT_ACK);
			return;
		}
	}
	/* A listener's request answers the repeated SYN with the same SYN-ACK. */
	if (socket->is_child && socket->state == TCP_SYN_RECV &&
	    segment->sequence == socket->irs)
		tcp_emit(host, socket, SEGMENT_SYN | SEGMENT_ACK);
	else
		challenge(host, socket);
}

static void take_reset(struct tcp_host *host, struct tcp_socket *socket,
		       const struct segment *segment)
{
	uint32_t offset = segment->sequence - (socket->irs + 1 + socket->in_bytes);

	if (offset == 0)
		kill_socket(host, socket, -ECONNRESET);
	else if (offset < WINDOW)
		challenge(host, socket);
}

static void take_data(struct tcp_host *host, struct tcp_socket *socket,
		      const struct segment *segment)
{
	bool is_new = socket->in_bytes == 0;

	if (segment->acknowledgement == socket->iss + 1 + socket->out_bytes)
		socket->timer_ns = TCP_NO_TIMER;
	if (segment->payload_bytes == 0 || segment->sequence != socket->irs + 1)
		return;
	if (is_new)
		socket->in_bytes = segment->payload_bytes;
	tcp_emit(host, socket, SEGMENT_ACK);
	if (is_new)
		tcp_wake(host, socket);
}

/* 3.10.7.4, with RFC 5961 */
static void in_synchronised(struct tcp_host *host, struct tcp_socket *socket,
			    const struct segment *segment)
{
	if (segment->flags & SEGMENT_RST) {
		take_reset(host, socket, segment);
		return;
	}
	if (segment->flags & SEGMENT_SYN) {
		take_syn(host, socket, segment);
		return;
	}
	if (segment->sequence - (socket->irs + 1) >= WINDOW) {
		challenge(host, socket);
		return;
	}
	if (!(segment->flags & SEGMENT_ACK))
		return;
	if (socket->state == TCP_SYN_RECV && segment->acknowledgement != socket->iss + 1) {
		answer_reset(host, segment);
		return;
	}
	if (socket->state == TCP_SYN_RECV)
		establish(host, socket,
			  socket->has_syn_ack ? MIDAIR_CROSSED : MIDAIR_MET_BY_PEER);
	take_data(host, socket, segment);
}

static int errno_of(enum segment_error error)
{
	switch (error) {
	case SEGMENT_ERROR_NONE:
	case SEGMENT_ERROR_TOO_BIG:
		break;
	case SEGMENT_ERROR_NO_ROUTE:
		return -ENETUNREACH;
	case SEGMENT_ERROR_HOST:
	case SEGMENT_ERROR_PROHIBITED:
	case SEGMENT_ERROR_EXPIRED:
		return -EHOSTUNREACH;
	case SEGMENT_ERROR_PROTOCOL:
		return -ENOPROTOOPT;
	case SEGMENT_ERROR_PORT:
		return -ECONNREFUSED;
	case SEGMENT_ERROR_OTHER:
		return -EPROTO;
	}
	return 0;
}

/* Linux aborts SYN_SENT and SYN_RECV at once, when the quoted number is the SYN's own; an
 * established connection only notes the error. */
static void take_error(struct tcp_host *host, const struct segment *segment)
{
	struct tcp_socket *socket =
		tcp_find(host, &segment->about_source, &segment->about_destination);
	int error = errno_of(segment->error);

	if (!socket || error == 0 || segment->sequence - socket->iss > 1)
		return;
	if (socket->state == TCP_SYN_SENT || socket->state == TCP_SYN_RECV)
		kill_socket(host, socket, error);
}

void tcp_receive(struct tcp_host *host, const struct segment *segment)
{
	struct tcp_socket *socket;
	const struct tcp_socket *listener;

	if (segment->kind == SEGMENT_ICMP_ERROR) {
		take_error(host, segment);
		return;
	}
	socket = tcp_find(host, &segment->destination, &segment->source);
	if (socket) {
		if (socket->state == TCP_SYN_SENT)
			in_syn_sent(host, socket, segment);
		else
			in_synchronised(host, socket, segment);
		return;
	}
	listener = tcp_find_listener(host, &segment->destination);
	if (listener)
		in_listen(host, listener, segment);
	else
		answer_reset(host, segment);
}
