/* SPDX-License-Identifier: MIT */
/*
 * kernel_tls: TLS records made by the kernel (CONFIG_TLS), for the sending direction: a plain
 * send() then goes out as records.
 *
 * Only from Linux 6.14 on, where a key can be changed: an earlier kernel could not keep to the
 * limit of AES-GCM (RFC 8446, 5.5), and there is no way back once it has begun.
 */
#ifndef MIDAIR_OS_KERNEL_TLS_H
#define MIDAIR_OS_KERNEL_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kernel_tls_key {
	bool is_chacha20; /* else AES-128-GCM */
	uint8_t key[32];  /* 16 of them for AES-128 */
	uint8_t iv[12];
	uint64_t number; /* of the next record */
};

/* Room for either of the kernel's structures. */
#define KERNEL_TLS_INFO_BYTES 64

/* Writes the kernel's structure and returns its size. */
size_t kernel_tls_fill(uint8_t info[KERNEL_TLS_INFO_BYTES], const struct kernel_tls_key *key);

/* Asks the kernel. 0: it has TLS, and nothing has changed for the socket yet; -ENOENT,
 * -EOPNOTSUPP, or another -errno: it has not. */
int kernel_tls_attach(int fd);

/* From here on the kernel seals with this key; also for the next key, right after the KeyUpdate.
 * Returns 0 or -errno. */
int kernel_tls_set_sending(int fd, const struct kernel_tls_key *key);

/* One record of another type than data, whole or not at all. Returns 0 or -errno. */
int kernel_tls_send_record(int fd, uint8_t type, const void *data, size_t size);

#endif
