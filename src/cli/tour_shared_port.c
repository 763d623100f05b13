/* SPDX-License-Identifier: MIT */
/* Scene 1: one local port, several connections. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/tour.h"
#include "cli/tour_page.h"
#include "cli/tour_socket.h"
#include "midair/midair.h"

#define SHARED_PORT  12345
#define OUTCOME_SIZE 48

struct scene {
	uint16_t shared_port;
	uint16_t server_ports[2];
	int servers[2];
	int clients[2];
	int third;
	bool is_as_announced;
};

/* "EISCONN (106)". */
static const char *outcome_text(int result, char buffer[OUTCOME_SIZE])
{
	if (result == 0)
		return "ok";
	snprintf(buffer, OUTCOME_SIZE, "%s (%d)", midair_result_name(result), -result);
	return buffer;
}

/* The tour's port, or one of the kernel's choice where that is taken. */
static int bind_first(struct scene *scene)
{
	int fd = tour_socket_bound(scene->shared_port);
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct midair_endpoint local;

	if (fd == -EADDRINUSE) {
		printf("  (port %u is in use on this machine: another one serves as well)\n",
		       scene->shared_port);
		fd = tour_socket_bound(0);
	}
	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
	    midair_endpoint_from_sockaddr(&local, (struct sockaddr *)&address, length) != 0)
		return fd;
	scene->shared_port = local.port;
	return fd;
}

static int try_connect(struct scene *scene, const char *name, int fd, uint16_t port,
		       int expected)
{
	int result = fd < 0 ? fd : tour_socket_connect(fd, port);
	char outcome[OUTCOME_SIZE];

	page_step(outcome_text(result, outcome), "%s: 127.0.0.1:%u -> 127.0.0.1:%u", name,
		  scene->shared_port, port);
	if (result != expected)
		scene->is_as_announced = false;
	return result;
}

static void share(struct scene *scene)
{
	struct midair_row rows[4];
	size_t n_rows;

	scene->clients[0] = bind_first(scene);
	try_connect(scene, "socket A, bind + connect", scene->clients[0],
		    scene->server_ports[0], 0);
	scene->clients[1] = tour_socket_bound(scene->shared_port);
	try_connect(scene, "socket B, bind + connect", scene->clients[1],
		    scene->server_ports[1], 0);
	n_rows = page_find_rows(scene->shared_port, rows, 4);
	page_rows(rows, n_rows);
	if (n_rows != 2)
		scene->is_as_announced = false;
	page_text(
		"Why: a connection is known by five things, the protocol and both ends' address "
		"and port (RFC 9293, 3.4.1). Only all five together must be unique, on the "
		"client's side as well. The kernel keeps a port for one socket only until each "
		"socket on it says SO_REUSEPORT before bind().");
}

static void share_too_much(struct scene *scene)
{
	page_act("and where it ends");
	try_connect(scene, "socket A once more", scene->clients[0], scene->server_ports[1],
		    -EISCONN);
	scene->third = tour_socket_bound(scene->shared_port);
	try_connect(scene, "socket C, bind + connect, as A did", scene->third,
		    scene->server_ports[0], -EADDRNOTAVAIL);
	page_text(
		"Why: EISCONN: a TCP socket is one connection; a second one needs a second socket. "
		"EADDRNOTAVAIL, \"Cannot assign requested address\": bind() succeeded, since the port "
		"may be shared, but these very five exist already, A has them. The kernel can only "
		"find out in connect(), when the other end is named. C may still connect to anybody "
		"else.");
}

static int open_servers(struct scene *scene)
{
	for (int i = 0; i < 2; i++) {
		scene->servers[i] = tour_socket_listener(&scene->server_ports[i]);
		if (scene->servers[i] < 0)
			return scene->servers[i];
	}
	return 0;
}

static void close_all(const struct scene *scene)
{
	const int fds[] = {scene->third, scene->clients[0], scene->clients[1],
			   scene->servers[0], scene->servers[1]};
	struct linger linger = {.l_onoff = 1};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] < 0)
			continue;
		/* No TIME_WAIT: the tour may be run again at once. */
		setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(fds[i]);
	}
}

int tour_shared_port(void)
{
	struct scene scene = {
		.shared_port = SHARED_PORT,
		.server_ports = {8001, 8002},
		.servers = {-1, -1},
		.clients = {-1, -1},
		.third = -1,
		.is_as_announced = true,
	};
	int result;

	page_title("1. One local port, several connections");
	result = open_servers(&scene);
	if (result == 0) {
		printf("  two servers listen, on ports %u and %u\n", scene.server_ports[0],
		       scene.server_ports[1]);
		share(&scene);
		share_too_much(&scene);
	} else {
		page_step(midair_strerror(result), "two servers on this machine's loopback");
		scene.is_as_announced = false;
	}
	close_all(&scene);
	return scene.is_as_announced ? EXIT_DONE : EXIT_NO_CONNECTION;
}
