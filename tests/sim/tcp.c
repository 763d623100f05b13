/* SPDX-License-Identifier: MIT */
/* Sockets, their calls and their timers. What a segment does is in tcp_input.c. */
#include "tests/sim/tcp.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* net.ipv4.tcp_syn_linear_timeouts and tcp_syn_retries. */
#define N_LINEAR      4u
#define N_RETRIES     6u
#define DATA_PAUSE_NS UINT64_C(200000000)

void tcp_init(struct tcp_host *host, uint64_t seed)
{
	memset(host, 0, offsetof(struct tcp_host, changed));
	host->earliest_ns = TCP_NO_TIMER;
	host->is_linear = true;
	host->is_crossing_quick = true;
	random_init(&host->random, seed);
}

struct tcp_socket *tcp_new_socket(struct tcp_host *host)
{
	int i = host->lowest_free;

	while (i < host->n_ever && host->sockets[i].state != TCP_FREE)
		i++;
	host->lowest_free = i;
	if (i == TCP_SOCKETS)
		return NULL;
	/* one that was free already may still be in the list of those that have changed */
	if (i == host->n_ever)
		host->sockets[host->n_ever++].is_changed = false;
	host->sockets[i] = (struct tcp_socket){
		.timer_ns = TCP_NO_TIMER,
		.is_changed = host->sockets[i].is_changed,
	};
	return &host->sockets[i];
}

static uint16_t *chain_of(struct tcp_host *host, uint16_t local_port, uint16_t remote_port)
{
	uint32_t hash = ((uint32_t)local_port << 16 | remote_port) * 0x9e3779b1u;

	return &host->heads[hash >> 16 & (TCP_BUCKETS - 1)];
}

void tcp_enlist(struct tcp_host *host, const struct tcp_socket *socket)
{
	uint16_t *head = chain_of(host, socket->local.port, socket->remote.port);
	uint16_t number = (uint16_t)(socket - host->sockets);

	host->links[number] = *head;
	*head = (uint16_t)(number + 1);
}

static void delist(struct tcp_host *host, const struct tcp_socket *socket)
{
	uint16_t *link = chain_of(host, socket->local.port, socket->remote.port);
	uint16_t number = (uint16_t)(socket - host->sockets);

	while (*link != 0 && *link != number + 1)
		link = &host->links[*link - 1];
	if (*link != 0)
		*link = host->links[number];
}

static bool is_acceptable(const struct tcp_socket *socket)
{
	return socket->is_child && !socket->is_accepted && socket->state == TCP_ESTABLISHED;
}

void tcp_leave(struct tcp_host *host, const struct tcp_socket *socket)
{
	host->n_acceptable -= is_acceptable(socket);
}

void tcp_free_socket(struct tcp_host *host, struct tcp_socket *socket)
{
	int number = (int)(socket - host->sockets);

	tcp_leave(host, socket);
	delist(host, socket);
	socket->state = TCP_FREE;
	if (number < host->lowest_free)
		host->lowest_free = number;
}

struct tcp_socket *tcp_find(struct tcp_host *host, const struct midair_endpoint *local,
			    const struct midair_endpoint *remote)
{
	uint16_t i = *chain_of(host, local->port, remote->port);

	for (; i != 0; i = host->links[i - 1]) {
		struct tcp_socket *socket = &host->sockets[i - 1];

		if (socket->state >= TCP_SYN_SENT &&
		    midair_endpoint_equal(&socket->local, local) &&
		    midair_endpoint_equal(&socket->remote, remote))
			return socket;
	}
	return NULL;
}

const struct tcp_socket *tcp_find_listener(struct tcp_host *host,
					   const struct midair_endpoint *local)
{
	uint16_t i = *chain_of(host, local->port, 0);

	for (; i != 0; i = host->links[i - 1]) {
		const struct tcp_socket *socket = &host->sockets[i - 1];

		if (socket->state == TCP_LISTENING &&
		    midair_endpoint_equal(&socket->local, local))
			return socket;
	}
	return NULL;
}

void tcp_wake(struct tcp_host *host, struct tcp_socket *socket)
{
	if (!socket->is_changed) {
		socket->is_changed = true;
		host->changed[host->n_changed++] = (uint16_t)(socket - host->sockets);
	}
	host->wake(host->context);
}

static int common_bits(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	int n = 0;

	while (n < 128 && ((a->address[n / 8] ^ b->address[n / 8]) >> (7 - n % 8) & 1) == 0)
		n++;
	return n;
}

/* RFC 6724, rule 8: the longest prefix in common; the first of equals. */
static const struct midair_endpoint *address_for(const struct tcp_host *host,
						 const struct midair_endpoint *remote)
{
	const struct midair_endpoint *best = NULL;

	for (int i = 0; i < TCP_ADDRESSES; i++) {
		const struct midair_endpoint *address = &host->addresses[i];

		if (address->family == remote->family &&
		    (!best || common_bits(address, remote) > common_bits(best, remote)))
			best = address;
	}
	return best;
}

void tcp_emit(struct tcp_host *host, const struct tcp_socket *socket, uint8_t flags)
{
	bool is_syn = flags & SEGMENT_SYN;
	bool is_data = flags & SEGMENT_PSH;
	struct segment segment = {
		.kind = SEGMENT_TCP,
		.source = socket->local,
		.destination = socket->remote,
		.flags = flags,
		.sequence = is_syn    ? socket->iss
			    : is_data ? socket->iss + 1
				      : socket->iss + 1 + socket->out_bytes,
		.acknowledgement = flags & SEGMENT_ACK ? socket->irs + 1 + socket->in_bytes : 0,
		.payload_bytes = is_data ? socket->out_bytes : 0,
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

static void expect_timer(struct tcp_host *host, uint64_t timer_ns)
{
	if (timer_ns < host->earliest_ns)
		host->earliest_ns = timer_ns;
}

void tcp_start_timer(struct tcp_host *host, struct tcp_socket *socket)
{
	socket->sent_ns = host->now_ns;
	socket->timer_ns =
		host->now_ns + retransmission_pause_ns(host, socket->n_retransmitted);
	expect_timer(host, socket->timer_ns);
}

int tcp_connect(struct tcp_host *host, uint16_t local_port,
		const struct midair_endpoint *remote)
{
	const struct midair_endpoint *address = address_for(host, remote);
	struct tcp_socket *socket;

	if (!address)
		return -ENETUNREACH;
	socket = tcp_new_socket(host);
	if (!socket)
		return -EMFILE;
	socket->local = *address;
	socket->local.port = local_port;
	socket->remote = *remote;
	if (tcp_find(host, &socket->local, &socket->remote))
		return -EADDRNOTAVAIL;
	socket->state = TCP_SYN_SENT;
	tcp_enlist(host, socket);
	socket->iss = (uint32_t)random_next(&host->random);
	tcp_start_timer(host, socket);
	tcp_emit(host, socket, SEGMENT_SYN);
	return (int)(socket - host->sockets);
}

int tcp_listen(struct tcp_host *host, int n, uint16_t local_port)
{
	struct tcp_socket *socket;

	if (host->addresses[n].family == MIDAIR_FAMILY_NONE)
		return -ENETUNREACH;
	socket = tcp_new_socket(host);
	if (!socket)
		return -EMFILE;
	socket->state = TCP_LISTENING;
	socket->local = host->addresses[n];
	socket->local.port = local_port;
	tcp_enlist(host, socket);
	return (int)(socket - host->sockets);
}

static bool is_child_of(const struct tcp_socket *child, const struct tcp_socket *listener)
{
	return child->is_child && !child->is_accepted && child->state >= TCP_SYN_RECV &&
	       midair_endpoint_equal(&child->local, &listener->local);
}

bool tcp_accept_child(struct tcp_host *host, int number)
{
	struct tcp_socket *child = &host->sockets[number];

	if (!is_acceptable(child))
		return false;
	child->is_accepted = true;
	host->n_acceptable--;
	return true;
}

int tcp_accept(struct tcp_host *host, int listener)
{
	for (int i = 0; i < host->n_ever && host->n_acceptable > 0; i++) {
		if (is_child_of(&host->sockets[i], &host->sockets[listener]) &&
		    tcp_accept_child(host, i))
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
	tcp_free_socket(host, socket);
}

uint64_t tcp_deadline(const struct tcp_host *host)
{
	return host->earliest_ns;
}

static void retransmit(struct tcp_host *host, struct tcp_socket *socket)
{
	uint32_t limit = N_RETRIES + (host->is_linear ? N_LINEAR : 0);

	if (socket->n_retransmitted == limit) {
		socket->state = TCP_DEAD;
		socket->error = -ETIMEDOUT;
		if (socket->is_child)
			tcp_free_socket(host, socket);
		tcp_wake(host, socket);
		return;
	}
	socket->n_retransmitted++;
	tcp_start_timer(host, socket);
	tcp_emit(host, socket,
		 socket->state == TCP_SYN_SENT ? SEGMENT_SYN : SEGMENT_SYN | SEGMENT_ACK);
}

/* RFC 6298 with Linux's least pause, and no end in the time that a world lasts. */
static void repeat(struct tcp_host *host, struct tcp_socket *socket)
{
	uint64_t pause_ns = DATA_PAUSE_NS + UINT64_C(1000) * socket->round_trip_us;

	socket->timer_ns = host->now_ns + (pause_ns << socket->n_repeated++);
	expect_timer(host, socket->timer_ns);
	tcp_emit(host, socket, SEGMENT_PSH | SEGMENT_ACK);
}

void tcp_send(struct tcp_host *host, int number, uint16_t n_bytes)
{
	struct tcp_socket *socket = &host->sockets[number];

	if (socket->state != TCP_ESTABLISHED)
		return;
	socket->out_bytes = n_bytes;
	repeat(host, socket);
}

void tcp_run_timers(struct tcp_host *host)
{
	host->earliest_ns = TCP_NO_TIMER;
	for (int i = 0; i < host->n_ever; i++) {
		struct tcp_socket *socket = &host->sockets[i];

		if (socket->state < TCP_SYN_SENT)
			continue;
		if (socket->timer_ns > host->now_ns)
			expect_timer(host, socket->timer_ns);
		else if (socket->state == TCP_ESTABLISHED)
			repeat(host, socket);
		else
			retransmit(host, socket);
	}
}
