/* SPDX-License-Identifier: MIT */
#include "crypto/tls_handshake.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#ifdef __aarch64__
#include <sys/auxv.h>
#endif

/* The PSK's name on the wire: nothing that tells one pairing from another. */
#define IDENTITY "midair"
/* The name by which OpenSSL knows a suite is also the standard's. */
#define AES_128_GCM	  "TLS_AES_128_GCM_SHA256"
#define CHACHA20_POLY1305 "TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS		  "X25519:P-256"
/* RFC 8446, B.4: the suite whose hash the PSK belongs to. */
static const uint8_t aes_128_gcm_sha256[] = {0x13, 0x01};

struct tls_handshake {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in;  /* of ssl */
	BIO *out; /* of ssl */
	enum tls_state state;
	bool is_server;
	size_t n_received;
	uint8_t psk[TLS_PSK_BYTES];
	struct tls_secrets secrets;
};

/* Without the instructions ChaCha20 is several times faster, and free of timing leaks. */
static bool has_aes_instructions(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
	return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
	return false;
#endif
}

static SSL_SESSION *psk_session(struct tls_handshake *handshake, SSL *ssl)
{
	SSL_SESSION *session = SSL_SESSION_new();

	if (session != NULL &&
	    SSL_SESSION_set1_master_key(session, handshake->psk, TLS_PSK_BYTES) == 1 &&
	    SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, aes_128_gcm_sha256)) == 1 &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

static int use_psk(SSL *ssl, const EVP_MD *hash, const unsigned char **identity, size_t *size,
		   SSL_SESSION **session)
{
	struct tls_handshake *handshake = SSL_get_app_data(ssl);

	(void)hash; /* all our suites use SHA-256 */
	*session = psk_session(handshake, ssl);
	*identity = (const unsigned char *)IDENTITY;
	*size = strlen(IDENTITY);
	return *session != NULL;
}

static int find_psk(SSL *ssl, const unsigned char *identity, size_t size, SSL_SESSION **session)
{
	struct tls_handshake *handshake = SSL_get_app_data(ssl);
	bool is_ours = size == strlen(IDENTITY) && memcmp(identity, IDENTITY, size) == 0;

	*session = is_ours ? psk_session(handshake, ssl) : NULL;
	return !is_ours || *session != NULL;
}

/* Keeps the secret of a line "LABEL client-random secret" when it is one that we need. */
static void take_secret(const SSL *ssl, const char *line)
{
	struct tls_handshake *handshake = SSL_get_app_data(ssl);
	struct tls_secrets *secrets = &handshake->secrets;
	const struct {
		const char *label;
		uint8_t *secret;
		bool *has;
	} wanted[] = {
		{"CLIENT_TRAFFIC_SECRET_0 ", secrets->client, &secrets->has_client},
		{"SERVER_TRAFFIC_SECRET_0 ", secrets->server, &secrets->has_server},
		{"EXPORTER_SECRET ", secrets->exporter, &secrets->has_exporter},
	};
	const char *hex = strrchr(line, ' ');

	for (size_t i = 0; hex != NULL && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t n_bytes = 0;

		if (strncmp(line, wanted[i].label, strlen(wanted[i].label)) == 0)
			*wanted[i].has =
				OPENSSL_hexstr2buf_ex(wanted[i].secret, TLS_SECRET_BYTES,
						      &n_bytes, hex + 1, '\0') == 1 &&
				n_bytes == TLS_SECRET_BYTES;
	}
}

static bool configure(SSL_CTX *context, bool is_server)
{
	const char *suites = has_aes_instructions() ? AES_128_GCM ":" CHACHA20_POLY1305
						    : CHACHA20_POLY1305 ":" AES_128_GCM;

	/* Whichever end prefers ChaCha20 lacks the instructions, so it gets it. */
	SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_PRIORITIZE_CHACHA |
					     SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_keylog_callback(context, take_secret);
	/* A server that comes with a certificate instead of the PSK is nobody's peer. */
	if (!is_server)
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_psk_use_session_callback(context, use_psk);
	SSL_CTX_set_psk_find_session_callback(context, find_psk);
	return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_num_tickets(context, 0) == 1 &&
	       SSL_CTX_set_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_ciphersuites(context, suites) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1;
}

static bool open_ssl(struct tls_handshake *handshake)
{
	handshake->context = SSL_CTX_new(TLS_method());
	if (handshake->context == NULL || !configure(handshake->context, handshake->is_server))
		return false;
	handshake->ssl = SSL_new(handshake->context);
	handshake->in = BIO_new(BIO_s_mem());
	handshake->out = BIO_new(BIO_s_mem());
	if (handshake->ssl == NULL || handshake->in == NULL || handshake->out == NULL ||
	    SSL_set_app_data(handshake->ssl, handshake) != 1) {
		BIO_free(handshake->in);
		BIO_free(handshake->out);
		return false;
	}
	/* An empty BIO means: not yet, not: the end. */
	BIO_set_mem_eof_return(handshake->in, -1);
	SSL_set_bio(handshake->ssl, handshake->in, handshake->out);
	if (handshake->is_server)
		SSL_set_accept_state(handshake->ssl);
	else
		SSL_set_connect_state(handshake->ssl);
	return true;
}

int tls_handshake_new(struct tls_handshake **handshake, const struct tls_config *config)
{
	struct tls_handshake *made = calloc(1, sizeof(*made));
	bool is_open;

	if (made == NULL)
		return -ENOMEM;
	made->is_server = config->is_server;
	memcpy(made->psk, config->psk, TLS_PSK_BYTES);
	ERR_set_mark();
	is_open = open_ssl(made);
	ERR_pop_to_mark();
	if (!is_open) {
		tls_handshake_free(made);
		return -EIO;
	}
	*handshake = made;
	return 0;
}

struct tls_handshake *tls_handshake_free(struct tls_handshake *handshake)
{
	if (handshake == NULL)
		return NULL;
	SSL_free(handshake->ssl);
	SSL_CTX_free(handshake->context);
	OPENSSL_cleanse(handshake, sizeof(*handshake));
	free(handshake);
	return NULL;
}

static bool take_suite(struct tls_handshake *handshake)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(handshake->ssl);
	const char *name = cipher == NULL ? "" : SSL_CIPHER_standard_name(cipher);
	bool is_aes = strcmp(name, AES_128_GCM) == 0;

	handshake->secrets.suite = is_aes ? TLS_SUITE_AES_128_GCM : TLS_SUITE_CHACHA20_POLY1305;
	return is_aes || strcmp(name, CHACHA20_POLY1305) == 0;
}

/* Only a handshake that rests on the PSK counts, however far it got. */
static enum tls_state judge(struct tls_handshake *handshake, int result)
{
	const struct tls_secrets *secrets = &handshake->secrets;
	bool is_waiting =
		result != 1 && SSL_get_error(handshake->ssl, result) == SSL_ERROR_WANT_READ;
	bool is_keyed = SSL_session_reused(handshake->ssl) == 1 && secrets->has_server &&
			secrets->has_exporter && take_suite(handshake);

	if (result == 1)
		return is_keyed && secrets->has_client ? TLS_DONE : TLS_FAILED;
	if (!is_waiting)
		return TLS_FAILED;
	if (handshake->is_server)
		/* What a server would say without a proof (to try again with another group) is
		 * what no peer of ours needs. */
		return is_keyed ? TLS_PROVEN : TLS_FAILED;
	return TLS_HANDSHAKE;
}

enum tls_state tls_handshake_step(struct tls_handshake *handshake, const uint8_t *record,
				  size_t size, uint8_t *flight, size_t *n_flight)
{
	int n = 0;

	*n_flight = 0;
	if (handshake->state == TLS_FAILED || handshake->state == TLS_DONE)
		return handshake->state;
	handshake->n_received += size;
	ERR_set_mark();
	if (handshake->n_received > TLS_HANDSHAKE_BYTES_MAX ||
	    (size > 0 && BIO_write(handshake->in, record, (int)size) != (int)size))
		handshake->state = TLS_FAILED;
	else
		handshake->state = judge(handshake, SSL_do_handshake(handshake->ssl));
	if (BIO_ctrl_pending(handshake->out) > TLS_FLIGHT_BYTES)
		handshake->state = TLS_FAILED;
	if (handshake->state != TLS_FAILED)
		n = BIO_read(handshake->out, flight, TLS_FLIGHT_BYTES);
	ERR_pop_to_mark();
	*n_flight = n > 0 ? (size_t)n : 0;
	return handshake->state;
}

const struct tls_secrets *tls_handshake_secrets(const struct tls_handshake *handshake)
{
	return &handshake->secrets;
}
