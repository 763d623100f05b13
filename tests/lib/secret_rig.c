/* SPDX-License-Identifier: MIT */
#include "tests/lib/secret_rig.h"

#include <errno.h>

char secret_key[MIDAIR_KEY_SIZE];
char secret_other_key[MIDAIR_KEY_SIZE];

int secret_make_keys(void **state)
{
	(void)state;
	return midair_key_generate(secret_key) + midair_key_generate(secret_other_key);
}

struct midair_config secret_config(const struct midair_endpoint *local,
				   const struct midair_endpoint *peer, uint32_t flags,
				   const char *secret)
{
	struct midair_config config = config_for(local, peer, flags);

	config.secret = secret;
	config.secret_size = strlen(secret);
	return config;
}

void secret_open_both(struct attempt both[2], uint32_t flags, const char *second_secret)
{
	struct midair_endpoint a = own_address(1, 11000);
	struct midair_endpoint b = own_address(2, 12000);
	struct midair_config first = secret_config(&a, &b, flags, secret_key);
	struct midair_config second = secret_config(&b, &a, flags, second_secret);

	attempt_open(&both[0], &first);
	attempt_open(&both[1], &second);
}

void secret_close_both(struct attempt both[2])
{
	attempt_close(&both[0]);
	attempt_close(&both[1]);
}

void secret_check_same(const struct attempt both[2])
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(both[i].end.type, MIDAIR_EVENT_CONNECTED);
		assert_int_equal(both[i].events[both[i].n_events - 2].type,
				 MIDAIR_EVENT_AUTHENTICATED);
		assert_true(midair_endpoint_equal(&both[i].end.local, &both[1 - i].end.remote));
	}
}

void secret_say(struct midair_stream *stream, const char *text)
{
	size_t n = 0;

	assert_int_equal(midair_stream_write(stream, text, strlen(text), &n), 0);
	assert_int_equal(n, strlen(text));
	assert_int_equal(midair_stream_flush(stream), 0);
}

void secret_hear(struct midair_stream *stream, const char *text)
{
	char buffer[64];
	size_t n = 0;
	int result;

	while ((result = midair_stream_read(stream, buffer, sizeof(buffer), &n)) == -EAGAIN)
		assert_true(wait_for(midair_stream_fd(stream), POLLIN, PATIENCE_MS));
	assert_int_equal(result, 0);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buffer, text, n);
}

void secret_take_streams(struct attempt both[2], struct midair_stream *streams[2])
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(midair_session_take_fd(both[i].session), -EBADF);
		assert_int_equal(midair_session_take_stream(both[i].session, &streams[i]), 0);
		assert_int_equal(midair_session_take_stream(both[i].session, &streams[i]),
				 -EBADF);
	}
	secret_close_both(both);
}

void secret_check_streams(struct midair_stream *streams[2])
{
	uint8_t keys[2][32] = {{0}, {1}};

	for (int i = 0; i < 2; i++) {
		secret_say(streams[i], "I love you.");
		secret_hear(streams[1 - i], "I love you.");
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(midair_stream_export(streams[i], "test", keys[i], 32), 0);
		assert_non_null(strstr(midair_stream_protocol(streams[i]), "TLS 1.3"));
	}
	assert_memory_equal(keys[0], keys[1], 32);
	for (int i = 0; i < 2; i++)
		assert_null(midair_stream_free(streams[i]));
}

uint32_t secret_count_events(const struct attempt *attempt, enum midair_event_type type,
			     int result)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < attempt->n_events; i++)
		n += attempt->events[i].type == type && attempt->events[i].result == result;
	return n;
}
