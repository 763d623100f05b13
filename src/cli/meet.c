/* SPDX-License-Identifier: MIT */
#include "cli/meet.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/explain.h"
#include "cli/meet_options.h"
#include "cli/payload.h"
#include "cli/quote.h"
#include "cli/stop.h"
#include "cli/tell.h"
#include "midair/midair.h"

#define RESOLVE_TIMEOUT_MS 10000

struct meet {
	struct meet_options options;
	struct tell tell;
	int stop_fd;
	struct midair_endpoint peers[MIDAIR_PEERS_MAX];
	size_t n_peers;
};

/* The exit status for a result that ends the command. */
static int status_of(int result)
{
	switch (result) {
	case 0:
		return EXIT_DONE;
	case MIDAIR_E_SYNTAX:
	case MIDAIR_E_RANGE:
	case MIDAIR_E_LIMIT:
	case MIDAIR_E_CONFIG:
	case MIDAIR_E_NO_SUCH_HOST:
		return EXIT_USAGE;
	case MIDAIR_E_LOST:
		return EXIT_LOST;
	case MIDAIR_E_PORT_IN_USE:
	case MIDAIR_E_UNSUPPORTED:
		return EXIT_SYSTEM;
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -ECONNREFUSED:
	case -ETIMEDOUT:
		return EXIT_NO_CONNECTION;
	default:
		return result > 0 ? EXIT_NO_CONNECTION : EXIT_SYSTEM;
	}
}

static int fail(struct meet *meet, const char *what, int result)
{
	tell_error(&meet->tell, what, result);
	return status_of(result);
}

static int interrupted(void)
{
	return EXIT_SIGNAL + stop_signal();
}

static bool is_wanted(const struct meet_options *options, uint8_t family)
{
	return (options->family == MIDAIR_FAMILY_NONE || options->family == family) &&
	       (options->local.family == MIDAIR_FAMILY_NONE || options->local.family == family);
}

static void keep_family(struct meet *meet)
{
	size_t n = 0;

	for (size_t i = 0; i < meet->n_peers; i++)
		if (is_wanted(&meet->options, meet->peers[i].family))
			meet->peers[n++] = meet->peers[i];
	meet->n_peers = n;
}

/* 0.0.0.0 and :: stand for "any" and lead, of all places, to ourselves. */
static bool is_unspecified(const struct midair_endpoint *peer)
{
	static const uint8_t zero[sizeof(peer->address)];

	return memcmp(peer->address, zero, sizeof(zero)) == 0;
}

/* fe80::/10 exists on every link: without the interface the kernel cannot tell where to send. */
static bool lacks_scope(const struct midair_endpoint *peer)
{
	return peer->family == MIDAIR_IPV6 && peer->scope_id == 0 && peer->address[0] == 0xfe &&
	       (peer->address[1] & 0xc0) == 0x80;
}

static int find_peer(struct meet *meet)
{
	char text[QUOTE_SIZE];
	const char *peer = quote(meet->options.peer, text);
	int result;

	meet->n_peers = MIDAIR_PEERS_MAX;
	result = midair_resolve(meet->options.peer, RESOLVE_TIMEOUT_MS, meet->peers,
				&meet->n_peers);
	if (result == MIDAIR_E_SYNTAX) {
		fprintf(stderr,
			"midair meet: \"%s\" is not PEER:PORT, such as 198.51.100.2:1314, "
			"[2001:db8::2]:1314 or host.example:1314\n",
			peer);
		return EXIT_USAGE;
	}
	if (result == MIDAIR_E_RANGE) {
		fprintf(stderr, "midair meet: the port of \"%s\" is not from 1 to 65535\n",
			peer);
		return EXIT_USAGE;
	}
	if (result != 0)
		return fail(meet, peer, result);
	keep_family(meet);
	if (meet->n_peers == 0) {
		fprintf(stderr, "midair meet: %s has no address of the wanted family\n", peer);
		return EXIT_USAGE;
	}
	if (is_unspecified(&meet->peers[0])) {
		fprintf(stderr, "midair meet: %s is nobody's address: name the peer's\n", peer);
		return EXIT_USAGE;
	}
	if (lacks_scope(&meet->peers[0])) {
		fprintf(stderr,
			"midair meet: %s is link-local and needs its interface's number: "
			"[fe80::1%%2]:1314 (ip link lists them)\n",
			peer);
		return EXIT_USAGE;
	}
	return -1;
}

/* Our end as midair_session_new() binds it. */
static struct midair_endpoint local_end(const struct meet *meet)
{
	struct midair_endpoint local = meet->options.local;

	if (local.port == 0)
		local.port = meet->peers[0].port;
	return local;
}

static bool has_peer(const struct meet *meet, uint8_t family)
{
	for (size_t i = 0; i < meet->n_peers; i++) {
		if (meet->peers[i].family == family)
			return true;
	}
	return false;
}

/* Below an error: what stands in the way, in each family that was to be bound. */
static void explain_bind(const struct meet *meet)
{
	static const uint8_t families[] = {MIDAIR_IPV6, MIDAIR_IPV4};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct midair_endpoint local = local_end(meet);

		if (!has_peer(meet, families[i]))
			continue;
		local.family = families[i];
		explain_failure(stderr, meet->options.mode == TELL_JSON, &local, NULL,
				MIDAIR_WHY_REUSEPORT | MIDAIR_WHY_IPV6_ONLY);
	}
}

/* bind() failed: on the address, or on the port? */
static int tell_unbound(struct meet *meet, int result)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct midair_endpoint local = local_end(meet);
	char what[MIDAIR_ENDPOINT_TEXT_SIZE + 128];
	const char *advice = "";

	if (local.family == MIDAIR_FAMILY_NONE)
		snprintf(text, sizeof(text), "port %u", local.port);
	else
		midair_endpoint_format(&local, text);
	if (result == -EADDRNOTAVAIL)
		advice = " (this machine does not have that address)";
	else if (result == -EACCES)
		advice =
			" (ports below 1024 are the administrator's: choose another with --from)";
	snprintf(what, sizeof(what), "cannot use local %s%s", text, advice);
	result = fail(meet, what, result);
	if (result == EXIT_SYSTEM)
		explain_bind(meet);
	return result;
}

/* The attempt is over. Where this machine itself was the obstacle, the kernel's tables say more
 * than the errno. */
static int tell_failed(struct meet *meet, int result)
{
	struct midair_endpoint local = local_end(meet);
	int status = fail(meet, meet->options.peer, result);

	if (result < 0)
		explain_failure(stderr, meet->options.mode == TELL_JSON, &local,
				&meet->peers[0], MIDAIR_WHY_REUSEPORT | MIDAIR_WHY_IPV6_ONLY);
	return status;
}

static int open_session(struct meet *meet, struct midair_session **session)
{
	struct midair_config config = {
		.size = sizeof(config),
		.peers = meet->peers,
		.n_peers = meet->n_peers,
		.local = meet->options.local,
		.start = meet->options.instant.start,
		.timeout_ms = meet->options.timeout_ms,
		.flags = meet->options.flags,
		.log = meet->options.mode == TELL_TRACE ? tell_trace_line : NULL,
	};
	int result = midair_session_new(session, &config);

	return result == 0 ? -1 : tell_unbound(meet, result);
}

/* Returns -1 when connected, with the facts told, or the exit status. */
static int tell_events(struct meet *meet, struct midair_session *session, bool *is_connected)
{
	struct midair_event event;

	while (midair_session_next_event(session, &event) == 0) {
		tell_event(&meet->tell, &event);
		if (event.type == MIDAIR_EVENT_FAILED)
			return tell_failed(meet, event.result);
		if (event.type == MIDAIR_EVENT_CONNECTED)
			*is_connected = true;
	}
	return -1;
}

static int wait_connected(struct meet *meet, struct midair_session *session)
{
	struct pollfd fds[] = {
		{.fd = midair_session_fd(session), .events = POLLIN},
		{.fd = meet->stop_fd, .events = POLLIN},
	};
	bool is_connected = false;

	for (;;) {
		int result;
		int status = tell_events(meet, session, &is_connected);

		if (status >= 0 || is_connected)
			return status;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return fail(meet, "poll", -errno);
		if (stop_signal() != 0)
			return interrupted();
		result = midair_session_dispatch(session);
		if (result != 0)
			return fail(meet, meet->options.peer, result);
	}
}

static int relay(struct meet *meet, int fd)
{
	struct midair_relay_result moved;
	int out_fd = payload_take_output();
	int result = midair_relay(STDIN_FILENO, out_fd, fd, meet->stop_fd,
				  MIDAIR_RELAY_CLOSE_OUT, &moved);

	/* After anything but a clean end this sends RST: the peer shall know. */
	close(fd);
	tell_closed(&meet->tell, result, &moved);
	if (result == -EINTR)
		return interrupted();
	if (result == MIDAIR_E_LOST)
		return fail(meet, "the connection", result);
	return result == 0 ? EXIT_DONE : fail(meet, "standard input or output", result);
}

static int run(struct meet *meet)
{
	struct midair_session *session = NULL;
	int fd;
	int status = find_peer(meet);

	/* Not before: the resolver cannot be interrupted, but a signal's default ends us at once. */
	if (status < 0) {
		meet->stop_fd = stop_catch();
		if (meet->stop_fd < 0)
			return fail(meet, "signals", meet->stop_fd);
	}
	if (status < 0 && meet->options.at != NULL)
		tell_clock(&meet->tell, &meet->options.instant, meet->options.flags);
	if (status < 0)
		status = open_session(meet, &session);
	if (status < 0)
		status = wait_connected(meet, session);
	fd = status < 0 ? midair_session_take_fd(session) : -1;
	midair_session_free(session);
	return fd >= 0 ? relay(meet, fd) : status;
}

int meet_main(int argc, char **argv)
{
	struct meet meet = {.tell.command = "meet"};
	int status = meet_options_read(&meet.options, argc, argv);

	if (status >= 0)
		return status;
	meet.tell.mode = meet.options.mode;
	return run(&meet);
}
