/* SPDX-License-Identifier: MIT */
#include "core/volley.h"

#include <errno.h>
#include <string.h>

#include "core/nat.h"

#define N_PORTS (65536u - NAT_PORT_MIN)
/* After the last dial of a volley, for those that meet: a round trip, and one that was lost. */
#define VOLLEY_PAUSE_NS UINT64_C(600000000)
#define MS_NS		UINT64_C(1000000)
/* A dial that cannot be sent so often is given up: its pair of ports is taken. */
#define UNSENT_LIMIT 3u
/* The pause before a dial without an answer comes again doubles twice, after so many of them. */
#define RETRY_ROUNDS  4u
#define RETRY_DOUBLES 2u
#define NOBODY	      VOLLEY_DIALS_MAX

static uint16_t limited(uint16_t number, uint32_t limit)
{
	return number < limit ? number : (uint16_t)limit;
}

static void limit_side(struct plan_side *side)
{
	bool has_many_ports = side->source == PLAN_FROM_MANY_PORTS;

	side->n_targets = limited(side->n_targets, has_many_ports ? PLAN_LOCAL_PORTS_MAX
								  : PLAN_DESTINATIONS_MAX);
	side->n_volleys = limited(side->n_volleys, PLAN_VOLLEYS_MAX);
	if (side->n_volleys == 0)
		side->n_volleys = 1;
	if (side->spread == 0)
		side->spread = 1;
	if (side->targets == PLAN_TARGETS_NONE)
		side->n_targets = 0;
	/* one pair of ports is one dial */
	if (side->targets == PLAN_TARGETS_EXACT && !has_many_ports) {
		side->n_targets = limited(side->n_targets, 1);
		side->n_volleys = 1;
	}
}

void volley_init(struct volley *volley, const struct volley_config *config)
{
	memset(volley, 0, sizeof(*volley));
	volley->config = *config;
	limit_side(&volley->config.side);
	if (config->n_volleys > 0 && config->n_volleys < volley->config.side.n_volleys)
		volley->config.side.n_volleys = (uint16_t)config->n_volleys;
	if (config->n_open_max == 0)
		volley->config.n_open_max = VOLLEY_DIALS_MAX;
	volley->oldest = NOBODY;
	volley->youngest = NOBODY;
	random_init(&volley->random, config->seed);
}

uint32_t volley_port(const struct volley *volley, uint32_t dial)
{
	switch (volley->config.side.source) {
	case PLAN_FROM_SESSION_PORT:
		break;
	case PLAN_FROM_ONE_PORT:
		return 1;
	case PLAN_FROM_MANY_PORTS:
		return dial + 1;
	}
	return 0;
}

/* ---- targets ------------------------------------------------------------------------------- */

/* Never a well-known port, whatever the peer says. */
static uint16_t nth_port(const struct plan_side *side, uint32_t n)
{
	int32_t distance = side->step * (int32_t)(n + n % side->spread);
	int32_t offset = (int32_t)side->first_port - (int32_t)NAT_PORT_MIN + distance;

	offset %= (int32_t)N_PORTS;
	if (offset < 0)
		offset += (int32_t)N_PORTS;
	return (uint16_t)(offset + (int32_t)NAT_PORT_MIN);
}

static bool is_taken(const struct volley *volley, uint16_t port)
{
	return volley->taken[port / 8] >> port % 8 & 1;
}

/* Few of all ports are taken, so this ends soon. */
static uint16_t draw_port(struct volley *volley)
{
	uint16_t port;

	do
		port = (uint16_t)(NAT_PORT_MIN + random_below(&volley->random, N_PORTS));
	while (is_taken(volley, port));
	volley->taken[port / 8] |= (uint8_t)(1u << port % 8);
	return port;
}

static uint16_t choose_port(struct volley *volley, uint32_t dial)
{
	const struct plan_side *side = &volley->config.side;

	switch (side->targets) {
	case PLAN_TARGETS_RANDOM:
		return draw_port(volley);
	case PLAN_TARGETS_WINDOW:
		/* from many ports our own outer port moves on with every SYN */
		return nth_port(side,
				side->source == PLAN_FROM_MANY_PORTS ? volley->n_syns : dial);
	case PLAN_TARGETS_EXACT:
	case PLAN_TARGETS_NONE:
		break;
	}
	return side->first_port;
}

static void release_port(struct volley *volley, const struct volley_dial *dial)
{
	if (volley->config.side.targets == PLAN_TARGETS_RANDOM)
		volley->taken[dial->remote_port / 8] &=
			(uint8_t) ~(1u << dial->remote_port % 8);
}

/* ---- open dials, by age --------------------------------------------------------------------- */

static void open_dial(struct volley *volley, uint32_t number, uint64_t now_ns)
{
	struct volley_dial *dial = &volley->dials[number];

	dial->state = VOLLEY_DIAL_OPEN;
	dial->sent_ns = now_ns;
	dial->next = NOBODY;
	dial->previous = volley->youngest;
	if (volley->youngest == NOBODY)
		volley->oldest = (uint16_t)number;
	else
		volley->dials[volley->youngest].next = (uint16_t)number;
	volley->youngest = (uint16_t)number;
	volley->n_open++;
}

static void close_dial(struct volley *volley, uint32_t number)
{
	struct volley_dial *dial = &volley->dials[number];

	if (dial->state != VOLLEY_DIAL_OPEN)
		return;
	if (dial->previous == NOBODY)
		volley->oldest = dial->next;
	else
		volley->dials[dial->previous].next = dial->next;
	if (dial->next == NOBODY)
		volley->youngest = dial->previous;
	else
		volley->dials[dial->next].previous = dial->previous;
	volley->n_open--;
}

/* Longer as time goes by: the round trip may be longer than the plan knows. */
static uint64_t retry_pause_ns(const struct volley *volley, uint64_t now_ns)
{
	uint64_t pause_ns = volley->config.side.retry_ms * MS_NS;
	uint64_t n_rounds = (now_ns - volley->start_ns) / (RETRY_ROUNDS * pause_ns);

	return pause_ns << (n_rounds < RETRY_DOUBLES ? n_rounds : RETRY_DOUBLES);
}

/* When the oldest dial has waited long enough; VOLLEY_NO_DEADLINE for never. */
static uint64_t retry_due_ns(const struct volley *volley)
{
	uint64_t sent_ns;

	if (volley->config.side.retry_ms == 0 || volley->oldest == NOBODY ||
	    volley->n_syns >= VOLLEY_SYNS_MAX)
		return VOLLEY_NO_DEADLINE;
	sent_ns = volley->dials[volley->oldest].sent_ns;
	return sent_ns + retry_pause_ns(volley, sent_ns);
}

/* ---- the line ------------------------------------------------------------------------------ */

static void join_line(struct volley *volley, uint32_t dial)
{
	uint32_t last = (volley->line_first + volley->line_length) % VOLLEY_DIALS_MAX;

	volley->line[last] = (uint16_t)dial;
	volley->line_length++;
	volley->dials[dial].state = VOLLEY_DIAL_WAITING;
}

static uint32_t leave_line(struct volley *volley)
{
	uint32_t dial = volley->line[volley->line_first];

	volley->line_first = (volley->line_first + 1) % VOLLEY_DIALS_MAX;
	volley->line_length--;
	return dial;
}

static uint32_t n_in_all(const struct volley *volley)
{
	return (uint32_t)volley->config.side.n_targets * volley->config.side.n_volleys;
}

static bool has_budget(const struct volley *volley)
{
	return volley->n_syns < VOLLEY_SYNS_MAX && volley->n_open < volley->config.n_open_max;
}

static bool has_work(const struct volley *volley)
{
	return has_budget(volley) &&
	       (volley->n_begun < volley->n_planned || volley->line_length > 0);
}

static void send_one(struct volley *volley, uint64_t now_ns, struct volley_update *update)
{
	uint32_t number =
		volley->n_begun < volley->n_planned ? volley->n_begun++ : leave_line(volley);
	struct volley_dial *dial = &volley->dials[number];
	struct volley_action *action = &update->actions[update->n_actions++];

	dial->remote_port = choose_port(volley, number);
	open_dial(volley, number, now_ns);
	volley->n_syns++;
	*action = (struct volley_action){
		.type = VOLLEY_ACTION_DIAL,
		.dial = number,
		.port = volley_port(volley, number),
		.remote = volley->config.peer,
	};
	action->remote.port = dial->remote_port;
}

static void send_batch(struct volley *volley, uint64_t now_ns, struct volley_update *update)
{
	bool was_out = volley->n_begun == volley->n_planned;

	for (uint32_t i = 0; i < VOLLEY_BATCH && has_work(volley); i++)
		send_one(volley, now_ns, update);
	volley->next_ns = now_ns + VOLLEY_BATCH_NS;
	if (!was_out && volley->n_begun == volley->n_planned)
		volley->second_ns = now_ns + VOLLEY_PAUSE_NS;
}

static void retry(struct volley *volley, uint64_t now_ns, struct volley_update *update)
{
	for (uint32_t i = 0; i < VOLLEY_BATCH && retry_due_ns(volley) <= now_ns; i++) {
		uint32_t number = volley->oldest;

		close_dial(volley, number);
		release_port(volley, &volley->dials[number]);
		join_line(volley, number);
		update->actions[update->n_actions++] = (struct volley_action){
			.type = VOLLEY_ACTION_CLOSE,
			.dial = number,
			.port = volley_port(volley, number),
		};
	}
}

static void plan_next(struct volley *volley, uint64_t now_ns)
{
	if (volley->n_begun < volley->n_planned || volley->n_planned == n_in_all(volley) ||
	    now_ns < volley->second_ns)
		return;
	volley->n_planned += volley->config.side.n_targets;
}

/* ---- events -------------------------------------------------------------------------------- */

static void end(struct volley *volley, struct volley_update *update)
{
	if (volley->is_over)
		return;
	volley->is_over = true;
	update->actions[update->n_actions++] =
		(struct volley_action){.type = VOLLEY_ACTION_END};
}

static void start(struct volley *volley, uint64_t now_ns)
{
	if (volley->is_started || volley->is_over)
		return;
	volley->is_started = true;
	volley->start_ns = now_ns;
	volley->next_ns = now_ns + volley->config.side.wait_ms * MS_NS;
	volley->second_ns = volley->next_ns;
}

static void time_passed(struct volley *volley, uint64_t now_ns, struct volley_update *update)
{
	if (!volley->is_started || volley->is_over)
		return;
	if (now_ns - volley->start_ns >= volley->config.timeout_ns) {
		end(volley, update);
		return;
	}
	if (now_ns < volley->next_ns)
		return;
	plan_next(volley, now_ns);
	retry(volley, now_ns, update);
	send_batch(volley, now_ns, update);
}

static bool is_out_of_resources(int result)
{
	return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
	       result == -ENOMEM;
}

static void closed(struct volley *volley, const struct volley_event *event)
{
	struct volley_dial *dial = &volley->dials[event->dial];
	bool is_unsent = event->type == VOLLEY_EVENT_UNSENT;

	close_dial(volley, event->dial);
	release_port(volley, dial);
	if (is_unsent && is_out_of_resources(event->result)) {
		/* what is open must do */
		volley->config.n_open_max = volley->n_open;
		join_line(volley, event->dial);
	} else if (is_unsent && ++dial->n_unsent >= UNSENT_LIMIT) {
		dial->state = VOLLEY_DIAL_DEAD;
	} else {
		join_line(volley, event->dial);
	}
}

static bool is_live(const struct volley *volley, uint32_t dial)
{
	return dial < volley->n_begun && (volley->dials[dial].state == VOLLEY_DIAL_OPEN ||
					  volley->dials[dial].state == VOLLEY_DIAL_LANDED);
}

void volley_step(struct volley *volley, const struct volley_event *event,
		 struct volley_update *update)
{
	update->n_actions = 0;
	switch (event->type) {
	case VOLLEY_EVENT_START:
		start(volley, event->now_ns);
		time_passed(volley, event->now_ns, update);
		break;
	case VOLLEY_EVENT_TIME:
		time_passed(volley, event->now_ns, update);
		break;
	case VOLLEY_EVENT_UNSENT:
	case VOLLEY_EVENT_REFUSED:
		if (is_live(volley, event->dial))
			closed(volley, event);
		break;
	case VOLLEY_EVENT_LANDED:
		if (is_live(volley, event->dial) &&
		    volley->dials[event->dial].state == VOLLEY_DIAL_OPEN) {
			close_dial(volley, event->dial);
			volley->dials[event->dial].state = VOLLEY_DIAL_LANDED;
		}
		break;
	case VOLLEY_EVENT_STOP:
		end(volley, update);
		break;
	}
}

static uint64_t later(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

uint64_t volley_deadline(const struct volley *volley)
{
	uint64_t end_ns = volley->start_ns + volley->config.timeout_ns;
	uint64_t next_ns = VOLLEY_NO_DEADLINE;

	if (!volley->is_started || volley->is_over)
		return VOLLEY_NO_DEADLINE;
	if (has_work(volley))
		next_ns = volley->next_ns;
	else if (has_budget(volley) && volley->n_planned < n_in_all(volley))
		next_ns = later(volley->second_ns, volley->next_ns);
	if (retry_due_ns(volley) < next_ns)
		next_ns = later(retry_due_ns(volley), volley->next_ns);
	return next_ns < end_ns ? next_ns : end_ns;
}
