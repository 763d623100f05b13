/* SPDX-License-Identifier: MIT */
#include "lib/session_greet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hkdf.h"
#include "crypto/spake2.h"

#define IDENTITY_A "midair meeting a"
#define IDENTITY_B "midair meeting b"
#define CONTEXT	   "midair meeting 1"
#define PSK_LABEL  "midair meeting 1 psk"

static_assert(GREETING_SHARE_BYTES == SPAKE2_SHARE_BYTES, "a greeting carries shares");

struct greet {
	struct spake2 *exchanges[2]; /* by enum spake2_role: ours, should we get it */
	struct greeting ours;
	struct greeting theirs;
	uint8_t out[GREETING_BYTES];
	uint8_t in[GREETING_BYTES];
	size_t n_sent;
	size_t n_received;
};

int greeter_new(struct greeter **greeter, const char *secret, size_t size, uint32_t flags)
{
	struct greeter *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	made->flags = flags;
	result = secret_derive(&made->secret, secret, size);
	if (result == 0)
		result = secret_random(made->nonce, sizeof(made->nonce));
	if (result == 0)
		*greeter = made;
	else
		greeter_free(made);
	return result;
}

struct greeter *greeter_free(struct greeter *greeter)
{
	if (greeter != NULL)
		secret_wipe(&greeter->secret);
	free(greeter);
	return NULL;
}

static int open_exchange(struct greet *greet, enum spake2_role role,
			 const struct greeter *greeter)
{
	const struct spake2_config config = {
		.role = role,
		.password = greeter->secret.password,
		.password_size = sizeof(greeter->secret.password),
		.identity_a = IDENTITY_A,
		.identity_b = IDENTITY_B,
		.context = (const uint8_t *)CONTEXT,
		.context_size = strlen(CONTEXT),
	};

	return spake2_new(&greet->exchanges[role], &config);
}

int greet_new(struct greet **greet, const struct greeter *greeter)
{
	struct greet *made = calloc(1, sizeof(*made));
	int result;

	if (made == NULL)
		return -ENOMEM;
	result = open_exchange(made, SPAKE2_A, greeter);
	if (result == 0)
		result = open_exchange(made, SPAKE2_B, greeter);
	if (result != 0) {
		greet_free(made);
		return result;
	}
	made->ours.flags = greeter->flags;
	memcpy(made->ours.nonce, greeter->nonce, sizeof(greeter->nonce));
	spake2_share(made->exchanges[SPAKE2_A], made->ours.share_a);
	spake2_share(made->exchanges[SPAKE2_B], made->ours.share_b);
	greeting_encode(&made->ours, made->out);
	*greet = made;
	return 0;
}

struct greet *greet_free(struct greet *greet)
{
	if (greet == NULL)
		return NULL;
	spake2_free(greet->exchanges[SPAKE2_A]);
	spake2_free(greet->exchanges[SPAKE2_B]);
	free(greet);
	return NULL;
}

const uint8_t *greet_output(const struct greet *greet, size_t *size)
{
	*size = GREETING_BYTES - greet->n_sent;
	return greet->out + greet->n_sent;
}

void greet_sent(struct greet *greet, size_t n)
{
	greet->n_sent += n;
}

uint8_t *greet_input(struct greet *greet, size_t *size)
{
	*size = GREETING_BYTES - greet->n_received;
	return greet->in + greet->n_received;
}

int greet_received(struct greet *greet, size_t n)
{
	int result;

	greet->n_received += n;
	if (!greeting_is_plausible(greet->in, greet->n_received))
		return MIDAIR_E_PROTOCOL;
	if (greet->n_received < GREETING_BYTES)
		return 0;
	result = greeting_decode(&greet->theirs, greet->in);
	if (result != 0)
		return result;
	if (greeting_role(&greet->ours, &greet->theirs) == MIDAIR_ROLE_NONE)
		return MIDAIR_E_SELF;
	return greet->ours.flags == greet->theirs.flags ? 0 : MIDAIR_E_CONFIG;
}

bool greet_is_complete(const struct greet *greet)
{
	return greet->n_sent == GREETING_BYTES && greet->n_received == GREETING_BYTES;
}

/* Whatever was changed in either greeting on the way gives the two ends different keys. */
static int derive(const struct greet *greet, bool is_a, const struct spake2_result *result,
		  uint8_t psk[TLS_PSK_BYTES])
{
	struct {
		uint8_t secret[SPAKE2_SECRET_BYTES];
		uint8_t a[GREETING_BYTES];
		uint8_t b[GREETING_BYTES];
	} input;
	int status;

	static_assert(sizeof(input) == SPAKE2_SECRET_BYTES + 2 * GREETING_BYTES, "no gaps");
	memcpy(input.secret, result->secret, sizeof(input.secret));
	memcpy(input.a, is_a ? greet->out : greet->in, sizeof(input.a));
	memcpy(input.b, is_a ? greet->in : greet->out, sizeof(input.b));
	status = hkdf(psk, TLS_PSK_BYTES, input.secret, sizeof(input), PSK_LABEL);
	secret_forget(&input, sizeof(input));
	return status;
}

int greet_finish(struct greet *greet, bool *is_server, uint8_t psk[TLS_PSK_BYTES])
{
	bool is_a = greeting_role(&greet->ours, &greet->theirs) == MIDAIR_ROLE_A;
	struct spake2_result result;
	int status;

	status = spake2_finish(greet->exchanges[is_a ? SPAKE2_A : SPAKE2_B],
			       is_a ? greet->theirs.share_b : greet->theirs.share_a, &result);
	if (status != 0)
		return status == -EBADMSG ? MIDAIR_E_PROTOCOL : status;
	status = derive(greet, is_a, &result, psk);
	secret_forget(&result, sizeof(result));
	if (status == 0)
		*is_server = is_a;
	return status;
}
