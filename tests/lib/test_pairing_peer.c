/* SPDX-License-Identifier: MIT */
/*
 * A peer that knows the code and does not keep to the protocol; written from docs/PROTOCOL.md
 * without the library's own pairing, so it also shows that the document is enough.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/introduction.h"
#include "crypto/pairing_keys.h"
#include "crypto/seal.h"
#include "crypto/spake2.h"
#include "tests/lib/pair_world.h"

#define CODE "7-crossover-clockwork"

static struct pair_world world;
static int listener = -1;
static int second_listener = -1;
static int peer_fd = -1;

/* Role B. */
struct peer {
	struct spake2 *exchanges[2];
	struct spake2_result result;
	struct pairing_keys keys;
};

static struct peer peer;

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		peer.exchanges[i] = spake2_free(peer.exchanges[i]);
	if (peer_fd >= 0)
		close(peer_fd);
	peer_fd = -1;
	world_close(&world);
	if (listener >= 0)
		close(listener);
	if (second_listener >= 0)
		close(second_listener);
	listener = -1;
	second_listener = -1;
	return 0;
}

static void send_message(const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	assert_true(size > 0);
	assert_int_equal(send(peer_fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Reads until a message of this type comes, with the world going on. */
static void await_message(enum wire_type type, struct wire_message *message)
{
	static uint8_t input[2 * WIRE_MESSAGE_MAX];
	static size_t n_input;
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	for (;;) {
		int size = wire_decode(input, n_input, message);
		ssize_t n;

		assert_true(size >= 0 && now_ms() < end_ms);
		if (size > 0) {
			n_input -= (size_t)size;
			memmove(input, input + size, n_input);
			if (message->type != type)
				continue;
			n_input = 0;
			return;
		}
		world_turn(&world, 10);
		n = recv(peer_fd, input + n_input, sizeof(input) - n_input, MSG_DONTWAIT);
		n_input += n > 0 ? (size_t)n : 0;
	}
}

static void enter(void)
{
	struct midair_endpoint local = own_address(60, 0);
	struct wire_message message = {.type = WIRE_HELLO, .hello = {1, 1}};
	const char *words = "crossover-clockwork";

	peer_fd = plain_socket(&local);
	assert_int_equal(plain_connect(peer_fd, &world.address), 0);
	send_message(&message);
	for (enum spake2_role role = SPAKE2_A; role <= SPAKE2_B; role++) {
		const struct spake2_config config = {
			.role = role,
			.password = (const uint8_t *)words,
			.password_size = strlen(words),
			.identity_a = "midair role A",
			.identity_b = "midair role B",
		};

		assert_int_equal(spake2_new(&peer.exchanges[role], &config), 0);
		assert_int_equal(spake2_bind(peer.exchanges[role],
					     (const uint8_t *)"midair 1\0\1"
							      "7",
					     11),
				 0);
	}
	message = (struct wire_message){.type = WIRE_ENTER, .enter = {.lifetime_s = 60}};
	message.enter.name_size = 1;
	message.enter.name[0] = '7';
	spake2_share(peer.exchanges[SPAKE2_A], message.enter.share_a);
	spake2_share(peer.exchanges[SPAKE2_B], message.enter.share_b);
	send_message(&message);
}

/* The victim has come first, so it is role A. */
static void be_introduced_for(uint32_t timeout_ms)
{
	struct wire_message message;
	struct midair_pair_config config;

	world_open(&world, FAKE_HONEST);
	config = world_config(&world, 0);
	config.code = CODE;
	config.timeout_ms = timeout_ms;
	world_pair(&world, 0, &config);
	world_run_until(&world, 0, MIDAIR_EVENT_PEER_WAIT);
	enter();
	await_message(WIRE_PEER, &message);
	assert_int_equal(message.peer.role, MIDAIR_ROLE_B);
	assert_int_equal(
		spake2_finish(peer.exchanges[SPAKE2_B], message.peer.share, &peer.result), 0);
	assert_int_equal(pairing_keys_derive(&peer.keys, peer.result.secret), 0);
}

static void be_introduced(void)
{
	be_introduced_for(1000);
}

static void send_sealed(uint64_t number, const uint8_t *plain, size_t size)
{
	struct wire_message message = {.type = WIRE_SEALED};

	assert_int_equal(seal(peer.keys.seal_b, number, plain, size, message.sealed.bytes), 0);
	message.sealed.size = (uint16_t)(size + SEAL_TAG_BYTES);
	send_message(&message);
}

static void send_introduction(uint64_t number, const struct introduction *introduction)
{
	uint8_t plain[INTRODUCTION_BYTES_MAX];
	size_t size = introduction_encode(introduction, plain);

	assert_true(size > 0);
	send_sealed(number, plain, size);
}

static struct introduction good_introduction(void)
{
	struct introduction introduction = {.has_confirmation = true};

	memcpy(introduction.confirmation, peer.result.our_confirmation,
	       sizeof(introduction.confirmation));
	return introduction;
}

static void expect_result(int result)
{
	world_run(&world);
	if (world_result(&world, 0) != result)
		fail_msg("%s, expected %s", midair_result_name(world_result(&world, 0)),
			 midair_result_name(result));
}

static void the_protocol_is_as_documented(void **state)
{
	struct wire_message message;
	uint8_t plain[INTRODUCTION_BYTES_MAX];
	struct introduction theirs;
	struct introduction ours;

	(void)state;
	be_introduced();
	await_message(WIRE_SEALED, &message);
	assert_int_equal(seal_open(peer.keys.seal_a, 0, message.sealed.bytes,
				   message.sealed.size, plain),
			 0);
	assert_true(introduction_decode(&theirs, plain, message.sealed.size - SEAL_TAG_BYTES));
	assert_true(theirs.has_confirmation);
	assert_memory_equal(theirs.confirmation, peer.result.their_confirmation,
			    sizeof(theirs.confirmation));
	ours = good_introduction();
	send_introduction(0, &ours);
	world_run_until(&world, 0, MIDAIR_EVENT_CONFIRMED);
	/* No connection came about: that is no path. */
	expect_result(MIDAIR_E_TIMEOUT);
}

static void a_wrong_confirmation_is_a_wrong_code(void **state)
{
	struct introduction introduction;

	(void)state;
	be_introduced();
	introduction = good_introduction();
	introduction.confirmation[31] ^= 1;
	send_introduction(0, &introduction);
	expect_result(MIDAIR_E_WRONG_CODE);
}

static void a_first_message_without_confirmation_is_refused(void **state)
{
	struct introduction introduction;

	(void)state;
	be_introduced();
	introduction = good_introduction();
	introduction.has_confirmation = false;
	send_introduction(0, &introduction);
	expect_result(MIDAIR_E_PROTOCOL);
}

static void a_message_that_cannot_be_read_is_refused(void **state)
{
	static const uint8_t nonsense[] = {1, 200, 3, 4};

	(void)state;
	be_introduced();
	send_sealed(0, nonsense, sizeof(nonsense));
	expect_result(MIDAIR_E_PROTOCOL);
}

static void a_message_out_of_order_does_not_open(void **state)
{
	struct introduction introduction;

	(void)state;
	be_introduced();
	introduction = good_introduction();
	send_introduction(1, &introduction);
	expect_result(MIDAIR_E_WRONG_CODE);
}

static void later_nonsense_changes_nothing(void **state)
{
	static const uint8_t nonsense[] = {1, 200, 3, 4};
	struct introduction introduction;

	(void)state;
	be_introduced();
	introduction = good_introduction();
	send_introduction(0, &introduction);
	for (uint64_t i = 1; i < 10; i++)
		send_sealed(i, nonsense, sizeof(nonsense));
	expect_result(MIDAIR_E_TIMEOUT);
}

/* The peer names somebody else, who is dialled but never taken for the peer. */
static void who_is_named_by_the_peer_must_prove_itself(void **state)
{
	struct midair_endpoint third = own_address(61, free_port());
	struct introduction introduction;

	(void)state;
	listener = plain_listener(&third);
	be_introduced();
	introduction = good_introduction();
	introduction.n_candidates = 1;
	introduction.candidates[0] =
		(struct candidate){.type = CANDIDATE_HOST, .endpoint = third};
	send_introduction(0, &introduction);
	world_run_until(&world, 0, MIDAIR_EVENT_CANDIDATE);
	expect_result(MIDAIR_E_TIMEOUT);
	assert_true(wait_for(listener, POLLIN, 0));
}

/* Of a NAT that lets us in and refuses to be met: the plan makes the victim dial us. */
static struct nat_report inviting_report(const struct midair_endpoint *mapped)
{
	return (struct nat_report){
		.family = MIDAIR_IPV4,
		.mapping = REPORT_MAPPING_ENDPOINT_INDEPENDENT,
		.allocation = REPORT_ALLOCATION_PRESERVING,
		.filtering = REPORT_FILTERING_ENDPOINT_INDEPENDENT,
		.syn_in = REPORT_NO,
		.local = *mapped,
		.mapped = *mapped,
	};
}

static const struct midair_event *await_plan(void)
{
	world_run_until(&world, 0, MIDAIR_EVENT_PLAN);
	for (int i = 0; i < 40; i++)
		world_turn(&world, 5);
	return attempt_find(&world.sides[0], MIDAIR_EVENT_PLAN);
}

/* What the peer says of its outer address does not count, nor does the port there. */
static void a_peer_cannot_aim_a_volley_at_somebody_else(void **state)
{
	struct midair_endpoint third = own_address(61, free_port());
	struct midair_endpoint other_port = own_address(60, third.port);
	struct introduction introduction;

	(void)state;
	listener = plain_listener(&third);
	second_listener = plain_listener(&other_port);
	be_introduced();
	introduction = good_introduction();
	introduction.reports[0] = inviting_report(&third);
	send_introduction(0, &introduction);
	assert_int_equal(await_plan()->way, MIDAIR_WAY_ONE_WAY);
	assert_false(wait_for(listener, POLLIN, 0));
	assert_false(wait_for(second_listener, POLLIN, 0));
	expect_result(MIDAIR_E_TIMEOUT);
}

/* The most that a peer can have us do: the budget, at its own address, and our own time. */
static void a_peer_that_claims_random_ports_costs_a_volley(void **state)
{
	struct midair_endpoint mapped = own_address(60, 5000);
	struct introduction introduction;

	(void)state;
	be_introduced();
	for (uint64_t number = 0; number < 8; number++) {
		introduction = good_introduction();
		introduction.has_confirmation = number == 0;
		introduction.reports[0] = inviting_report(&mapped);
		introduction.reports[0].mapping = REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT;
		introduction.reports[0].allocation = REPORT_ALLOCATION_RANDOM;
		introduction.reports[0].filtering = REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
		/* back and forth, to have it begin anew */
		introduction.reports[0].syn_in = number % 2 == 0 ? REPORT_YES : REPORT_NO;
		introduction.reports[0].reaction =
			number % 2 == 0 ? REPORT_REACTION_DROP : REPORT_REACTION_RESET;
		send_introduction(number, &introduction);
	}
	assert_int_equal(await_plan()->way, MIDAIR_WAY_BIRTHDAY);
	expect_result(MIDAIR_E_TIMEOUT);
}

static uint32_t count_candidates(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < world.sides[0].n_events; i++)
		n += world.sides[0].events[i].type == MIDAIR_EVENT_CANDIDATE;
	return n;
}

static void no_more_addresses_are_dialled_than_there_is_room_for(void **state)
{
	struct introduction introduction;

	(void)state;
	be_introduced();
	for (uint64_t number = 0; number < 8; number++) {
		introduction = good_introduction();
		introduction.has_confirmation = number == 0;
		introduction.n_candidates = INTRODUCTION_CANDIDATES_MAX;
		for (uint32_t i = 0; i < INTRODUCTION_CANDIDATES_MAX; i++)
			introduction.candidates[i] = (struct candidate){
				.type = CANDIDATE_HOST,
				.endpoint = own_address((uint8_t)(100 + number * 12 + i), 9),
			};
		send_introduction(number, &introduction);
	}
	world_run_until(&world, 0, MIDAIR_EVENT_CONFIRMED);
	for (int i = 0; i < 20; i++)
		world_turn(&world, 5);
	assert_true(count_candidates() <= MIDAIR_PEERS_MAX);
	assert_true(count_candidates() >= INTRODUCTION_CANDIDATES_MAX);
}

static void leave_for(enum wire_reason reason)
{
	send_message(&(struct wire_message){.type = WIRE_LEAVE, .reason = reason});
}

static void who_leaves_is_told_of(void **state)
{
	struct introduction introduction;

	(void)state;
	be_introduced();
	introduction = good_introduction();
	send_introduction(0, &introduction);
	world_run_until(&world, 0, MIDAIR_EVENT_CONFIRMED);
	leave_for(WIRE_REASON_GAVE_UP);
	expect_result(MIDAIR_E_PEER_LEFT);
}

static void fall_silent(void)
{
}

static void close_the_connection(void)
{
	close(peer_fd);
	peer_fd = -1;
}

static void give_up(void)
{
	leave_for(WIRE_REASON_GAVE_UP);
}

static void claim_to_be_done(void)
{
	leave_for(WIRE_REASON_DONE);
}

/* The victim's sealed message is all that a guess needs: whoever has it, and shows nothing of its
 * own, may have guessed. However it goes, the user is told, and the right code is of no use. */
static void a_guess_that_shows_nothing_is_told_and_spends_the_code(void **state)
{
	static void (*const ways[])(void) = {give_up, claim_to_be_done, close_the_connection,
					     fall_silent};
	struct wire_message message;

	for (size_t i = 0; i < N_ITEMS(ways); i++) {
		be_introduced();
		await_message(WIRE_SEALED, &message);
		ways[i]();
		expect_result(MIDAIR_E_UNCONFIRMED);
		assert_null(attempt_find(&world.sides[0], MIDAIR_EVENT_CONFIRMED));
		world_join(&world, 1, CODE);
		world_run(&world);
		assert_int_equal(world_result(&world, 1), MIDAIR_E_ROOM_TAKEN);
		teardown(state);
	}
	world_open(&world, FAKE_HONEST);
}

static void who_claims_a_wrong_code_is_believed_in_the_end(void **state)
{
	(void)state;
	be_introduced_for(5000);
	send_message(
		&(struct wire_message){.type = WIRE_LEAVE, .reason = WIRE_REASON_WRONG_CODE});
	expect_result(MIDAIR_E_WRONG_CODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_protocol_is_as_documented, teardown),
		cmocka_unit_test_teardown(a_wrong_confirmation_is_a_wrong_code, teardown),
		cmocka_unit_test_teardown(a_first_message_without_confirmation_is_refused,
					  teardown),
		cmocka_unit_test_teardown(a_message_that_cannot_be_read_is_refused, teardown),
		cmocka_unit_test_teardown(a_message_out_of_order_does_not_open, teardown),
		cmocka_unit_test_teardown(later_nonsense_changes_nothing, teardown),
		cmocka_unit_test_teardown(who_is_named_by_the_peer_must_prove_itself, teardown),
		cmocka_unit_test_teardown(no_more_addresses_are_dialled_than_there_is_room_for,
					  teardown),
		cmocka_unit_test_teardown(a_peer_cannot_aim_a_volley_at_somebody_else,
					  teardown),
		cmocka_unit_test_teardown(a_peer_that_claims_random_ports_costs_a_volley,
					  teardown),
		cmocka_unit_test_teardown(who_leaves_is_told_of, teardown),
		cmocka_unit_test_teardown(
			a_guess_that_shows_nothing_is_told_and_spends_the_code, teardown),
		cmocka_unit_test_teardown(who_claims_a_wrong_code_is_believed_in_the_end,
					  teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
