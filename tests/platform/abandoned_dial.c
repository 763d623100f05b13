/* SPDX-License-Identifier: MIT */
/*
 * Assumption: closing a SYN_SENT socket sends nothing, but the SYN-ACK that comes later is
 * answered with RST by our own kernel, which kills the peer's side.
 * Relied on by: src/core/session (a dial is held until the deadline, never given up early).
 */
#include "two_hosts.h"

int main(void)
{
	struct packet packet;

	two_hosts_open();
	int dialled = host_socket(HOST_A, 1314);
	int listener = host_socket(HOST_B, 1315);
	CHECK(listen(listener, 1) == 0, "B listens");
	CHECK(connect_to(dialled, ADDRESS_B, 1315) == -EINPROGRESS, "A dials");
	struct packet syn = expect_packet(HOST_A, FLAG_SYN);

	close(dialled);
	CHECK(!take_packet(HOST_A, &packet, 50), "closing it sends nothing");
	deliver(HOST_B, &syn);
	struct packet syn_ack = expect_packet(HOST_B, FLAG_SYN | FLAG_ACK);
	deliver(HOST_A, &syn_ack);
	CHECK(take_packet(HOST_A, &packet, 1000) && (packet.flags & FLAG_RST) != 0,
	      "the late SYN-ACK is answered with RST");
	return EXIT_SUCCESS;
}
