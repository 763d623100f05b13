/* SPDX-License-Identifier: MIT */
/*
 * The boxes do what their words say, seen by real sockets: the kernel's (nftables, conntrack) and
 * the wire's model of the same behaviour, which the word "hairpin" chooses here.
 */
#include "lab_test.h"

#include <errno.h>
#include <sys/socket.h>

#include "os/cleanup.h"

#define PORT	   7000
#define TIMEOUT_MS 3000
/* Ten round trips without an answer are silence. */
#define SILENCE_MS 200

struct box_row {
	const char *line;
	enum midair_family family;
	enum box_place place;
	int unsolicited;      /* what a dial from outside comes to */
	bool keeps_port;      /* outside sees the inner port */
	bool changes_address; /* outside sees another address than the host's own */
};

static const struct box_row rows[] = {
	{"rtt=20ms a=drop", MIDAIR_IPV4, BOX_KERNEL, -EINPROGRESS, true, true},
	{"rtt=20ms a=rst", MIDAIR_IPV4, BOX_KERNEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=icmp", MIDAIR_IPV4, BOX_KERNEL, -EHOSTUNREACH, true, true},
	{"rtt=20ms a=kernel-rst", MIDAIR_IPV4, BOX_KERNEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=apdm/random/kernel-rst", MIDAIR_IPV4, BOX_KERNEL, -ECONNREFUSED, false,
	 true},
	{"rtt=20ms a=apdm/random/rst", MIDAIR_IPV4, BOX_KERNEL, -ECONNREFUSED, false, true},
	{"rtt=20ms a=firewall/drop", MIDAIR_IPV4, BOX_KERNEL, -EINPROGRESS, true, false},
	{"rtt=20ms a=firewall/rst", MIDAIR_IPV4, BOX_KERNEL, -ECONNREFUSED, true, false},
	{"rtt=20ms a=drop", MIDAIR_IPV6, BOX_KERNEL, -EINPROGRESS, true, true},
	{"rtt=20ms a=rst", MIDAIR_IPV6, BOX_KERNEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=icmp", MIDAIR_IPV6, BOX_KERNEL, -EHOSTUNREACH, true, true},
	{"rtt=20ms a=firewall/rst", MIDAIR_IPV6, BOX_KERNEL, -ECONNREFUSED, true, false},
	{"rtt=20ms a=kernel-rst", MIDAIR_IPV6, BOX_KERNEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=hairpin/kernel-rst", MIDAIR_IPV4, BOX_MODEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=hairpin/drop", MIDAIR_IPV4, BOX_MODEL, -EINPROGRESS, true, true},
	{"rtt=20ms a=hairpin/rst", MIDAIR_IPV4, BOX_MODEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=hairpin/icmp", MIDAIR_IPV4, BOX_MODEL, -EHOSTUNREACH, true, true},
	{"rtt=20ms a=hairpin/random/rst", MIDAIR_IPV4, BOX_MODEL, -ECONNREFUSED, false, true},
	{"rtt=20ms a=hairpin/rst", MIDAIR_IPV6, BOX_MODEL, -ECONNREFUSED, true, true},
	{"rtt=20ms a=hairpin/icmp", MIDAIR_IPV6, BOX_MODEL, -EHOSTUNREACH, true, true},
};

static void check_unsolicited(const struct box_row *row, const struct network *network)
{
	struct midair_endpoint peer = lab_test_peer(network, LAB_B, row->family, PORT);
	_cleanup_close_ int fd = lab_test_socket(network, LAB_B, row->family, SOCK_STREAM, 0);
	int timeout_ms = row->unsolicited == -EINPROGRESS ? SILENCE_MS : TIMEOUT_MS;

	lab_test_dial(fd, &peer);
	EXPECT(lab_test_outcome(fd, timeout_ms) == row->unsolicited, row->line);
}

static struct midair_endpoint endpoint_of(int fd,
					  int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct midair_endpoint endpoint = {0};
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	assert_int_equal(ask(fd, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(midair_endpoint_from_sockaddr(&endpoint, (struct sockaddr *)&address,
						       length),
			 0);
	return endpoint;
}

static void check_outbound(const struct box_row *row, const struct network *network)
{
	struct midair_endpoint server = lab_test_peer(network, LAB_A, row->family, PORT);
	struct midair_endpoint published = lab_test_peer(network, LAB_B, row->family, PORT);
	_cleanup_close_ int listener =
		lab_test_socket(network, LAB_B, row->family, SOCK_STREAM, PORT);
	_cleanup_close_ int fd =
		lab_test_socket(network, LAB_A, row->family, SOCK_STREAM, PORT);
	_cleanup_close_ int accepted = -1;
	struct midair_endpoint own, seen;

	assert_int_equal(listen(listener, 8), 0);
	lab_test_dial(fd, &server);
	EXPECT(lab_test_outcome(fd, TIMEOUT_MS) == 0, row->line);
	EXPECT(lab_test_readable(listener, TIMEOUT_MS), row->line);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	seen = endpoint_of(accepted, getpeername);
	own = endpoint_of(fd, getsockname);
	EXPECT((seen.port == PORT) == row->keeps_port, row->line);
	seen.port = own.port = published.port = PORT;
	EXPECT(midair_endpoint_equal(&seen, &published), row->line);
	EXPECT(midair_endpoint_equal(&seen, &own) != row->changes_address, row->line);
	EXPECT(send(fd, "x", 1, MSG_NOSIGNAL) == 1, row->line);
	EXPECT(lab_test_readable(accepted, TIMEOUT_MS), row->line);
}

static void a_box_reacts_and_translates_as_its_words_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct network *network = lab_test_network(rows[i].line);

		EXPECT(network_plan_of(network)->sides[LAB_A].place == rows[i].place,
		       rows[i].line);
		check_unsolicited(&rows[i], network);
		check_outbound(&rows[i], network);
		network_free(network);
	}
}

/* Host a dials its own published endpoint, for which a mapping stands. Its kernel has no listener
 * there and resets, if the SYN comes to it at all. */
static void check_hairpin(const char *line, int outcome)
{
	struct network *network = lab_test_network(line);
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, MIDAIR_IPV4, PORT);
	struct midair_endpoint own = lab_test_peer(network, LAB_B, MIDAIR_IPV4, PORT);
	int mapped = lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, PORT);
	int fd = lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, PORT + 1);
	int seen;

	lab_test_dial(mapped, &peer);
	lab_test_dial(fd, &own);
	seen = lab_test_outcome(fd, outcome == -EINPROGRESS ? SILENCE_MS : TIMEOUT_MS);
	close_fd(mapped);
	close_fd(fd);
	network_free(network);
	EXPECT(seen == outcome, line);
}

static void a_hairpin_leads_back_inside(void **state)
{
	(void)state;
	check_hairpin("rtt=20ms a=eif/hairpin b=drop", -ECONNREFUSED);
	check_hairpin("rtt=20ms a=eif b=drop", -EINPROGRESS);
}

/* Side a: a SYN out of port PORT, the socket closed, a listener in its place. */
static int replace_dial_by_listener(const struct network *network)
{
	struct midair_endpoint peer = lab_test_peer(network, LAB_A, MIDAIR_IPV4, PORT);
	int fd = lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, PORT);

	lab_test_dial(fd, &peer);
	assert_int_equal(lab_test_outcome(fd, SILENCE_MS), -EINPROGRESS);
	close_fd(fd);
	fd = lab_test_socket(network, LAB_A, MIDAIR_IPV4, SOCK_STREAM, PORT);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static bool saw_untranslated_syn_ack(const struct network *network,
				     const struct wire_trace *trace)
{
	struct midair_endpoint inner = network_plan_of(network)->sides[LAB_A].host.ipv4;

	inner.port = PORT;
	for (uint32_t i = 0; i < trace->n_records; i++) {
		const struct segment *segment = &trace->records[i].segment;

		if (segment->kind == SEGMENT_TCP &&
		    segment->flags == (SEGMENT_SYN | SEGMENT_ACK) &&
		    midair_endpoint_equal(&segment->source, &inner))
			return true;
	}
	return false;
}

static void check_syn_close_listen(const char *line, bool connects)
{
	struct network *network = lab_test_network(line);
	int listener = replace_dial_by_listener(network);
	struct midair_endpoint peer = lab_test_peer(network, LAB_B, MIDAIR_IPV4, PORT);
	int fd = lab_test_socket(network, LAB_B, MIDAIR_IPV4, SOCK_STREAM, PORT);
	int outcome;
	bool is_untranslated;

	lab_test_dial(fd, &peer);
	outcome = lab_test_outcome(fd, connects ? TIMEOUT_MS : SILENCE_MS);
	is_untranslated = saw_untranslated_syn_ack(network, wire_trace(network_wire(network)));
	close_fd(fd);
	close_fd(listener);
	network_free(network);
	EXPECT(outcome == (connects ? 0 : -EINPROGRESS), line);
	EXPECT(is_untranslated == !connects, line);
}

/* The listener's SYN-ACK has another sequence number than the SYN that opened the mapping:
 * conntrack calls it INVALID and lets it out as it is, unless it is told to be liberal. */
static void syn_close_listen_fails_through_stock_masquerade(void **state)
{
	(void)state;
	check_syn_close_listen("rtt=20ms a=drop b=drop", false);
}

static void syn_close_listen_passes_through_a_liberal_one(void **state)
{
	(void)state;
	check_syn_close_listen("rtt=20ms a=liberal/drop b=drop", true);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_reacts_and_translates_as_its_words_say),
		cmocka_unit_test(a_hairpin_leads_back_inside),
		cmocka_unit_test(syn_close_listen_fails_through_stock_masquerade),
		cmocka_unit_test(syn_close_listen_passes_through_a_liberal_one),
	};

	(void)context;
	return cmocka_run_group_tests_name("boxes", tests, NULL, NULL);
}

int main(void)
{
	return lab_test_main(group);
}
