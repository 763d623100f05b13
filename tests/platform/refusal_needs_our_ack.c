/* SPDX-License-Identifier: MIT */
/*
 * Assumption: in SYN_SENT a RST counts only when it acknowledges our SYN (RFC 9293 3.10.7.3).
 * Any other RST, with a wrong acknowledgement or none, is dropped, and the dial goes on.
 * Relied on by: the session's promise that a stranger's flood of RSTs does not end an attempt.
 */
#include <arpa/inet.h>

#include "two_hosts.h"

/* Spoils a RST of 40 bytes: changes its acknowledgement, or takes it away. */
static struct packet spoil(struct packet packet, uint32_t add, bool has_ack)
{
	unsigned char *segment = packet.bytes + 20;
	uint32_t acknowledgement;

	CHECK(packet.n_bytes == 40, "a RST has no options");
	memcpy(&acknowledgement, segment + 8, 4);
	acknowledgement = htonl(ntohl(acknowledgement) + add);
	memcpy(segment + 8, &acknowledgement, 4);
	if (!has_ack)
		segment[13] &= (unsigned char)~FLAG_ACK;
	segment[16] = segment[17] = 0;
	/* The pseudo header's protocol and length; its addresses stand in front of the segment. */
	uint16_t sum = internet_checksum(IPPROTO_TCP + 20, packet.bytes + 12, 28);
	memcpy(segment + 16, &sum, 2);
	return packet;
}

int main(void)
{
	two_hosts_open();
	int fd = host_socket(HOST_A, 1314);
	CHECK(connect_to(fd, ADDRESS_B, 9) == -EINPROGRESS, "A dials a closed port");
	struct packet syn = expect_packet(HOST_A, FLAG_SYN);
	deliver(HOST_B, &syn);
	struct packet refusal = expect_packet(HOST_B, FLAG_RST | FLAG_ACK);

	struct packet spoilt[] = {
		spoil(refusal, 1, true),
		spoil(refusal, UINT32_MAX, true),
		spoil(refusal, 0, false),
	};
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		deliver(HOST_A, &spoilt[i]);
		CHECK(dial_outcome(fd, 20) == -ETIMEDOUT, "spoilt RST %zu changes nothing", i);
	}
	/* The checksum is right: the same bytes, unspoilt, count. */
	struct packet whole = spoil(refusal, 0, true);
	deliver(HOST_A, &whole);
	CHECK(dial_outcome(fd, 1000) == -ECONNREFUSED, "the true RST refuses");
	return EXIT_SUCCESS;
}
