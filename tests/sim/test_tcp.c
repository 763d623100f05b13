/* SPDX-License-Identifier: MIT */
/* The virtual kernel itself: RFC 9293 3.10.7, and what Linux makes of it. */
#include "tests/sim/tcp.h"

#include <errno.h>

#include "tests/unit/unit.h"

#define MS    UINT64_C(1000000)
#define S     (UINT64_C(1000) * MS)
#define N_OUT 32

static struct tcp_host host;
static struct segment out[N_OUT];
static int n_out;
static int n_wakes;

static void send(void *context, const struct segment *segment)
{
	(void)context;
	assert_true(n_out < N_OUT);
	out[n_out++] = *segment;
}

static void wake(void *context)
{
	(void)context;
	n_wakes++;
}

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint result;

	assert_int_equal(midair_endpoint_parse(&result, text), 0);
	return result;
}

#define HERE  "192.0.2.1:1314"
#define THERE "198.51.100.2:1314"

static int set_up(void **state)
{
	(void)state;
	tcp_init(&host, 1);
	host.addresses[0] = endpoint(HERE);
	host.send = send;
	host.wake = wake;
	n_out = 0;
	n_wakes = 0;
	return 0;
}

static void receive(uint8_t flags, uint32_t sequence, uint32_t acknowledgement)
{
	struct segment segment = {
		.kind = SEGMENT_TCP,
		.source = endpoint(THERE),
		.destination = endpoint(HERE),
		.flags = flags,
		.sequence = sequence,
		.acknowledgement = acknowledgement,
	};

	n_out = 0;
	tcp_receive(&host, &segment);
}

static struct tcp_socket *dial(void)
{
	struct midair_endpoint remote = endpoint(THERE);
	int number = tcp_connect(&host, 1314, &remote);

	assert_true(number >= 0);
	return &host.sockets[number];
}

static void assert_sent(uint8_t flags, uint32_t sequence, uint32_t acknowledgement)
{
	assert_int_equal(n_out, 1);
	assert_int_equal(out[0].flags, flags);
	assert_int_equal(out[0].sequence, sequence);
	assert_int_equal(out[0].acknowledgement, acknowledgement);
}

#define SYN	SEGMENT_SYN
#define ACK	SEGMENT_ACK
#define SYN_ACK (SEGMENT_SYN | SEGMENT_ACK)
#define RST	SEGMENT_RST
#define RST_ACK (SEGMENT_RST | SEGMENT_ACK)

static void figure_6_an_answered_syn(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	host.now_ns = 80 * MS;
	receive(SYN_ACK, 300, socket->iss + 1);
	assert_sent(ACK, socket->iss + 1, 301);
	assert_int_equal(socket->state, TCP_ESTABLISHED);
	assert_int_equal(socket->crossing, MIDAIR_ANSWERED);
	assert_int_equal(socket->round_trip_us, 80000);
}

static void figure_7_a_simultaneous_open(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	receive(SYN, 300, 0);
	assert_sent(SYN_ACK, socket->iss, 301);
	assert_int_equal(socket->state, TCP_SYN_RECV);
	receive(SYN_ACK, 300, socket->iss + 1);
	assert_sent(ACK, socket->iss + 1, 301);
	assert_int_equal(socket->state, TCP_ESTABLISHED);
	assert_int_equal(socket->crossing, MIDAIR_CROSSED);
}

static void an_older_kernel_challenges_the_crossing_syn_ack(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	host.is_crossing_quick = false;
	receive(SYN, 300, 0);
	receive(SYN_ACK, 300, socket->iss + 1);
	assert_sent(ACK, socket->iss + 1, 301);
	assert_int_equal(socket->state, TCP_SYN_RECV);
	receive(ACK, 301, socket->iss + 1);
	assert_int_equal(socket->state, TCP_ESTABLISHED);
	assert_int_equal(socket->crossing, MIDAIR_CROSSED);
}

static void a_waiting_socket_is_met_by_the_peers_syn(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	receive(SYN, 300, 0);
	receive(ACK, 301, socket->iss + 1);
	assert_int_equal(socket->state, TCP_ESTABLISHED);
	assert_int_equal(socket->crossing, MIDAIR_MET_BY_PEER);
}

static void a_reset_in_syn_sent_needs_the_right_ack(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	receive(RST, 0, 0);
	receive(RST_ACK, 0, socket->iss);
	receive(RST_ACK, 0, socket->iss + 2);
	assert_int_equal(socket->state, TCP_SYN_SENT);
	assert_int_equal(n_wakes, 0);
	receive(RST_ACK, 0, socket->iss + 1);
	assert_int_equal(socket->state, TCP_DEAD);
	assert_int_equal(socket->error, -ECONNREFUSED);
	assert_int_equal(n_wakes, 1);
}

static void a_reset_in_syn_recv_needs_the_exact_sequence(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	receive(SYN, 300, 0);
	receive(RST_ACK, 0, socket->iss + 1);
	assert_int_equal(n_out, 0);
	receive(RST, 302, 0);
	assert_sent(ACK, socket->iss + 1, 301);
	assert_int_equal(socket->state, TCP_SYN_RECV);
	receive(RST, 301, 0);
	assert_int_equal(socket->state, TCP_DEAD);
	assert_int_equal(socket->error, -ECONNRESET);
}

static void an_unacceptable_ack_in_syn_sent_is_reset(void **state)
{
	struct tcp_socket *socket = dial();
	uint32_t wrong = socket->iss + 77;

	(void)state;
	receive(SYN_ACK, 300, wrong);
	assert_sent(RST, wrong, 0);
	assert_int_equal(socket->state, TCP_SYN_SENT);
}

static void nobody_answers_with_reset(void **state)
{
	(void)state;
	receive(SYN, 300, 0);
	assert_sent(RST_ACK, 0, 301);
	receive(RST, 300, 0);
	assert_int_equal(n_out, 0);
}

static void the_syn_sent_socket_takes_the_syn_not_the_listener(void **state)
{
	int listener = tcp_listen(&host, 0, 1314);
	struct tcp_socket *socket = dial();

	(void)state;
	receive(SYN, 300, 0);
	assert_int_equal(socket->state, TCP_SYN_RECV);
	assert_int_equal(tcp_accept(&host, listener), TCP_NO_SOCKET);
}

static void a_listener_catches_and_then_holds_the_tuple(void **state)
{
	struct midair_endpoint remote = endpoint(THERE);
	int listener = tcp_listen(&host, 0, 1314);
	int child;

	(void)state;
	receive(SYN, 300, 0);
	assert_int_equal(tcp_connect(&host, 1314, &remote), -EADDRNOTAVAIL);
	assert_int_equal(tcp_accept(&host, listener), TCP_NO_SOCKET);
	receive(ACK, 301, out[0].sequence + 1);
	child = tcp_accept(&host, listener);
	assert_true(child >= 0);
	assert_int_equal(host.sockets[child].crossing, MIDAIR_CAUGHT);
	assert_int_equal(tcp_accept(&host, listener), TCP_NO_SOCKET);
}

static void one_tuple_has_one_socket(void **state)
{
	struct midair_endpoint remote = endpoint(THERE);
	struct tcp_socket *socket = dial();

	(void)state;
	assert_int_equal(tcp_connect(&host, 1314, &remote), -EADDRNOTAVAIL);
	tcp_close(&host, (int)(socket - host.sockets));
	assert_true(tcp_connect(&host, 1314, &remote) >= 0);
}

static void closing_a_dial_is_silent_and_a_connection_is_not(void **state)
{
	struct tcp_socket *socket = dial();

	(void)state;
	n_out = 0;
	tcp_close(&host, (int)(socket - host.sockets));
	assert_int_equal(n_out, 0);
	socket = dial();
	receive(SYN_ACK, 300, socket->iss + 1);
	n_out = 0;
	tcp_close(&host, (int)(socket - host.sockets));
	assert_sent(RST_ACK, socket->iss + 1, 301);
}

static void icmp_aborts_only_with_the_syns_number(void **state)
{
	struct tcp_socket *socket = dial();
	struct segment error = {
		.kind = SEGMENT_ICMP_ERROR,
		.error = SEGMENT_ERROR_HOST,
		.about_source = endpoint(HERE),
		.about_destination = endpoint(THERE),
		.sequence = socket->iss + 5,
	};

	(void)state;
	tcp_receive(&host, &error);
	assert_int_equal(socket->state, TCP_SYN_SENT);
	error.sequence = socket->iss;
	error.error = SEGMENT_ERROR_TOO_BIG;
	tcp_receive(&host, &error);
	assert_int_equal(socket->state, TCP_SYN_SENT);
	error.error = SEGMENT_ERROR_HOST;
	tcp_receive(&host, &error);
	assert_int_equal(socket->state, TCP_DEAD);
	assert_int_equal(socket->error, -EHOSTUNREACH);
}

static void syns_are_sent_again_at_linux_times(void **state)
{
	static const struct {
		bool is_linear;
		uint64_t seconds[7];
	} rows[] = {{true, {1, 2, 3, 4, 5, 7, 11}}, {false, {1, 3, 7, 15, 31, 63, 127}}};

	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		set_up(state);
		host.is_linear = rows[i].is_linear;
		dial();
		for (size_t k = 0; k < 6; k++) {
			assert_int_equal(tcp_deadline(&host), rows[i].seconds[k] * S);
			host.now_ns = tcp_deadline(&host);
			n_out = 0;
			tcp_run_timers(&host);
			assert_int_equal(n_out, 1);
			assert_int_equal(out[0].flags, SYN);
		}
		assert_int_equal(tcp_deadline(&host), rows[i].seconds[6] * S);
	}
}

static void a_socket_connects_to_itself(void **state)
{
	struct midair_endpoint self = endpoint(HERE);
	int number = tcp_connect(&host, 1314, &self);
	struct tcp_socket *socket = &host.sockets[number];
	int n_sent = 0;

	(void)state;
	/* three segments: SYN, SYN-ACK, ACK */
	while (n_out > 0) {
		struct segment segment = out[0];

		n_out = 0;
		n_sent++;
		tcp_receive(&host, &segment);
	}
	assert_int_equal(n_sent, 3);
	assert_int_equal(socket->state, TCP_ESTABLISHED);
	assert_true(midair_endpoint_equal(&socket->local, &socket->remote));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(figure_6_an_answered_syn, set_up),
		cmocka_unit_test_setup(figure_7_a_simultaneous_open, set_up),
		cmocka_unit_test_setup(an_older_kernel_challenges_the_crossing_syn_ack, set_up),
		cmocka_unit_test_setup(a_waiting_socket_is_met_by_the_peers_syn, set_up),
		cmocka_unit_test_setup(a_reset_in_syn_sent_needs_the_right_ack, set_up),
		cmocka_unit_test_setup(a_reset_in_syn_recv_needs_the_exact_sequence, set_up),
		cmocka_unit_test_setup(an_unacceptable_ack_in_syn_sent_is_reset, set_up),
		cmocka_unit_test_setup(nobody_answers_with_reset, set_up),
		cmocka_unit_test_setup(the_syn_sent_socket_takes_the_syn_not_the_listener,
				       set_up),
		cmocka_unit_test_setup(a_listener_catches_and_then_holds_the_tuple, set_up),
		cmocka_unit_test_setup(one_tuple_has_one_socket, set_up),
		cmocka_unit_test_setup(closing_a_dial_is_silent_and_a_connection_is_not,
				       set_up),
		cmocka_unit_test_setup(icmp_aborts_only_with_the_syns_number, set_up),
		cmocka_unit_test_setup(syns_are_sent_again_at_linux_times, set_up),
		cmocka_unit_test_setup(a_socket_connects_to_itself, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
