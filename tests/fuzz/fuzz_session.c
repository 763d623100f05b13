/* SPDX-License-Identifier: MIT */
/*
 * The session under a network that does what it likes. The harness is an honest driver: it
 * answers every dial, and sends only events that a real socket could lead to; the input says
 * which of them, in pairs of bytes. Promises: at most one connection is adopted (in an
 * authenticated session one that was asked for a proof, and gave it) and every other one is reset,
 * no dial doubles, the SYN rate keeps its limit, the end comes by the deadline,
 * is told once, and nothing happens after it.
 */
#include "core/session.h"

#include <errno.h>

#include "tests/fuzz/fuzz.h"

#define CONNECTIONS_MAX (SESSION_CAUGHT_BASE + SESSION_CAUGHT_MAX)
#define STEPS_MAX	3000
#define TIMEOUT_NS	UINT64_C(20000000000)

enum socket_state { CLOSED, OPENING, DIALLING, LANDED, PROVING, PROVEN, ADOPTED };

struct driver {
	struct session session;
	struct session_config config;
	enum socket_state sockets[CONNECTIONS_MAX];
	uint64_t now_ns;
	uint64_t start_ns;
	uint64_t n_dialled;
	uint64_t n_unsent;
	uint32_t n_adopted;
	uint32_t n_ends; /* reports of CONNECTED or FAILED */
	bool is_unreachable;
	int unsent_result;
	bool is_half_open; /* what a look at a dial finds */
	bool has_stopped_listening;
	bool is_looked_at[CONNECTIONS_MAX];
};

static bool is_over(const struct driver *driver)
{
	return driver->session.phase == SESSION_CONNECTED ||
	       driver->session.phase == SESSION_FAILED;
}

static void take_report(struct driver *driver, const struct midair_event *report)
{
	char buffer[MIDAIR_EVENT_TEXT_SIZE];

	FUZZ_CHECK(driver->n_ends == 0);
	FUZZ_CHECK(strlen(midair_event_format(report, buffer)) < sizeof(buffer) - 1);
	if (report->type == MIDAIR_EVENT_CONNECTED)
		FUZZ_CHECK(driver->n_adopted == 1);
	if (report->type == MIDAIR_EVENT_FAILED)
		FUZZ_CHECK(driver->n_adopted == 0 && report->result != 0);
	if (report->type == MIDAIR_EVENT_CONNECTED || report->type == MIDAIR_EVENT_FAILED)
		driver->n_ends++;
}

static void take_action(struct driver *driver, const struct session_action *action)
{
	enum socket_state *socket = &driver->sockets[action->connection];

	FUZZ_CHECK(action->connection < CONNECTIONS_MAX);
	switch (action->type) {
	case SESSION_ACTION_DIAL:
		FUZZ_CHECK(action->connection < driver->session.config.n_peers);
		FUZZ_CHECK(*socket == CLOSED && !is_over(driver));
		*socket = OPENING;
		break;
	case SESSION_ACTION_AUTHENTICATE:
		FUZZ_CHECK(*socket == LANDED && driver->config.is_authenticated);
		FUZZ_CHECK(driver->config.has_key || driver->session.is_started);
		*socket = PROVING;
		break;
	case SESSION_ACTION_RESET:
		FUZZ_CHECK(*socket != CLOSED && *socket != ADOPTED);
		*socket = CLOSED;
		break;
	case SESSION_ACTION_ADOPT:
		FUZZ_CHECK(*socket == (driver->config.is_authenticated ? PROVEN : LANDED));
		FUZZ_CHECK(driver->n_adopted == 0);
		*socket = ADOPTED;
		driver->n_adopted++;
		break;
	case SESSION_ACTION_LOOK:
		FUZZ_CHECK(*socket == DIALLING);
		driver->is_looked_at[action->connection] = true;
		break;
	case SESSION_ACTION_STOP_LISTENING:
		FUZZ_CHECK(!driver->has_stopped_listening && !is_over(driver));
		driver->has_stopped_listening = true;
		break;
	case SESSION_ACTION_REPORT:
		take_report(driver, &action->report);
		break;
	}
}

static void step(struct driver *driver, struct session_event event)
{
	static struct session_update update;

	event.now_ns = driver->now_ns;
	session_step(&driver->session, &event, &update);
	FUZZ_CHECK(update.n_actions < SESSION_ACTIONS_MAX);
	for (uint32_t i = 0; i < update.n_actions; i++)
		take_action(driver, &update.actions[i]);
	FUZZ_CHECK(is_over(driver) == (driver->n_ends == 1));
	if (!is_over(driver))
		return;
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++)
		FUZZ_CHECK(driver->sockets[i] == CLOSED || driver->sockets[i] == ADOPTED);
	FUZZ_CHECK(session_deadline(&driver->session) == SESSION_NO_DEADLINE);
}

/* redial.h's promise; a dial that could not be sent has cost no token. */
static void check_rate(const struct driver *driver)
{
	uint64_t elapsed_ns = driver->now_ns - driver->start_ns;
	uint64_t early_ns = elapsed_ns < REDIAL_EARLY_NS ? elapsed_ns : REDIAL_EARLY_NS;
	uint64_t late_ns = elapsed_ns - early_ns;
	uint64_t allowed = REDIAL_BURST + REDIAL_RATE * early_ns / UINT64_C(1000000000) +
			   REDIAL_LATE_RATE * late_ns / UINT64_C(1000000000);

	FUZZ_CHECK(driver->n_dialled <=
		   allowed + 1 + driver->session.config.n_peers + driver->n_unsent);
}

static void answer_looks(struct driver *driver)
{
	for (uint32_t i = 0; i < driver->session.config.n_peers; i++) {
		bool is_asked = driver->is_looked_at[i];

		driver->is_looked_at[i] = false;
		if (is_asked && driver->is_half_open && driver->sockets[i] == DIALLING)
			step(driver, (struct session_event){
					     .type = SESSION_EVENT_HALF_OPEN,
					     .connection = i,
				     });
	}
}

/* What a real driver does after every step: open the sockets that were asked for. */
static void answer_dials(struct driver *driver)
{
	answer_looks(driver);
	for (uint32_t i = 0; i < driver->session.config.n_peers; i++) {
		struct session_event event = {
			.type = SESSION_EVENT_DIALLED,
			.connection = i,
			.local = {.family = driver->session.config.peers[i].family,
				  .port = 1314},
		};

		if (driver->sockets[i] != OPENING)
			continue;
		if (driver->is_unreachable) {
			event.type = SESSION_EVENT_UNSENT;
			event.result = driver->unsent_result;
			driver->sockets[i] = CLOSED;
			driver->n_unsent++;
		} else {
			driver->sockets[i] = DIALLING;
			driver->n_dialled++;
		}
		step(driver, event);
	}
	check_rate(driver);
}

static void start(struct driver *driver)
{
	if (driver->session.phase != SESSION_WAITING)
		return;
	driver->start_ns = driver->now_ns;
	step(driver, (struct session_event){.type = SESSION_EVENT_START});
	answer_dials(driver);
}

static void pass_time(struct driver *driver, uint64_t until_ns)
{
	if (driver->session.phase == SESSION_WAITING || until_ns == SESSION_NO_DEADLINE)
		return;
	if (until_ns > driver->now_ns)
		driver->now_ns = until_ns;
	step(driver, (struct session_event){.type = SESSION_EVENT_TIME});
	answer_dials(driver);
	/* a deadline that is not ahead would make the driver spin */
	FUZZ_CHECK(session_deadline(&driver->session) > driver->now_ns);
}

static struct session_event landing(const struct driver *driver, uint32_t connection,
				    uint8_t argument)
{
	const struct midair_endpoint *peer =
		&driver->session.config.peers[argument % driver->session.config.n_peers];
	struct session_event event = {
		.type = SESSION_EVENT_CAUGHT,
		.connection = connection,
		.local = {.address = {10, 0, 0, 1}, .family = peer->family, .port = 1314},
		.remote = *peer,
		.round_trip_us = (uint32_t)argument * 1000,
	};

	if (argument & 64)
		event.remote.address[3] ^= 1; /* a stranger */
	if (argument & 32)
		event.remote.port ^= 1;
	if (connection < SESSION_CAUGHT_BASE) {
		event.type = SESSION_EVENT_LANDED;
		event.remote = driver->session.config.peers[connection];
	}
	if (argument & 128)
		event.local = event.remote;
	return event;
}

static void end_dial(struct driver *driver, uint8_t argument, bool has_landed)
{
	uint32_t number = argument % driver->session.config.n_peers;

	if (driver->sockets[number] != DIALLING)
		return;
	if (has_landed) {
		driver->sockets[number] = LANDED;
		step(driver, landing(driver, number, argument));
	} else {
		driver->sockets[number] = CLOSED;
		step(driver, (struct session_event){
				     .type = SESSION_EVENT_REFUSED,
				     .connection = number,
				     .refusal = MIDAIR_REFUSED_BY_RESET,
				     .result = -ECONNREFUSED,
			     });
	}
	answer_dials(driver);
}

static uint32_t make_room(struct driver *driver)
{
	uint32_t number = session_expendable(&driver->session);

	FUZZ_CHECK(driver->config.is_authenticated || number == SESSION_CONNECTIONS);
	if (number == SESSION_CONNECTIONS)
		return CONNECTIONS_MAX;
	FUZZ_CHECK(number >= SESSION_CAUGHT_BASE && driver->sockets[number] >= LANDED);
	step(driver, (struct session_event){
			     .type = SESSION_EVENT_UNPROVEN,
			     .connection = number,
			     .result = MIDAIR_E_LIMIT,
		     });
	FUZZ_CHECK(driver->sockets[number] == CLOSED);
	answer_dials(driver);
	return number;
}

static void catch (struct driver *driver, uint8_t argument)
{
	uint32_t number = SESSION_CAUGHT_BASE;

	while (number < CONNECTIONS_MAX && driver->sockets[number] != CLOSED)
		number++;
	if (number == CONNECTIONS_MAX)
		number = make_room(driver);
	if (number == CONNECTIONS_MAX || is_over(driver))
		return;
	driver->sockets[number] = LANDED;
	step(driver, landing(driver, number, argument));
	answer_dials(driver);
}

static void lose(struct driver *driver)
{
	for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (driver->sockets[i] != LANDED && driver->sockets[i] != PROVING)
			continue;
		step(driver, (struct session_event){
				     .type = SESSION_EVENT_LOST,
				     .connection = i,
				     .result = -ECONNRESET,
			     });
		answer_dials(driver);
	}
}

/* The outcome of one proof that is under way. */
static void judge(struct driver *driver, uint8_t argument)
{
	struct session_event event = {.connection = argument % CONNECTIONS_MAX};

	while (event.connection < CONNECTIONS_MAX &&
	       driver->sockets[event.connection] != PROVING)
		event.connection++;
	if (event.connection == CONNECTIONS_MAX)
		return;
	switch (argument >> 6) {
	case 0:
		driver->sockets[event.connection] = PROVEN;
		event.type = SESSION_EVENT_PROVEN;
		break;
	case 1:
		event.type = SESSION_EVENT_EXCHANGED;
		break;
	default:
		event.type = SESSION_EVENT_UNPROVEN;
		event.result = argument & 64 ? MIDAIR_E_AUTHENTICATION : MIDAIR_E_PROTOCOL;
	}
	step(driver, event);
	answer_dials(driver);
}

static void add_candidate(struct driver *driver, uint8_t argument)
{
	step(driver, (struct session_event){
			     .type = SESSION_EVENT_CANDIDATE,
			     .remote = {.address = {(uint8_t)(argument & 128 ? 10 : 198), 51,
						    100, argument & 31},
					.family = argument & 64 ? MIDAIR_IPV6 : MIDAIR_IPV4,
					.port = argument & 32 ? 1314 : 0},
		     });
	answer_dials(driver);
}

static void run_authenticated(struct driver *driver, uint8_t operation, uint8_t argument)
{
	if (!driver->config.is_authenticated)
		return;
	switch (operation) {
	case 0:
	case 1:
		judge(driver, argument);
		break;
	case 2:
		add_candidate(driver, argument);
		break;
	default:
		if (argument == 255)
			step(driver, (struct session_event){
					     .type = SESSION_EVENT_GIVE_UP,
					     .result = MIDAIR_E_PEER_LEFT,
				     });
	}
}

static void run(struct driver *driver, uint8_t operation, uint8_t argument)
{
	if (operation >= 128) {
		run_authenticated(driver, operation % 4, argument);
		return;
	}
	switch (operation % 8) {
	case 0:
		start(driver);
		break;
	case 1:
		pass_time(driver, session_deadline(&driver->session));
		break;
	case 2: /* 1 us to 1 s */
		driver->now_ns += UINT64_C(1000) << (argument % 21);
		break;
	case 3:
		end_dial(driver, argument, false);
		break;
	case 4:
		end_dial(driver, argument, true);
		break;
	case 5:
		catch (driver, argument);
		break;
	case 6:
		lose(driver);
		break;
	case 7:
		driver->is_unreachable = argument & 1;
		driver->unsent_result = argument & 2 ? -EADDRNOTAVAIL : -ENETUNREACH;
		driver->is_half_open = argument & 4;
		break;
	}
}

static void set_up(struct driver *driver, uint8_t peers, uint8_t flags)
{
	driver->config.n_peers = 1 + (peers & 3);
	driver->config.flags = flags & (MIDAIR_NO_LISTEN | MIDAIR_ONCE | MIDAIR_ANY_PORT);
	driver->config.timeout_ns = TIMEOUT_NS;
	driver->config.seed = flags;
	driver->config.is_authenticated = peers & 64;
	driver->config.has_key = flags & 64;
	driver->config.is_from_anywhere = flags & 128;
	driver->config.is_guessable = peers & 128;
	driver->config.patience_ns = flags & 128 ? UINT64_C(5000000000) : 0;
	for (uint32_t i = 0; i < driver->config.n_peers; i++)
		driver->config.peers[i] = (struct midair_endpoint){
			.address = {198, 51, 100, (uint8_t)(2 * i)},
			.family = peers >> (2 + i) & 1 ? MIDAIR_IPV6 : MIDAIR_IPV4,
			.port = 1314,
		};
	driver->now_ns = 1;
	session_init(&driver->session, &driver->config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct driver driver;

	if (size < 2)
		return 0;
	memset(&driver, 0, sizeof(driver));
	set_up(&driver, data[0], data[1]);
	for (size_t i = 2; i + 1 < size && i < 2 * STEPS_MAX; i += 2)
		run(&driver, data[i], data[i + 1]);
	start(&driver);
	if (!is_over(&driver))
		pass_time(&driver, driver.start_ns + TIMEOUT_NS);
	FUZZ_CHECK(is_over(&driver) && driver.n_ends == 1);
	return 0;
}
