/* SPDX-License-Identifier: MIT */
#include "bench/serve/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/cleanup.h"

#define LIFETIME_S  600
#define PATIENCE_MS 10000

int64_t client_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Different for each client: who shows another's share is taken for it. */
static void make_share(uint8_t share[WIRE_SHARE_BYTES])
{
	static uint64_t count;

	count++;
	memcpy(share, &count, sizeof(count));
}

static size_t write_hello(uint8_t *bytes)
{
	const struct wire_message hello = {
		.type = WIRE_HELLO,
		.hello = {.version_min = WIRE_VERSION_MIN, .version_max = WIRE_VERSION_MAX},
	};

	return wire_encode(&hello, bytes);
}

static size_t write_enter(uint8_t *bytes, uint64_t room)
{
	struct wire_message enter = {
		.type = WIRE_ENTER,
		.enter = {.lifetime_s = LIFETIME_S, .name_size = sizeof(room)},
	};

	memcpy(enter.enter.name, &room, sizeof(room));
	make_share(enter.enter.share_a);
	make_share(enter.enter.share_b);
	return wire_encode(&enter, bytes);
}

static int send_all(struct client *client, const uint8_t *bytes, size_t size)
{
	return send(client->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -ECONNRESET;
}

int client_connect(struct client *client, uint16_t port)
{
	const struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	client->n_bytes = 0;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (client->fd < 0)
		return -errno;
	(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	/* On loopback it returns at once, or when the server's queue has room. */
	if (connect(client->fd, (const struct sockaddr *)&server, sizeof(server)) < 0) {
		int error = errno;

		client_close(client);
		return -error;
	}
	return 0;
}

int client_greet(struct client *client)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	int result = send_all(client, bytes, write_hello(bytes));

	return result == 0 ? client_wait(client, WIRE_WELCOME) : result;
}

int client_enter(struct client *client, uint64_t room)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];

	return send_all(client, bytes, write_enter(bytes, room));
}

int client_open(struct client *client, uint16_t port, uint64_t room)
{
	uint8_t bytes[2 * WIRE_MESSAGE_MAX];
	size_t size = write_hello(bytes);
	int result = client_connect(client, port);

	size += write_enter(bytes + size, room);
	return result == 0 ? send_all(client, bytes, size) : result;
}

/* The types that have come, one bit each; -1: ERROR, or the end. */
static int take(struct client *client, uint64_t *types)
{
	struct wire_message message;
	ssize_t n = recv(client->fd, client->bytes + client->n_bytes,
			 sizeof(client->bytes) - client->n_bytes, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	client->n_bytes += (uint32_t)n;
	for (;;) {
		int size = wire_decode(client->bytes, client->n_bytes, &message);

		if (size <= 0)
			return size;
		client->n_bytes -= (uint32_t)size;
		memmove(client->bytes, client->bytes + size, client->n_bytes);
		if (message.type == WIRE_ERROR)
			return -1;
		*types |= UINT64_C(1) << (message.type & 63);
	}
}

int client_wait(struct client *client, enum wire_type type)
{
	struct pollfd one = {.fd = client->fd, .events = POLLIN};
	uint64_t types = 0;

	do {
		if (take(client, &types) < 0)
			return -ECONNRESET;
		if (types & UINT64_C(1) << (type & 63))
			return 0;
	} while (poll(&one, 1, PATIENCE_MS) == 1);
	return -ETIME;
}

void client_close(struct client *client)
{
	client->fd = close_fd(client->fd);
}
