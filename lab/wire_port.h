/* SPDX-License-Identifier: MIT */
/* wire_port: raw frames of one interface (packet(7)). */
#ifndef MIDAIR_LAB_WIRE_PORT_H
#define MIDAIR_LAB_WIRE_PORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab/reason.h"

/* A socket on the interface of the calling thread's network namespace, or -errno. It sees what
 * comes in, not what is sent by it or by others. */
int wire_port_open(const char *interface, struct lab_reason *reason);

/* The next frame; *age_ns is how long ago it came in. Returns its length, -EAGAIN for none, or
 * another -errno. A frame that does not fit is cut. */
ssize_t wire_port_receive(int fd, void *frame, size_t size, uint64_t *age_ns);

/* Returns 0 or -errno; -ENOBUFS when the interface takes no more just now. */
int wire_port_send(int fd, const void *frame, size_t n_bytes);

#endif
