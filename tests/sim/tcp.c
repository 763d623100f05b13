/* SPDX-License-Identifier: MIT */
/* Sockets, their calls and their timers. What a segment does is in tcp_input.c. */
#include "tests/sim/tcp.h"

#include <errno.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* net.ipv4.tcp_syn_linear_timeouts and tcp_syn_retries. */
#define N_LINEAR  4u
#define N_RETRIES 6u

void tcp_init(struct tcp_host *host, uint64_t seed)
{
	memset(host, 0, sizeof(*host));
	host->is_linear = true;
	host->is_crossing_quick = true;
	random_init(&host->random, seed);
}

struct tcp_socket *tcp_new_socket(struct tcp_host *host)
{
	int i = 0;

	while (i < host->n_ever && host->sockets[i].state != TCP_FREE)
		i++;
	if (i == TCP_SOCKETS)
		return NULL;
	if (i == host->n_ever)
		host->n_ever++;
	host->sockets[i] = (struct tcp_socket){.timer_ns = TCP_NO_TIMER};
	return &host->sockets[i];
}

static const struct midair_endpoint *address_of(const struct tcp_host *host, uint8_t family)
{
	for (int i = 0; i < TCP_ADDRESSES; i++) {
		if (host->addresses[i].family == family)
			return &host->addresses[i];
	}
	return NULL;
}

static bool is_tuple_taken(const struct tcp_host *host, const struct tcp_socket *socket)
{
	for (int i = 0; i < host->n_ever; i++) {
		const struct tcp_socket *other = &host->sockets[i];

		if (other == socket || other->state < TCP_SYN_SENT)
			continue;
		if (midair_endpoint_equal(&other->local, &socket->local) &&
		    midair_endpoint_equal(&other->remote, &socket->remote))
			return true;
	}
	return false;
}

void tcp_emit(struct tcp_host *host, const struct tcp_socket *socket, uint8_t flags)
{
	bool is_syn = flags & SEGMENT_SYN;
	struct segment segment = {
		.kind = SEGMENT_TCP,
		.source = socket->local,
		.destination = socket->remote,
		.flags = flags,
		.sequence = is_syn ? socket->iss : socket->iss + 1,
		.acknowledgement = flags & SEGMENT_ACK ? socket->irs + 1 : 0,
	};

	host->send(host->context, &segment);
}

/* The pause after the n-th sending. */
static uint64_t retransmission_pause_ns(const struct tcp_host *host, uint32_t n)
{
	if (host->is_linear)
		n = n > N_LINEAR ? n - N_LINEAR : 0;
	return SECOND_NS << n;
}

void tcp_start_timer(struct tcp_host *host, struct tcp_socket *socket)
{
	socket->sent_ns = host->now_ns;
	socket->timer_ns =
		host->now_ns + retransmission_pause_ns(host, socket->n_retransmitted);
}

int tcp_connect(struct tcp_host *host, uint16_t local_port,
		const struct midair_endpoint *remote)
{
	const struct midair_endpoint *address = address_of(host, remote->family);
	struct tcp_socket *socket;

	if (!address)
		return -ENETUNREACH;
	socket = tcp_new_socket(host);
	if (!socket)
		return -EMFILE;
	socket->local = *address;
	socket->local.port = local_port;
	socket->remote = *remote;
	if (is_tuple_taken(host, socket))
		return -EADDRNOTAVAIL;
	socket->state = TCP_SYN_SENT;
	socket->iss = (uint32_t)random_next(&host->random);
	tcp_start_timer(host, socket);
	tcp_emit(host, socket, SEGMENT_SYN);
	return (int)(socket - host->sockets);
}

int tcp_listen(struct tcp_host *host, enum midair_family family, uint16_t local_port)
{
	const struct midair_endpoint *address = address_of(host, (uint8_t)family);
	struct tcp_socket *socket;

	if (!address)
		return -ENETUNREACH;
	socket = tcp_new_socket(host);
	if (!socket)
		return -EMFILE;
	socket->state = TCP_LISTENING;
	socket->local = *address;
	socket->local.port = local_port;
	return (int)(socket - host->sockets);
}

static bool is_child_of(const struct tcp_socket *child, const struct tcp_socket *listener)
{
	return child->is_child && !child->is_accepted && child->state >= TCP_SYN_RECV &&
	       midair_endpoint_equal(&child->local, &listener->local);
}

int tcp_accept(struct tcp_host *host, int listener)
{
	for (int i = 0; i < host->n_ever; i++) {
		struct tcp_socket *child = &host->sockets[i];

		if (!is_child_of(child, &host->sockets[listener]) ||
		    child->state != TCP_ESTABLISHED)
			continue;
		child->is_accepted = true;
		return i;
	}
	return TCP_NO_SOCKET;
}

static void close_children(struct tcp_host *host, const struct tcp_socket *listener)
{
	for (int i = 0; i < host->n_ever; i++) {
		if (is_child_of(&host->sockets[i], listener))
			tcp_close(host, i);
	}
}

/* A child that is no more than a request goes silently; any other synchronised state resets. */
void tcp_close(struct tcp_host *host, int number)
{
	struct tcp_socket *socket = &host->sockets[number];
	bool is_request = socket->is_child && socket->state == TCP_SYN_RECV;

	if (socket->state == TCP_LISTENING)
		close_children(host, socket);
	else if (socket->state >= TCP_SYN_RECV && !is_request)
		tcp_emit(host, socket, SEGMENT_RST | SEGMENT_ACK);
	socket->state = TCP_FREE;
}

uint64_t tcp_deadline(const struct tcp_host *host)
{
	uint64_t deadline_ns = TCP_NO_TIMER;

	for (int i = 0; i < host->n_ever; i++) {
		const struct tcp_socket *socket = &host->sockets[i];

		if ((socket->state == TCP_SYN_SENT || socket->state == TCP_SYN_RECV) &&
		    socket->timer_ns < deadline_ns)
			deadline_ns = socket->timer_ns;
	}
	return deadline_ns;
}

static void retransmit(struct tcp_host *host, struct tcp_socket *socket)
{
	uint32_t limit = N_RETRIES + (host->is_linear ? N_LINEAR : 0);

	if (socket->n_retransmitted == limit) {
		socket->state = socket->is_child ? TCP_FREE : TCP_DEAD;
		socket->error = -ETIMEDOUT;
		host->wake(host->context);
		return;
	}
	socket->n_retransmitted++;
	tcp_start_timer(host, socket);
	tcp_emit(host, socket,
		 socket->state == TCP_SYN_SENT ? SEGMENT_SYN : SEGMENT_SYN | SEGMENT_ACK);
}

void tcp_run_timers(struct tcp_host *host)
{
	for (int i = 0; i < host->n_ever; i++) {
		struct tcp_socket *socket = &host->sockets[i];

		if ((socket->state == TCP_SYN_SENT || socket->state == TCP_SYN_RECV) &&
		    socket->timer_ns <= host->now_ns)
			retransmit(host, socket);
	}
}
