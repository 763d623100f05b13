/* SPDX-License-Identifier: MIT */
/* Dialling: one local port for many connections, and never a connection to ourselves. */
#include <poll.h>

#include "tests/api/dial_world.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

#define N_SHARERS 2500

static int dialled(const char *local, const char *remote, enum midair_dial_policy policy)
{
	struct midair_dial_config config = dial_config(local, remote, policy);
	int fd = -1;
	int result = midair_dial(&config, &fd);

	CHECK((result == 0) == (fd >= 0), "a descriptor only with success");
	return result == 0 ? fd : result;
}

static void expect_port(int fd, uint16_t port)
{
	CHECK(fd >= 0, "it connects (%s)", midair_strerror(fd));
	CHECK(port_of(fd) == port, "from port %u, not %u", port, port_of(fd));
}

static bool is_pinned(int fd, uint16_t port)
{
	uint32_t range = 0;
	socklen_t length = sizeof(range);

	return getsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, &length) == 0 &&
	       range == ((uint32_t)port << 16 | port);
}

/* Every connection that waits at the listener comes from one of the ports; closes them. */
static void expect_only_from(int listener, uint16_t first, uint16_t second, uint16_t third)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int fd;

	while ((fd = accept4(listener, (struct sockaddr *)&peer, &length,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		uint16_t port = ntohs(peer.sin_port);

		CHECK(port == first || port == second || port == third,
		      "no SYN leaves from another port, such as %u", port);
		close_with_reset(fd);
		length = sizeof(peer);
	}
}

static void share_pins_inside_the_range_and_binds_outside(void)
{
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	int inside = dialled("0.0.0.0:40000", "127.0.0.1:9000", MIDAIR_DIAL_SHARE);
	int outside = dialled("0.0.0.0:2000", "127.0.0.1:9000", MIDAIR_DIAL_SHARE);
	int exact = dialled("0.0.0.0:40001", "127.0.0.1:9000", MIDAIR_DIAL_EXACT);
	uint32_t range;
	socklen_t length = sizeof(range);
	bool can_pin =
		getsockopt(inside, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, &length) == 0;

	expect_port(inside, 40000);
	expect_port(outside, 2000);
	expect_port(exact, 40001);
	CHECK(!can_pin || is_pinned(inside, 40000), "the kernel that can pin does");
	CHECK(!is_pinned(outside, 2000), "outside the range it does not");
	CHECK(!is_pinned(exact, 40001), "nor when the port is to be exact");
	CHECK(dialled("0.0.0.0:40000", "127.0.0.1:9000", MIDAIR_DIAL_SHARE) == -EADDRNOTAVAIL,
	      "the same pair of ends exists once");
	CHECK(dialled("0.0.0.0:40001", "127.0.0.1:9000", MIDAIR_DIAL_EXACT) == -EADDRNOTAVAIL,
	      "in either way");
	expect_only_from(listener, 40000, 2000, 40001);
	close_with_reset(inside);
	close_with_reset(outside);
	close_with_reset(exact);
	close(listener);
}

static void local_address_is_kept(void)
{
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	static const struct {
		const char *local;
		enum midair_dial_policy policy;
	} rows[] = {
		{"127.0.0.9:40010", MIDAIR_DIAL_SHARE},
		{"127.0.0.8:40010", MIDAIR_DIAL_EXACT},
		{"127.0.0.7:2010", MIDAIR_DIAL_SHARE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct midair_endpoint wanted = endpoint_of(rows[i].local);
		int fd = dialled(rows[i].local, "127.0.0.1:9000", rows[i].policy);

		expect_port(fd, wanted.port);
		struct midair_endpoint used = local_of(fd);
		CHECK(midair_endpoint_equal(&used, &wanted), "from %s", rows[i].local);
		close_with_reset(fd);
	}
	struct midair_dial_config config = dial_config("127.0.0.6:1", "127.0.0.1:9000", 0);
	int fd = -1;

	config.local.port = 0;
	CHECK(midair_dial(&config, &fd) == 0, "an address without a port");
	CHECK(local_of(fd).address[3] == 6 && local_of(fd).port != 0, "has the kernel's port");
	close_with_reset(fd);
	CHECK(dialled("192.0.2.1:40010", "127.0.0.1:9000", 0) == -EADDRNOTAVAIL,
	      "an address that is not ours");
	close(listener);
}

static void ways_mix_on_one_port(void)
{
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	int pinned = dialled("0.0.0.0:40020", "127.0.0.1:9000", MIDAIR_DIAL_SHARE);
	int bound = dialled("0.0.0.0:40020", "127.0.0.2:9000", MIDAIR_DIAL_EXACT);
	/* From here on no pin can have the port. */
	int fallen_back = dialled("0.0.0.0:40020", "127.0.0.3:9000", MIDAIR_DIAL_SHARE);
	int with_address = dialled("127.0.0.1:40020", "127.0.0.4:9000", MIDAIR_DIAL_SHARE);

	expect_port(pinned, 40020);
	expect_port(bound, 40020);
	expect_port(fallen_back, 40020);
	expect_port(with_address, 40020);
	close_with_reset(pinned);
	close_with_reset(bound);
	close_with_reset(fallen_back);
	close_with_reset(with_address);
	close(listener);
}

static void thousands_share_a_port(enum midair_dial_policy policy, uint16_t port)
{
	static int fds[N_SHARERS];
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	struct midair_dial_config config = dial_config("0.0.0.0:1", "127.0.0.1:9000", policy);

	config.local.port = port;
	CHECK(midair_dial_prepare(&config) == 0, "it can be prepared");
	for (uint32_t i = 0; i < N_SHARERS; i++) {
		config.remote.address[2] = (uint8_t)(i / 250);
		config.remote.address[3] = (uint8_t)(i % 250 + 1);
		fds[i] = -1;
		int result = midair_dial(&config, &fds[i]);

		CHECK(result == 0, "connection %u: %s", i, midair_strerror(result));
		expect_port(fds[i], port);
	}
	for (uint32_t i = 0; i < N_SHARERS; i++)
		close_with_reset(fds[i]);
	close(listener);
}

static void exact_takes_a_port_out_of_time_wait(void)
{
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	bool is_strict = set_sysctl("tcp_tw_reuse", "0");

	for (uint16_t round = 0; round < 3; round++) {
		int fd = dialled("0.0.0.0:40030", "127.0.0.1:9000",
				 round == 2 ? MIDAIR_DIAL_SHARE : MIDAIR_DIAL_EXACT);

		expect_port(fd, 40030);
		close(fd);
		CHECK(accept_and_close(listener) == 1, "the other end closes, too");
		await_row(40030, 9000, MIDAIR_TCP_TIME_WAIT);
	}
	CHECK(!is_strict || set_sysctl("tcp_tw_reuse", "2"), "as before");
	close(listener);
}

static void no_connection_to_ourselves(const char *both, const char *remote, bool is_ipv6)
{
	struct midair_endpoint self = endpoint_of(both);
	struct midair_row row;
	int fd = -1;

	for (enum midair_dial_policy policy = MIDAIR_DIAL_SHARE; policy <= MIDAIR_DIAL_EXACT;
	     policy++) {
		struct midair_dial_config config = dial_config(both, remote, policy);

		CHECK(dialled(both, remote, policy) == MIDAIR_E_SELF, "%s is refused", both);
		CHECK(midair_table_find(&self, &self, &row) == -ENOENT, "nothing is left");
		/* In two steps the descriptor stays the caller's. */
		CHECK(midair_dial_start(&config, &fd) == 0, "the SYN leaves");
		CHECK(midair_dial_finish(fd) == MIDAIR_E_SELF, "and comes back");
		CHECK(midair_table_find(&self, &self, &row) == -ENOENT, "it was reset");
		CHECK(close(fd) == 0, "the descriptor is the caller's");
	}
	/* A listener makes it an ordinary connection, from another port. */
	int listener = listener_everywhere(is_ipv6 ? MIDAIR_IPV6 : MIDAIR_IPV4, self.port);

	fd = dialled(NULL, remote, MIDAIR_DIAL_SHARE);
	CHECK(fd >= 0 && port_of(fd) != self.port, "others may connect");
	close_with_reset(fd);
	close(listener);
}

/* The port is verified, because the range may change between prepare and dial. */
static void a_pin_that_is_ignored_is_noticed(void)
{
	struct midair_dial_config config = dial_config("0.0.0.0:40090", "127.0.0.1:9000", 0);
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	int fd = -1;

	CHECK(midair_dial_prepare(&config) == 0, "it can be prepared");
	if (set_sysctl("ip_local_port_range", "50000 60000")) {
		CHECK(midair_dial(&config, &fd) == 0, "it connects");
		expect_port(fd, 40090);
		close_with_reset(fd);
		CHECK(set_sysctl("ip_local_port_range", "32768 60999"), "as before");
	}
	close(listener);
}

/* What a loop of connects to a dead port in the ephemeral range ends in, at once. */
static void accident_is_reported_as_refused(void)
{
	struct midair_dial_config config = dial_config(NULL, "127.0.0.1:40041", 0);
	uint32_t n_refused = 0;
	int fd = -1;

	if (!set_sysctl("ip_local_port_range", "40040 40043"))
		return;
	for (int i = 0; i < 64; i++) {
		int result = midair_dial(&config, &fd);

		CHECK(result == -ECONNREFUSED || result == MIDAIR_E_SELF, "refused, not %s",
		      midair_strerror(result));
		n_refused += result == MIDAIR_E_SELF;
		/* The kernel prefers one parity: both are tried. */
		config.remote.port ^= 1;
	}
	CHECK(n_refused > 0, "one of 64 hits itself");
	CHECK(set_sysctl("ip_local_port_range", "32768 60999"), "as before");
}

static void failures_are_told(void)
{
	struct midair_dial_config config = dial_config("127.0.0.1:40050", "127.0.0.1:9001", 0);
	int untouched = -7;
	int holder = listener_on(40050, 0);

	CHECK(midair_dial(&config, &untouched) == MIDAIR_E_PORT_IN_USE, "a port is not shared");
	config.policy = MIDAIR_DIAL_EXACT;
	CHECK(midair_dial(&config, &untouched) == MIDAIR_E_PORT_IN_USE, "in either way");
	close(holder);
	CHECK(midair_dial(&config, &untouched) == -ECONNREFUSED, "nobody listens");
	config.policy = MIDAIR_DIAL_SHARE;
	CHECK(midair_dial(&config, &untouched) == -ECONNREFUSED, "in either way");
	config.remote = endpoint_of("192.0.2.1:9001");
	config.local = (struct midair_endpoint){.family = MIDAIR_FAMILY_NONE};
	CHECK(midair_dial(&config, &untouched) == -ENETUNREACH, "there is no route");
	CHECK(untouched == -7, "a failure leaves the output alone");
}

static void contradictions_are_told(void)
{
	struct midair_dial_config good = dial_config("127.0.0.1:40050", "127.0.0.1:9001", 0);
	struct midair_dial_config bad[8];
	int fd = -7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].size = 0;
	bad[1].remote.port = 0;
	bad[2].remote.family = MIDAIR_FAMILY_NONE;
	bad[3].local = endpoint_of("[::1]:40050");
	bad[4].policy = MIDAIR_DIAL_EXACT;
	bad[4].local.port = 0;
	bad[5].policy = (enum midair_dial_policy)2;
	bad[6].size++;
	bad[7].remote = endpoint_of("[::1]:40050");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(midair_dial_start(&bad[i], &fd) == MIDAIR_E_CONFIG && fd == -7,
		      "contradiction %zu is told", i);
	CHECK(midair_dial_finish(-1) == -EBADF, "no descriptor");
}

/* A listener whose queue is full drops SYNs: the dial stays undecided. */
static void silence_ends_at_the_deadline(void)
{
	struct midair_dial_config config = dial_config(NULL, "127.0.0.1:9002", 0);
	int listener = tcp_socket(AF_INET, 0);
	int fd = -1;
	int result = 0;

	CHECK(bind_to(listener, "127.0.0.1", 9002) == 0 && listen(listener, 0) == 0, "listens");
	config.timeout_ms = 50;
	for (int i = 0; i < 4 && result == 0; i++)
		result = midair_dial(&config, &fd);
	CHECK(result == -ETIMEDOUT, "a full queue is silent (%s)", midair_strerror(result));
	CHECK(midair_dial_start(&config, &fd) == 0, "a SYN leaves");
	CHECK(midair_dial_finish(fd) == -EINPROGRESS, "and is not answered");
	CHECK(midair_dial_finish(fd) == -EINPROGRESS, "still not");
	close(fd);
	close(listener);
}

static void ipv6_is_the_same(void)
{
	int listener = listener_everywhere(MIDAIR_IPV6, 9000);
	int ipv4_listener = listener_everywhere(MIDAIR_IPV4, 9000);
	int fds[] = {
		dialled("[::]:40060", "[::1]:9000", MIDAIR_DIAL_SHARE),
		dialled("[::1]:40061", "[::1]:9000", MIDAIR_DIAL_SHARE),
		dialled("[::]:40062", "[::1]:9000", MIDAIR_DIAL_EXACT),
		dialled("[::]:2063", "[::1]:9000", MIDAIR_DIAL_SHARE),
		/* v4-mapped is IPv4 */
		dialled("[::ffff:0.0.0.0]:40064", "[::ffff:127.0.0.1]:9000", MIDAIR_DIAL_SHARE),
	};
	static const uint16_t ports[] = {40060, 40061, 40062, 2063, 40064};
	/* An IPv6 socket leaves IPv4's side of the port alone. */
	int plain = tcp_socket(AF_INET, 0);

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		expect_port(fds[i], ports[i]);
	CHECK(bind_to(plain, NULL, 40062) == 0, "IPv4 can bind beside it");
	CHECK(dialled("[::]:40060", "[::1]:9000", MIDAIR_DIAL_SHARE) == -EADDRNOTAVAIL,
	      "once each");
	close(plain);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		close_with_reset(fds[i]);
	close(listener);
	close(ipv4_listener);
}

static void unprivileged_it_is_the_same(void)
{
	drop_rights();
	share_pins_inside_the_range_and_binds_outside();
	ways_mix_on_one_port();
	CHECK(dialled("0.0.0.0:1023", "127.0.0.1:9000", MIDAIR_DIAL_SHARE) == -EACCES ||
		      geteuid() == 0,
	      "a low port is forbidden");
}

int main(void)
{
	enter_own_network();
	share_pins_inside_the_range_and_binds_outside();
	local_address_is_kept();
	ways_mix_on_one_port();
	thousands_share_a_port(MIDAIR_DIAL_SHARE, 40070);
	thousands_share_a_port(MIDAIR_DIAL_EXACT, 40071);
	exact_takes_a_port_out_of_time_wait();
	no_connection_to_ourselves("127.0.0.1:40080", "127.0.0.1:40080", false);
	no_connection_to_ourselves("127.0.0.1:40081", "0.0.0.0:40081", false);
	no_connection_to_ourselves("127.0.0.1:2082", "127.0.0.1:2082", false);
	no_connection_to_ourselves("[::1]:40083", "[::1]:40083", true);
	accident_is_reported_as_refused();
	a_pin_that_is_ignored_is_noticed();
	failures_are_told();
	contradictions_are_told();
	silence_ends_at_the_deadline();
	ipv6_is_the_same();
	in_child(unprivileged_it_is_the_same);
	return EXIT_SUCCESS;
}
