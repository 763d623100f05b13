/* SPDX-License-Identifier: MIT */
#include "tests/serve/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define PATIENCE_MS 10000
#define LIFETIME_S  600

static int dial(const struct sockaddr *to, socklen_t size, uint32_t source)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	const struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + source),
	};
	const int one = 1;

	assert_true(fd >= 0);
	/* The port is chosen by connect(), so ports of one address can be shared. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (source != 0 && bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		fail_msg("bind: %s", strerror(errno));
	if (connect(fd, to, size) == 0)
		return fd;
	close(fd);
	return -1;
}

struct client client_try_connect(uint16_t port, uint32_t source)
{
	static uint8_t share;
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	share = (uint8_t)(share + 2);
	return (struct client){
		.fd = dial((const struct sockaddr *)&to, sizeof(to), source),
		.share = share,
	};
}

struct client client_connect(uint16_t port, uint32_t source)
{
	struct client client = client_try_connect(port, source);

	assert_true(client.fd >= 0);
	return client;
}

struct client client_connect_6(uint16_t port)
{
	const struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct client client = {.fd = dial((const struct sockaddr *)&to, sizeof(to), 0),
				.share = 1};

	assert_true(client.fd >= 0);
	return client;
}

void client_send(struct client *client, const void *bytes, size_t size)
{
	assert_int_equal(send(client->fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

void client_say(struct client *client, const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	assert_true(size > 0);
	client_send(client, bytes, size);
}

void client_hello(struct client *client)
{
	client_say(client, &(struct wire_message){
				   .type = WIRE_HELLO,
				   .hello = {WIRE_VERSION_MIN, WIRE_VERSION_MAX},
			   });
}

void client_enter(struct client *client, const char *name, uint8_t flags)
{
	struct wire_message message = {
		.type = WIRE_ENTER,
		.enter = {.flags = name ? flags : WIRE_ENTER_ALLOCATE,
			  .lifetime_s = LIFETIME_S},
	};

	if (name) {
		message.enter.name_size = (uint8_t)strlen(name);
		memcpy(message.enter.name, name, message.enter.name_size);
	}
	message.enter.share_a[0] = client->share;
	message.enter.share_b[0] = (uint8_t)(client->share + 1);
	client_say(client, &message);
}

void client_sealed(struct client *client, const char *text, size_t size)
{
	struct wire_message message = {.type = WIRE_SEALED, .sealed.size = (uint16_t)size};

	memcpy(message.sealed.bytes, text, size);
	client_say(client, &message);
}

void client_leave(struct client *client, enum wire_reason reason)
{
	client_say(client, &(struct wire_message){.type = WIRE_LEAVE, .reason = reason});
}

struct wire_room client_join(struct client *client, const char *name, uint8_t flags)
{
	client_hello(client);
	client_enter(client, name, flags);
	client_hear(client, WIRE_WELCOME);
	return client_hear(client, WIRE_ROOM).room;
}

/* Returns the number of bytes; 0: FIN; -errno. */
static ssize_t receive(struct client *client, int timeout_ms)
{
	struct pollfd one = {.fd = client->fd, .events = POLLIN};
	ssize_t n;

	if (poll(&one, 1, timeout_ms) != 1)
		return -ETIME;
	n = recv(client->fd, client->bytes + client->n_bytes,
		 sizeof(client->bytes) - client->n_bytes, 0);
	if (n < 0)
		return -errno;
	client->n_bytes += (size_t)n;
	return n;
}

struct wire_message client_hear(struct client *client, enum wire_type type)
{
	struct wire_message message;
	int size;

	while ((size = wire_decode(client->bytes, client->n_bytes, &message)) == 0) {
		ssize_t n = receive(client, PATIENCE_MS);

		if (n <= 0)
			fail_msg("no message %#x came: %s", (unsigned int)type,
				 n == 0 ? "the end" : strerror((int)-n));
	}
	assert_true(size > 0);
	client->n_bytes -= (size_t)size;
	memmove(client->bytes, client->bytes + size, client->n_bytes);
	if (message.type == WIRE_ERROR && type != WIRE_ERROR)
		fail_msg("ERROR %s came", wire_error_name(message.error));
	assert_int_equal(message.type, type);
	return message;
}

void client_hear_error(struct client *client, enum wire_error error)
{
	struct wire_message message = client_hear(client, WIRE_ERROR);

	assert_string_equal(wire_error_name(message.error), wire_error_name(error));
	client_hear_end(client);
}

void client_hear_end(struct client *client)
{
	ssize_t n = receive(client, PATIENCE_MS);

	assert_int_equal(client->n_bytes, 0);
	assert_true(n == 0 || n == -ECONNRESET);
	client_close(client);
}

void client_hear_nothing(struct client *client, int ms)
{
	assert_int_equal(client->n_bytes, 0);
	assert_int_equal(receive(client, ms), -ETIME);
}

void client_close(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

void http_get(uint16_t port, const char *request, char *answer, size_t size)
{
	struct client client = client_connect(port, 0);
	size_t n_answer = 0;
	ssize_t n;

	client_send(&client, request, strlen(request));
	while (n_answer + 1 < size &&
	       poll(&(struct pollfd){.fd = client.fd, .events = POLLIN}, 1, PATIENCE_MS) == 1) {
		n = recv(client.fd, answer + n_answer, size - n_answer - 1, 0);
		if (n <= 0)
			break;
		n_answer += (size_t)n;
	}
	answer[n_answer] = '\0';
	client_close(&client);
}
