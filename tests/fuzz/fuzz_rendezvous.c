/* SPDX-License-Identifier: MIT */
/*
 * The server's decisions under clients that do what they like. The input is a row of operations:
 * connect, send any bytes, send a valid message, close, let time pass, end the server. Promises:
 * an action is for a connection that is there, nothing is sent to one after it was dropped or
 * finished, no more is taken than was given, every deadline ends, and the counts are right.
 */
#include "core/rendezvous.h"

#include "core/stun.h"
#include "tests/fuzz/fuzz.h"

#define N_CONNECTIONS 6u
#define N_PLACES      (N_CONNECTIONS + RENDEZVOUS_SPARE)
#define N_ADDRESSES   4u
#define PENDING_SIZE  (2 * WIRE_MESSAGE_MAX)
#define STEPS_MAX     2000

struct end {
	bool is_there;
	bool is_finished; /* FIN was asked for */
	bool is_dropped;
	size_t n_pending; /* has come and was not taken */
	uint8_t pending[PENDING_SIZE];
};

struct driver {
	struct rendezvous rendezvous;
	struct rendezvous_update update;
	struct end ends[N_PLACES];
	uint32_t n_there;
	uint64_t now_ms;
	const uint8_t *data;
	size_t size;
};

static uint64_t memory[32768];

static uint8_t next(struct driver *driver)
{
	if (driver->size == 0)
		return 0;
	driver->size--;
	return *driver->data++;
}

static void take_update(struct driver *driver)
{
	FUZZ_CHECK(driver->update.n_actions <= RENDEZVOUS_ACTIONS_MAX);
	FUZZ_CHECK(driver->update.n_notes <= RENDEZVOUS_NOTES_MAX);
	for (uint32_t i = 0; i < driver->update.n_actions; i++) {
		const struct rendezvous_action *action = &driver->update.actions[i];

		FUZZ_CHECK(action->connection < N_PLACES);
		struct end *end = &driver->ends[action->connection];

		if (action->type == RENDEZVOUS_DIAL || action->type == RENDEZVOUS_HANG_UP)
			continue;
		FUZZ_CHECK(end->is_there && !end->is_dropped);
		if (action->type == RENDEZVOUS_SEND)
			FUZZ_CHECK(!end->is_finished && action->size > 0 &&
				   action->size <= WIRE_MESSAGE_MAX);
		if (action->type == RENDEZVOUS_FINISH) {
			FUZZ_CHECK(!end->is_finished);
			end->is_finished = true;
		}
		if (action->type == RENDEZVOUS_DROP)
			end->is_dropped = true;
	}
}

static void check(const struct driver *driver)
{
	const struct rendezvous *rendezvous = &driver->rendezvous;
	uint32_t n_states = 0;

	for (uint32_t i = VISIT_NONE + 1; i < VISIT_N_STATES; i++)
		n_states += rendezvous->counts[i];
	FUZZ_CHECK(n_states == driver->n_there && rendezvous->n_used == driver->n_there);
	FUZZ_CHECK(rendezvous->registry.counts[ROOM_WAITING] ==
		   rendezvous->counts[VISIT_WAITING]);
	FUZZ_CHECK(rendezvous->registry.counts[ROOM_INTRODUCED] <=
		   rendezvous->counts[VISIT_INTRODUCED]);
}

static void connect_one(struct driver *driver)
{
	uint8_t from = next(driver);
	const struct midair_endpoint remote = {
		.family = MIDAIR_IPV4,
		/* now and then one that has no place in a message */
		.address = {from < 240 ? 192 : from, 0, 2, (uint8_t)(from % N_ADDRESSES + 1)},
		.port = (uint16_t)(1 + driver->now_ms % 65535),
	};
	uint32_t number;
	int error = rendezvous_arrive(&driver->rendezvous, driver->now_ms, &remote, &number,
				      &driver->update);

	if (error == 0) {
		FUZZ_CHECK(number < N_PLACES && !driver->ends[number].is_there);
		driver->ends[number] = (struct end){.is_there = true};
		driver->n_there++;
	} else {
		FUZZ_CHECK(from < 240 ? error == WIRE_ERROR_BUSY || error == WIRE_ERROR_TOO_MANY
				      : error == WIRE_ERROR_PROTOCOL);
	}
	take_update(driver);
}

static void close_one(struct driver *driver, uint32_t number)
{
	if (!driver->ends[number].is_there)
		return;
	driver->ends[number].is_there = false;
	driver->n_there--;
	rendezvous_gone(&driver->rendezvous, driver->now_ms, number, &driver->update);
	take_update(driver);
}

/* As a worker does. */
static void give(struct driver *driver, uint32_t number, const uint8_t *bytes, size_t size)
{
	struct end *end = &driver->ends[number];
	size_t taken = 0;
	size_t n;

	if (!end->is_there || end->n_pending + size > PENDING_SIZE)
		return;
	memcpy(end->pending + end->n_pending, bytes, size);
	end->n_pending += size;
	do {
		n = rendezvous_input(&driver->rendezvous, driver->now_ms, number,
				     end->pending + taken, end->n_pending - taken,
				     &driver->update);
		FUZZ_CHECK(n <= end->n_pending - taken);
		take_update(driver);
		taken += n;
	} while (n > 0 && taken < end->n_pending);
	end->n_pending -= taken;
	memmove(end->pending, end->pending + taken, end->n_pending);
	/* what is left is less than one message */
	FUZZ_CHECK(end->n_pending < WIRE_MESSAGE_MAX);
}

static void give_bytes(struct driver *driver, uint32_t number)
{
	uint8_t bytes[256];
	size_t size = next(driver);

	for (size_t i = 0; i < size; i++)
		bytes[i] = next(driver);
	give(driver, number, bytes, size);
}

static void give_enter(struct driver *driver, uint32_t number)
{
	struct wire_message message = {.type = WIRE_ENTER, .enter.lifetime_s = 100};
	uint8_t bytes[WIRE_MESSAGE_MAX];
	uint8_t choice = next(driver);

	message.enter.flags = choice % 3;
	if (!(message.enter.flags & WIRE_ENTER_ALLOCATE)) {
		message.enter.name_size = 1;
		message.enter.name[0] = '1' + choice / 3 % 4;
	}
	message.enter.share_a[0] = choice / 12 % 4;
	give(driver, number, bytes, wire_encode(&message, bytes));
}

static void give_message(struct driver *driver, uint32_t number)
{
	static const uint8_t transaction[STUN_TRANSACTION_BYTES] = {7};
	struct wire_message message = {.type = WIRE_HELLO, .hello = {1, 1}};
	uint8_t bytes[WIRE_MESSAGE_MAX];

	switch (next(driver) % 5) {
	case 0:
		break;
	case 1:
		give_enter(driver, number);
		return;
	case 2:
		message = (struct wire_message){.type = WIRE_SEALED, .sealed.size = 900};
		break;
	case 3:
		message = (struct wire_message){.type = WIRE_LEAVE, .reason = WIRE_REASON_DONE};
		break;
	case 4:
		give(driver, number, bytes, stun_request(bytes, transaction));
		return;
	}
	give(driver, number, bytes, wire_encode(&message, bytes));
}

static void pass_time(struct driver *driver)
{
	uint32_t n = 0;

	driver->now_ms += UINT64_C(1) << next(driver) % 18;
	while (rendezvous_expire(&driver->rendezvous, driver->now_ms, &driver->update)) {
		take_update(driver);
		FUZZ_CHECK(n++ < 10 * N_PLACES);
	}
}

/* Those that were dropped are closed by their worker, and the clients of the others close. */
static void finish(struct driver *driver)
{
	uint32_t number = 0;

	while (rendezvous_close(&driver->rendezvous, driver->now_ms, number, &driver->update)) {
		take_update(driver);
		number++;
	}
	for (number = 0; number < N_PLACES; number++)
		FUZZ_CHECK(!driver->ends[number].is_there || driver->ends[number].is_finished ||
			   driver->ends[number].is_dropped ||
			   driver->rendezvous.visits[number].state == VISIT_ENDING);
	for (number = 0; number < N_PLACES; number++)
		close_one(driver, number);
	check(driver);
	FUZZ_CHECK(driver->rendezvous.n_used == 0);
	driver->now_ms += 1000 * WIRE_LIFETIME_S_MAX;
	while (rendezvous_expire(&driver->rendezvous, driver->now_ms, &driver->update))
		FUZZ_CHECK(false);
	FUZZ_CHECK(driver->rendezvous.registry.counts[ROOM_NONE] ==
		   driver->rendezvous.registry.config.n_rooms);
	for (uint32_t i = 0; i < driver->rendezvous.networks.n_used; i++)
		for (int count = 0; count < QUOTA_N_COUNTS; count++)
			FUZZ_CHECK(driver->rendezvous.networks.entries[i].counts[count] == 0);
	for (uint32_t i = 0; i < driver->rendezvous.quota.n_used; i++)
		FUZZ_CHECK(driver->rendezvous.quota.entries[i].counts[QUOTA_CONNECTIONS] == 0 &&
			   driver->rendezvous.quota.entries[i].counts[QUOTA_ROOMS] == 0);
}

static void run(struct driver *driver, uint8_t operation)
{
	uint32_t number = next(driver) % (N_CONNECTIONS + 2);

	switch (operation % 8) {
	case 0:
	case 1:
		connect_one(driver);
		break;
	case 2:
		give_bytes(driver, number);
		break;
	case 3:
	case 4:
	case 5:
		give_message(driver, number);
		break;
	case 6:
		close_one(driver, number);
		break;
	case 7:
		pass_time(driver);
		break;
	}
	for (uint32_t i = 0; i < N_PLACES; i++)
		if (driver->ends[i].is_dropped && driver->ends[i].is_there)
			close_one(driver, i);
	check(driver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct driver driver;
	struct rendezvous_config config = {
		.n_connections = N_CONNECTIONS,
		.n_tombstones = 3,
		.key = {{1, 2}},
	};

	serve_limits_default(&config.limits);
	config.limits.rooms_per_address = 3;
	config.limits.connections_per_address = 4;
	config.limits.sealed_messages = 3;
	FUZZ_CHECK(rendezvous_bytes(&config) <= sizeof(memory));
	memset(memory, 0, rendezvous_bytes(&config));
	memset(&driver, 0, sizeof(driver));
	driver.now_ms = 1000;
	driver.data = data;
	driver.size = size;
	rendezvous_init(&driver.rendezvous, memory, &config, driver.now_ms);
	for (uint32_t i = 0; i < STEPS_MAX && driver.size > 0; i++)
		run(&driver, next(&driver));
	finish(&driver);
	return 0;
}
