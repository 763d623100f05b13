/* SPDX-License-Identifier: MIT */
/*
 * socket: the TCP sockets of a session. All of them share one local port by SO_REUSEPORT, are
 * non-blocking and close-on-exec. Every function returns 0 (or a descriptor) or -errno.
 */
#ifndef MIDAIR_OS_SOCKET_H
#define MIDAIR_OS_SOCKET_H

#include "core/crossing.h"
#include "midair/midair.h"

/* Opens a socket bound to local (address family and port given; the address may be "any"). */
int socket_open(const struct midair_endpoint *local);

/* Whether the kernel lets us set the longest pause between two SYNs (TCP_RTO_MAX_MS). */
bool socket_can_set_syn_interval(void);

/* Sends the SYN. The outcome is told by socket_outcome() once the descriptor polls ready. */
int socket_dial(int fd, const struct midair_endpoint *remote);

/* As the kernel has measured it; 0: not known, or not TCP. */
uint32_t socket_round_trip_us(int fd);

/* How a dial stands: 0 established, -EINPROGRESS, or the -errno that ended it. */
int socket_outcome(int fd);

/* Whether the peer's SYN has come and the rest has not: SYN_RECV. */
bool socket_is_half_open(int fd);

int socket_listen(int fd);

/* Whether this machine has the endpoint's address. */
bool socket_is_local_address(const struct midair_endpoint *endpoint);

/* The socket keeps its port; connections that nobody has accepted yet are reset, half-open ones
 * forgotten. */
int socket_stop_listening(int fd);

/* Takes a connection off a listener. -EAGAIN: none is waiting. */
int socket_accept(int fd, struct midair_endpoint *remote);

int socket_local(int fd, struct midair_endpoint *local);

/* What the kernel counted until now, for a connection that has just been established. */
struct socket_facts {
	struct midair_endpoint local;
	struct midair_endpoint remote;
	uint32_t round_trip_us;
	struct crossing_counts counts;
};
int socket_facts(int fd, struct socket_facts *facts);

/* Sends FIN after what is queued: no more will be sent from here. */
int socket_shutdown_sending(int fd);

/* Closes with RST (a dial that is still out: silently) and leaves no TIME_WAIT. Returns -1. */
int socket_close_reset(int fd);

/* While a stream is under way: close() sends RST, and silence is probed. release: the stream is
 * whole, close() is an ordinary one again. fd may also be something other than TCP. */
int socket_guard_stream(int fd);
int socket_release_stream(int fd);

/* A message goes out although an earlier one is not acknowledged yet. 0 or -errno. */
int socket_set_no_delay(int fd, bool is_on);

/* Gives the winner the options of an ordinary connection back. */
int socket_restore(int fd);

#endif
