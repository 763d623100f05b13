/* SPDX-License-Identifier: MIT */
/*
 * The sending direction handed to the kernel. Few kernels have TLS, so the calls that ask for it
 * are caught here, and done as Documentation/networking/tls.rst says that the kernel does them:
 * what is tested is our side: keys, numbers, the change of keys, the end.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "crypto/tls.h"
#include "lib/stream_internal.h"
#include "os/kernel_tls.h"
#include "tests/crypto/tls_pump.h"
#include "tests/lib/loopback.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

#define MIB	     (1024u * 1024)
#define RECORD_BYTES 16384u

/* A kernel that has TLS, for one socket. */
static struct {
	bool has_tls;
	int fd; /* -1: none attached */
	int n_keys;
	int n_calls;
	struct tls12_crypto_info_aes_gcm_128 key;
	uint64_t number;
	uint64_t n_most_records; /* under one key */
	/* What its TLS has taken and TCP has not: only the last record, for so many looks. */
	int n_looks;
	size_t n_held;
	uint8_t held[64];
} kernel = {.fd = -1};

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);
int __real_ioctl(int fd, unsigned long request, int *value);
int __wrap_ioctl(int fd, unsigned long request, int *value);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	if (level == IPPROTO_TCP && name == TCP_ULP) {
		assert_string_equal(value, "tls");
		if (!kernel.has_tls) {
			errno = ENOENT;
			return -1;
		}
		kernel.fd = fd;
		return 0;
	}
	if (level != SOL_TLS)
		return __real_setsockopt(fd, level, name, value, size);
	assert_int_equal(fd, kernel.fd);
	assert_int_equal(name, TLS_TX);
	assert_int_equal(size, sizeof(kernel.key));
	memcpy(&kernel.key, value, size);
	assert_int_equal(kernel.key.info.version, TLS_1_3_VERSION);
	assert_int_equal(kernel.key.info.cipher_type, TLS_CIPHER_AES_GCM_128);
	kernel.number = 0;
	for (size_t i = 0; i < sizeof(kernel.key.rec_seq); i++)
		kernel.number = kernel.number << 8 | kernel.key.rec_seq[i];
	kernel.n_keys++;
	return 0;
}

static void send_whole(const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = __real_send(kernel.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			assert_true(wait_for(kernel.fd, POLLOUT, PATIENCE_MS));
		bytes += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
}

/* There is room in TCP's queue again, some time after the alert. */
int __wrap_ioctl(int fd, unsigned long request, int *value)
{
	if (fd == kernel.fd && request == SIOCOUTQ && kernel.n_held > 0 &&
	    --kernel.n_looks == 0) {
		send_whole(kernel.held, kernel.n_held);
		kernel.n_held = 0;
	}
	return __real_ioctl(fd, request, value);
}

/* As tcp_shutdown(): the FIN is the last that TCP takes. */
int __wrap_shutdown(int fd, int how)
{
	if (fd == kernel.fd && kernel.n_held > 0)
		fail_msg("a FIN before close_notify");
	return __real_shutdown(fd, how);
}

static void send_record(uint8_t type, const void *data, size_t size)
{
	static uint8_t record[5 + RECORD_BYTES + 1 + 16];
	size_t n_body = size + 1 + 16;
	uint8_t nonce[12];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n;

	memcpy(record, (uint8_t[]){23, 3, 3, (uint8_t)(n_body >> 8), (uint8_t)n_body}, 5);
	memcpy(nonce, kernel.key.salt, 4);
	memcpy(nonce + 4, kernel.key.iv, 8);
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(kernel.number >> (8 * i));
	EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, kernel.key.key, nonce);
	EVP_EncryptUpdate(context, NULL, &n, record, 5);
	EVP_EncryptUpdate(context, record + 5, &n, data, (int)size);
	EVP_EncryptUpdate(context, record + 5 + size, &n, &type, 1);
	EVP_EncryptFinal_ex(context, record + 5 + size + 1, &n);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, record + 5 + size + 1);
	EVP_CIPHER_CTX_free(context);
	kernel.number++;
	if (kernel.number > kernel.n_most_records)
		kernel.n_most_records = kernel.number;
	if (type == 21 && kernel.n_looks > 0) {
		memcpy(kernel.held, record, 5 + n_body);
		kernel.n_held = 5 + n_body;
	} else {
		send_whole(record, 5 + n_body);
	}
}

/* Takes a part, as a full socket does, and now and then nothing. */
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
	const uint8_t *bytes = data;
	size_t n_taken = 0;

	if (fd != kernel.fd || kernel.n_keys == 0)
		return __real_send(fd, data, size, flags);
	if (++kernel.n_calls % 5 == 0) {
		errno = EAGAIN;
		return -1;
	}
	while (n_taken < size && n_taken < 5 * RECORD_BYTES) {
		size_t n = size - n_taken < RECORD_BYTES ? size - n_taken : RECORD_BYTES;

		send_record(23, bytes + n_taken, n);
		n_taken += n;
	}
	return (ssize_t)n_taken;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (fd != kernel.fd)
		return __real_sendmsg(fd, message, flags);
	assert_int_equal(control->cmsg_level, SOL_TLS);
	assert_int_equal(control->cmsg_type, TLS_SET_RECORD_TYPE);
	if (++kernel.n_calls % 5 == 0) {
		errno = EAGAIN;
		return -1;
	}
	send_record(*CMSG_DATA(control), message->msg_iov->iov_base, message->msg_iov->iov_len);
	return (ssize_t)message->msg_iov->iov_len;
}

static struct tls *open_tls(bool is_server, uint32_t records_per_key)
{
	const struct tls_config config = {
		.is_server = is_server, .psk = "x", .records_per_key = records_per_key};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static uint8_t pattern_at(uint64_t offset)
{
	return (uint8_t)(offset % 251);
}

static void read_what_there_is(struct midair_stream *stream, uint64_t *n_read, int *result)
{
	static uint8_t buffer[100000];
	size_t n;

	while ((*result = midair_stream_read(stream, buffer, sizeof(buffer), &n)) == 0)
		for (size_t i = 0; i < n; i++)
			if (buffer[i] != pattern_at((*n_read)++))
				fail_msg("wrong byte %llu", (unsigned long long)*n_read - 1);
}

/* Sends n_bytes and the end, and reads both. */
static void send_all(uint64_t n_bytes, uint32_t records_per_key)
{
	static uint8_t chunk[70000];
	struct tls *tls[2] = {open_tls(false, records_per_key), open_tls(true, 0)};
	struct midair_stream *from = NULL;
	struct midair_stream *to = NULL;
	uint64_t n_written = 0, n_read = 0;
	int result = 0, end = -EAGAIN;
	int fds[2];

	tcp_pair(fds);
	tls_pump(tls[0], tls[1]);
	assert_int_equal(stream_new(&from, fds[0], tls[0]), 0);
	assert_int_equal(stream_new(&to, fds[1], tls[1]), 0);
	while (n_written < n_bytes) {
		uint64_t left = n_bytes - n_written;
		size_t wanted = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
		size_t n = 0;

		for (size_t i = 0; i < wanted; i++)
			chunk[i] = pattern_at(n_written + i);
		result = midair_stream_write(from, chunk, wanted, &n);
		assert_true(result == 0 || result == -EAGAIN);
		assert_true(result == 0 || (midair_stream_events(from) & POLLOUT) != 0);
		n_written += n;
		read_what_there_is(to, &n_read, &end);
		assert_int_equal(end, -EAGAIN);
	}
	while (midair_stream_shutdown(from) == -EAGAIN)
		read_what_there_is(to, &n_read, &end);
	while (end == -EAGAIN) {
		assert_true(wait_for(midair_stream_fd(to), POLLIN, PATIENCE_MS));
		read_what_there_is(to, &n_read, &end);
	}
	assert_int_equal(end, MIDAIR_E_END);
	assert_int_equal(n_read, n_bytes);
	midair_stream_free(from);
	midair_stream_free(to);
}

static void set_kernel(bool has_tls)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.has_tls = has_tls;
	kernel.fd = -1;
}

static void without_it_we_seal_ourselves(void **state)
{
	(void)state;
	set_kernel(false);
	send_all(8 * MIB, 0);
	assert_int_equal(kernel.n_keys, 0);
}

static void the_kernel_goes_on_where_we_stopped(void **state)
{
	(void)state;
	set_kernel(true);
	send_all(8 * MIB, 0);
	assert_int_equal(kernel.n_keys, 1);
	assert_in_range(kernel.number, 8 * MIB / RECORD_BYTES, 4 * 8 * MIB / RECORD_BYTES);
}

static void a_small_stream_does_not_bother_the_kernel(void **state)
{
	(void)state;
	set_kernel(true);
	send_all(MIB / 2, 0);
	assert_int_equal(kernel.n_keys, 0);
	assert_int_equal(kernel.fd, -1);
}

static void the_kernel_gets_a_new_key_before_the_old_one_is_worn_out(void **state)
{
	const uint32_t limits[] = {2, 3, 7, 100};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(limits); i++) {
		set_kernel(true);
		send_all(8 * MIB, limits[i]);
		assert_true(kernel.n_keys > 2);
		/* counted from above, so it may be fewer; the KeyUpdate itself is one more */
		assert_true(kernel.n_most_records <= limits[i] + 1);
	}
}

/* Whatever call of ours comes in between. */
static void the_end_does_not_overtake_what_the_kernel_still_holds(void **state)
{
	(void)state;
	for (int n_looks = 1; n_looks < 6; n_looks++) {
		set_kernel(true);
		kernel.n_looks = n_looks;
		send_all(3 * MIB, 0);
		assert_int_equal(kernel.n_keys, 1);
		assert_int_equal(kernel.n_looks, 0);
	}
}

static void the_structures_are_what_the_kernel_wants(void **state)
{
	struct kernel_tls_key key = {.number = 0x0102030405060708};
	uint8_t info[KERNEL_TLS_INFO_BYTES];
	struct tls12_crypto_info_aes_gcm_128 aes;
	struct tls12_crypto_info_chacha20_poly1305 chacha20;

	(void)state;
	for (uint8_t i = 0; i < 32; i++)
		key.key[i] = (uint8_t)(0x40 + i);
	for (uint8_t i = 0; i < 12; i++)
		key.iv[i] = (uint8_t)(0x80 + i);
	assert_int_equal(kernel_tls_fill(info, &key), sizeof(aes));
	memcpy(&aes, info, sizeof(aes));
	assert_int_equal(aes.info.cipher_type, TLS_CIPHER_AES_GCM_128);
	assert_memory_equal(aes.key, key.key, 16);
	assert_memory_equal(aes.salt, "\x80\x81\x82\x83", 4);
	assert_memory_equal(aes.iv, "\x84\x85\x86\x87\x88\x89\x8a\x8b", 8);
	assert_memory_equal(aes.rec_seq, "\1\2\3\4\5\6\7\10", 8);
	key.is_chacha20 = true;
	assert_int_equal(kernel_tls_fill(info, &key), sizeof(chacha20));
	memcpy(&chacha20, info, sizeof(chacha20));
	assert_int_equal(chacha20.info.cipher_type, TLS_CIPHER_CHACHA20_POLY1305);
	assert_memory_equal(chacha20.key, key.key, 32);
	assert_memory_equal(chacha20.iv, key.iv, 12);
	assert_memory_equal(chacha20.rec_seq, "\1\2\3\4\5\6\7\10", 8);
}

/* A processor without instructions for AES chooses the other suite. */
static bool has_aes(void)
{
	struct tls *tls[2] = {open_tls(false, 0), open_tls(true, 0)};
	bool is_aes;

	tls_pump(tls[0], tls[1]);
	is_aes = strcmp(tls_cipher(tls[0]), "TLS_AES_128_GCM_SHA256") == 0;
	tls_free(tls[0]);
	tls_free(tls[1]);
	return is_aes;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_it_we_seal_ourselves),
		cmocka_unit_test(the_kernel_goes_on_where_we_stopped),
		cmocka_unit_test(a_small_stream_does_not_bother_the_kernel),
		cmocka_unit_test(the_kernel_gets_a_new_key_before_the_old_one_is_worn_out),
		cmocka_unit_test(the_end_does_not_overtake_what_the_kernel_still_holds),
		cmocka_unit_test(the_structures_are_what_the_kernel_wants),
	};

	if (!has_aes())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
