/* SPDX-License-Identifier: MIT */
/*
 * Assumption: an ICMP error about our SYN ends the dial at once, with these errors:
 *	net, host unreachable          ENETUNREACH, EHOSTUNREACH
 *	port unreachable               ECONNREFUSED
 *	prohibited (codes 9, 10, 13)   ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH
 *	time exceeded                  EHOSTUNREACH
 * One that quotes another sequence number than our SYN's is passed over, and the dial goes on.
 * Relied on by: the kinds of refusal (midair_refusal) in src/lib, and the session's redial.
 */
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>

#include "two_hosts.h"

#define QUOTED_BYTES 28 /* the IP header and eight bytes of TCP */

/* The error that a router (here: B itself) sends about a SYN. */
static struct packet icmp_about(const struct packet *syn, unsigned char type,
				unsigned char code)
{
	struct packet error = {.n_bytes = 28 + QUOTED_BYTES};
	unsigned char *ip = error.bytes;
	unsigned char *icmp = ip + 20;
	uint16_t sum;

	ip[0] = 0x45;
	ip[3] = (unsigned char)error.n_bytes;
	ip[8] = 64;
	ip[9] = IPPROTO_ICMP;
	memcpy(ip + 12, syn->bytes + 16, 4);
	memcpy(ip + 16, syn->bytes + 12, 4);
	sum = internet_checksum(0, ip, 20);
	memcpy(ip + 10, &sum, 2);
	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 8, syn->bytes, QUOTED_BYTES);
	sum = internet_checksum(0, icmp, 8 + QUOTED_BYTES);
	memcpy(icmp + 2, &sum, 2);
	return error;
}

static int start_dial(uint16_t port, struct packet *syn)
{
	int fd = host_socket(HOST_A, port);

	CHECK(connect_to(fd, ADDRESS_B, 9) == -EINPROGRESS, "A dials");
	*syn = expect_packet(HOST_A, FLAG_SYN);
	return fd;
}

static void ends_the_dial(uint16_t port, unsigned char type, unsigned char code, int wanted)
{
	struct packet syn;
	int fd = start_dial(port, &syn);
	struct packet error = icmp_about(&syn, type, code);

	deliver(HOST_A, &error);
	int result = dial_outcome(fd, 500);
	CHECK(result == -wanted, "ICMP type %u code %u gives %s, not %s", type, code,
	      strerror(wanted), strerror(-result));
	close(fd);
}

static void wrong_sequence_is_passed_over(uint16_t port)
{
	struct packet syn;
	int fd = start_dial(port, &syn);
	struct packet forged = syn;

	forged.bytes[20 + 4] ^= 0x40; /* the sequence number's first byte */
	struct packet error = icmp_about(&forged, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
	deliver(HOST_A, &error);
	CHECK(dial_outcome(fd, 50) == -ETIMEDOUT, "a forged error changes nothing");
	close(fd);
}

int main(void)
{
	static const struct {
		unsigned char type, code;
		int wanted;
	} errors[] = {
		{ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ENETUNREACH},
		{ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, EHOSTUNREACH},
		{ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ECONNREFUSED},
		{ICMP_DEST_UNREACH, ICMP_NET_ANO, ENETUNREACH},
		{ICMP_DEST_UNREACH, ICMP_HOST_ANO, EHOSTUNREACH},
		{ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, EHOSTUNREACH},
		{ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, EHOSTUNREACH},
	};

	two_hosts_open();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		ends_the_dial((uint16_t)(1400 + i), errors[i].type, errors[i].code,
			      errors[i].wanted);
	wrong_sequence_is_passed_over(1450);
	return EXIT_SUCCESS;
}
