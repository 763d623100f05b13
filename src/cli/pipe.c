/* SPDX-License-Identifier: MIT */
#include "cli/pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/connection.h"
#include "cli/exit.h"
#include "cli/hole_file.h"
#include "cli/pipe_options.h"
#include "cli/pipe_server.h"
#include "cli/secret.h"
#include "cli/stop.h"
#include "cli/tell.h"
#include "cli/trim.h"
#include "cli/unbound.h"
#include "midair/midair.h"

/* Two volleys of 1,024 dials, listeners, and the rest. */
#define N_DESCRIPTORS_WANTED 4096
/* Who is still alone after this long may be so for an hour. Not at once: what was dropped has to be
 * read again when the peer comes, and that would cost who comes at the same time a millisecond. */
#define ALONE_MS 1000

struct pipe {
	struct pipe_options options;
	struct tell tell;
	struct secret_text secret;
	struct pipe_server server;
	int stop_fd;
	struct midair_session *session;
	struct midair_event connected; /* type NONE: not yet */
	struct midair_endpoint peer;   /* as the server saw it; family NONE: nobody came */
	int failure;		       /* told when the reason is there as well */
	bool is_alone;		       /* in a room */
	bool is_trimmed;
};

static int fail(struct pipe *pipe, const char *what, int result)
{
	tell_error(&pipe->tell, what, result);
	return exit_status_of(result);
}

/* Of what an error at the end speaks: the server, what was to bring the two together, or the
 * other side. */
static int tell_failed(struct pipe *pipe, int result)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE + CONFIG_VALUE_SIZE + 16];
	const char *code = midair_session_code(pipe->session);
	char peer[MIDAIR_ENDPOINT_TEXT_SIZE];

	switch (result) {
	case MIDAIR_E_SERVER:
	case MIDAIR_E_VERSION:
	case MIDAIR_E_PROTOCOL:
	case MIDAIR_E_BUSY:
	case MIDAIR_E_NO_RELAY:
		snprintf(text, sizeof(text), "server %s", pipe->server.text);
		break;
	case MIDAIR_E_NO_PEER:
	case MIDAIR_E_WRONG_CODE:
	case MIDAIR_E_UNCONFIRMED:
	case MIDAIR_E_ROOM_TAKEN:
		if (code[0] == '\0')
			code = pipe->options.code;
		if (code[0] == '\0')
			snprintf(text, sizeof(text), "the secret");
		else
			snprintf(text, sizeof(text), "code %s", code);
		break;
	default:
		if (pipe->peer.family == MIDAIR_FAMILY_NONE)
			snprintf(text, sizeof(text), "the other side");
		else
			snprintf(text, sizeof(text), "the other side, %s",
				 midair_endpoint_format(&pipe->peer, peer));
		break;
	}
	tell_failure(&pipe->tell, text, result, pipe->session);
	return exit_status_of(result);
}

static int open_session(struct pipe *pipe, const struct midair_hole *hole)
{
	const struct pipe_options *options = &pipe->options;
	const struct midair_pair_config config = {
		.size = sizeof(config),
		.servers = pipe->server.endpoints,
		.n_servers = pipe->server.n_endpoints,
		.code = options->code[0] != '\0' ? options->code : NULL,
		.n_words = options->n_words,
		.secret = pipe->secret.bytes,
		.secret_size = pipe->secret.size,
		.local = options->local,
		.wait_ms = options->wait_ms,
		.timeout_ms = options->timeout_ms,
		.flags = options->flags,
		.log = options->mode == TELL_TRACE ? tell_trace_line : NULL,
		.hole = hole,
	};
	int result = midair_session_pair(&pipe->session, &config);

	if (result == 0)
		return -1;
	/* Nothing of the user's was to be bound. */
	if (options->local.port == 0 && options->from == NULL)
		return fail(pipe, "the attempt", result);
	return unbound_tell(&pipe->tell, &options->local, UNBOUND_IPV4 | UNBOUND_IPV6, result);
}

/* Returns -1 to go on, or the exit status. */
static int take_event(struct pipe *pipe, const struct midair_event *event)
{
	char command[PIPE_COMMAND_SIZE];
	const char *code = midair_session_code(pipe->session);

	tell_event(&pipe->tell, event);
	if (event->type == MIDAIR_EVENT_CODE) {
		pipe_server_command(&pipe->server, code, command);
		tell_code(&pipe->tell, event, code, command);
	} else if (event->type == MIDAIR_EVENT_PEER_WAIT) {
		pipe->is_alone = true;
	} else if (event->type == MIDAIR_EVENT_PEER) {
		pipe->is_alone = false;
		pipe->peer = event->remote;
	} else if (event->type == MIDAIR_EVENT_CONNECTED) {
		pipe->connected = *event;
	} else if (event->type == MIDAIR_EVENT_FAILED) {
		pipe->failure = event->result;
	} else if (event->type == MIDAIR_EVENT_VERDICT) {
		return tell_failed(pipe, pipe->failure);
	}
	return -1;
}

static int take_events(struct pipe *pipe)
{
	struct midair_event event;
	int status = -1;

	while (status < 0 && midair_session_next_event(pipe->session, &event) == 0)
		status = take_event(pipe, &event);
	tell_pause(&pipe->tell);
	return status;
}

/* Returns 0 or -errno. */
static int wait_event(struct pipe *pipe, struct pollfd fds[2])
{
	int n = pipe->is_trimmed ? poll(fds, 2, -1) : poll(fds, 2, ALONE_MS);

	if (n == 0 && pipe->is_alone) {
		trim_memory();
		pipe->is_trimmed = true;
	}
	return n < 0 && errno != EINTR ? -errno : 0;
}

/* Until connected: -1, or the exit status. */
static int wait_connected(struct pipe *pipe)
{
	struct pollfd fds[] = {
		{.fd = midair_session_fd(pipe->session), .events = POLLIN},
		{.fd = pipe->stop_fd, .events = POLLIN},
	};

	for (;;) {
		int result;
		int status = take_events(pipe);

		if (status >= 0 || pipe->connected.type != MIDAIR_EVENT_NONE)
			return status;
		result = wait_event(pipe, fds);
		if (result != 0)
			return fail(pipe, "poll", result);
		if (stop_signal() != 0)
			return EXIT_SIGNAL + stop_signal();
		result = midair_session_dispatch(pipe->session);
		if (result != 0)
			return fail(pipe, "the attempt", result);
	}
}

/* With what the last time has left, if that is wanted. */
static int open_with_hole(struct pipe *pipe)
{
	struct midair_hole hole;
	bool has_hole = pipe->options.is_staying &&
			hole_file_read(&hole, "pipe", pipe->options.secret.file);
	int status = open_session(pipe, has_hole ? &hole : NULL);

	explicit_bzero(&hole, sizeof(hole));
	return status;
}

static int connect_pipe(struct pipe *pipe, struct connection *connection)
{
	int status = open_with_hole(pipe);

	/* The session has its own copy, which it wipes. */
	secret_text_wipe(&pipe->secret);
	if (status < 0)
		status = wait_connected(pipe);
	if (status < 0) {
		int result = connection_take(connection, pipe->session, &pipe->tell,
					     &pipe->connected);

		status = result == 0 ? -1 : fail(pipe, "the connection", result);
	}
	if (status < 0 && pipe->options.is_staying)
		hole_file_write(pipe->session, "pipe", pipe->options.secret.file);
	return status;
}

/* Ports that have to be guessed are dialled by the thousand. With fewer there are fewer dials. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= N_DESCRIPTORS_WANTED)
		return;
	limit.rlim_cur =
		limit.rlim_max < N_DESCRIPTORS_WANTED ? limit.rlim_max : N_DESCRIPTORS_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct pipe *pipe)
{
	struct connection connection = CONNECTION_NULL;
	int status = pipe_server_find(&pipe->server, &pipe->options, &pipe->tell);

	pipe->tell.server = pipe->server.text;

	if (status < 0)
		status = secret_text_read(&pipe->secret, "pipe", &pipe->options.secret);
	raise_descriptor_limit();
	/* Not before: the resolver cannot be interrupted, but a signal's default ends us at once. */
	if (status < 0) {
		pipe->stop_fd = stop_catch();
		if (pipe->stop_fd < 0)
			status = fail(pipe, "signals", pipe->stop_fd);
	}
	if (status < 0)
		status = connect_pipe(pipe, &connection);
	return status < 0 ? connection_relay(&connection, &pipe->tell, pipe->stop_fd) : status;
}

int pipe_main(int argc, char **argv)
{
	struct pipe pipe = {.tell = {.command = "pipe", .is_pairing = true}};
	int status = pipe_options_read(&pipe.options, argc, argv);

	if (status >= 0)
		return status;
	pipe.tell.mode = pipe.options.mode;
	secret_leave_no_traces();
	status = run(&pipe);
	/* Only now: closing a port on a slow router must not delay the payload. */
	midair_session_free(pipe.session);
	secret_text_wipe(&pipe.secret);
	return status;
}
