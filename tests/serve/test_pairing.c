/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/stun.h"
#include "tests/serve/client.h"
#include "tests/serve/rig.h"
#include "tests/unit/unit.h"

/* The same tests with one worker and with two, where a pair may sit in both. */
static struct rig *rig;

static struct midair_endpoint own_end(const struct client *client)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	struct midair_endpoint end;

	assert_int_equal(getsockname(client->fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(midair_endpoint_from_sockaddr(&end, (const struct sockaddr *)&address,
						       size),
			 0);
	return end;
}

static const char *name_of(struct wire_room room)
{
	static char name[16];

	assert_int_not_equal(room.number, 0);
	snprintf(name, sizeof(name), "%u", room.number);
	return name;
}

/* Brings two together in a room with a number; returns its name. */
static const char *meet(struct client *a, struct client *b)
{
	*a = client_connect(rig->port, 1);
	*b = client_connect(rig->port, 2);
	const char *name = name_of(client_join(a, NULL, 0));

	client_join(b, name, 0);
	client_hear(a, WIRE_PEER);
	client_hear(b, WIRE_PEER);
	return name;
}

static void two_meet_and_learn_each_others_share_and_address(void **state)
{
	struct client a = client_connect(rig->port, 1);
	struct client b = client_connect(rig->port, 2);
	struct midair_endpoint end_a = own_end(&a);
	struct midair_endpoint end_b = own_end(&b);

	(void)state;
	client_hello(&a);
	client_enter(&a, NULL, 0);
	struct wire_welcome welcome = client_hear(&a, WIRE_WELCOME).welcome;

	assert_true(midair_endpoint_equal(&welcome.observed, &end_a));
	assert_int_equal(welcome.version, WIRE_VERSION_MAX);
	struct wire_room room = client_hear(&a, WIRE_ROOM).room;

	assert_int_equal(room.lifetime_s, 600);
	client_join(&b, name_of(room), 0);
	struct wire_peer peer_of_a = client_hear(&a, WIRE_PEER).peer;
	struct wire_peer peer_of_b = client_hear(&b, WIRE_PEER).peer;

	assert_int_equal(peer_of_a.role, MIDAIR_ROLE_A);
	assert_int_equal(peer_of_b.role, MIDAIR_ROLE_B);
	assert_int_equal(peer_of_a.share[0], b.share + 1);
	assert_int_equal(peer_of_b.share[0], a.share);
	assert_true(midair_endpoint_equal(&peer_of_a.observed, &end_b));
	assert_true(midair_endpoint_equal(&peer_of_b.observed, &end_a));
	client_close(&a);
	client_close(&b);
}

static void sealed_messages_come_whole_and_in_order_both_ways(void **state)
{
	struct client a, b;
	char text[WIRE_SEALED_MAX];

	(void)state;
	meet(&a, &b);
	for (uint8_t i = 0; i < 8; i++) {
		memset(text, 'a' + i, sizeof(text));
		client_sealed(&a, text, sizeof(text));
		client_sealed(&b, text, i + 1u);
	}
	for (uint8_t i = 0; i < 8; i++) {
		struct wire_sealed to_b = client_hear(&b, WIRE_SEALED).sealed;
		struct wire_sealed to_a = client_hear(&a, WIRE_SEALED).sealed;

		assert_int_equal(to_b.size, sizeof(text));
		assert_int_equal(to_b.bytes[999], 'a' + i);
		assert_int_equal(to_a.size, i + 1);
		assert_int_equal(to_a.bytes[0], 'a' + i);
	}
	client_close(&a);
	client_close(&b);
}

/* More than the server reads at a time, and then nothing that would wake it again. */
static void a_burst_in_one_piece_is_passed_on_to_its_end(void **state)
{
	struct client a, b;
	struct wire_message message = {.type = WIRE_SEALED, .sealed.size = 500};
	uint8_t burst[32 * WIRE_MESSAGE_MAX];
	size_t size = 0;

	(void)state;
	meet(&a, &b);
	for (uint8_t i = 0; i < 32; i++) {
		message.sealed.bytes[0] = i;
		size += wire_encode(&message, burst + size);
	}
	client_send(&a, burst, size);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(client_hear(&b, WIRE_SEALED).sealed.bytes[0], i);
	client_close(&a);
	client_close(&b);
}

static void the_end_of_one_is_told_to_the_other_with_its_reason(void **state)
{
	static const enum wire_reason reasons[] = {WIRE_REASON_GONE, WIRE_REASON_DONE,
						   WIRE_REASON_WRONG_CODE, WIRE_REASON_GAVE_UP};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(reasons); i++) {
		struct client a, b;

		meet(&a, &b);
		if (reasons[i] != WIRE_REASON_GONE)
			client_leave(&a, reasons[i]);
		client_close(&a);
		assert_int_equal(client_hear(&b, WIRE_LEFT).reason, reasons[i]);
		client_leave(&b, WIRE_REASON_DONE);
		client_close(&b);
	}
}

static void who_has_left_and_stays_is_closed_by_the_server(void **state)
{
	struct client a, b;

	(void)state;
	meet(&a, &b);
	client_leave(&a, WIRE_REASON_DONE);
	client_leave(&b, WIRE_REASON_DONE);
	client_hear(&b, WIRE_LEFT);
	client_hear_end(&b);
	client_hear_end(&a);
}

static void a_code_is_spent_by_its_one_introduction(void **state)
{
	struct client a, b;
	const char *name = meet(&a, &b);

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct client third = client_connect(rig->port, 3);

		client_hello(&third);
		client_enter(&third, name, 0);
		client_hear(&third, WIRE_WELCOME);
		client_hear_error(&third, WIRE_ERROR_ROOM_TAKEN);
		/* with both there, with one, with none: the code was wrong, and stays spent */
		if (i == 0) {
			client_leave(&a, WIRE_REASON_WRONG_CODE);
			client_close(&a);
			client_hear(&b, WIRE_LEFT);
		} else if (i == 1) {
			client_close(&b);
			rig_wait_metric(rig, "connections{state=\"introduced\"}", 0);
		}
	}
}

static void a_secrets_room_serves_one_pair_after_the_other(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct client a = client_connect(rig->port, 1);
		struct client b = client_connect(rig->port, 2);

		client_join(&a, "a secret's name", WIRE_ENTER_REUSABLE);
		client_join(&b, "a secret's name", WIRE_ENTER_REUSABLE);
		client_hear(&a, WIRE_PEER);
		client_hear(&b, WIRE_PEER);
		client_close(&a);
		client_close(&b);
	}
}

static void who_lost_its_connection_takes_its_place_again(void **state)
{
	struct client first = client_connect(rig->port, 1);
	struct client again = client_connect(rig->port, 1);
	struct client b = client_connect(rig->port, 2);
	const char *name = name_of(client_join(&first, NULL, 0));

	(void)state;
	again.share = first.share;
	client_join(&again, name, 0);
	client_hear_error(&first, WIRE_ERROR_ROOM_TAKEN);
	client_join(&b, name, 0);
	assert_int_equal(client_hear(&b, WIRE_PEER).peer.share[0], again.share);
	client_hear(&again, WIRE_PEER);
	client_close(&again);
	client_close(&b);
}

static void the_number_of_who_was_lost_is_kept_for_it(void **state)
{
	struct client first = client_connect(rig->port, 1);
	struct client again = client_connect(rig->port, 1);
	const char *name = name_of(client_join(&first, NULL, 0));

	(void)state;
	client_close(&first);
	rig_wait_metric(rig, "rooms{state=\"reserved\"}", 1);
	again.share = first.share;
	client_join(&again, name, 0);
	assert_int_equal(rig_metric(rig, "rooms{state=\"reserved\"}"), 0);
	client_leave(&again, WIRE_REASON_GAVE_UP);
	client_close(&again);
}

static void both_families_meet_each_other(void **state)
{
	(void)state;
	if (rig->port_6 == 0)
		skip();
	struct client a = client_connect_6(rig->port_6);
	struct client b = client_connect(rig->port, 2);
	struct midair_endpoint end_a = own_end(&a);

	client_join(&b, "families", 0);
	client_join(&a, "families", 0);
	client_hear(&a, WIRE_PEER);
	struct wire_peer peer = client_hear(&b, WIRE_PEER).peer;

	assert_true(midair_endpoint_equal(&peer.observed, &end_a));
	client_close(&a);
	client_close(&b);
}

static void stun_requests_are_answered_on_the_same_port(void **state)
{
	struct client client = client_connect(rig->port, 5);
	struct midair_endpoint end = own_end(&client);
	struct midair_endpoint mapped;
	uint8_t request[STUN_HEADER_BYTES];

	(void)state;
	for (uint8_t i = 0; i < 20; i++) {
		const uint8_t transaction[STUN_TRANSACTION_BYTES] = {i, 1, 2};
		uint8_t answer[STUN_MESSAGE_MAX];

		client_send(&client, request, stun_request(request, transaction));
		ssize_t n = recv(client.fd, answer, sizeof(answer), 0);

		assert_true(n > 0);
		assert_true(stun_read_answer(answer, (size_t)n, transaction, &mapped));
		assert_true(midair_endpoint_equal(&mapped, &end));
	}
	client_close(&client);
}

static int begin_one(void **state)
{
	static const char *const options[] = {"--limit", "linger-ms=300", NULL};

	(void)state;
	rig = rig_start(options);
	return 0;
}

static int begin_two(void **state)
{
	static const char *const options[] = {"--limit", "linger-ms=300", "--workers", "2",
					      NULL};

	(void)state;
	rig = rig_start(options);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return rig_stop(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_meet_and_learn_each_others_share_and_address),
		cmocka_unit_test(sealed_messages_come_whole_and_in_order_both_ways),
		cmocka_unit_test(a_burst_in_one_piece_is_passed_on_to_its_end),
		cmocka_unit_test(the_end_of_one_is_told_to_the_other_with_its_reason),
		cmocka_unit_test(who_has_left_and_stays_is_closed_by_the_server),
		cmocka_unit_test(a_code_is_spent_by_its_one_introduction),
		cmocka_unit_test(a_secrets_room_serves_one_pair_after_the_other),
		cmocka_unit_test(who_lost_its_connection_takes_its_place_again),
		cmocka_unit_test(the_number_of_who_was_lost_is_kept_for_it),
		cmocka_unit_test(both_families_meet_each_other),
		cmocka_unit_test(stun_requests_are_answered_on_the_same_port),
	};
	int n_failed = cmocka_run_group_tests_name("with one worker", tests, begin_one, end);

	return n_failed +
	       cmocka_run_group_tests_name("with two workers", tests, begin_two, end);
}
