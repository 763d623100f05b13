/* SPDX-License-Identifier: MIT */
/*
 * Assumption: TCP_INFO's segment counters, read once connect() has succeeded, tell how the
 * connection came about. With out = tcpi_segs_out - tcpi_total_retrans:
 *	our SYN was answered             tcpi_segs_in == 1
 *	the SYNs crossed in mid-air      tcpi_segs_in >= 2, out >= 3
 *	the peer's SYN met our waiting   tcpi_segs_in >= 2, out == 2
 * They must be read at once: a second answer to a repeated SYN spoils them.
 * One case is beyond the counters: the SYNs crossed, and the peer's SYN-ACK was lost. The peer's
 * bare ACK then completes our side, which looks like a meeting.
 * Relied on by: the classification of a connection (midair_crossing) in src/lib.
 */
#include "two_hosts.h"

static unsigned int n_out(const struct tcp_info *info)
{
	return info->tcpi_segs_out - info->tcpi_total_retrans;
}

static struct tcp_info established(int fd, const char *who)
{
	int result = carry_dial(fd);

	CHECK(result == 0, "%s is connected (%s)", who, strerror(-result));
	struct tcp_info info = tcp_info_of(fd);
	printf("%-28s segs_in %u segs_out %u total_retrans %u\n", who, info.tcpi_segs_in,
	       info.tcpi_segs_out, info.tcpi_total_retrans);
	return info;
}

static void plain_open_has_one_segment_in(void)
{
	int listener = host_socket(HOST_B, 1000);
	int fd = host_socket(HOST_A, 1001);

	CHECK(listen(listener, 1) == 0, "B listens");
	CHECK(connect_to(fd, ADDRESS_B, 1000) == -EINPROGRESS, "A dials");
	struct tcp_info info = established(fd, "answered");
	CHECK(info.tcpi_segs_in == 1, "one segment came in");
	close(fd);
	close(listener);
	carry_rest(20);
}

/* A round trip of more than 1 s: A's SYN goes out twice, both are answered. What is read before
 * the second answer is right; after it, the answer to that one looks like the crossing's. */
static void repeated_syn_is_answered_twice(void)
{
	int listener = host_socket(HOST_B, 1040);
	int fd = host_socket(HOST_A, 1041);
	struct packet second_syn = {.n_bytes = 0};

	CHECK(listen(listener, 1) == 0, "B listens");
	CHECK(connect_to(fd, ADDRESS_B, 1040) == -EINPROGRESS, "A dials");
	struct packet first_syn = expect_packet(HOST_A, FLAG_SYN);
	CHECK(take_packet(HOST_A, &second_syn, 3000), "A repeats its SYN");
	deliver(HOST_B, &first_syn);
	struct packet first_answer = expect_packet(HOST_B, FLAG_SYN | FLAG_ACK);
	deliver(HOST_B, &second_syn);
	struct packet second_answer = expect_packet(HOST_B, FLAG_SYN | FLAG_ACK);
	deliver(HOST_A, &first_answer);
	struct tcp_info info = established(fd, "answered, SYN repeated");
	CHECK(info.tcpi_segs_in == 1, "one segment came in");
	deliver(HOST_A, &second_answer);
	info = established(fd, "the same, read too late");
	CHECK(info.tcpi_segs_in == 2, "then another one");
	close(fd);
	close(listener);
	carry_rest(20);
}

/* Hands over the two SYNs that A and B have sent, then all that follows. */
static void play_crossing(void)
{
	struct packet syn_a = expect_packet(HOST_A, FLAG_SYN);
	struct packet syn_b = expect_packet(HOST_B, FLAG_SYN);

	deliver(HOST_B, &syn_a);
	deliver(HOST_A, &syn_b);
	struct packet syn_ack_a = expect_packet(HOST_A, FLAG_SYN | FLAG_ACK);
	struct packet syn_ack_b = expect_packet(HOST_B, FLAG_SYN | FLAG_ACK);
	deliver(HOST_B, &syn_ack_a);
	deliver(HOST_A, &syn_ack_b);
}

static void crossing_has_two_in_and_three_out(void)
{
	int a = host_socket(HOST_A, 1002);
	int b = host_socket(HOST_B, 1003);

	CHECK(connect_to(a, ADDRESS_B, 1003) == -EINPROGRESS, "A dials");
	CHECK(connect_to(b, ADDRESS_A, 1002) == -EINPROGRESS, "B dials");
	play_crossing();
	struct tcp_info info_a = established(a, "crossed, A");
	struct tcp_info info_b = established(b, "crossed, B");
	CHECK(info_a.tcpi_segs_in >= 2 && n_out(&info_a) >= 3,
	      "A's counters show the crossing");
	CHECK(info_b.tcpi_segs_in >= 2 && n_out(&info_b) >= 3,
	      "B's counters show the crossing");
	carry_rest(20);
	info_a = established(a, "crossed, A, after the ACKs");
	CHECK(info_a.tcpi_segs_in >= 2 && n_out(&info_a) >= 3, "the last ACK changes nothing");
	close(a);
	close(b);
	carry_rest(20);
}

/* A's SYN and n_lost repetitions of it are lost, then B's SYN comes. */
static void meeting_has_two_in_and_two_out(unsigned int n_lost)
{
	uint16_t port_a = (uint16_t)(1010 + 2 * n_lost);
	uint16_t port_b = (uint16_t)(port_a + 1);
	int a = host_socket(HOST_A, port_a);
	struct packet packet;

	CHECK(connect_to(a, ADDRESS_B, port_b) == -EINPROGRESS, "A dials");
	for (unsigned int i = 0; i <= n_lost; i++)
		CHECK(take_packet(HOST_A, &packet, 3000), "A sends SYN %u", i);
	int b = host_socket(HOST_B, port_b);
	CHECK(connect_to(b, ADDRESS_A, port_a) == -EINPROGRESS, "B dials");
	struct tcp_info info_a = established(a, n_lost == 0 ? "met by the peer's SYN"
							    : "met, after repeated SYNs");
	CHECK(info_a.tcpi_total_retrans == n_lost, "every repeated SYN is counted");
	CHECK(info_a.tcpi_segs_in >= 2 && n_out(&info_a) == 2, "A's counters show the meeting");
	struct tcp_info info_b = established(b, "the peer that met it");
	CHECK(info_b.tcpi_segs_in == 1, "B's SYN was answered");
	close(a);
	close(b);
	carry_rest(20);
}

/* The SYNs crossed, but A's SYN-ACK is lost and repeated. */
static void lost_syn_ack_keeps_the_crossing(void)
{
	int a = host_socket(HOST_A, 1030);
	int b = host_socket(HOST_B, 1031);

	CHECK(connect_to(a, ADDRESS_B, 1031) == -EINPROGRESS, "A dials");
	CHECK(connect_to(b, ADDRESS_A, 1030) == -EINPROGRESS, "B dials");
	struct packet syn_a = expect_packet(HOST_A, FLAG_SYN);
	struct packet syn_b = expect_packet(HOST_B, FLAG_SYN);
	deliver(HOST_B, &syn_a);
	deliver(HOST_A, &syn_b);
	expect_packet(HOST_A, FLAG_SYN | FLAG_ACK);
	struct packet syn_ack_b = expect_packet(HOST_B, FLAG_SYN | FLAG_ACK);
	deliver(HOST_A, &syn_ack_b);
	struct tcp_info info_a = established(a, "crossed, A's SYN-ACK lost, A");
	CHECK(info_a.tcpi_segs_in >= 2 && n_out(&info_a) >= 3,
	      "A's counters show the crossing");
	struct tcp_info info_b = established(b, "crossed, A's SYN-ACK lost, B");
	CHECK(info_b.tcpi_segs_in >= 2 && n_out(&info_b) == 2, "B's counters show a meeting");
	close(a);
	close(b);
	carry_rest(20);
}

static void self_connection_counts_as_crossing(void)
{
	enter_own_network();
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, "127.0.0.1", 1314) == 0, "1314 can be bound");
	CHECK(dial(fd, "127.0.0.1", 1314) == 0, "a self-connection is made");
	struct tcp_info info = established(fd, "self-connection");
	CHECK(info.tcpi_segs_in >= 2 && n_out(&info) >= 3, "its counters show a crossing");
	close(fd);
}

int main(void)
{
	two_hosts_open();
	plain_open_has_one_segment_in();
	repeated_syn_is_answered_twice();
	crossing_has_two_in_and_three_out();
	meeting_has_two_in_and_two_out(0);
	meeting_has_two_in_and_two_out(1);
	lost_syn_ack_keeps_the_crossing();
	self_connection_counts_as_crossing();
	return EXIT_SUCCESS;
}
