/* SPDX-License-Identifier: MIT */
#include "tests/lib/fake_server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/stun.h"

void fake_server_open(struct fake_server *server, const struct midair_endpoint *local,
		      enum fake_manner manner)
{
	memset(server, 0, sizeof(*server));
	server->manner = manner;
	server->local = *local;
	server->listener = plain_listener(local);
	server->listener6 = -1;
	for (int i = 0; i < FAKE_CLIENTS; i++)
		server->clients[i].fd = -1;
}

void fake_server_add_ipv6(struct fake_server *server)
{
	struct midair_endpoint local = endpoint_of("[::1]:1");

	local.port = server->local.port;
	server->listener6 = plain_listener(&local);
}

static void drop(struct fake_client *client)
{
	if (client->fd >= 0)
		close_with_reset(client->fd);
	*client = (struct fake_client){.fd = -1, .partner = -1};
}

void fake_server_close(struct fake_server *server)
{
	if (server->listener >= 0)
		close(server->listener);
	if (server->listener6 >= 0)
		close(server->listener6);
	server->listener = -1;
	server->listener6 = -1;
	for (int i = 0; i < FAKE_CLIENTS; i++)
		drop(&server->clients[i]);
}

size_t fake_server_poll(const struct fake_server *server, struct pollfd *fds)
{
	size_t n = 0;

	if (server->listener >= 0)
		fds[n++] = (struct pollfd){.fd = server->listener, .events = POLLIN};
	if (server->listener6 >= 0)
		fds[n++] = (struct pollfd){.fd = server->listener6, .events = POLLIN};
	for (int i = 0; i < FAKE_CLIENTS; i++)
		if (server->clients[i].fd >= 0 && !server->clients[i].has_ended)
			fds[n++] =
				(struct pollfd){.fd = server->clients[i].fd, .events = POLLIN};
	return n;
}

static void say(struct fake_client *client, const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	assert_true(size > 0);
	if (client->fd >= 0)
		send(client->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void say_error(struct fake_client *client, enum wire_error error)
{
	say(client, &(struct wire_message){.type = WIRE_ERROR, .error = error});
	shutdown(client->fd, SHUT_WR);
}

static bool is_same_room(const struct wire_enter *a, const struct wire_enter *b)
{
	return a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0;
}

static bool may_meet(const struct fake_server *server, const struct wire_enter *a,
		     const struct wire_enter *b)
{
	return server->manner == FAKE_MIXES_ROOMS || is_same_room(a, b);
}

/* What role A's peer gets is the share for role B. */
static void introduce(struct fake_server *server, struct fake_client *to, enum midair_role role,
		      const struct fake_client *other)
{
	struct wire_message message = {.type = WIRE_PEER};

	message.peer.role = (uint8_t)role;
	message.peer.observed = other->remote;
	memcpy(message.peer.share,
	       role == MIDAIR_ROLE_A ? other->enter.share_b : other->enter.share_a,
	       WIRE_SHARE_BYTES);
	if (server->manner == FAKE_SWAPS_ADDRESS)
		message.peer.observed = server->fake_address;
	/* A point of the curve, but not the peer's. */
	if (server->manner == FAKE_SWAPS_SHARES)
		memcpy(message.peer.share,
		       role == MIDAIR_ROLE_A ? other->enter.share_a : other->enter.share_b,
		       WIRE_SHARE_BYTES);
	say(to, &message);
	if (server->manner == FAKE_SAYS_PEER_TWICE)
		say(to, &message);
	for (int i = 0; server->manner == FAKE_FLOODS && i < 1000; i++)
		say(to, &(struct wire_message){.type = WIRE_SEALED, .sealed = {.size = 1000}});
}

static void pair(struct fake_server *server, int first, int second)
{
	struct fake_client *a = &server->clients[first];
	struct fake_client *b = &server->clients[second];

	server->n_introductions++;
	a->partner = second;
	b->partner = first;
	if ((a->enter.flags & WIRE_ENTER_REUSABLE) == 0)
		server->spent[server->n_spent++ % FAKE_SPENT] = a->enter;
	introduce(server, a, MIDAIR_ROLE_A, b);
	introduce(server, b, server->manner == FAKE_MIXES_ROLES ? MIDAIR_ROLE_A : MIDAIR_ROLE_B,
		  a);
	if (server->manner == FAKE_DIES_AFTER_PEER)
		fake_server_close(server);
}

static bool is_spent(const struct fake_server *server, const struct wire_enter *enter)
{
	for (uint32_t i = 0; i < server->n_spent && i < FAKE_SPENT; i++)
		if (is_same_room(&server->spent[i], enter))
			return true;
	return false;
}

static void enter(struct fake_server *server, int number, const struct wire_enter *wanted)
{
	struct fake_client *client = &server->clients[number];
	struct wire_message room = {.type = WIRE_ROOM, .room = {.lifetime_s = 600}};

	client->enter = *wanted;
	server->entered[server->n_entered++ % FAKE_ENTERED] = *wanted;
	if (is_spent(server, wanted)) {
		say_error(client, WIRE_ERROR_ROOM_TAKEN);
		return;
	}
	if ((wanted->flags & WIRE_ENTER_ALLOCATE) != 0) {
		room.room.number = ++server->n_numbers;
		client->enter.name_size = (uint8_t)snprintf(
			(char *)client->enter.name, WIRE_NAME_MAX, "%u", room.room.number);
	}
	client->has_entered = true;
	say(client, &room);
	if (server->manner == FAKE_REFLECTS) {
		server->n_introductions++;
		introduce(server, client, MIDAIR_ROLE_A, client);
		return;
	}
	for (int i = 0; i < FAKE_CLIENTS; i++)
		if (i != number && server->clients[i].has_entered &&
		    server->clients[i].partner < 0 &&
		    may_meet(server, &server->clients[i].enter, &client->enter)) {
			pair(server, i, number);
			return;
		}
}

static void hello(struct fake_server *server, struct fake_client *client)
{
	struct wire_message message = {.type = WIRE_WELCOME, .welcome = {.version = 1}};

	message.welcome.observed = client->remote;
	message.welcome.capabilities = server->has_relay ? WIRE_CAN_RELAY : 0;
	if (server->manner == FAKE_REFUSES) {
		say_error(client, WIRE_ERROR_TOO_MANY);
	} else if (server->manner == FAKE_FUTURE) {
		say_error(client, WIRE_ERROR_VERSION);
	} else if (server->manner == FAKE_NOT_US) {
		const char *text = "HTTP/1.1 400 Bad Request\r\n\r\n";

		send(client->fd, text, strlen(text), MSG_NOSIGNAL);
	} else if (server->manner != FAKE_SILENT) {
		say(client, &message);
	}
}

static void pass_on(struct fake_server *server, struct fake_client *client,
		    struct wire_message message)
{
	struct fake_client *partner = &server->clients[client->partner];

	server->n_sealed++;
	if (server->manner == FAKE_DROPS_SEALED)
		return;
	if (server->manner == FAKE_LIES_OF_WRONG_CODE) {
		say(partner, &(struct wire_message){.type = WIRE_LEFT,
						    .reason = WIRE_REASON_WRONG_CODE});
		return;
	}
	if (server->manner == FAKE_FLIPS_A_BIT)
		message.sealed.bytes[message.sealed.size / 2] ^= 0x10;
	say(server->manner == FAKE_RETURNS_SEALED ? client : partner, &message);
	if (server->manner == FAKE_REPEATS_SEALED)
		say(partner, &message);
}

static void relay(struct fake_server *server, struct fake_client *client,
		  const struct wire_message *message)
{
	struct fake_client *partner = &server->clients[client->partner];
	const struct wire_message ready = {.type = WIRE_RELAY_READY};
	const struct wire_message wanted = {.type = WIRE_RELAY_WANTED};
	struct wire_message refused = {.type = WIRE_RELAY_REFUSED,
				       .refusal = WIRE_REFUSAL_BUSY};

	if (server->is_busy) {
		say(client, &refused);
	} else if (message->relay == WIRE_RELAY_NO) {
		refused.refusal = WIRE_REFUSAL_PEER;
		partner->is_asking = false;
		say(partner, &refused);
	} else if (!partner->is_asking) {
		client->is_asking = true;
		say(partner, &wanted);
	} else {
		client->is_relayed = partner->is_relayed = true;
		say(client, &ready);
		say(partner, &ready);
	}
}

/* What the peers say to each other, if it is that. */
static bool pass_bytes(struct fake_server *server, struct fake_client *client)
{
	const struct fake_client *partner;
	uint64_t end = server->n_relayed + client->n_input;

	if (!client->is_relayed)
		return false;
	partner = &server->clients[client->partner];
	if (server->flip_at > server->n_relayed && server->flip_at <= end)
		client->input[server->flip_at - server->n_relayed - 1] ^= 1;
	server->n_relayed = end;
	if (partner->fd >= 0)
		assert_int_equal(send(partner->fd, client->input, client->n_input,
				      MSG_NOSIGNAL | MSG_DONTWAIT),
				 client->n_input);
	client->n_input = 0;
	return true;
}

static void leave(struct fake_server *server, struct fake_client *client,
		  enum wire_reason reason)
{
	server->n_left[reason]++;
	if (client->is_relayed)
		drop(&server->clients[client->partner]);
	else if (client->partner >= 0 && server->clients[client->partner].fd >= 0 &&
		 server->manner != FAKE_LIES_OF_WRONG_CODE)
		say(&server->clients[client->partner],
		    &(struct wire_message){.type = WIRE_LEFT, .reason = reason});
	drop(client);
}

static void take(struct fake_server *server, int number, const struct wire_message *message)
{
	struct fake_client *client = &server->clients[number];

	if (message->type == WIRE_HELLO)
		hello(server, client);
	else if (message->type == WIRE_ENTER && server->manner != FAKE_SILENT &&
		 server->manner != FAKE_FUTURE && server->manner != FAKE_REFUSES &&
		 server->manner != FAKE_NOT_US)
		enter(server, number, &message->enter);
	else if (message->type == WIRE_SEALED && client->partner >= 0)
		pass_on(server, client, *message);
	else if (message->type == WIRE_RELAY && client->partner >= 0)
		relay(server, client, message);
	else if (message->type == WIRE_LEAVE)
		leave(server, client, message->reason);
}

/* RFC 8489: the two top bits are 0. */
static bool answer_stun(struct fake_server *server, struct fake_client *client)
{
	uint8_t answer[STUN_MESSAGE_MAX];
	size_t size;

	if ((client->input[0] & 0xc0) != 0)
		return false;
	if (stun_size(client->input, client->n_input) != (int)client->n_input)
		return true;
	size = stun_answer(client->input, client->n_input, &client->remote, answer);
	assert_true(size > 0);
	send(client->fd, answer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	client->n_input = 0;
	server->n_asked++;
	return true;
}

static void read_client(struct fake_server *server, int number)
{
	struct fake_client *client = &server->clients[number];
	ssize_t n = recv(client->fd, client->input + client->n_input,
			 sizeof(client->input) - client->n_input, MSG_DONTWAIT);
	struct wire_message message;
	int size = 0;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 0 && client->is_relayed && !client->has_ended) {
		client->has_ended = true;
		shutdown(server->clients[client->partner].fd, SHUT_WR);
		return;
	}
	if (n <= 0) {
		leave(server, client, WIRE_REASON_GONE);
		return;
	}
	client->n_input += (size_t)n;
	if (pass_bytes(server, client))
		return;
	if (answer_stun(server, client))
		return;
	while (client->fd >= 0 &&
	       (size = wire_decode(client->input, client->n_input, &message)) > 0) {
		client->n_input -= (size_t)size;
		memmove(client->input, client->input + size, client->n_input);
		take(server, number, &message);
	}
	/* Whatever a server does, our client keeps to the protocol. */
	assert_true(size >= 0);
}

static void accept_client(struct fake_server *server, int listener)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	server->n_connections++;
	for (int i = 0; i < FAKE_CLIENTS; i++) {
		struct fake_client *client = &server->clients[i];

		if (client->fd >= 0)
			continue;
		*client = (struct fake_client){.fd = fd, .partner = -1};
		midair_endpoint_from_sockaddr(&client->remote, (struct sockaddr *)&address,
					      length);
		return;
	}
	fail_msg("more than %d clients", FAKE_CLIENTS);
}

void fake_server_step(struct fake_server *server)
{
	if (server->listener >= 0 && wait_for(server->listener, POLLIN, 0))
		accept_client(server, server->listener);
	if (server->listener6 >= 0 && wait_for(server->listener6, POLLIN, 0))
		accept_client(server, server->listener6);
	for (int i = 0; i < FAKE_CLIENTS; i++)
		if (server->clients[i].fd >= 0 && !server->clients[i].has_ended &&
		    wait_for(server->clients[i].fd, POLLIN, 0))
			read_client(server, i);
}
