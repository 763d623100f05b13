/* SPDX-License-Identifier: MIT */
/* The connections to the server's addresses. See pair_internal.h. */
#include <errno.h>
#include <string.h>

#include "lib/pair_internal.h"
#include "os/cleanup.h"
#include "os/server_socket.h"
#include "os/silence.h"
#include "os/socket.h"
#include "os/stream_socket.h"

/* Messages taken in one go, so that a server that floods us leaves time for the dials. */
#define RECEIVE_BATCH 4

static void fail(struct pairing *pairing, uint32_t server, int result)
{
	bool was_connected = pairing->contacts[server].is_connected;

	pair_close(pairing, server);
	if (was_connected && pairing->session != NULL && silence_is_error(-result) &&
	    pairing->approach.at == server)
		pairing->session->is_server_silent = true;
	pair_feed(pairing, &(struct approach_event){
				   .type = was_connected ? APPROACH_EVENT_LOST
							 : APPROACH_EVENT_UNREACHED,
				   .server = server,
				   .result = result,
			   });
	/* A neighbour's own addresses will not come any more. */
	if (pairing->session != NULL && pairing->approach.phase == APPROACH_INTRODUCED &&
	    pairing->approach.at == APPROACH_NOWHERE)
		pair_dial_observed(pairing);
}

static int open_contact(struct pairing *pairing, uint32_t server)
{
	struct midair_session *session = pairing->session;
	const struct midair_endpoint *remote = &pairing->approach.config.servers[server];
	uint32_t holder = holder_of(remote->family);
	int fd;
	int result;

	if (session->holder_fds[holder] < 0)
		return -EAFNOSUPPORT;
	fd = server_socket_open(&session->local[holder]);
	if (fd < 0)
		return fd;
	pairing->contacts[server].fd = fd;
	result = socket_dial(fd, remote);
	/* Watched after connect(): before it the socket polls as hung up. */
	return result == 0 ? loop_watch_dial(&session->loop, fd, PAIRING_TAG + server) : result;
}

void pair_connect(struct pairing *pairing, uint32_t server)
{
	int result;

	pair_close(pairing, server);
	result = open_contact(pairing, server);
	if (result != 0)
		fail(pairing, server, result);
}

void pair_close(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];

	if (pairing->session != NULL)
		loop_forget(&pairing->session->loop, contact->fd);
	contact->fd = socket_close_reset(contact->fd);
	contact->is_connected = false;
	contact->is_asked = false;
	contact->n_input = 0;
}

void pair_hand_over(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	struct wire_message message;
	/* The message that says so is still there. */
	int size = wire_decode(contact->input, contact->n_input, &message);
	int fd;

	if (size < 0 || contact->fd < 0)
		return;
	fd = take_fd(&contact->fd);
	loop_forget(&pairing->session->loop, fd);
	server_socket_to_stream(fd);
	session_add_relayed(pairing->session, fd, contact->input + size,
			    contact->n_input - (size_t)size);
	pair_close(pairing, server);
}

/* All of it or the end: the kernel takes a few hundred bytes at once, unless the server has not
 * read for long. */
static void send_all(struct pairing *pairing, uint32_t server, const uint8_t *bytes,
		     size_t size)
{
	int fd = pairing->contacts[server].fd;
	ssize_t n;

	if (fd < 0)
		return;
	n = stream_socket_send(fd, bytes, size);
	if (n != (ssize_t)size && pairing->session != NULL)
		fail(pairing, server, n < 0 ? (int)n : -EAGAIN);
}

void pair_send(struct pairing *pairing, uint32_t server, const struct wire_message *messages,
	       uint32_t n_messages)
{
	uint8_t bytes[2 * WIRE_MESSAGE_MAX];
	size_t size = 0;

	for (uint32_t i = 0; i < n_messages && i < 2; i++)
		size += wire_encode(&messages[i], bytes + size);
	send_all(pairing, server, bytes, size);
}

void pair_ask(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	uint8_t request[STUN_HEADER_BYTES];

	contact->is_asked = true;
	if (secret_random(contact->transaction, sizeof(contact->transaction)) != 0)
		return;
	send_all(pairing, server, request, stun_request(request, contact->transaction));
}

static void connection_ready(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	struct approach_event event = {.type = APPROACH_EVENT_CONNECTED, .server = server};
	int result = socket_outcome(contact->fd);

	if (result == -EINPROGRESS)
		return;
	if (result == 0)
		result = socket_local(contact->fd, &event.local);
	if (result == 0 &&
	    midair_endpoint_equal(&event.local, &pairing->approach.config.servers[server]))
		result = MIDAIR_E_SELF;
	if (result == 0)
		result = loop_watch_stream(&pairing->session->loop, contact->fd,
					   PAIRING_TAG + server, false);
	if (result != 0) {
		fail(pairing, server, result);
		return;
	}
	contact->is_connected = true;
	pair_feed(pairing, &event);
}

/* The number of bytes taken, 0: more are needed, -1: closed or nonsense. */
static int take_stun(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	int size = stun_size(contact->input, contact->n_input);
	struct midair_endpoint mapped;

	if (size <= 0)
		return size;
	if ((size_t)size > contact->n_input)
		return 0;
	if (!stun_read_answer(contact->input, (size_t)size, contact->transaction, &mapped))
		return -1;
	pairing->view.observed[mapped.family == MIDAIR_IPV6] = mapped;
	pair_feed(pairing,
		  &(struct approach_event){.type = APPROACH_EVENT_MAPPED, .server = server});
	return size;
}

static int take_message(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	struct wire_message message;
	int size = wire_decode(contact->input, contact->n_input, &message);

	if (size <= 0)
		return size;
	pair_feed(pairing, &(struct approach_event){
				   .type = APPROACH_EVENT_MESSAGE,
				   .server = server,
				   .message = &message,
			   });
	return size;
}

/* False: the connection has ended, by an event of its own or by what was in the input. */
static bool take_input(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	int fd = contact->fd;

	while (contact->n_input > 0) {
		int size = contact->is_asked ? take_stun(pairing, server)
					     : take_message(pairing, server);

		if (contact->fd != fd)
			return false;
		if (size < 0) {
			pair_feed(pairing, &(struct approach_event){
						   .type = APPROACH_EVENT_GARBAGE,
						   .server = server,
					   });
			return false;
		}
		if (size == 0)
			return true;
		contact->n_input -= (size_t)size;
		memmove(contact->input, contact->input + size, contact->n_input);
	}
	return true;
}

bool pair_is_acknowledged(const struct pairing *pairing, uint32_t server)
{
	int fd = pairing->contacts[server].fd;

	return fd < 0 || stream_socket_is_acknowledged(fd) != 0;
}

void pair_server_ready(struct pairing *pairing, uint32_t server)
{
	struct server_contact *contact = &pairing->contacts[server];
	bool is_open = contact->fd >= 0;

	if (is_open && !contact->is_connected) {
		connection_ready(pairing, server);
		return;
	}
	for (int i = 0; is_open && i < RECEIVE_BATCH; i++) {
		ssize_t n =
			stream_socket_receive(contact->fd, contact->input + contact->n_input,
					      sizeof(contact->input) - contact->n_input);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			fail(pairing, server, n == 0 ? -ECONNRESET : (int)n);
			return;
		}
		contact->n_input += (size_t)n;
		is_open = take_input(pairing, server);
	}
}
