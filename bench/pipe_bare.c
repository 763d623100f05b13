/* SPDX-License-Identifier: MIT */
/* What nobody can beat: AES-128-GCM over TCP, one block sealed, sent, received, opened at a time.
 * No protocol, no pipes. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/pipe_ends.h"

#define LARGE_BYTES (64 * 1024)
#define SMALL_BYTES (16 * 1024)
#define TAG_BYTES   16
#define NONCE_BYTES 12

struct bare {
	EVP_CIPHER_CTX *context;
	uint64_t number;
	int n_block;
	int fd;
	uint8_t *plain;
	uint8_t *sealed; /* n_block and the tag */
};

static bool next_nonce(struct bare *bare)
{
	uint8_t nonce[NONCE_BYTES] = {0};

	memcpy(nonce, &bare->number, sizeof(bare->number));
	bare->number++;
	return EVP_CipherInit_ex(bare->context, NULL, NULL, NULL, nonce, -1) == 1;
}

static bool send_block(struct bare *bare)
{
	uint8_t *tag = bare->sealed + bare->n_block;
	size_t n_left = (size_t)bare->n_block + TAG_BYTES;
	const uint8_t *at = bare->sealed;
	int n;

	if (!next_nonce(bare) ||
	    EVP_EncryptUpdate(bare->context, bare->sealed, &n, bare->plain, bare->n_block) !=
		    1 ||
	    EVP_EncryptFinal_ex(bare->context, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(bare->context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) != 1)
		return false;
	while (n_left > 0) {
		ssize_t n_sent = send(bare->fd, at, n_left, MSG_NOSIGNAL);

		if (n_sent <= 0)
			return false;
		at += n_sent;
		n_left -= (size_t)n_sent;
	}
	return true;
}

static bool receive_block(struct bare *bare)
{
	uint8_t *tag = bare->sealed + bare->n_block;
	size_t n_block = (size_t)bare->n_block + TAG_BYTES;
	int n;

	return recv(bare->fd, bare->sealed, n_block, MSG_WAITALL) == (ssize_t)n_block &&
	       next_nonce(bare) &&
	       EVP_DecryptUpdate(bare->context, bare->plain, &n, bare->sealed, bare->n_block) ==
		       1 &&
	       EVP_CIPHER_CTX_ctrl(bare->context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
	       EVP_DecryptFinal_ex(bare->context, tag, &n) == 1;
}

static int run(const struct carry *carry, enum end end, int fd, int n_block)
{
	static const uint8_t key[16] = "a fixed key";
	struct bare bare = {.context = EVP_CIPHER_CTX_new(), .n_block = n_block, .fd = fd};
	uint64_t n_bytes = carry->n_bytes;
	bool is_right = true;

	bare.plain = calloc(1, (size_t)n_block);
	bare.sealed = calloc(1, (size_t)n_block + TAG_BYTES);
	if (bare.plain == NULL || bare.sealed == NULL ||
	    EVP_CipherInit_ex(bare.context, EVP_aes_128_gcm(), NULL, key, NULL,
			      end == SENDER) != 1)
		return 1;
	for (; is_right && n_bytes > 0; n_bytes -= (uint64_t)n_block)
		is_right = end == SENDER ? send_block(&bare) : receive_block(&bare);
	return !is_right;
}

int bare_64_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	(void)pipe_fd;
	return run(carry, end, fd, LARGE_BYTES);
}

int bare_16_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	(void)pipe_fd;
	return run(carry, end, fd, SMALL_BYTES);
}
