/* SPDX-License-Identifier: MIT */
#include "os/kernel_tls.h"

#include <assert.h>
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "os/kernel.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static_assert(sizeof(struct tls12_crypto_info_aes_gcm_128) <= KERNEL_TLS_INFO_BYTES, "");
static_assert(sizeof(struct tls12_crypto_info_chacha20_poly1305) <= KERNEL_TLS_INFO_BYTES, "");

static void write_number(uint8_t out[8], uint64_t number)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(number >> (56 - 8 * i));
}

/* The kernel's "salt" is the beginning of TLS 1.3's IV. */
static size_t fill_aes(uint8_t *info, const struct kernel_tls_key *key)
{
	struct tls12_crypto_info_aes_gcm_128 aes = {
		.info = {.version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128}};

	memcpy(aes.key, key->key, sizeof(aes.key));
	memcpy(aes.salt, key->iv, sizeof(aes.salt));
	memcpy(aes.iv, key->iv + sizeof(aes.salt), sizeof(aes.iv));
	write_number(aes.rec_seq, key->number);
	memcpy(info, &aes, sizeof(aes));
	explicit_bzero(&aes, sizeof(aes));
	return sizeof(aes);
}

static size_t fill_chacha20(uint8_t *info, const struct kernel_tls_key *key)
{
	struct tls12_crypto_info_chacha20_poly1305 chacha20 = {
		.info = {.version = TLS_1_3_VERSION,
			 .cipher_type = TLS_CIPHER_CHACHA20_POLY1305}};

	memcpy(chacha20.key, key->key, sizeof(chacha20.key));
	memcpy(chacha20.iv, key->iv, sizeof(chacha20.iv));
	write_number(chacha20.rec_seq, key->number);
	memcpy(info, &chacha20, sizeof(chacha20));
	explicit_bzero(&chacha20, sizeof(chacha20));
	return sizeof(chacha20);
}

size_t kernel_tls_fill(uint8_t info[KERNEL_TLS_INFO_BYTES], const struct kernel_tls_key *key)
{
	return key->is_chacha20 ? fill_chacha20(info, key) : fill_aes(info, key);
}

int kernel_tls_attach(int fd)
{
	if (!kernel_is_at_least(6, 14))
		return -EOPNOTSUPP;
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 ? -errno : 0;
}

int kernel_tls_set_sending(int fd, const struct kernel_tls_key *key)
{
	uint8_t info[KERNEL_TLS_INFO_BYTES];
	size_t size = kernel_tls_fill(info, key);
	int result = setsockopt(fd, SOL_TLS, TLS_TX, info, (socklen_t)size) < 0 ? -errno : 0;

	explicit_bzero(info, sizeof(info));
	return result;
}

int kernel_tls_send_record(int fd, uint8_t type, const void *data, size_t size)
{
	/* sendmsg() only reads, but its structure does not say so. */
	uint8_t content[32];
	union {
		struct cmsghdr header;
		uint8_t space[CMSG_SPACE(sizeof(type))];
	} control = {.header = {.cmsg_level = SOL_TLS,
				.cmsg_type = TLS_SET_RECORD_TYPE,
				.cmsg_len = CMSG_LEN(sizeof(type))}};
	struct iovec part = {.iov_base = content, .iov_len = size};
	const struct msghdr message = {.msg_iov = &part,
				       .msg_iovlen = 1,
				       .msg_control = &control,
				       .msg_controllen = sizeof(control.space)};
	ssize_t n;

	if (size > sizeof(content))
		return -EMSGSIZE;
	memcpy(content, data, size);
	*CMSG_DATA(&control.header) = type;
	do
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
