/* SPDX-License-Identifier: MIT */
/*
 * Assumption: TCP_SYNCNT takes 127. TCP_USER_TIMEOUT ends a dial on time, but looks only when a
 * SYN is due: never before the first interval of 1 s.
 * TCP_RTO_MAX_MS (Linux 6.15; an older kernel says ENOPROTOOPT, and the program says so) bounds
 * the interval between SYNs, which otherwise doubles.
 * Relied on by: set_syn_timing() in src/os/socket.c.
 */
#include <fcntl.h>

#include "two_hosts.h"

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

#define CAPPED_PORT   1401
#define DOUBLING_PORT 1402
#define TIMED_PORT    1403

/* Since Linux 6.5 the first SYNs go out at even intervals; here the doubling shall be seen. */
static void make_syns_double(void)
{
	int fd = open("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* before Linux 6.5 they always double */
	if (write(fd, "0", 1) != 1)
		skip("no right to set tcp_syn_linear_timeouts");
	close(fd);
}

static int start_dial(uint16_t port)
{
	int fd = host_socket(HOST_A, port);

	CHECK(set_option(fd, IPPROTO_TCP, TCP_SYNCNT, 127) == 0, "TCP_SYNCNT takes 127");
	return fd;
}

static void connect_nowhere(int fd)
{
	CHECK(connect_to(fd, ADDRESS_B, 9) == -EINPROGRESS, "a dial begins");
}

static void user_timeout_ends_dial(int timeout_ms, uint64_t wanted_ms)
{
	struct packet packet;
	int fd = start_dial(TIMED_PORT);
	uint64_t start_ms = now_ms();

	CHECK(set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout_ms) == 0,
	      "TCP_USER_TIMEOUT is taken");
	connect_nowhere(fd);
	CHECK(dial_outcome(fd, 4000) == -ETIMEDOUT, "it ends the dial");
	uint64_t took_ms = now_ms() - start_ms;
	printf("TCP_USER_TIMEOUT %d ms: %u ms\n", timeout_ms, (unsigned int)took_ms);
	CHECK(took_ms + 50 >= wanted_ms, "not before %u ms", (unsigned int)wanted_ms);
	CHECK(took_ms < wanted_ms + 700, "and before the next SYN would be due");
	while (take_packet(HOST_A, &packet, 0))
		continue;
	close(fd);
}

/* Counts the SYNs from both ports until the capped one has sent n of them. */
static void intervals_are_capped(void)
{
	unsigned int n_capped = 0, n_doubling = 0;
	struct packet packet;
	int capped = start_dial(CAPPED_PORT);
	int doubling = start_dial(DOUBLING_PORT);
	int result = set_option(capped, IPPROTO_TCP, TCP_RTO_MAX_MS, 1000);

	if (result == -ENOPROTOOPT) {
		puts("this kernel has no TCP_RTO_MAX_MS");
		return;
	}
	CHECK(result == 0, "TCP_RTO_MAX_MS takes 1000");
	connect_nowhere(capped);
	connect_nowhere(doubling);
	uint64_t start_ms = now_ms();
	while (n_capped < 5 && take_packet(HOST_A, &packet, 3000)) {
		n_capped += packet.source_port == CAPPED_PORT;
		n_doubling += packet.source_port == DOUBLING_PORT;
		printf("%5u ms SYN from %u\n", (unsigned int)(now_ms() - start_ms),
		       packet.source_port);
	}
	CHECK(n_capped == 5, "the capped dial sent five SYNs");
	CHECK(n_doubling == 3, "the other sent three (at 0, 1, 3 s), not %u", n_doubling);
	CHECK(now_ms() - start_ms < 5500, "the capped dial's SYNs came at 0, 1, 2, 3, 4 s");
}

int main(void)
{
	two_hosts_open();
	enter_host(HOST_A);
	make_syns_double();
	user_timeout_ends_dial(500, 1000);
	user_timeout_ends_dial(1300, 1300);
	intervals_are_capped();
	return EXIT_SUCCESS;
}
