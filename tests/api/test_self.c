/* SPDX-License-Identifier: MIT */
/* Self-connections by the library, and the guard against them. */
#include <poll.h>

#include "midair/midair.h"
#include "tests/platform/platform.h"

static struct midair_endpoint endpoint(const char *text, uint16_t port)
{
	struct midair_endpoint made;

	CHECK(midair_endpoint_parse(&made, text) == 0, "%s is an endpoint", text);
	made.port = port;
	return made;
}

static struct midair_endpoint local_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct midair_endpoint local;

	CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "it has a name");
	CHECK(midair_endpoint_from_sockaddr(&local, (struct sockaddr *)&address, length) == 0,
	      "of TCP");
	return local;
}

static void echoes(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	char answer[16] = "";

	CHECK(send(fd, "I love you.", 11, MSG_NOSIGNAL) == 11, "it writes");
	CHECK(poll(&waiting, 1, 1000) == 1, "it has something to read");
	CHECK(recv(fd, answer, sizeof(answer), 0) == 11, "as much as was written");
	CHECK(strcmp(answer, "I love you.") == 0, "the same");
}

static void connects_to_itself(const struct midair_endpoint *local)
{
	struct midair_row row;
	int fd = -1;
	int result = midair_self_connect(local, &fd);

	CHECK(result == 0, "it connects to itself (%s)", midair_strerror(result));
	CHECK(midair_is_self_connected(fd) == 1, "it knows");
	echoes(fd);
	struct midair_endpoint used = local_of(fd);
	CHECK(local->port == 0 || local->port == used.port, "on the port that was asked for");
	CHECK(midair_table_find(&used, &used, &row) == 0 && row.state == MIDAIR_TCP_ESTABLISHED,
	      "one row shows it");
	close(fd);
	CHECK(midair_table_find(&used, &used, &row) == -ENOENT, "close() leaves nothing");
}

static void taken_ports_are_told(void)
{
	struct midair_endpoint local = endpoint("127.0.0.1:1500", 1500);
	int fd = -1, other_fd = -1;
	int holder = listener_on(1500, 0);

	CHECK(midair_self_connect(&local, &other_fd) == MIDAIR_E_PORT_IN_USE,
	      "a port that is not shared is in use");
	close(holder);
	CHECK(midair_self_connect(&local, &fd) == 0, "then it is free");
	CHECK(midair_self_connect(&local, &other_fd) == MIDAIR_E_PORT_IN_USE,
	      "a port is connected to itself once");
	CHECK(other_fd == -1, "a failure leaves the output alone");
	close(fd);
}

static void bad_addresses_are_told(void)
{
	struct midair_endpoint foreign = endpoint("192.0.2.1:1500", 1500);
	struct midair_endpoint none = {.family = MIDAIR_FAMILY_NONE};
	int fd = -1;

	CHECK(midair_self_connect(&foreign, &fd) == -EADDRNOTAVAIL, "a foreign address");
	CHECK(midair_self_connect(&none, &fd) == -EAFNOSUPPORT, "no address");
	CHECK(fd == -1, "a failure leaves the output alone");
}

static void listener_does_not_steal_it(void)
{
	struct midair_endpoint local = endpoint("127.0.0.1:1501", 1501);
	int listener = listener_on(1501, REUSE_PORT);
	int fd;

	CHECK(midair_self_connect(&local, &fd) == 0, "a listener may share the port");
	echoes(fd);
	CHECK(accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) == -1 &&
		      errno == EAGAIN,
	      "and got nothing");
	close(fd);
	close(listener);
}

static void after_orderly_end_it_works_again(void)
{
	struct midair_endpoint local = endpoint("127.0.0.1:1502", 1502);
	int fd;

	for (int i = 0; i < 3; i++) {
		CHECK(midair_self_connect(&local, &fd) == 0, "round %d connects", i);
		CHECK(shutdown(fd, SHUT_WR) == 0, "it can be shut down");
		close(fd);
	}
}

static void guard_tells_other_sockets_apart(void)
{
	struct sockaddr_in6 mapped = ipv6("::ffff:127.0.0.1", 1503);
	int listener = listener_on(2001, 0);
	int fd = tcp_socket(AF_INET, 0);
	int pair[2];

	CHECK(midair_is_self_connected(fd) == -ENOTCONN, "not connected");
	CHECK(dial(fd, "127.0.0.1", 2001) == 0, "an ordinary connection");
	CHECK(midair_is_self_connected(fd) == 0, "is none to itself");
	CHECK(midair_is_self_connected(-1) == -EBADF, "no descriptor");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "a pair");
	CHECK(midair_is_self_connected(pair[0]) == -EAFNOSUPPORT, "no TCP");
	close(fd);
	close(listener);
	fd = tcp_socket(AF_INET6, BLOCKING);
	CHECK(bind(fd, (struct sockaddr *)&mapped, sizeof(mapped)) == 0, "v4-mapped binds");
	CHECK(connect(fd, (struct sockaddr *)&mapped, sizeof(mapped)) == 0, "and connects");
	CHECK(midair_is_self_connected(fd) == 1, "v4-mapped is seen through");
	close_with_reset(fd);
}

int main(void)
{
	struct midair_endpoint ipv4_home = endpoint("127.0.0.1:1314", 1314);
	struct midair_endpoint ipv6_home = endpoint("[::1]:1314", 1314);
	struct midair_endpoint any_port = endpoint("127.0.0.1:1", 0);
	struct midair_endpoint anywhere = endpoint("0.0.0.0:1", 1315);
	struct midair_endpoint mapped = ipv6_home;

	memcpy(mapped.address, (uint8_t[16]){[10] = 0xff, 0xff, 127, 0, 0, 1}, 16);
	enter_own_network();
	connects_to_itself(&ipv4_home);
	connects_to_itself(&ipv4_home);
	connects_to_itself(&ipv6_home);
	connects_to_itself(&any_port);
	connects_to_itself(&anywhere);
	connects_to_itself(&mapped);
	taken_ports_are_told();
	bad_addresses_are_told();
	listener_does_not_steal_it();
	after_orderly_end_it_works_again();
	guard_tells_other_sockets_apart();
	return EXIT_SUCCESS;
}
