/* SPDX-License-Identifier: MIT */
/*
 * Assumption: with IPV6_V6ONLY, [::]:P and 0.0.0.0:P are bound side by side, without any reuse
 * option; without it they exclude each other (EADDRINUSE). A v4-mapped pair of endpoints is the
 * same pair as the IPv4 one.
 * Relied on by: src/os/socket.c (IPV6_V6ONLY on all sockets), endpoint_unmap() in src/core.
 */
#include "platform.h"

static int bind_ipv6(int fd, const char *address, uint16_t port)
{
	struct sockaddr_in6 local = ipv6(address, port);

	return bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0 ? 0 : -errno;
}

static void port_is_shared_between_families(uint16_t port, int is_ipv6_only, int wanted)
{
	int first = tcp_socket(AF_INET6, 0);
	int second = tcp_socket(AF_INET, 0);

	CHECK(set_option(first, IPPROTO_IPV6, IPV6_V6ONLY, is_ipv6_only) == 0,
	      "IPV6_V6ONLY is taken");
	CHECK(bind_ipv6(first, NULL, port) == 0, "[::]:%u is free", port);
	CHECK(bind_to(second, NULL, port) == wanted, "IPV6_V6ONLY %d: 0.0.0.0:%u gives %s",
	      is_ipv6_only, port, strerror(-wanted));
	close(first);
	close(second);
}

static void mapped_pair_is_the_same_pair(void)
{
	struct sockaddr_in6 remote = ipv6("::ffff:127.0.0.1", 2001);
	int plain = tcp_socket(AF_INET, REUSE_PORT);
	int mapped = tcp_socket(AF_INET6, REUSE_PORT);

	listener_on(2001, 0);
	CHECK(set_option(mapped, IPPROTO_IPV6, IPV6_V6ONLY, 0) == 0, "IPV6_V6ONLY is taken");
	CHECK(bind_to(plain, "127.0.0.1", 1500) == 0, "1500 is free");
	CHECK(bind_ipv6(mapped, "::ffff:127.0.0.1", 1500) == 0, "1500 is shared");
	CHECK(dial(plain, "127.0.0.1", 2001) == 0, "the IPv4 socket connects");
	CHECK(connect(mapped, (struct sockaddr *)&remote, sizeof(remote)) == -1 &&
		      errno == EADDRNOTAVAIL,
	      "the v4-mapped pair is taken");
}

int main(void)
{
	enter_own_network();
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (probe < 0 || bind_ipv6(probe, "::1", 0) != 0)
		skip("no IPv6");
	port_is_shared_between_families(1600, 1, 0);
	port_is_shared_between_families(1601, 0, -EADDRINUSE);
	mapped_pair_is_the_same_pair();
	return EXIT_SUCCESS;
}
