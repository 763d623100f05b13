/* SPDX-License-Identifier: MIT */
/* check_begin: what is dialled, listened for and asked, as soon as enough is known for it. */
#include <assert.h>
#include <string.h>

#include "core/check_internal.h"

/* Enough to tell a random allocation from a sequential one, once in 10^5 wrong. */
#define CHECK_QUICK_SAMPLES 4u

struct check_action *check_act(struct step *step, enum check_action_type type)
{
	struct check_action *action;

	assert(step->update->n_actions < CHECK_ACTIONS_MAX);
	action = &step->update->actions[step->update->n_actions++];
	memset(action, 0, sizeof(*action));
	action->type = type;
	return action;
}

static void dial(struct step *step, uint32_t link, uint32_t slot,
		 const struct midair_endpoint *remote)
{
	struct check_action *action = check_act(step, CHECK_DIAL);

	action->link = link;
	action->slot = slot;
	action->remote = *remote;
	step->check->links[link] = CHECK_WAITING;
}

static void listen_on(struct step *step, uint32_t slot)
{
	check_act(step, CHECK_LISTEN)->slot = slot;
}

void check_hello(struct step *step, uint32_t link)
{
	struct check_action *action = check_act(step, CHECK_SEND);

	action->link = link;
	action->message.type = WIRE_HELLO;
	action->message.hello = (struct wire_hello){.version_min = WIRE_VERSION_MIN,
						    .version_max = WIRE_VERSION_MAX};
}

void check_probe(struct step *step, uint32_t link, uint32_t number)
{
	struct check_action *action = check_act(step, CHECK_SEND);

	step->check->asked[number] = (struct check_probe){
		.state = CHECK_WAITING, .link = link, .asked_ms = step->now_ms};
	action->link = link;
	action->message.type = WIRE_PROBE;
	action->message.probe = (struct wire_probe){
		.token = (uint16_t)number,
		.kind = (uint8_t)(number == CHECK_PROBE_BARE ? WIRE_PROBE_REFUSING : number),
	};
}

static struct midair_endpoint with_port(const struct midair_endpoint *endpoint, uint16_t port)
{
	struct midair_endpoint with = *endpoint;

	with.port = port;
	return with;
}

bool check_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	struct midair_endpoint x = with_port(a, b->port);

	return midair_endpoint_equal(&x, b);
}

static bool is_alternative_usable(const struct check *check)
{
	return check_is_plausible(&check->config.server, &check->probes.alternative) &&
	       !check_same_address(&check->config.server, &check->probes.alternative);
}

static uint16_t next_port(const struct midair_endpoint *endpoint)
{
	return (uint16_t)(endpoint->port + 1);
}

bool check_is_told(const struct check *check, uint32_t link)
{
	return check->observed[link].family != MIDAIR_FAMILY_NONE;
}

static void begin_filter(struct step *step)
{
	struct check *check = step->check;

	if (check->asked[WIRE_PROBE_FRESH].state != CHECK_UNUSED || !check_is_told(check, 0))
		return;
	listen_on(step, SLOT_FILTER);
	check_probe(step, 0, WIRE_PROBE_FRESH);
	if (is_alternative_usable(check))
		check_probe(step, 0, WIRE_PROBE_ALTERNATIVE);
}

/* It is on its way already, or has told what it can. */
static bool has_guessed_second(const struct check *check)
{
	return check->links[CHECK_LINK_SECOND] != CHECK_UNUSED &&
	       check->probes.second_port == next_port(&check->config.server);
}

static void begin_mapping(struct step *step)
{
	struct check *check = step->check;
	const struct wire_probes *probes = &check->probes;
	struct midair_endpoint second = with_port(&check->config.server, probes->second_port);
	struct midair_endpoint other_second =
		with_port(&probes->alternative, probes->second_port);

	if (check->has_begun_mapping || !check_is_told(check, SLOT_MAPPING))
		return;
	check->has_begun_mapping = true;
	if (probes->second_port != 0 && !has_guessed_second(check))
		dial(step, CHECK_LINK_SECOND, SLOT_MAPPING, &second);
	if (!is_alternative_usable(check))
		return;
	dial(step, CHECK_LINK_OTHER, SLOT_MAPPING, &probes->alternative);
	if (probes->second_port != 0)
		dial(step, CHECK_LINK_OTHER_SECOND, SLOT_MAPPING, &other_second);
}

/* The SYN has left before the request for the one that shall meet it. */
static void begin_silent(struct step *step)
{
	struct check *check = step->check;
	struct midair_endpoint silent =
		with_port(&check->config.server, check->probes.silent_port);

	if (check->links[CHECK_LINK_SILENT] != CHECK_UNUSED ||
	    !check_is_told(check, SLOT_SILENT) || silent.port == 0)
		return;
	dial(step, CHECK_LINK_SILENT, SLOT_SILENT, &silent);
	check_probe(step, SLOT_SILENT, WIRE_PROBE_SILENT);
}

static void begin_refusing(struct step *step, uint32_t link, uint32_t slot)
{
	struct check *check = step->check;
	struct midair_endpoint refusing =
		with_port(&check->config.server, check->probes.refusing_port);

	if (check->links[link] != CHECK_UNUSED || !check_is_told(check, slot) ||
	    refusing.port == 0)
		return;
	if (slot == SLOT_REFUSING)
		listen_on(step, slot);
	dial(step, link, slot, &refusing);
}

/* Without translation there is nothing to turn back. */
static bool is_translated(const struct check *check, uint32_t link)
{
	return !midair_endpoint_equal(&check->locals[link], &check->observed[link]);
}

static void begin_hairpin(struct step *step)
{
	struct check *check = step->check;
	const struct midair_endpoint *a = &check->observed[SLOT_HAIRPIN];
	const struct midair_endpoint *b = &check->observed[SLOT_OTHER];

	if (check->has_begun_hairpin || !check_is_told(check, SLOT_HAIRPIN) ||
	    !check_is_told(check, SLOT_OTHER))
		return;
	check->has_begun_hairpin = true;
	if (!is_translated(check, SLOT_HAIRPIN) || !check_same_address(a, b) ||
	    !check_is_plausible(&check->config.server, a) ||
	    !check_is_plausible(&check->config.server, b))
		return;
	check->hairpin_ms = step->now_ms + CHECK_HAIRPIN_MS;
	listen_on(step, SLOT_HAIRPIN);
	dial(step, CHECK_LINK_HAIRPIN_A, SLOT_HAIRPIN, b);
	dial(step, CHECK_LINK_HAIRPIN_B, SLOT_OTHER, a);
	dial(step, CHECK_LINK_HAIRPIN_FRESH, SLOT_FRESH, a);
}

/* CHECK_QUICK: time has shown that there is time, or there is no way without knowing more. */
static bool is_time_to_probe(const struct step *step)
{
	const struct check *check = step->check;

	return check->config.extent != CHECK_QUICK ||
	       step->now_ms >= check->begin_ms + CHECK_QUICK_PATIENCE_MS ||
	       check_is_port_unknown(check);
}

void check_begin_what_can(struct step *step)
{
	bool is_all = step->check->config.extent == CHECK_ALL;

	if (is_all)
		begin_hairpin(step);
	if (!step->check->has_probes)
		return;
	begin_mapping(step);
	if (is_time_to_probe(step)) {
		begin_filter(step);
		begin_silent(step);
	}
	if (!is_all)
		return;
	begin_refusing(step, CHECK_LINK_REFUSING, SLOT_REFUSING);
	begin_refusing(step, CHECK_LINK_BARE, SLOT_BARE);
}

static void begin_quick(struct step *step)
{
	const struct midair_endpoint *server = &step->check->config.server;
	struct midair_endpoint second = with_port(server, next_port(server));

	for (uint32_t link = 0; link < CHECK_QUICK_SAMPLES - 1; link++)
		dial(step, link, link, server);
	dial(step, SLOT_MAPPING, SLOT_MAPPING, server);
	if (second.port != 0)
		dial(step, CHECK_LINK_SECOND, SLOT_MAPPING, &second);
}

void check_begin(struct step *step)
{
	uint32_t n = step->check->config.extent == CHECK_ALL ? CHECK_SAMPLES : 1;

	if (step->check->config.extent == CHECK_QUICK)
		begin_quick(step);
	else
		for (uint32_t link = 0; link < n; link++)
			dial(step, link, link, &step->check->config.server);
}
