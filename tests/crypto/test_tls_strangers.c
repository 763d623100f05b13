/* SPDX-License-Identifier: MIT */
/* Those who speak another protocol, or nothing of sense: each is turned away without a word. */
#include "crypto/tls.h"
#include "tests/crypto/tls_pump.h"
#include "tests/unit/unit.h"

static struct tls *open_end(bool is_server)
{
	const struct tls_config config = {.is_server = is_server, .psk = {1, 2, 3}};
	struct tls *tls = NULL;

	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

static size_t n_output(struct tls *tls)
{
	size_t size;

	tls_output(tls, &size);
	return size;
}

static void strangers_of_every_kind_fail(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t size;
	} rows[] = {
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", 18},
		{"SSH", "SSH-2.0-OpenSSH_9.2\r\n", 21},
		{"zeros", "\0\0\0\0\0\0\0\0\0\0", 10},
		{"an SSL 2 hello", "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11},
		{"an empty record", "\x16\x03\x01\x00\x00", 5},
		{"a record too long", "\x16\x03\x01\xff\xff", 5},
		{"an alert", "\x15\x03\x03\x00\x02\x02\x28", 7},
		{"data in the clear", "\x17\x03\x03\x00\x02hi", 7},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		for (int is_server = 0; is_server < 2; is_server++) {
			struct tls *tls = open_end(is_server);

			tls_give(tls, (const uint8_t *)rows[i].bytes, rows[i].size);
			EXPECT(tls_state(tls) == TLS_FAILED, rows[i].name);
			EXPECT(n_output(tls) == 0, rows[i].name);
			tls_free(tls);
		}
}

/* Change-cipher-spec records are dropped, but not for ever. */
static void empty_talk_does_not_go_on_for_ever(void **state)
{
	static const uint8_t record[] = {20, 3, 3, 0, 1, 1};

	(void)state;
	for (int is_server = 0; is_server < 2; is_server++) {
		struct tls *tls = open_end(is_server);
		size_t n_given = 0;
		size_t n;

		while ((n = tls_give(tls, record, sizeof(record))) > 0 && n_given < 100000)
			n_given += n;
		assert_true(n_given < 20000);
		assert_int_equal(tls_state(tls), TLS_FAILED);
		tls_free(tls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_of_every_kind_fail),
		cmocka_unit_test(empty_talk_does_not_go_on_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
