/* SPDX-License-Identifier: MIT */
#include "lib/volley.h"

#include <errno.h>
#include <stdlib.h>

#include "os/cleanup.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/socket.h"
#include "os/volley_socket.h"

/* Connections taken off a listener in one go. */
#define ACCEPT_BATCH 8
#define NOBODY	     UINT32_MAX

struct volley_run {
	struct midair_session *session;
	struct midair_endpoint local;
	uint32_t first_tag;
	struct volley volley;
	int fds[VOLLEY_DIALS_MAX];
	uint16_t ports[VOLLEY_RUN_PORTS]; /* fresh ones; 0: not bound yet */
	int listeners[VOLLEY_RUN_PORTS];
	/* The dial that each connection of the session's came from, or NOBODY. */
	uint32_t dials[SESSION_CAUGHT_MAX];
};

static void close_dial(struct volley_run *run, uint32_t dial)
{
	loop_forget(&run->session->loop, run->fds[dial]);
	run->fds[dial] = socket_close_reset(run->fds[dial]);
}

static void close_all(struct volley_run *run)
{
	for (uint32_t i = 0; i < VOLLEY_DIALS_MAX; i++)
		if (run->fds[i] >= 0)
			close_dial(run, i);
	for (uint32_t i = 0; i < VOLLEY_RUN_PORTS; i++) {
		loop_forget(&run->session->loop, run->listeners[i]);
		run->listeners[i] = close_fd(run->listeners[i]);
	}
}

/* The peer may come from a port that nobody knows. Without it the dial alone must do. */
static void listen_on(struct volley_run *run, uint32_t port)
{
	struct midair_endpoint local = run->local;
	_cleanup_close_ int fd = -1;

	local.port = run->ports[port];
	fd = socket_open(&local);
	if (fd < 0 || socket_listen(fd) != 0 ||
	    loop_watch_input(&run->session->loop, fd,
			     run->first_tag + VOLLEY_DIALS_MAX + port) != 0)
		return;
	run->listeners[port] = take_fd(&fd);
}

static int note_port(struct volley_run *run, uint32_t port, int fd)
{
	struct midair_endpoint bound;
	int result;

	if (port == 0 || run->ports[port] != 0)
		return 0;
	result = socket_local(fd, &bound);
	if (result != 0)
		return result;
	run->ports[port] = bound.port;
	if (run->volley.config.side.listens)
		listen_on(run, port);
	return 0;
}

static int open_dial(struct volley_run *run, const struct volley_action *action)
{
	struct midair_endpoint local = run->local;
	int fd;
	int result;

	if (action->port >= VOLLEY_RUN_PORTS)
		return -EADDRNOTAVAIL;
	if (action->port > 0)
		local.port = run->ports[action->port];
	fd = volley_socket_dial(&local, &action->remote);
	if (fd < 0)
		return fd;
	run->fds[action->dial] = fd;
	result = note_port(run, action->port, fd);
	/* Watched after connect(): before it the socket polls as hung up. */
	return result == 0
		       ? loop_watch_dial(&run->session->loop, fd, run->first_tag + action->dial)
		       : result;
}

static void feed(struct volley_run *run, struct volley_event *event);

static void dial(struct volley_run *run, const struct volley_action *action)
{
	struct volley_event event = {.type = VOLLEY_EVENT_UNSENT, .dial = action->dial};

	event.result = open_dial(run, action);
	if (event.result == 0)
		return;
	if (run->fds[action->dial] >= 0)
		close_dial(run, action->dial);
	/* leads to no action: the dial waits for its turn */
	feed(run, &event);
}

static void execute(struct volley_run *run, const struct volley_action *action)
{
	switch (action->type) {
	case VOLLEY_ACTION_DIAL:
		dial(run, action);
		break;
	case VOLLEY_ACTION_CLOSE:
		close_dial(run, action->dial);
		break;
	case VOLLEY_ACTION_END:
		close_all(run);
		break;
	}
}

static void feed(struct volley_run *run, struct volley_event *event)
{
	struct volley_update update;

	event->now_ns = clock_now_ns();
	volley_step(&run->volley, event, &update);
	for (uint32_t i = 0; i < update.n_actions; i++)
		execute(run, &update.actions[i]);
}

static void blank(struct volley_run *run)
{
	for (uint32_t i = 0; i < VOLLEY_DIALS_MAX; i++)
		run->fds[i] = -1;
	for (uint32_t i = 0; i < VOLLEY_RUN_PORTS; i++)
		run->listeners[i] = -1;
	for (uint32_t i = 0; i < SESSION_CAUGHT_MAX; i++)
		run->dials[i] = NOBODY;
}

int volley_run_new(struct volley_run **run, struct midair_session *session,
		   const struct volley_run_config *config)
{
	uint32_t room = volley_socket_room() / (config->volley.side.listens ? 2 : 1);
	struct volley_config volley = config->volley;
	struct volley_run *made;

	if (room == 0 || config->n_syns >= VOLLEY_SYNS_MAX)
		return MIDAIR_E_LIMIT;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	blank(made);
	made->session = session;
	made->local = config->local;
	made->first_tag = config->first_tag;
	volley.n_open_max = room;
	volley.seed = entropy_seed();
	volley_init(&made->volley, &volley);
	made->volley.n_syns = config->n_syns;
	*run = made;
	feed(made, &(struct volley_event){.type = VOLLEY_EVENT_START});
	return 0;
}

struct volley_run *volley_run_free(struct volley_run *run)
{
	if (run != NULL)
		close_all(run);
	free(run);
	return NULL;
}

static void landed(struct volley_run *run, uint32_t dial)
{
	struct volley_event event = {.type = VOLLEY_EVENT_LANDED, .dial = dial};
	uint32_t connection;

	feed(run, &event);
	connection = session_hand_over(run->session, take_fd(&run->fds[dial]),
				       run->volley.dials[dial].sent_ns);
	if (connection < N_CONNECTIONS) {
		run->dials[connection - SESSION_CAUGHT_BASE] = dial;
		return;
	}
	event.type = VOLLEY_EVENT_REFUSED;
	feed(run, &event);
}

static void dial_ready(struct volley_run *run, uint32_t dial)
{
	int result = run->fds[dial] >= 0 ? socket_outcome(run->fds[dial]) : -EINPROGRESS;

	if (result == -EINPROGRESS)
		return;
	if (result == 0) {
		landed(run, dial);
		return;
	}
	close_dial(run, dial);
	feed(run, &(struct volley_event){.type = VOLLEY_EVENT_REFUSED, .dial = dial});
}

static void listener_ready(struct volley_run *run, uint32_t port)
{
	for (int i = 0; i < ACCEPT_BATCH && run->listeners[port] >= 0; i++) {
		struct midair_endpoint remote;
		int fd = socket_accept(run->listeners[port], &remote);

		if (fd == -EMFILE || fd == -ENFILE) {
			loop_forget(&run->session->loop, run->listeners[port]);
			run->listeners[port] = close_fd(run->listeners[port]);
		}
		if (fd < 0)
			return;
		session_hand_over(run->session, fd, 0);
	}
}

void volley_run_ready(struct volley_run *run, uint32_t tag)
{
	if (tag < VOLLEY_DIALS_MAX)
		dial_ready(run, tag);
	else
		listener_ready(run, tag - VOLLEY_DIALS_MAX);
}

uint64_t volley_run_deadline(const struct volley_run *run)
{
	return volley_deadline(&run->volley);
}

void volley_run_time(struct volley_run *run)
{
	feed(run, &(struct volley_event){.type = VOLLEY_EVENT_TIME});
}

void volley_run_closed(struct volley_run *run, uint32_t connection)
{
	uint32_t *place;
	uint32_t dial;

	if (connection < SESSION_CAUGHT_BASE)
		return;
	place = &run->dials[connection - SESSION_CAUGHT_BASE];
	dial = *place;
	*place = NOBODY;
	if (dial != NOBODY)
		feed(run, &(struct volley_event){.type = VOLLEY_EVENT_REFUSED, .dial = dial});
}

uint32_t volley_run_syns(const struct volley_run *run)
{
	return run->volley.n_syns;
}

uint16_t volley_run_fresh_port(const struct volley_run *run, uint32_t port)
{
	return port < VOLLEY_RUN_PORTS ? run->ports[port] : 0;
}
