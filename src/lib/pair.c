/* SPDX-License-Identifier: MIT */
/* What a caller wants of a pairing, checked and copied. See pair_internal.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/hole.h"
#include "lib/pair_internal.h"
#include "os/entropy.h"

#define WAIT_DEFAULT_MS	   600000u
#define TIMEOUT_DEFAULT_MS 30000u
#define DURATION_MAX_MS	   86400000u
/* For a standing hole: a round trip, and one for the proof, over any ordinary path. */
#define HOLE_FIRST_NS UINT64_C(1000000000)
#define WAY_FLAGS     (MIDAIR_DIRECT_ONLY | MIDAIR_RELAY_ONLY)
#define ALL_FLAGS     (MIDAIR_NO_LISTEN | MIDAIR_PLAIN | MIDAIR_NO_PORTMAP | WAY_FLAGS)

static int check_servers(const struct midair_pair_config *config)
{
	if (config->servers == NULL || config->n_servers == 0)
		return MIDAIR_E_CONFIG;
	if (config->n_servers > MIDAIR_SERVERS_MAX)
		return MIDAIR_E_LIMIT;
	for (size_t i = 0; i < config->n_servers; i++) {
		uint8_t family = config->servers[i].family;

		if ((family != MIDAIR_IPV4 && family != MIDAIR_IPV6) ||
		    endpoint_is_unspecified(&config->servers[i]))
			return MIDAIR_E_CONFIG;
		if (config->servers[i].port == 0)
			return MIDAIR_E_RANGE;
	}
	return 0;
}

static int check_numbers(const struct midair_pair_config *config)
{
	bool has_words = config->n_words >= CODE_WORDS_MIN;

	if (config->n_words > MIDAIR_WORDS_MAX || !has_words)
		return MIDAIR_E_RANGE;
	if (config->wait_ms > DURATION_MAX_MS || config->timeout_ms > DURATION_MAX_MS)
		return MIDAIR_E_RANGE;
	return 0;
}

/* A caller built against a shorter, older struct leaves the newer fields zero. */
static int copy_config(struct midair_pair_config *copy, const struct midair_pair_config *config)
{
	int result;

	if (config == NULL || config->size < sizeof(config->size) ||
	    config->size > sizeof(*copy))
		return MIDAIR_E_CONFIG;
	memset(copy, 0, sizeof(*copy));
	memcpy(copy, config, config->size);
	if ((copy->flags & WAY_FLAGS) == WAY_FLAGS)
		return MIDAIR_E_CONFIG;
	/* Nobody is to come but the server's relay. */
	if ((copy->flags & MIDAIR_RELAY_ONLY) != 0)
		copy->flags |= MIDAIR_NO_LISTEN | MIDAIR_NO_PORTMAP;
	/* Only a secret lasts, and a hole is a direct way. */
	if (copy->hole != NULL && (copy->secret == NULL || !hole_is_sound(copy->hole) ||
				   (copy->flags & MIDAIR_RELAY_ONLY) != 0))
		return MIDAIR_E_CONFIG;
	if ((copy->flags & ~ALL_FLAGS) != 0 || (copy->code != NULL && copy->secret != NULL))
		return MIDAIR_E_CONFIG;
	if (copy->n_words == 0)
		copy->n_words = CODE_WORDS_MIN;
	if (copy->wait_ms == 0)
		copy->wait_ms = WAIT_DEFAULT_MS;
	if (copy->timeout_ms == 0)
		copy->timeout_ms = TIMEOUT_DEFAULT_MS;
	result = check_servers(copy);
	return result == 0 ? check_numbers(copy) : result;
}

static int derive(struct pairing *pairing, const struct midair_pair_config *config)
{
	int result = secret_derive(&pairing->secret, config->secret, config->secret_size);

	pairing->is_reusable = true;
	if (result == -EINVAL)
		return MIDAIR_E_CONFIG;
	return result == -E2BIG ? MIDAIR_E_LIMIT : result;
}

static int choose_words(struct pairing *pairing, uint32_t n_words)
{
	uint8_t random[2 * MIDAIR_WORDS_MAX];
	int result = secret_random(random, sizeof(random));

	/* The room is the server's to choose. */
	if (result == 0)
		code_choose(&pairing->code, 0, n_words, random);
	secret_forget(random, sizeof(random));
	return result;
}

static int take_secret(struct pairing *pairing, const struct midair_pair_config *config)
{
	if (config->secret != NULL)
		return derive(pairing, config);
	if (config->code != NULL)
		return code_parse(&pairing->code, config->code, NULL);
	return choose_words(pairing, config->n_words);
}

static void init_approach(struct pairing *pairing, const struct midair_pair_config *config)
{
	struct approach_config approach = {
		.n_servers = (uint32_t)config->n_servers,
		.is_host = config->code == NULL && config->secret == NULL,
		.is_reusable = config->secret != NULL,
		.wait_ns = UINT64_C(1000000) * config->wait_ms,
		.hole_first_ns = config->hole != NULL ? HOLE_FIRST_NS : 0,
		.seed = entropy_seed(),
	};

	if ((config->flags & MIDAIR_DIRECT_ONLY) != 0)
		approach.relay = APPROACH_RELAY_NEVER;
	else if ((config->flags & MIDAIR_RELAY_ONLY) != 0)
		approach.relay = APPROACH_RELAY_ONLY;

	memcpy(approach.servers, config->servers,
	       approach.n_servers * sizeof(approach.servers[0]));
	approach_init(&pairing->approach, &approach);
}

static int open_session(struct pairing *pairing, const struct midair_pair_config *config)
{
	const struct session_opening opening = {
		.local = config->local,
		.is_family_wanted = {config->local.family != MIDAIR_IPV6,
				     config->local.family != MIDAIR_IPV4},
		.flags = config->flags,
		.log = config->log,
		.log_context = config->log_context,
	};
	int result = session_open_unstarted(&pairing->session, &opening);

	if (result != 0)
		return result;
	pairing->session->pairing = pairing;
	pairing->session->pairing_calls = &pairing_calls;
	pairing->session->timeline.is_direct_only = (config->flags & MIDAIR_DIRECT_ONLY) != 0;
	return 0;
}

int midair_session_pair(struct midair_session **session,
			const struct midair_pair_config *config)
{
	struct midair_pair_config copy;
	struct pairing *pairing;
	int result = copy_config(&copy, config);

	if (result != 0)
		return result;
	pairing = calloc(1, sizeof(*pairing));
	if (pairing == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < MIDAIR_SERVERS_MAX; i++)
		pairing->contacts[i].fd = -1;
	pairing->timeout_ns = UINT64_C(1000000) * copy.timeout_ms;
	if (copy.hole != NULL)
		pairing->hole = *copy.hole;
	init_approach(pairing, &copy);
	result = take_secret(pairing, &copy);
	if (result == 0)
		result = open_session(pairing, &copy);
	if (result != 0) {
		pairing_calls.free(pairing);
		return result;
	}
	*session = pairing->session;
	return 0;
}

const char *midair_session_code(const struct midair_session *session)
{
	return session->pairing != NULL ? session->pairing->code_text : "";
}
