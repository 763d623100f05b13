/* SPDX-License-Identifier: MIT */
/* Our TLS with OpenSSL's at the other end: what we send is TLS 1.3 to others, too, and others'
 * ways (tickets, padding, requested key updates) do not upset us. */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "tests/crypto/tls_pump.h"
#include "tests/unit/unit.h"

#define IDENTITY "midair"

static const uint8_t psk[TLS_PSK_BYTES] = {1, 2, 3};

struct link {
	struct tls *ours;
	SSL_CTX *context;
	SSL *theirs;
};

static unsigned int client_psk(SSL *ssl, const char *hint, char *identity,
			       unsigned int identity_size, unsigned char *key,
			       unsigned int key_size)
{
	(void)ssl;
	(void)hint;
	assert_true(identity_size > sizeof(IDENTITY) && key_size >= sizeof(psk));
	memcpy(identity, IDENTITY, sizeof(IDENTITY));
	memcpy(key, psk, sizeof(psk));
	return sizeof(psk);
}

static unsigned int server_psk(SSL *ssl, const char *identity, unsigned char *key,
			       unsigned int key_size)
{
	(void)ssl;
	assert_string_equal(identity, IDENTITY);
	assert_true(key_size >= sizeof(psk));
	memcpy(key, psk, sizeof(psk));
	return sizeof(psk);
}

static struct tls *open_ours(bool is_server)
{
	struct tls_config config = {.is_server = is_server};
	struct tls *tls = NULL;

	memcpy(config.psk, psk, sizeof(psk));
	assert_int_equal(tls_new(&tls, &config), 0);
	return tls;
}

/* The other end as the program `openssl s_server -psk` or `s_client -psk` has it, but for the
 * name of the key. */
static struct link open_link(bool are_we_server)
{
	struct link link = {.ours = open_ours(are_we_server),
			    .context = SSL_CTX_new(TLS_method())};

	SSL_CTX_set_psk_client_callback(link.context, client_psk);
	SSL_CTX_set_psk_server_callback(link.context, server_psk);
	return link;
}

static void start(struct link *link, bool are_we_server)
{
	link->theirs = SSL_new(link->context);
	SSL_set_bio(link->theirs, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (are_we_server)
		SSL_set_connect_state(link->theirs);
	else
		SSL_set_accept_state(link->theirs);
}

static void stop(struct link *link)
{
	SSL_free(link->theirs);
	SSL_CTX_free(link->context);
	tls_free(link->ours);
}

static size_t pass_to_us(struct link *link)
{
	uint8_t bytes[4096];
	int n = BIO_read(SSL_get_wbio(link->theirs), bytes, sizeof(bytes));

	if (n > 0)
		tls_give(link->ours, bytes, (size_t)n);
	return n > 0 ? (size_t)n : 0;
}

static size_t pass_to_them(struct link *link)
{
	size_t size;
	const uint8_t *bytes = tls_output(link->ours, &size);

	if (size > 0)
		assert_int_equal(BIO_write(SSL_get_rbio(link->theirs), bytes, (int)size), size);
	tls_sent(link->ours, size);
	return size;
}

static void shake_hands(struct link *link)
{
	for (int i = 0; i < 6; i++) {
		SSL_do_handshake(link->theirs);
		pass_to_us(link);
		pass_to_them(link);
	}
}

static void expect_equal_exports(struct link *link)
{
	uint8_t ours[100], theirs[100];

	assert_int_equal(tls_export(link->ours, "EXPORTER-midair", ours, sizeof(ours)), 0);
	assert_int_equal(SSL_export_keying_material(link->theirs, theirs, sizeof(theirs),
						    "EXPORTER-midair", 15, NULL, 0, 0),
			 1);
	assert_memory_equal(ours, theirs, sizeof(ours));
}

#define MUCH 1000000

static uint8_t *pattern(void)
{
	static uint8_t bytes[MUCH];

	for (size_t i = 0; i < MUCH; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return bytes;
}

static void carry_to_us(struct link *link, size_t n_bytes)
{
	static uint8_t got[MUCH];
	uint8_t *bytes = pattern();
	size_t n_got = 0;

	assert_int_equal(SSL_write(link->theirs, bytes, (int)n_bytes), (int)n_bytes);
	while (n_got < n_bytes) {
		size_t n_passed = pass_to_us(link);
		size_t n = tls_read(link->ours, got + n_got, n_bytes - n_got);

		assert_true(n > 0 || n_passed > 0);
		n_got += n;
	}
	assert_memory_equal(got, bytes, n_bytes);
}

static void carry_to_them(struct link *link, size_t n_bytes)
{
	static uint8_t got[MUCH];
	uint8_t *bytes = pattern();
	size_t n_got = 0, n_given = 0;

	while (n_got < n_bytes) {
		int n;

		n_given += tls_write(link->ours, bytes + n_given, n_bytes - n_given);
		pass_to_them(link);
		n = SSL_read(link->theirs, got + n_got, (int)(n_bytes - n_got));
		assert_true(n > 0);
		n_got += (size_t)n;
	}
	assert_memory_equal(got, bytes, n_bytes);
}

static void carry_both_ways(struct link *link)
{
	for (int i = 0; i < 3; i++) {
		carry_to_us(link, MUCH);
		carry_to_them(link, MUCH);
		carry_to_us(link, 1);
		carry_to_them(link, 1);
	}
}

static void expect_good_end(struct link *link)
{
	uint8_t byte;

	assert_int_equal(SSL_shutdown(link->theirs), 0);
	pass_to_us(link);
	assert_int_equal(tls_read(link->ours, &byte, 1), 0);
	assert_int_equal(tls_state(link->ours), TLS_ENDED);
	assert_true(tls_close(link->ours));
	pass_to_them(link);
	assert_int_equal(SSL_shutdown(link->theirs), 1);
}

enum habit { PLAIN, PADDED, CHACHA20, P256_FIRST, N_HABITS };

static void take_habit(SSL_CTX *context, enum habit habit)
{
	switch (habit) {
	case PLAIN:
	case N_HABITS:
		break;
	case PADDED:
		SSL_CTX_set_block_padding(context, 1000);
		break;
	case CHACHA20:
		SSL_CTX_set_ciphersuites(context, "TLS_CHACHA20_POLY1305_SHA256");
		break;
	case P256_FIRST:
		SSL_CTX_set1_groups_list(context, "P-256");
		break;
	}
}

static void talk(bool are_we_server, enum habit habit)
{
	struct link link = open_link(are_we_server);

	take_habit(link.context, habit);
	start(&link, are_we_server);
	shake_hands(&link);
	if (tls_state(link.ours) != TLS_DONE || !SSL_is_init_finished(link.theirs))
		fail_msg("no handshake with habit %d", habit);
	assert_string_equal(tls_cipher(link.ours), SSL_get_cipher(link.theirs));
	expect_equal_exports(&link);
	carry_both_ways(&link);
	SSL_key_update(link.theirs, SSL_KEY_UPDATE_NOT_REQUESTED);
	carry_both_ways(&link);
	/* the answer to each is a key of ours, which they must have before the next record */
	for (int i = 0; i < 5; i++) {
		SSL_key_update(link.theirs, SSL_KEY_UPDATE_REQUESTED);
		carry_both_ways(&link);
	}
	expect_good_end(&link);
	stop(&link);
}

static void as_client_to_openssl(void **state)
{
	(void)state;
	/* A server that wants another group asks for a second hello, which a client of ours can
	 * do. */
	for (enum habit habit = PLAIN; habit < N_HABITS; habit++)
		talk(false, habit);
}

static void as_server_to_openssl(void **state)
{
	(void)state;
	for (enum habit habit = PLAIN; habit < N_HABITS; habit++)
		talk(true, habit);
}

static void a_requested_update_is_answered_without_data(void **state)
{
	struct link link = open_link(true);
	uint8_t byte;

	(void)state;
	start(&link, true);
	shake_hands(&link);
	SSL_key_update(link.theirs, SSL_KEY_UPDATE_REQUESTED);
	SSL_do_handshake(link.theirs);
	pass_to_us(&link);
	assert_int_equal(tls_read(link.ours, &byte, 1), 0);
	assert_true(pass_to_them(&link) > 0);
	assert_int_equal(SSL_read(link.theirs, &byte, 1), -1);
	carry_both_ways(&link);
	stop(&link);
}

static void a_client_without_the_secret_hears_nothing(void **state)
{
	struct link link = {.ours = open_ours(true), .context = SSL_CTX_new(TLS_method())};

	(void)state;
	start(&link, true);
	SSL_do_handshake(link.theirs);
	assert_true(pass_to_us(&link) > 0);
	assert_int_equal(tls_state(link.ours), TLS_FAILED);
	assert_int_equal(pass_to_them(&link), 0);
	stop(&link);
}

static void give_certificate(SSL_CTX *context)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* The classic mistake: whoever cannot show the secret shows a certificate instead. */
static void a_server_with_a_certificate_instead_of_the_secret_is_refused(void **state)
{
	struct link link = {.ours = open_ours(false), .context = SSL_CTX_new(TLS_method())};

	(void)state;
	give_certificate(link.context);
	start(&link, false);
	pass_to_them(&link);
	SSL_do_handshake(link.theirs);
	assert_true(pass_to_us(&link) > 500);
	assert_int_equal(tls_state(link.ours), TLS_FAILED);
	assert_int_equal(pass_to_them(&link), 0);
	stop(&link);
}

static void an_older_version_is_refused(void **state)
{
	(void)state;
	for (int are_we_server = 0; are_we_server < 2; are_we_server++) {
		struct link link = open_link(are_we_server);

		SSL_CTX_set_max_proto_version(link.context, TLS1_2_VERSION);
		start(&link, are_we_server);
		shake_hands(&link);
		assert_int_not_equal(tls_state(link.ours), TLS_DONE);
		assert_int_not_equal(tls_state(link.ours), TLS_PROVEN);
		assert_false(SSL_is_init_finished(link.theirs));
		stop(&link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_client_to_openssl),
		cmocka_unit_test(as_server_to_openssl),
		cmocka_unit_test(a_requested_update_is_answered_without_data),
		cmocka_unit_test(a_client_without_the_secret_hears_nothing),
		cmocka_unit_test(a_server_with_a_certificate_instead_of_the_secret_is_refused),
		cmocka_unit_test(an_older_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
