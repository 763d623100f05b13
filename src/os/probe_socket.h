/* SPDX-License-Identifier: MIT */
/* probe_socket: the sockets with which a server probes what a client's NAT does. All share their
 * port by SO_REUSEPORT, and none blocks. Functions return a descriptor or 0, or -errno. */
#ifndef MIDAIR_OS_PROBE_SOCKET_H
#define MIDAIR_OS_PROBE_SOCKET_H

#include "midair/midair.h"

/* A listener that takes every segment and answers none: a classic BPF filter on it drops them
 * before TCP sees them, so that no RST goes out either. Needs no privilege. */
int probe_socket_silent(const struct midair_endpoint *local);

/* Holds a port on which nobody listens: the kernel answers every SYN with RST. */
int probe_socket_refusing(const struct midair_endpoint *local);

/* The socket counts as that user's from now on, who may then share its port. Only as root; others
 * are told -EPERM. -ENOENT: there is no such user. */
int probe_socket_give(int fd, const char *user);

/* Sends a SYN from local (port 0: a fresh one) to remote, at most twice in RENDEZVOUS_DIAL_MS.
 * close() resets what comes of it. */
int probe_socket_dial(const struct midair_endpoint *local,
		      const struct midair_endpoint *remote);

#endif
