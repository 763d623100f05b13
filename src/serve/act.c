/* SPDX-License-Identifier: MIT */
/* act: turns what the rendezvous decided into system calls and lines of the log. */
#include <errno.h>
#include <string.h>

#include "os/service_socket.h"
#include "serve/server.h"

/* The owner sees the hang-up as the connection's end; who does not read, and has filled what the
 * kernel keeps for it, goes the same way. */
static void send_now(struct server *server, uint32_t connection, const uint8_t *bytes,
		     size_t size)
{
	int fd = server->places[connection].fd;
	int result = service_socket_send(fd, bytes, size);

	if (result == 0)
		return;
	if (result == -EAGAIN)
		atomic_fetch_add_explicit(&server->n_slow_readers, 1, memory_order_relaxed);
	(void)service_socket_hang_up(fd);
}

void act_flush(struct worker *worker)
{
	if (worker->n_gathered > 0)
		send_now(worker->server, worker->current, worker->gathered, worker->n_gathered);
	worker->n_gathered = 0;
}

static void gather(struct worker *worker, const uint8_t *bytes, size_t size)
{
	if (worker->n_gathered + size > sizeof(worker->gathered))
		act_flush(worker);
	memcpy(worker->gathered + worker->n_gathered, bytes, size);
	worker->n_gathered += size;
}

static void act_one(struct worker *worker, const struct rendezvous_action *action)
{
	int fd = worker->server->places[action->connection].fd;
	bool is_current = action->connection == worker->current;

	switch (action->type) {
	case RENDEZVOUS_SEND:
		if (is_current)
			gather(worker, action->bytes, action->size);
		else
			send_now(worker->server, action->connection, action->bytes,
				 action->size);
		break;
	case RENDEZVOUS_FINISH:
		if (is_current)
			act_flush(worker);
		(void)service_socket_finish(fd);
		break;
	case RENDEZVOUS_DROP:
		if (is_current)
			act_flush(worker);
		(void)service_socket_hang_up(fd);
		break;
	case RENDEZVOUS_DIAL:
		probe_dial(worker, action);
		break;
	case RENDEZVOUS_HANG_UP:
		probe_hang_up(worker->server, action->dial);
		break;
	case RENDEZVOUS_RELAY:
		relay_begin(worker, action);
		break;
	}
}

void act_on(struct worker *worker, const struct rendezvous_update *update)
{
	for (uint32_t i = 0; i < update->n_actions; i++)
		act_one(worker, &update->actions[i]);
	for (uint32_t i = 0; i < update->n_notes; i++) {
		if (worker->n_notes < NOTES_HELD)
			worker->notes[worker->n_notes] = update->notes[i];
		worker->n_notes++;
	}
}

void act(struct worker *worker)
{
	act_on(worker, &worker->update);
}

static const char *note_name(enum rendezvous_note_type type)
{
	switch (type) {
	case RENDEZVOUS_NOTE_WAITS:
		return "waits";
	case RENDEZVOUS_NOTE_RETURNS:
		return "returns";
	case RENDEZVOUS_NOTE_INTRODUCED:
		return "introduced";
	case RENDEZVOUS_NOTE_LEFT:
		return "left";
	case RENDEZVOUS_NOTE_ERROR:
		return "refused";
	case RENDEZVOUS_NOTE_EVICTED:
		return "evicted";
	case RENDEZVOUS_NOTE_RELAYED:
		return "relayed";
	case RENDEZVOUS_NOTE_NONE:
		break;
	}
	return "nothing";
}

static void tell(struct log *log, const struct rendezvous_note *note)
{
	struct log_line line;

	log_begin(&line, log, note_name(note->type));
	if (note->number != 0)
		log_number(&line, "room", note->number);
	if (note->type == RENDEZVOUS_NOTE_ERROR)
		log_text(&line, "error", wire_error_name(note->error));
	if (note->type == RENDEZVOUS_NOTE_LEFT)
		log_text(&line, "reason", wire_reason_name(note->reason));
	if (note->type == RENDEZVOUS_NOTE_INTRODUCED || note->type == RENDEZVOUS_NOTE_RELAYED)
		log_endpoint(&line, "peer", &note->peer);
	log_endpoint(&line, "remote", &note->remote);
	log_end(&line);
}

void act_tell(struct worker *worker)
{
	uint32_t n_held = worker->n_notes < NOTES_HELD ? worker->n_notes : NOTES_HELD;

	for (uint32_t i = 0; i < n_held; i++)
		tell(&worker->server->log, &worker->notes[i]);
	if (worker->n_notes > n_held)
		atomic_fetch_add_explicit(&worker->server->log.n_dropped,
					  worker->n_notes - n_held, memory_order_relaxed);
	worker->n_notes = 0;
}
