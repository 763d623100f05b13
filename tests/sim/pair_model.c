/* SPDX-License-Identifier: MIT */
#include "tests/sim/pair_model.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

#define START_NS (UINT64_C(9000000) * MS)

static void step(struct pair_model *model, uint32_t side, struct approach_event *event);

static bool is_by_chance(struct pair_model *model, uint32_t percent)
{
	return random_below(&model->random, 100) < percent;
}

static void enqueue(struct pair_model *model, uint64_t delay_ns, const struct pair_event *event)
{
	assert_true(model->n_events < PAIR_QUEUE);
	model->queue[model->n_events] = *event;
	model->queue[model->n_events++].at_ns = model->now_ns + delay_ns;
}

/* To the side that has this connection, one way later. */
static void tell(struct pair_model *model, uint32_t side, enum approach_event_type type,
		 const struct wire_message *message)
{
	struct pair_event event = {.side = side, .type = type};

	event.connection = model->entered[side];
	event.route = model->entered_by[side];
	if (message != NULL)
		event.message = *message;
	enqueue(model, model->sides[side].one_way_ns, &event);
}

static void say(struct pair_model *model, uint32_t side, const struct wire_message *message)
{
	struct wire_message said = *message;
	uint32_t n = 1;

	if (model->options.is_hostile && is_by_chance(model, 15))
		n = (uint32_t)random_below(&model->random, 3);
	if (model->options.is_hostile && is_by_chance(model, 5))
		said.type = (enum wire_type)(WIRE_WELCOME + random_below(&model->random, 5));
	if (model->options.is_hostile && said.type == WIRE_SEALED && is_by_chance(model, 20))
		said.sealed.bytes[random_below(&model->random, 9)] ^= 1;
	if (model->options.is_hostile && is_by_chance(model, 5))
		said = (struct wire_message){
			.type = WIRE_LEFT,
			.reason = (enum wire_reason)random_below(&model->random, 4),
		};
	for (uint32_t i = 0; i < n; i++)
		tell(model, side, APPROACH_EVENT_MESSAGE, &said);
}

static void introduce(struct pair_model *model, uint32_t first)
{
	struct wire_message message = {.type = WIRE_PEER};

	model->are_introduced = true;
	model->is_room_spent = !model->options.is_reusable;
	model->n_introductions++;
	for (uint32_t i = 0; i < PAIR_SIDES; i++) {
		message.peer.role = i == first ? MIDAIR_ROLE_A : MIDAIR_ROLE_B;
		memcpy(message.peer.share, &model->sides[1 - i].share, sizeof(uint32_t));
		if (model->options.is_hostile && is_by_chance(model, 20))
			memcpy(message.peer.share, &model->sides[i].share, sizeof(uint32_t));
		say(model, i, &message);
	}
}

static void enter(struct pair_model *model, const struct pair_event *event)
{
	bool is_allocating = event->message.enter.flags == WIRE_ENTER_ALLOCATE;
	uint32_t other = 1 - event->side;

	model->entered[event->side] = event->connection;
	model->entered_by[event->side] = event->route;
	say(model, event->side,
	    &(struct wire_message){.type = WIRE_WELCOME, .welcome = {.version = 1}});
	if (model->is_room_spent) {
		say(model, event->side,
		    &(struct wire_message){.type = WIRE_ERROR, .error = WIRE_ERROR_ROOM_TAKEN});
		return;
	}
	say(model, event->side,
	    &(struct wire_message){.type = WIRE_ROOM, .room = {is_allocating ? 7 : 0, 600}});
	if (model->entered[other] != 0 && !model->are_introduced)
		introduce(model, other);
}

static void left(struct pair_model *model, uint32_t side, enum wire_reason reason)
{
	uint32_t other = 1 - side;

	model->entered[side] = 0;
	if (model->are_introduced && model->entered[other] != 0)
		say(model, other, &(struct wire_message){.type = WIRE_LEFT, .reason = reason});
	if (model->entered[other] == 0 || model->options.is_reusable)
		model->are_introduced = false;
}

static void server_hears(struct pair_model *model, const struct pair_event *event)
{
	bool is_known = model->entered[event->side] == event->connection;

	if (model->is_server_down)
		return;
	if (event->message.type == WIRE_ENTER) {
		enter(model, event);
	} else if (event->message.type == WIRE_SEALED && is_known && model->are_introduced &&
		   model->entered[1 - event->side] != 0) {
		say(model, 1 - event->side, &event->message);
	} else if (event->message.type == WIRE_LEAVE && is_known) {
		/* The server closes what has left. */
		tell(model, event->side, APPROACH_EVENT_LOST, NULL);
		left(model, event->side, event->message.reason);
	}
}

static void restart(struct pair_model *model)
{
	model->is_server_down = !model->is_server_down;
	for (uint32_t i = 0; i < PAIR_SIDES && model->is_server_down; i++) {
		struct pair_side *side = &model->sides[i];

		model->entered[i] = 0;
		for (uint32_t route = 0; route < BOTH_ROUTES; route++) {
			struct pair_event event = {.side = i, .route = route};

			event.connection = side->connections[route];
			event.type = side->is_established[route] ? APPROACH_EVENT_LOST
								 : APPROACH_EVENT_UNREACHED;
			event.result = -ECONNRESET;
			if (event.connection != 0)
				enqueue(model, side->one_way_ns, &event);
		}
	}
	model->are_introduced = false;
	model->is_room_spent = false;
}

static void connect_to(struct pair_model *model, uint32_t number, uint32_t route)
{
	struct pair_side *side = &model->sides[number];
	struct pair_event event = {.side = number, .route = route};
	bool is_refused = model->is_server_down || is_by_chance(model, 5);

	assert_int_equal(side->connections[route], 0);
	side->connections[route] = ++model->n_connections;
	side->is_established[route] = false;
	event.connection = side->connections[route];
	event.type = is_refused ? APPROACH_EVENT_UNREACHED : APPROACH_EVENT_CONNECTED;
	event.result = is_refused ? -ECONNREFUSED : 0;
	enqueue(model, 2 * side->one_way_ns, &event);
}

static void send_to_server(struct pair_model *model, uint32_t number, uint32_t route,
			   const struct wire_message *message)
{
	struct pair_side *side = &model->sides[number];
	struct pair_event event = {.side = number, .route = route, .is_to_server = true};

	event.connection = side->connections[route];
	event.message = *message;
	if (event.connection != 0)
		enqueue(model, side->one_way_ns, &event);
}

static void greet(struct pair_model *model, const struct approach_action *action,
		  uint32_t number)
{
	struct pair_side *side = &model->sides[number];
	struct wire_message message = {.type = WIRE_ENTER};

	/* What is spent is spent. */
	assert_true(model->options.is_reusable || side->n_exchanged == 0);
	side->n_greeted++;
	side->share = ++model->n_shares;
	message.enter.flags = action->is_allocating ? WIRE_ENTER_ALLOCATE : 0;
	send_to_server(model, number, action->server, &message);
	if (model->options.has_restarts && is_by_chance(model, 20)) {
		struct pair_event lost = {.side = number, .route = action->server};

		lost.type = APPROACH_EVENT_LOST;
		lost.connection = side->connections[action->server];
		enqueue(model, random_below(&model->random, 2000) * MS, &lost);
	}
}

static void exchange(struct pair_model *model, const struct approach_action *action,
		     uint32_t number)
{
	struct pair_side *side = &model->sides[number];
	struct approach_event event = {.type = APPROACH_EVENT_EXCHANGED};
	uint32_t share;

	memcpy(&share, action->message->peer.share, sizeof(share));
	event.message = action->message;
	event.result = share == side->share ? -EBADMSG : 0;
	side->n_exchanged++;
	side->key = (uint64_t)side->share * share << 8 | side->word;
	step(model, number, &event);
}

static void seal(struct pair_model *model, uint32_t number, uint32_t route)
{
	struct wire_message message = {.type = WIRE_SEALED, .sealed = {.size = 9}};

	memcpy(message.sealed.bytes, &model->sides[number].key, sizeof(uint64_t));
	message.sealed.bytes[8] = (uint8_t)number;
	send_to_server(model, number, route, &message);
}

static void open_sealed(struct pair_model *model, const struct approach_action *action,
			uint32_t number)
{
	struct approach_event event = {.type = APPROACH_EVENT_OPENED};
	const uint8_t *bytes = action->message->sealed.bytes;
	bool is_ours = memcmp(bytes, &model->sides[number].key, sizeof(uint64_t)) == 0;

	event.result = is_ours && bytes[8] == 1 - number ? 0 : -EBADMSG;
	step(model, number, &event);
}

/* Both dial with one key: they meet. */
static void try_to_meet(struct pair_model *model)
{
	struct pair_side *a = &model->sides[0];
	struct pair_side *b = &model->sides[1];

	if (!a->has_begun || !b->has_begun || a->key != b->key || model->options.is_path_closed)
		return;
	for (uint32_t i = 0; i < PAIR_SIDES; i++) {
		struct pair_event event = {.side = i};

		event.type = APPROACH_EVENT_CONNECTED_TO_PEER;
		enqueue(model, 2 * (a->one_way_ns + b->one_way_ns), &event);
	}
}

static void begin(struct pair_model *model, uint32_t number)
{
	struct pair_side *side = &model->sides[number];
	struct pair_event event = {.side = number, .type = APPROACH_EVENT_DIALS_FAILED};

	assert_false(side->has_begun);
	side->has_begun = true;
	side->begun_ns = model->now_ns;
	event.result = (int)++side->n_begun;
	enqueue(model, TIMEOUT_NS, &event);
	try_to_meet(model);
}

static void end(struct pair_model *model, uint32_t number, int outcome)
{
	struct pair_side *side = &model->sides[number];

	assert_int_equal(side->outcome, NO_OUTCOME);
	side->outcome = outcome;
	side->over_ns = model->now_ns;
	side->has_begun = false;
}

static void disconnect(struct pair_model *model, uint32_t number, uint32_t route)
{
	struct pair_side *side = &model->sides[number];

	if (side->connections[route] != 0 && model->entered[number] == side->connections[route])
		left(model, number, WIRE_REASON_GONE);
	side->connections[route] = 0;
	side->is_established[route] = false;
}

static void execute(struct pair_model *model, uint32_t number,
		    const struct approach_action *action)
{
	struct pair_side *side = &model->sides[number];
	struct pair_event mapped = {.side = number, .type = APPROACH_EVENT_MAPPED};
	const struct wire_message leave = {.type = WIRE_LEAVE, .reason = action->reason};

	switch (action->type) {
	case APPROACH_ACTION_CONNECT:
		connect_to(model, number, action->server);
		break;
	case APPROACH_ACTION_GREET:
		greet(model, action, number);
		break;
	case APPROACH_ACTION_ASK:
		mapped.route = action->server;
		mapped.connection = side->connections[action->server];
		enqueue(model, 2 * side->one_way_ns, &mapped);
		break;
	case APPROACH_ACTION_EXCHANGE:
		exchange(model, action, number);
		break;
	case APPROACH_ACTION_BEGIN:
		begin(model, number);
		break;
	case APPROACH_ACTION_TELL:
		seal(model, number, action->server);
		break;
	case APPROACH_ACTION_OPEN:
		open_sealed(model, action, number);
		break;
	/* which changes nothing any more */
	case APPROACH_ACTION_ACCOUNT:
		break;
	case APPROACH_ACTION_LEAVE:
		send_to_server(model, number, action->server, &leave);
		break;
	case APPROACH_ACTION_CLOSE:
		disconnect(model, number, action->server);
		break;
	case APPROACH_ACTION_REWIND:
		assert_true(model->options.is_reusable);
		side->has_begun = false;
		side->key = 0;
		break;
	/* its server has no relay */
	case APPROACH_ACTION_ANSWER_RELAY:
	case APPROACH_ACTION_HAND_OVER:
		assert_true(false);
		break;
	case APPROACH_ACTION_REPORT:
		break;
	case APPROACH_ACTION_FAIL:
		end(model, number, action->result);
		break;
	}
}

static void step(struct pair_model *model, uint32_t side, struct approach_event *event)
{
	struct approach_update update;

	event->now_ns = model->now_ns;
	approach_step(&model->sides[side].approach, event, &update);
	assert_true(update.n_actions < APPROACH_ACTIONS_MAX);
	for (uint32_t i = 0; i < update.n_actions; i++)
		execute(model, side, &update.actions[i]);
}

/* A connection needs two ends. */
static bool is_alone(const struct pair_model *model, uint32_t number)
{
	const struct pair_side *other = &model->sides[1 - number];

	return !other->is_connected &&
	       (!other->has_begun || other->key != model->sides[number].key);
}

/* The dials' end is the session's to tell, to the user and to the approach. */
static bool is_of_the_past(struct pair_model *model, const struct pair_event *event)
{
	struct pair_side *side = &model->sides[event->side];

	if (event->type == APPROACH_EVENT_CONNECTED_TO_PEER && is_alone(model, event->side))
		return true;
	if (event->type == APPROACH_EVENT_CONNECTED_TO_PEER ||
	    event->type == APPROACH_EVENT_DIALS_FAILED)
		return side->outcome != NO_OUTCOME || !side->has_begun ||
		       (event->type == APPROACH_EVENT_DIALS_FAILED &&
			event->result != (int)side->n_begun);
	if (event->type == APPROACH_EVENT_START)
		return false;
	return event->connection == 0 || side->connections[event->route] != event->connection;
}

static void side_hears(struct pair_model *model, const struct pair_event *event)
{
	struct approach_event heard = {
		.type = event->type,
		.server = event->route,
		.result = event->result,
		.message = &event->message,
	};

	if (is_of_the_past(model, event))
		return;
	if (event->type == APPROACH_EVENT_CONNECTED)
		model->sides[event->side].is_established[event->route] = true;
	if (event->type == APPROACH_EVENT_LOST || event->type == APPROACH_EVENT_UNREACHED)
		disconnect(model, event->side, event->route);
	if (event->type == APPROACH_EVENT_CONNECTED_TO_PEER) {
		model->sides[event->side].is_connected = true;
		end(model, event->side, 0);
	}
	if (event->type == APPROACH_EVENT_DIALS_FAILED)
		end(model, event->side, MIDAIR_E_TIMEOUT);
	step(model, event->side, &heard);
}

static uint32_t earliest(const struct pair_model *model)
{
	uint32_t best = PAIR_QUEUE;

	/* The first of equal ones: TCP keeps the order. */
	for (uint32_t i = 0; i < model->n_events; i++)
		if (best == PAIR_QUEUE || model->queue[i].at_ns < model->queue[best].at_ns)
			best = i;
	return best;
}

static uint32_t next_to_wake(const struct pair_model *model, uint64_t *at_ns)
{
	uint32_t side = PAIR_SIDES;

	*at_ns = APPROACH_NO_DEADLINE;
	for (uint32_t i = 0; i < PAIR_SIDES; i++)
		if (approach_deadline(&model->sides[i].approach) < *at_ns) {
			*at_ns = approach_deadline(&model->sides[i].approach);
			side = i;
		}
	return side;
}

static void take_event(struct pair_model *model, uint32_t place)
{
	struct pair_event event = model->queue[place];

	model->n_events--;
	memmove(&model->queue[place], &model->queue[place + 1],
		(model->n_events - place) * sizeof(event));
	model->now_ns = event.at_ns;
	if (event.is_restart)
		restart(model);
	else if (event.is_to_server)
		server_hears(model, &event);
	else
		side_hears(model, &event);
}

static bool turn(struct pair_model *model)
{
	uint32_t place = earliest(model);
	uint64_t wake_ns;
	uint32_t side = next_to_wake(model, &wake_ns);

	if (place == PAIR_QUEUE && side == PAIR_SIDES)
		return false;
	if (place < PAIR_QUEUE &&
	    (side == PAIR_SIDES || model->queue[place].at_ns <= wake_ns)) {
		take_event(model, place);
		return true;
	}
	if (wake_ns > model->now_ns)
		model->now_ns = wake_ns;
	step(model, side, &(struct approach_event){.type = APPROACH_EVENT_TIME});
	return true;
}

static void init_side(struct pair_model *model, uint32_t number)
{
	struct pair_side *side = &model->sides[number];
	struct approach_config config = {
		.n_servers = BOTH_ROUTES,
		.is_host = model->options.has_host && number == 0,
		.is_reusable = model->options.is_reusable,
		.wait_ns = WAIT_NS,
		.seed = random_next(&model->random),
	};

	midair_endpoint_parse(&config.servers[0], "[2001:db8::9]:1314");
	midair_endpoint_parse(&config.servers[1], "192.0.2.9:1314");
	approach_init(&side->approach, &config);
	side->outcome = NO_OUTCOME;
	side->one_way_ns = (1 + random_below(&model->random, 150)) * MS;
	side->word = model->options.is_wrong_code ? number : 1;
}

static void plan_restarts(struct pair_model *model)
{
	uint64_t at_ns = 0;

	/* Down and up again, in pairs; for the last quarter of the time it is up. */
	for (int i = 0; i < 6; i++) {
		at_ns += random_below(&model->random, i % 2 == 0 ? 20000 : 10000) * MS;
		enqueue(model, at_ns, &(struct pair_event){.is_restart = true});
	}
}

void pair_model_run(struct pair_model *model, const struct pair_options *options, uint64_t seed)
{
	uint64_t n_turns = 0;

	memset(model, 0, sizeof(*model));
	model->options = *options;
	model->now_ns = START_NS;
	random_init(&model->random, seed);
	for (uint32_t i = 0; i < PAIR_SIDES; i++)
		init_side(model, i);
	if (options->has_restarts)
		plan_restarts(model);
	for (uint32_t i = 0; i < PAIR_SIDES; i++) {
		struct pair_event first = {.side = i, .type = APPROACH_EVENT_START};

		enqueue(model, random_below(&model->random, 3000) * MS, &first);
	}
	while (turn(model))
		assert_true(++n_turns < 100000);
}
