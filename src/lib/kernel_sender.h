/* SPDX-License-Identifier: MIT */
/*
 * kernel_sender: the sending direction of a stream, by the kernel where it can. Asked for once a
 * stream has sent a MiB, so that small ones are not bothered.
 *
 * Theory of operation
 *
 * With TLS in between, a call that succeeds does not mean that TCP has the bytes: of a record that
 * is sealed when the socket is nearly full, TCP takes a part or nothing, and the rest waits in the
 * kernel's TLS (net/tls/tls_sw.c: tls_tx_records(), partially_sent_record), which goes on when there
 * is room. shutdown() knows nothing of that: the FIN would go into TCP's queue first, and what is
 * left could never follow, the close_notify at least. So the bytes are counted that the records
 * must have at least, and FIN waits until TCP's queue has come so far. (At least: the kernel
 * may make more records than it must, where memory is short.)
 */
#ifndef MIDAIR_LIB_KERNEL_SENDER_H
#define MIDAIR_LIB_KERNEL_SENDER_H

#include "crypto/tls.h"
#include "os/kernel_tls.h"

struct kernel_sender {
	bool is_on;
	bool was_asked;
	uint64_t n_user_bytes; /* sealed by ourselves until now */
	uint64_t n_records;    /* of the kernel, under this key; at least so many */
	uint64_t position;     /* where TCP's queue must have come to, at least */
};

/* n_bytes more were sealed by ourselves. Hands over when it is time and the kernel takes it. */
void kernel_sender_offer(struct kernel_sender *sender, int fd, struct tls *tls, size_t n_bytes);

/* As send(), of plaintext: the number of bytes or -errno. */
ssize_t kernel_sender_write(struct kernel_sender *sender, int fd, struct tls *tls,
			    const void *data, size_t size);

/* A KeyUpdate, when it is due. Returns 0, -EAGAIN, -errno. */
int kernel_sender_update(struct kernel_sender *sender, int fd, struct tls *tls);

/* close_notify. Returns 0, -EAGAIN, -errno. */
int kernel_sender_close(struct kernel_sender *sender, int fd);

/* Whether TCP has all that was sealed. Returns 0, -EAGAIN, -errno. */
int kernel_sender_is_flushed(const struct kernel_sender *sender, int fd);

#endif
