/* SPDX-License-Identifier: MIT */
#include "lab/pairing.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct agreement {
	char key[MIDAIR_KEY_SIZE];
	atomic_bool has_code;
	char code[MIDAIR_CODE_SIZE];
};

struct pairing {
	size_t n_bytes;
	struct midair_endpoint server;
	struct midair_endpoint locals[LAB_N_SIDES];
	uint32_t timeout_ms;
	uint32_t wait_ms;
	uint32_t flags;
	bool asks_for_code;
	struct agreement agreements[];
};

static int make_keys(struct pairing *pairing, uint32_t n_runs)
{
	int error = 0;

	for (uint32_t i = 0; i < n_runs && !error; i++)
		error = midair_key_generate(pairing->agreements[i].key);
	return error;
}

static struct midair_endpoint local_of(const struct network_plan *plan, enum lab_side side,
				       enum midair_family family)
{
	const struct address_pair *host = &plan->sides[side].host;

	/* One family alone: what the other one could do is another scenario. */
	return family == MIDAIR_IPV6 ? host->ipv6 : host->ipv4;
}

int pairing_new(struct pairing **pairing, const struct network *network,
		const struct scenario *scenario, uint32_t n_runs, uint32_t wait_ms,
		struct lab_reason *reason)
{
	const struct network_plan *plan = network_plan_of(network);
	size_t n_bytes = sizeof(struct pairing) + n_runs * sizeof(struct agreement);
	struct pairing *made =
		mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (made == MAP_FAILED)
		return lab_fail(reason, errno, "cannot share memory");
	made->n_bytes = n_bytes;
	made->server = network_plan_server(plan, scenario->family);
	made->server.port = MIDAIR_SERVER_PORT;
	for (int side = LAB_A; side <= LAB_B; side++)
		made->locals[side] = local_of(plan, (enum lab_side)side, scenario->family);
	made->timeout_ms = (uint32_t)(scenario->timeout_ns / 1000000);
	made->wait_ms = wait_ms;
	made->flags = scenario->flags & MIDAIR_NO_LISTEN;
	if (!scenario->is_via_relay)
		made->flags |= MIDAIR_DIRECT_ONLY;
	made->asks_for_code = scenario->asks_for_code;
	error = make_keys(made, n_runs);
	if (error) {
		pairing_free(made);
		return lab_fail(reason, -error, "cannot make keys");
	}
	*pairing = made;
	return 0;
}

struct pairing *pairing_free(struct pairing *pairing)
{
	if (pairing)
		munmap(pairing, pairing->n_bytes);
	return NULL;
}

bool pairing_configure(const struct pairing *pairing, enum lab_side side, uint32_t run,
		       struct midair_pair_config *config)
{
	const struct agreement *agreement = &pairing->agreements[run];

	*config = (struct midair_pair_config){
		.size = sizeof(*config),
		.servers = &pairing->server,
		.n_servers = 1,
		.local = pairing->locals[side],
		.wait_ms = pairing->wait_ms,
		.timeout_ms = pairing->timeout_ms,
		.flags = pairing->flags,
	};
	if (!pairing->asks_for_code) {
		config->secret = agreement->key;
		config->secret_size = strnlen(agreement->key, sizeof(agreement->key));
	} else if (side == LAB_B) {
		config->code = agreement->code;
		return atomic_load(&agreement->has_code);
	}
	return true;
}

void pairing_tell_code(struct pairing *pairing, uint32_t run, const char *code)
{
	struct agreement *agreement = &pairing->agreements[run];

	snprintf(agreement->code, sizeof(agreement->code), "%s", code);
	atomic_store(&agreement->has_code, true);
}
