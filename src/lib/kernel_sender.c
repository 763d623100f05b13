/* SPDX-License-Identifier: MIT */
#include "lib/kernel_sender.h"

#include <errno.h>
#include <string.h>

#include "crypto/tls_record.h"
#include "os/queue_position.h"
#include "os/stream_socket.h"

#define ASK_AFTER_BYTES (1024u * 1024)
#define RECORD_BYTES	16384u

#define ALERT	  21
#define HANDSHAKE 22

/* size bytes have become records of at most RECORD_BYTES. */
static void count(struct kernel_sender *sender, size_t size)
{
	uint64_t n_records = (size + RECORD_BYTES - 1) / RECORD_BYTES;

	sender->position += size + n_records * TLS_OVERHEAD_BYTES;
}

static const uint8_t close_notify[] = {1, 0};
static const uint8_t key_update[] = {24, 0, 0, 1, 0};

static int set_key(int fd, struct tls_sending_key *key)
{
	struct kernel_tls_key kernel_key = {.is_chacha20 = key->is_chacha20,
					    .number = key->number};
	int result;

	memcpy(kernel_key.key, key->key, sizeof(kernel_key.key));
	memcpy(kernel_key.iv, key->iv, sizeof(kernel_key.iv));
	result = kernel_tls_set_sending(fd, &kernel_key);
	explicit_bzero(&kernel_key, sizeof(kernel_key));
	explicit_bzero(key, sizeof(*key));
	return result;
}

void kernel_sender_offer(struct kernel_sender *sender, int fd, struct tls *tls, size_t n_bytes)
{
	struct tls_sending_key key;
	size_t n_waiting;
	bool is_exact;

	sender->n_user_bytes += n_bytes;
	if (sender->was_asked || sender->n_user_bytes < ASK_AFTER_BYTES ||
	    tls_is_update_due(tls))
		return;
	/* What costs no system call is looked at first: a slow reader has us back here often. */
	if (tls_output(tls, &n_waiting), n_waiting > 0)
		return;
	if (queue_position(fd, &sender->position, &is_exact) < 0 || !is_exact ||
	    tls_hand_over(tls, &key) < 0)
		return;
	sender->was_asked = true;
	sender->n_records = key.number;
	if (kernel_tls_attach(fd) == 0 && set_key(fd, &key) == 0) {
		tls_was_handed_over(tls);
		sender->is_on = true;
	}
	explicit_bzero(&key, sizeof(key));
}

int kernel_sender_update(struct kernel_sender *sender, int fd, struct tls *tls)
{
	struct tls_sending_key key;
	int result;

	if (!tls_is_update_due(tls) && sender->n_records + 1 < tls_records_per_key(tls))
		return 0;
	result = kernel_tls_send_record(fd, HANDSHAKE, key_update, sizeof(key_update));
	if (result == 0) {
		count(sender, sizeof(key_update));
		result = tls_next_key(tls, &key);
	}
	if (result == 0)
		result = set_key(fd, &key);
	if (result == 0)
		sender->n_records = 0;
	return result;
}

ssize_t kernel_sender_write(struct kernel_sender *sender, int fd, struct tls *tls,
			    const void *data, size_t size)
{
	uint64_t n_left;
	ssize_t n = kernel_sender_update(sender, fd, tls);

	if (n < 0)
		return n;
	/* The last record is smaller than the others, so it is one more than it seems. */
	n_left = tls_records_per_key(tls) - sender->n_records - 1;
	n_left = n_left > 1 ? n_left - 1 : 1;
	if (size / RECORD_BYTES >= n_left)
		size = (size_t)n_left * RECORD_BYTES;
	n = stream_socket_send(fd, data, size);
	if (n > 0) {
		sender->n_records += (uint64_t)n / RECORD_BYTES + 1;
		count(sender, (size_t)n);
	}
	return n;
}

int kernel_sender_close(struct kernel_sender *sender, int fd)
{
	int result = kernel_tls_send_record(fd, ALERT, close_notify, sizeof(close_notify));

	if (result == 0)
		count(sender, sizeof(close_notify));
	return result;
}

int kernel_sender_is_flushed(const struct kernel_sender *sender, int fd)
{
	uint64_t position;
	int result = queue_position(fd, &position, NULL);

	if (result == 0 && position < sender->position)
		result = -EAGAIN;
	return result;
}
