/* SPDX-License-Identifier: MIT */
#include "tests/unit/rendezvous_play.h"

#include <stdio.h>
#include <string.h>

#include "core/stun.h"
#include "tests/unit/unit.h"

#define START_MS 1000000

static uint64_t memory[65536];
static struct scene the_scene;
static uint32_t last_arrived;

struct scene *scene_new(uint32_t n_connections)
{
	struct scene *scene = &the_scene;
	struct rendezvous_config config = {
		.n_connections = n_connections,
		.n_tombstones = 8,
		.key = {{1, 2}},
		.seed = 3,
	};

	serve_limits_default(&config.limits);
	assert_true(rendezvous_bytes(&config) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	memset(scene, 0, sizeof(*scene));
	scene->now_ms = START_MS;
	scene->version_min = scene->version_max = WIRE_VERSION_MAX;
	scene->name = "7";
	rendezvous_init(&scene->rendezvous, memory, &config, scene->now_ms);
	return scene;
}

static void hear(struct scene *scene, uint32_t connection, const char *word, const char *detail)
{
	char *told = scene->told[connection];
	size_t size = strlen(told);

	assert_true(connection < SCENE_CONNECTIONS);
	snprintf(told + size, SCENE_TOLD_SIZE - size, detail ? "%s%s(%s)" : "%s%s",
		 size > 0 ? " " : "", word, detail);
}

static void hear_message(struct scene *scene, uint32_t connection,
			 const struct wire_message *message)
{
	switch (message->type) {
	case WIRE_WELCOME:
		assert_true(midair_endpoint_equal(&message->welcome.observed,
						  &scene->remotes[connection]));
		hear(scene, connection, "WELCOME", NULL);
		break;
	case WIRE_ROOM:
		hear(scene, connection, "ROOM", NULL);
		break;
	case WIRE_PEER:
		scene->peers[connection] = message->peer;
		hear(scene, connection, "PEER", NULL);
		break;
	case WIRE_SEALED:
		assert_int_equal(message->sealed.size, SCENE_SEALED_BYTES);
		hear(scene, connection, "SEALED", NULL);
		break;
	case WIRE_LEFT:
		hear(scene, connection, "LEFT", wire_reason_name(message->reason));
		break;
	case WIRE_ERROR:
		hear(scene, connection, "ERROR", wire_error_name(message->error));
		break;
	case WIRE_PROBES:
		hear(scene, connection, "PROBES", NULL);
		break;
	case WIRE_PROBE_RESULT:
		hear(scene, connection, "RESULT",
		     wire_probe_outcome_name(
			     (enum wire_probe_outcome)message->probe_result.outcome));
		break;
	case WIRE_RELAY_READY:
		hear(scene, connection, "READY", NULL);
		break;
	case WIRE_RELAY_WANTED:
		hear(scene, connection, "WANTED", NULL);
		break;
	case WIRE_RELAY_REFUSED:
		hear(scene, connection, "REFUSED", wire_refusal_name(message->refusal));
		break;
	case WIRE_HELLO:
	case WIRE_ENTER:
	case WIRE_LEAVE:
	case WIRE_PROBE_INFO:
	case WIRE_PROBE:
	case WIRE_RELAY:
		fail_msg("a client's message came back");
	}
}

static void hear_bytes(struct scene *scene, const struct rendezvous_action *action)
{
	struct wire_message message;

	if ((action->bytes[0] & 0xc0) == 0) {
		assert_int_equal(stun_size(action->bytes, action->size), action->size);
		hear(scene, action->connection, "STUN", NULL);
		return;
	}
	assert_int_equal(wire_decode(action->bytes, action->size, &message), action->size);
	hear_message(scene, action->connection, &message);
}

static void hear_update(struct scene *scene)
{
	for (uint32_t i = 0; i < scene->update.n_actions; i++) {
		const struct rendezvous_action *action = &scene->update.actions[i];

		switch (action->type) {
		case RENDEZVOUS_SEND:
			hear_bytes(scene, action);
			break;
		case RENDEZVOUS_FINISH:
			hear(scene, action->connection, "FIN", NULL);
			break;
		case RENDEZVOUS_DROP:
			hear(scene, action->connection, "DROP", NULL);
			break;
		case RENDEZVOUS_DIAL:
			assert_true(midair_endpoint_equal(&action->remote,
							  &scene->remotes[action->connection]));
			scene->dial = action->dial;
			hear(scene, action->connection, "DIAL", NULL);
			break;
		case RENDEZVOUS_HANG_UP:
			hear(scene, action->connection, "HANGUP", NULL);
			break;
		case RENDEZVOUS_RELAY:
			scene->relay[0] = action->connection;
			scene->relay[1] = action->other;
			hear(scene, action->connection, "RELAY", NULL);
			break;
		}
	}
}

int scene_try_arrive(struct scene *scene, uint8_t address)
{
	static uint16_t port = 1000;
	const struct midair_endpoint remote = {
		.family = MIDAIR_IPV4,
		.address = {10, 0, 0, address},
		.port = ++port,
	};
	int error = rendezvous_arrive(&scene->rendezvous, scene->now_ms, &remote, &last_arrived,
				      &scene->update);

	hear_update(scene);
	if (error == 0) {
		scene->remotes[last_arrived] = remote;
		scene->told[last_arrived][0] = '\0';
	}
	return error;
}

uint32_t scene_arrive(struct scene *scene, uint8_t address)
{
	assert_int_equal(scene_try_arrive(scene, address), 0);
	return last_arrived;
}

uint32_t scene_enter(struct scene *scene, uint8_t address, const char *name, uint8_t share,
		     uint8_t flags)
{
	uint32_t connection = scene_arrive(scene, address);

	scene->name = name;
	scene->share = share;
	scene->flags = flags;
	scene_say(scene, connection, "HELLO ENTER");
	return connection;
}

static size_t write_word(const struct scene *scene, const char *word, size_t size,
			 uint8_t bytes[WIRE_MESSAGE_MAX])
{
	static const uint8_t transaction[STUN_TRANSACTION_BYTES] = {1};
	struct wire_message message = {.type = WIRE_HELLO};

	if (strncmp(word, "STUN", size) == 0)
		return stun_request(bytes, transaction);
	if (strncmp(word, "HELLO", size) == 0) {
		message.hello.version_min = scene->version_min;
		message.hello.version_max = scene->version_max;
	} else if (strncmp(word, "ENTER", size) == 0) {
		message.type = WIRE_ENTER;
		message.enter.flags = scene->flags;
		message.enter.lifetime_s = SCENE_LIFETIME_S;
		message.enter.name_size = (uint8_t)strlen(scene->name);
		memcpy(message.enter.name, scene->name, message.enter.name_size);
		message.enter.share_a[0] = scene->share;
		message.enter.share_b[0] = (uint8_t)(scene->share + 1);
	} else if (strncmp(word, "SEALED", size) == 0) {
		message.type = WIRE_SEALED;
		message.sealed.size = SCENE_SEALED_BYTES;
	} else if (strncmp(word, "INFO", size) == 0) {
		message.type = WIRE_PROBE_INFO;
	} else if (strncmp(word, "PROBE", size) == 0) {
		message.type = WIRE_PROBE;
		message.probe.token = 5;
		message.probe.kind = scene->kind;
	} else if (strncmp(word, "RELAY", size) == 0) {
		message.type = WIRE_RELAY;
		message.relay = WIRE_RELAY_YES;
	} else if (strncmp(word, "NO-RELAY", size) == 0) {
		message.type = WIRE_RELAY;
		message.relay = WIRE_RELAY_NO;
	} else if (strncmp(word, "LEAVE", size) == 0) {
		message.type = WIRE_LEAVE;
		message.reason = WIRE_REASON_DONE;
	} else {
		assert_int_equal(strncmp(word, "ROOM", size), 0);
		message.type = WIRE_ROOM;
	}
	size = wire_encode(&message, bytes);
	assert_true(size > 0);
	return size;
}

/* As a worker does: gives what has come and was not taken, with what is new. */
static void feed(struct scene *scene, uint32_t connection, const uint8_t *bytes, size_t size)
{
	size_t chunk = scene->chunk > 0 ? scene->chunk : size;
	size_t taken = 0;

	for (size_t come = chunk; come <= size; come += chunk) {
		size_t n;

		do {
			n = rendezvous_input(&scene->rendezvous, scene->now_ms, connection,
					     bytes + taken, come - taken, &scene->update);
			hear_update(scene);
			taken += n;
		} while (n > 0 && taken < come);
	}
	assert_int_equal(taken, size);
}

void scene_say(struct scene *scene, uint32_t connection, const char *words)
{
	uint8_t bytes[16 * WIRE_MESSAGE_MAX];
	size_t size = 0;

	while (*words != '\0') {
		size_t length = strcspn(words, " ");

		assert_true(size + WIRE_MESSAGE_MAX <= sizeof(bytes));
		size += write_word(scene, words, length, bytes + size);
		words += length + strspn(words + length, " ");
	}
	if (size > 0)
		feed(scene, connection, bytes, size);
}

void scene_dialled(struct scene *scene, enum wire_probe_outcome outcome)
{
	rendezvous_dialled(&scene->rendezvous, scene->now_ms, scene->dial, outcome, 0,
			   &scene->update);
	hear_update(scene);
}

void scene_relayed(struct scene *scene, bool has_begun)
{
	rendezvous_relayed(&scene->rendezvous, scene->now_ms, scene->relay[0], scene->relay[1],
			   has_begun, &scene->update);
	hear_update(scene);
}

void scene_gone(struct scene *scene, uint32_t connection)
{
	rendezvous_gone(&scene->rendezvous, scene->now_ms, connection, &scene->update);
	hear_update(scene);
}

void scene_pass(struct scene *scene, uint64_t ms)
{
	scene->now_ms += ms;
	while (rendezvous_expire(&scene->rendezvous, scene->now_ms, &scene->update))
		hear_update(scene);
}

void scene_close(struct scene *scene)
{
	uint32_t connection = 0;

	while (rendezvous_close(&scene->rendezvous, scene->now_ms, connection++,
				&scene->update))
		hear_update(scene);
}

void scene_forget(struct scene *scene)
{
	memset(scene->told, 0, sizeof(scene->told));
}

void scene_expect(const struct scene *scene, uint32_t connection, const char *words)
{
	assert_string_equal(scene->told[connection], words);
}
