/* SPDX-License-Identifier: MIT */
/*
 * kernel_sender: the sending direction of a stream, by the kernel where it can. Asked for once a
 * stream has sent a MiB, so that small ones are not bothered.
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
};

/* n_bytes more were sealed by ourselves. Hands over when it is time and the kernel takes it. */
void kernel_sender_offer(struct kernel_sender *sender, int fd, struct tls *tls, size_t n_bytes);

/* As send(), of plaintext: the number of bytes or -errno. */
ssize_t kernel_sender_write(struct kernel_sender *sender, int fd, struct tls *tls,
			    const void *data, size_t size);

/* A KeyUpdate, when it is due. Returns 0, -EAGAIN, -errno. */
int kernel_sender_update(struct kernel_sender *sender, int fd, struct tls *tls);

/* close_notify. Returns 0, -EAGAIN, -errno. */
int kernel_sender_close(int fd);

#endif
