/* SPDX-License-Identifier: MIT */
/*
 * rendezvous_probe: the answers to PROBE_INFO and PROBE.
 *
 * Theory of operation
 *
 * A PROBE makes the server dial a client. Whoever could name the target could scan or flood others
 * with the server's address, so nobody names it: it is the other end of the connection that asks,
 * which has completed TCP's handshake from there and still stands. A dial is at most two SYNs, of
 * the size of what was sent to ask for it; how many there are is limited for a connection, for an
 * address, for all together, and at a time. It ends with the connection.
 */
#include "core/rendezvous_internal.h"

static const struct midair_endpoint *alternative_of(const struct rendezvous *rendezvous,
						    const struct midair_endpoint *remote)
{
	return &rendezvous->probes.alternatives[remote->family == MIDAIR_IPV6 ? 1 : 0];
}

/* The first one gives it time; the later ones count, so that they cannot be a way to stay. */
static void prolong(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection)
{
	struct visit *visit = &rendezvous->visits[connection];

	if (visit->n_probes++ == 0)
		rendezvous_set_deadline(rendezvous, now_ms, connection,
					UINT64_C(1000) * rendezvous->config.limits.probe_s);
}

void rendezvous_probe_info(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
			   struct rendezvous_update *update)
{
	const struct rendezvous_probes *probes = &rendezvous->probes;
	struct wire_message message = {.type = WIRE_PROBES};

	if (rendezvous->visits[connection].n_probes > 0) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_PROTOCOL, update);
		return;
	}
	prolong(rendezvous, now_ms, connection);
	if (probes->is_able)
		message.probes = (struct wire_probes){
			.second_port = probes->second_port,
			.silent_port = probes->silent_port,
			.refusing_port = probes->refusing_port,
			.alternative = *alternative_of(rendezvous,
						       &rendezvous->visits[connection].remote),
		};
	rendezvous_send(update, connection, &message);
}

static void send_result(struct rendezvous *rendezvous, uint32_t connection,
			const struct wire_probe_result *result,
			struct rendezvous_update *update)
{
	struct wire_message message = {.type = WIRE_PROBE_RESULT, .probe_result = *result};

	rendezvous->counters.probes[result->outcome]++;
	if (rendezvous->visits[connection].state == VISIT_GREETED)
		rendezvous_send(update, connection, &message);
}

static bool is_able(const struct rendezvous *rendezvous, uint32_t connection, uint8_t kind)
{
	const struct rendezvous_probes *probes = &rendezvous->probes;

	switch ((enum wire_probe_kind)kind) {
	case WIRE_PROBE_FRESH:
		return probes->is_able;
	case WIRE_PROBE_ALTERNATIVE:
		return probes->is_able &&
		       alternative_of(rendezvous, &rendezvous->visits[connection].remote)
				       ->family != MIDAIR_FAMILY_NONE;
	case WIRE_PROBE_SILENT:
		return probes->is_able && probes->silent_port != 0;
	case WIRE_PROBE_REFUSING:
		return probes->is_able && probes->refusing_port != 0;
	}
	return false;
}

/* What costs least is looked at first; a bucket is only asked when nothing else forbids it. */
static bool is_allowed(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection)
{
	const struct serve_limits *limits = &rendezvous->config.limits;
	const struct visit *visit = &rendezvous->visits[connection];
	const struct quota_share probes = {limits->probes_burst, limits->probes_per_minute,
					   limits->network_shares};

	return visit->n_probes <= limits->probes_per_connection &&
	       visit->n_dials < RENDEZVOUS_DIALS_EACH_MAX &&
	       rendezvous->n_dials < RENDEZVOUS_DIALS_MAX &&
	       quota_take(&rendezvous->quota, visit->payer, QUOTA_PROBES, now_ms, &probes) &&
	       bucket_take(&rendezvous->all_probes, now_ms, limits->all_probes_per_minute,
			   limits->all_probes_burst);
}

static void dial(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		 const struct wire_probe *probe, struct rendezvous_update *update)
{
	struct visit *visit = &rendezvous->visits[connection];
	struct rendezvous_action *action;
	uint32_t number = 0;

	while (rendezvous->dials[number].connection != 0)
		number++;
	rendezvous->dials[number] = (struct rendezvous_dial){
		.connection = connection + 1,
		.token = probe->token,
		.kind = probe->kind,
		.begin_ms = now_ms,
	};
	rendezvous->n_dials++;
	visit->n_dials++;
	rendezvous_act_dial(update, RENDEZVOUS_DIAL, connection, number);
	action = &update->actions[update->n_actions - 1];
	action->kind = (enum wire_probe_kind)probe->kind;
	action->remote = visit->remote;
}

void rendezvous_probe(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t connection,
		      const struct wire_probe *probe, struct rendezvous_update *update)
{
	struct wire_probe_result result = {.token = probe->token, .kind = probe->kind};

	if (rendezvous->visits[connection].n_probes == UINT8_MAX) {
		rendezvous_fail(rendezvous, now_ms, connection, WIRE_ERROR_TOO_MANY, update);
		return;
	}
	prolong(rendezvous, now_ms, connection);
	if (!is_able(rendezvous, connection, probe->kind))
		result.outcome = WIRE_PROBE_UNABLE;
	else if (!is_allowed(rendezvous, now_ms, connection))
		result.outcome = WIRE_PROBE_LIMITED;
	if (result.outcome != 0)
		send_result(rendezvous, connection, &result, update);
	else
		dial(rendezvous, now_ms, connection, probe, update);
}

static void forget(struct rendezvous *rendezvous, struct rendezvous_dial *dial)
{
	rendezvous->visits[dial->connection - 1].n_dials--;
	rendezvous->n_dials--;
	dial->connection = 0;
}

void rendezvous_dialled(struct rendezvous *rendezvous, uint64_t now_ms, uint32_t number,
			enum wire_probe_outcome outcome, uint8_t error,
			struct rendezvous_update *update)
{
	struct rendezvous_dial *dial = &rendezvous->dials[number];
	uint64_t elapsed_ms = now_ms > dial->begin_ms ? now_ms - dial->begin_ms : 0;
	const struct wire_probe_result result = {
		.token = dial->token,
		.kind = dial->kind,
		.outcome = (uint8_t)outcome,
		.error = error,
		.elapsed_ms = (uint16_t)(elapsed_ms < UINT16_MAX ? elapsed_ms : UINT16_MAX),
	};

	rendezvous_clear(update);
	if (dial->connection == 0)
		return;
	send_result(rendezvous, dial->connection - 1, &result, update);
	forget(rendezvous, dial);
}

void rendezvous_end_dials(struct rendezvous *rendezvous, uint32_t connection,
			  struct rendezvous_update *update)
{
	uint32_t n_left = rendezvous->visits[connection].n_dials;

	for (uint32_t i = 0; n_left > 0 && i < RENDEZVOUS_DIALS_MAX; i++) {
		if (rendezvous->dials[i].connection != connection + 1)
			continue;
		rendezvous_act_dial(update, RENDEZVOUS_HANG_UP, connection, i);
		forget(rendezvous, &rendezvous->dials[i]);
		n_left--;
	}
}

static uint32_t time_of(uint8_t kind)
{
	return kind == WIRE_PROBE_SILENT ? RENDEZVOUS_DIAL_SILENT_MS : RENDEZVOUS_DIAL_MS;
}

bool rendezvous_expire_dial(struct rendezvous *rendezvous, uint64_t now_ms,
			    struct rendezvous_update *update)
{
	uint32_t n_left = rendezvous->n_dials;

	for (uint32_t i = 0; n_left > 0 && i < RENDEZVOUS_DIALS_MAX; i++) {
		uint32_t connection = rendezvous->dials[i].connection;

		if (connection == 0)
			continue;
		n_left--;
		if (now_ms < rendezvous->dials[i].begin_ms + time_of(rendezvous->dials[i].kind))
			continue;
		rendezvous_dialled(rendezvous, now_ms, i, WIRE_PROBE_SILENCE,
				   WIRE_PROBE_ERROR_NONE, update);
		rendezvous_act_dial(update, RENDEZVOUS_HANG_UP, connection - 1, i);
		return true;
	}
	return false;
}
