/* SPDX-License-Identifier: MIT */
/*
 * two_hosts: two network stacks of this kernel, and the test is the wire between them. Each host
 * is a network namespace with a TUN interface whose other side the test holds: a packet goes on
 * only when the test hands it over, so that every order of events can be played exactly.
 */
#ifndef MIDAIR_TWO_HOSTS_H
#define MIDAIR_TWO_HOSTS_H

#include <stddef.h>

#include "platform.h"

enum host { HOST_A, HOST_B };

#define ADDRESS_A "10.99.0.1"
#define ADDRESS_B "10.99.0.2"

#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_ACK 0x10u

struct packet {
	unsigned char bytes[2048];
	size_t n_bytes;
	unsigned int flags; /* SYN, RST and ACK of it */
	uint16_t source_port;
};

/* Makes both hosts; skips where that is forbidden. Once in a program. */
void two_hosts_open(void);

/* What is done from now on (sockets, /proc/sys/net) is done on this host. */
void enter_host(enum host host);

/* A non-blocking socket with SO_REUSEPORT, bound to the host's address. */
int host_socket(enum host host, uint16_t port);

/* Takes the next TCP packet that the host has sent. False: none within the time. */
bool take_packet(enum host from, struct packet *packet, int timeout_ms);

/* Takes a packet, which must come within a second and have exactly these flags. */
struct packet expect_packet(enum host from, unsigned int flags);

/* Hands a packet to a host. */
void deliver(enum host to, const struct packet *packet);

/* RFC 1071 over n_bytes (an even number), on top of sum; in network order. */
uint16_t internet_checksum(uint32_t sum, const unsigned char *bytes, size_t n_bytes);

/* Carries packets in both directions until the socket polls ready; ends the program when that
 * takes more than 3 s. */
void carry_until(int fd, short events);

/* carry_until() a dial is decided; returns its outcome, 0 or -errno. */
int carry_dial(int fd);

/* Carries what is still on its way, until nothing comes for quiet_ms. */
void carry_rest(int quiet_ms);

#endif
