/* SPDX-License-Identifier: MIT */
/* Volleys over real sockets: a session that was introduced, and dials that go out beside it. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/volley.h"
#include "os/clock.h"
#include "tests/lib/secret_rig.h"

#define TIMEOUT_NS UINT64_C(10000000000)
#define FIRST_TAG  PAIRING_TAG
#define N_MANY	   1024u

static const uint8_t psk[TLS_PSK_BYTES] = {1, 2, 3};

/* The part of a pairing that a volley needs. */
struct pairing {
	struct volley_run *run;
	uint32_t n_closed;
};

static void on_descriptor(struct midair_session *session, uint32_t tag)
{
	if (session->pairing->run != NULL)
		volley_run_ready(session->pairing->run, tag);
}

static uint64_t deadline(const struct midair_session *session)
{
	return session->pairing->run != NULL ? volley_run_deadline(session->pairing->run)
					     : UINT64_MAX;
}

static void on_time(struct midair_session *session)
{
	volley_run_time(session->pairing->run);
}

static void end(struct midair_session *session)
{
	session->pairing->run = volley_run_free(session->pairing->run);
}

static void free_pairing(struct pairing *pairing)
{
	pairing->run = volley_run_free(pairing->run);
}

static void on_closed(struct midair_session *session, uint32_t connection)
{
	session->pairing->n_closed++;
	if (session->pairing->run != NULL)
		volley_run_closed(session->pairing->run, connection);
}

static int same_result(const struct midair_session *session, int result)
{
	(void)session;
	return result;
}

static const struct pairing_calls calls = {
	.on_descriptor = on_descriptor,
	.deadline = deadline,
	.on_time = on_time,
	.on_over = end,
	.result = same_result,
	.free = free_pairing,
	.on_closed = on_closed,
};

static void open_one(struct attempt *attempt, uint8_t n, struct pairing *pairing)
{
	const struct session_opening opening = {
		.local = own_address(n, 0),
		.is_family_wanted = {[HOLDER_IPV4] = true},
	};

	memset(attempt, 0, sizeof(*attempt));
	assert_int_equal(session_open_unstarted(&attempt->session, &opening), 0);
	if (pairing == NULL)
		return;
	memset(pairing, 0, sizeof(*pairing));
	attempt->session->pairing = pairing;
	attempt->session->pairing_calls = &calls;
}

static void start(struct attempt *attempt, bool is_server)
{
	assert_int_equal(
		session_start_authenticated(attempt->session, is_server, psk, TIMEOUT_NS), 0);
}

static void fire(struct attempt *attempt, const struct plan_side *side,
		 const struct midair_endpoint *peer)
{
	const struct volley_run_config config = {
		.volley = {.side = *side, .peer = *peer, .timeout_ns = TIMEOUT_NS},
		.local = attempt->session->local[HOLDER_IPV4],
		.first_tag = FIRST_TAG,
	};

	assert_int_equal(
		volley_run_new(&attempt->session->pairing->run, attempt->session, &config), 0);
}

/* Everything that is due for so long. */
static void run_for(struct attempt *attempt, int duration_ms)
{
	uint64_t end_ms = now_ms() + (uint64_t)duration_ms;

	while (now_ms() < end_ms)
		if (wait_for(midair_session_fd(attempt->session), POLLIN,
			     (int)(end_ms - now_ms())))
			attempt_step(attempt);
}

static const struct plan_side one_dial = {
	.targets = PLAN_TARGETS_EXACT,
	.source = PLAN_FROM_MANY_PORTS,
	.spread = 1,
	.n_targets = 1,
	.n_volleys = 1,
};

/* The peer knows nothing of the port that we come from. */
static void what_lands_proves_itself_and_is_the_connection(void **state)
{
	size_t n_before = count_descriptors();

	(void)state;
	for (int is_server = 0; is_server < 2; is_server++) {
		struct pairing pairing;
		struct attempt both[2];
		struct midair_stream *streams[2];
		struct plan_side side = one_dial;

		open_one(&both[0], 1, &pairing);
		open_one(&both[1], 2, NULL);
		start(&both[0], is_server != 0);
		start(&both[1], is_server == 0);
		side.first_port = both[1].session->local[HOLDER_IPV4].port;
		fire(&both[0], &side, &both[1].session->local[HOLDER_IPV4]);
		attempts_run(both, 2);
		secret_check_same(both);
		/* from a fresh port */
		assert_int_not_equal(both[0].end.local.port,
				     both[0].session->local[HOLDER_IPV4].port);
		assert_true(both[0].end.round_trip_us > 0);
		assert_int_equal(pairing.n_closed, 1);
		secret_take_streams(both, streams);
		secret_check_streams(streams);
	}
	assert_int_equal(count_descriptors(), n_before);
}

/* Nobody listens anywhere: each dial is refused, and comes again, within the budget. */
static void a_thousand_destinations_are_dialled_from_one_port(void **state)
{
	const struct plan_side side = {
		.targets = PLAN_TARGETS_RANDOM,
		.spread = 1,
		.n_targets = N_MANY,
		.n_volleys = 1,
	};
	struct midair_endpoint peer = own_address(2, 1);
	struct pairing pairing;
	struct attempt attempt;
	uint32_t n_syns;

	(void)state;
	open_one(&attempt, 1, &pairing);
	start(&attempt, true);
	fire(&attempt, &side, &peer);
	run_for(&attempt, 1000);
	n_syns = volley_run_syns(pairing.run);
	assert_true(n_syns >= N_MANY);
	run_for(&attempt, 4000);
	assert_true(volley_run_syns(pairing.run) <= VOLLEY_SYNS_MAX);
	assert_true(volley_run_syns(pairing.run) >= n_syns);
	attempt_close(&attempt);
}

/* A foreign server accepts and says nothing of use: the attempt goes on, the dial comes again. */
static void who_does_not_prove_itself_is_dialled_again(void **state)
{
	struct midair_endpoint stranger = own_address(3, free_port());
	int listener = plain_listener(&stranger);
	struct pairing pairing;
	struct attempt attempt;
	struct plan_side side = one_dial;

	(void)state;
	open_one(&attempt, 1, &pairing);
	start(&attempt, true);
	side.first_port = stranger.port;
	fire(&attempt, &side, &stranger);
	for (int i = 0; i < 3; i++) {
		int fd;

		while (!wait_for(listener, POLLIN, 0))
			run_for(&attempt, 10);
		fd = accept(listener, NULL, NULL);
		assert_true(fd >= 0);
		run_for(&attempt, 10);
		close_with_reset(fd);
	}
	run_for(&attempt, 50);
	assert_non_null(attempt_find(&attempt, MIDAIR_EVENT_UNPROVEN));
	assert_false(attempt.is_over);
	attempt_close(&attempt);
	close(listener);
}

/* Where the plan says so, the peer may come to one of the fresh ports. */
static void the_fresh_ports_listen(void **state)
{
	struct midair_endpoint peer = own_address(2, 1);
	struct plan_side side = one_dial;
	struct pairing pairing;
	struct attempt both[2];
	struct midair_stream *streams[2];
	struct midair_endpoint fresh;

	(void)state;
	open_one(&both[0], 1, &pairing);
	open_one(&both[1], 2, NULL);
	start(&both[0], false);
	side.listens = true;
	side.first_port = free_port();
	fire(&both[0], &side, &peer);
	run_for(&both[0], 20);
	fresh = own_address(1, volley_run_fresh_port(pairing.run, 1));
	assert_int_not_equal(fresh.port, 0);
	session_add_candidate(both[1].session, &fresh);
	start(&both[1], true);
	attempts_run(both, 2);
	secret_check_same(both);
	secret_take_streams(both, streams);
	secret_check_streams(streams);
}

/* A listener whose queue is full drops every SYN, so that each dial stays open. */
static int silent_listener(const struct midair_endpoint *local, int fillers[2])
{
	int fd = plain_listener(local);

	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < 2; i++) {
		struct midair_endpoint from = own_address((uint8_t)(20 + i), 0);

		fillers[i] = plain_socket(&from);
		if (i == 0)
			assert_int_equal(plain_connect(fillers[i], local), 0);
	}
	return fd;
}

static void with_few_descriptors_there_are_fewer_dials(void **state)
{
	struct midair_endpoint peer = own_address(2, free_port());
	struct plan_side side = one_dial;
	struct rlimit before;
	struct rlimit few;
	struct pairing pairing;
	struct attempt attempt;
	int fillers[2];
	int listener = silent_listener(&peer, fillers);
	size_t n_before;

	(void)state;
	side.first_port = peer.port;
	side.n_targets = PLAN_LOCAL_PORTS_MAX;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	open_one(&attempt, 1, &pairing);
	start(&attempt, true);
	n_before = count_descriptors();
	few = before;
	few.rlim_cur = n_before + 120;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	fire(&attempt, &side, &peer);
	run_for(&attempt, 500);
	assert_true(count_descriptors() > n_before + 20);
	/* enough is left for the rest of the program */
	assert_true(count_descriptors() + 32 <= few.rlim_cur);
	assert_false(attempt.is_over);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	attempt_close(&attempt);
	for (int i = 0; i < 2; i++)
		close(fillers[i]);
	close(listener);
}

static void the_budget_is_one_for_all_volleys(void **state)
{
	struct plan_side side = one_dial;
	struct midair_endpoint peer = own_address(2, 9);
	struct volley_run_config config = {
		.volley = {.peer = peer, .timeout_ns = TIMEOUT_NS},
		.first_tag = FIRST_TAG,
		.n_syns = VOLLEY_SYNS_MAX,
	};
	struct volley_run *run = NULL;
	struct attempt attempt;

	(void)state;
	open_one(&attempt, 1, NULL);
	side.first_port = 2000;
	config.volley.side = side;
	config.local = attempt.session->local[HOLDER_IPV4];
	assert_int_equal(volley_run_new(&run, attempt.session, &config), MIDAIR_E_LIMIT);
	assert_null(run);
	attempt_close(&attempt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lands_proves_itself_and_is_the_connection),
		cmocka_unit_test(a_thousand_destinations_are_dialled_from_one_port),
		cmocka_unit_test(who_does_not_prove_itself_is_dialled_again),
		cmocka_unit_test(the_fresh_ports_listen),
		cmocka_unit_test(with_few_descriptors_there_are_fewer_dials),
		cmocka_unit_test(the_budget_is_one_for_all_volleys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
