/* SPDX-License-Identifier: MIT */
/* What is left alone, and what stays as it is without the library. */
#include <sys/un.h>

#include "client.h"

static int option_of(int fd, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	CHECK(getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0, "an option is read");
	return value;
}

/* untouched: UDP, UNIX and bound sockets. --ports 41000-41999 is expected not to matter. */
static int untouched(int argc, char **argv)
{
	struct sockaddr_in self = ipv4("127.0.0.1", 0);
	struct sockaddr_un path = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(self);
	int server = open_server(AF_INET, 5000);
	int udp = socket(AF_INET, SOCK_DGRAM, 0);

	(void)argc;
	(void)argv;
	/* A UDP socket may be connected to itself. */
	CHECK(bind(udp, (struct sockaddr *)&self, sizeof(self)) == 0, "UDP is bound");
	CHECK(getsockname(udp, (struct sockaddr *)&self, &length) == 0, "UDP has a name");
	CHECK(connect(udp, (struct sockaddr *)&self, sizeof(self)) == 0, "and is its own peer");
	CHECK(send(udp, "x", 1, 0) == 1 && recv(udp, &(char){0}, 1, 0) == 1, "it hears itself");
	CHECK(option_of(udp, SO_REUSEPORT) == 0, "nothing is set on it");

	udp = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(connect_to(udp, "127.0.0.1", 5000) == 0, "UDP connects");
	CHECK(port_of(udp) < 41000 || port_of(udp) > 41999, "not from the pool");

	snprintf(path.sun_path + 1, sizeof(path.sun_path) - 1, "midair-%d", (int)getpid());
	int local = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(local, (struct sockaddr *)&path, sizeof(path)) == 0, "a UNIX socket binds");
	CHECK(listen(local, 1) == 0, "and listens");
	CHECK(connect(other, (struct sockaddr *)&path, sizeof(path)) == 0, "and is reached");

	int bound = tcp_socket(AF_INET, BLOCKING);
	CHECK(bind_to(bound, "127.0.0.1", 5555) == 0, "a program binds its port");
	CHECK(connect_to(bound, "127.0.0.1", 5000) == 0, "and connects");
	CHECK(port_of(bound) == 5555, "from that port, not %u", port_of(bound));
	CHECK(option_of(bound, SO_REUSEPORT) == 0, "nothing is set on it");

	int self_bound = tcp_socket(AF_INET, BLOCKING);
	CHECK(bind_to(self_bound, "127.0.0.1", 5556) == 0, "a program binds its port");
	CHECK(connect_to(self_bound, "127.0.0.1", 5556) == -ECONNREFUSED, "the guard is there");
	CHECK(port_of(self_bound) == 5556, "the port is still its own");
	close(server);
	puts("as it should be");
	return 0;
}

/* ends PORT: prints the local ends of an IPv6 and a v4-mapped connection. */
static int ends(int argc, char **argv)
{
	static const char *const remotes[] = {"::1", "::ffff:127.0.0.1"};
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);

	open_server(AF_INET6, port);
	for (size_t i = 0; i < 2; i++) {
		int fd = tcp_socket(AF_INET6, BLOCKING);
		struct sockaddr_in6 address = ipv6(remotes[i], port);
		socklen_t length = sizeof(address);
		char text[MIDAIR_ENDPOINT_TEXT_SIZE];
		struct midair_endpoint local;

		CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0,
		      "%s can be reached (%s)", remotes[i], strerror(errno));
		CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0,
		      "it has a name");
		midair_endpoint_from_sockaddr(&local, (struct sockaddr *)&address, length);
		puts(midair_endpoint_format(&local, text));
	}
	return 0;
}

/* errors: what connect() says in odd cases, and that errno survives success. Printed, to be
 * compared with the plain program's. */
static int errors(int argc, char **argv)
{
	struct sockaddr_in remote = ipv4("127.0.0.1", 5000);
	struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
	int server = open_server(AF_INET, 5000);
	int fd = tcp_socket(AF_INET, 0);

	(void)argc;
	(void)argv;
	errno = ETXTBSY;
	int blocking = tcp_socket(AF_INET, BLOCKING);
	CHECK(connect(blocking, (struct sockaddr *)&remote, sizeof(remote)) == 0,
	      "it connects");
	printf("success leaves %s\n", strerror(errno));
	printf("again: %s\n", strerror(-connect_to(blocking, "127.0.0.1", 5000)));
	printf("elsewhere: %s\n", strerror(-connect_to(blocking, "127.0.0.1", 5001)));
	printf("disconnect: %d\n", connect(blocking, &unspecified, sizeof(unspecified)));
	printf("and again: %s\n", strerror(-connect_to(blocking, "127.0.0.1", 5000)));

	printf("at once: %s\n", strerror(-connect_to(fd, "127.0.0.1", 5000)));
	CHECK(dial_outcome(fd, 1000) == 0, "it comes about");
	printf("the second call: %s\n", strerror(-connect_to(fd, "127.0.0.1", 5000)));
	printf("the third: %s\n", strerror(-connect_to(fd, "127.0.0.1", 5000)));

	int refused = tcp_socket(AF_INET, BLOCKING);
	printf("dead: %s\n", strerror(-connect_to(refused, "127.0.0.1", 5001)));
	printf("dead: %s\n", strerror(-connect_to(refused, "127.0.0.1", 5001)));
	printf("alive: %s\n", strerror(-connect_to(refused, "127.0.0.1", 5000)));

	printf("closed: %s\n", strerror(-connect_to(999, "127.0.0.1", 5000)));
	printf("no socket: %s\n", strerror(-connect_to(0, "127.0.0.1", 5000)));
	printf("a listener: %s\n", strerror(-connect_to(server, "127.0.0.1", 5000)));
	printf("short: %d %s\n", connect(tcp_socket(AF_INET, 0), (struct sockaddr *)&remote, 4),
	       strerror(errno));
	printf("IPv4 of IPv6: %s\n",
	       strerror(-connect_to(tcp_socket(AF_INET6, BLOCKING), "127.0.0.1", 5000)));
	printf("no route: %s\n",
	       strerror(-connect_to(tcp_socket(AF_INET, BLOCKING), "192.0.2.1", 5000)));
	printf("close twice: %d %d\n", close(blocking), close(blocking));
	printf("close nothing: %d %d\n", close(-1), close(1 << 30));
	return 0;
}

/* latebind PORT COUNT: bind(127.0.0.1, 0) and connect, COUNT for each of two servers, all held. */
static int latebind(int argc, char **argv)
{
	uint16_t port = (uint16_t)number(argc, argv, 0, 5000);
	unsigned int count = number(argc, argv, 1, 4), n_held = 0;

	open_server(AF_INET, port);
	open_server(AF_INET, (uint16_t)(port + 1));
	for (unsigned int i = 0; i < 2 * count; i++) {
		int fd = tcp_socket(AF_INET, BLOCKING);

		if (bind_to(fd, "127.0.0.1", 0) == 0 &&
		    connect_to(fd, "127.0.0.1", (uint16_t)(port + i % 2)) == 0)
			n_held++;
	}
	printf("%u held\n", n_held);
	return 0;
}

const struct scene scenes_of_sockets[] = {
	{"untouched", untouched}, {"ends", ends}, {"errors", errors},
	{"latebind", latebind},	  {NULL, NULL},
};
