/* SPDX-License-Identifier: MIT */
/*
 * Assumption: where a SYN_SENT socket and a listener share a port, the SYN of the dialled peer
 * goes to the SYN_SENT socket, never to the listener; a SYN from elsewhere goes to the listener.
 * Relied on by: src/core/session (one connection, not two, when both could take the SYN).
 */
#include <poll.h>

#include "two_hosts.h"

int main(void)
{
	struct packet lost;

	two_hosts_open();
	int listener = host_socket(HOST_A, 1314);
	CHECK(listen(listener, 16) == 0, "A listens");
	int waiting = host_socket(HOST_A, 1314);
	CHECK(connect_to(waiting, ADDRESS_B, 1315) == -EINPROGRESS, "A dials from that port");
	CHECK(take_packet(HOST_A, &lost, 1000), "A's SYN goes out, and is lost");

	int stranger = host_socket(HOST_B, 1316);
	int peer = host_socket(HOST_B, 1315);
	CHECK(connect_to(peer, ADDRESS_A, 1314) == -EINPROGRESS, "B dials back");
	CHECK(carry_dial(peer) == 0, "B is connected");
	CHECK(carry_dial(waiting) == 0, "by the SYN_SENT socket");
	CHECK(accept4(listener, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EAGAIN,
	      "the listener got nothing");

	CHECK(connect_to(stranger, ADDRESS_A, 1314) == -EINPROGRESS, "a stranger dials");
	CHECK(carry_dial(stranger) == 0, "the stranger is connected");
	carry_until(listener, POLLIN);
	CHECK(accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0, "the listener took it");
	return EXIT_SUCCESS;
}
