/* SPDX-License-Identifier: MIT */
/* tls_label: TLS 1.3's key derivation (RFC 8446, 7.1) with SHA-256, the one hash that is used. */
#ifndef MIDAIR_CRYPTO_TLS_LABEL_H
#define MIDAIR_CRYPTO_TLS_LABEL_H

#include <stddef.h>
#include <stdint.h>

#define TLS_SECRET_BYTES 32

/* HKDF-Expand-Label with a context of context_size <= 32 bytes. size at most 255 * 32, and label
 * at most 249 characters. Returns 0, -EINVAL, -EIO. */
int tls_expand_label(void *out, size_t size, const uint8_t secret[TLS_SECRET_BYTES],
		     const char *label, const uint8_t *context, size_t context_size);

/* The exporter of RFC 8446, 7.5 with an empty context. The same results. */
int tls_export_label(void *out, size_t size, const uint8_t exporter[TLS_SECRET_BYTES],
		     const char *label);

#endif
