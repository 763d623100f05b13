/* SPDX-License-Identifier: MIT */
/*
 * midair_why_*() and midair_ports_*() in real situations, in a network namespace of its own. The
 * diagnosis is always compared with what the kernel does.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "midair/midair.h"
#include "tests/platform/platform.h"

#define HOME	"127.0.0.1"
#define SERVER	2001
#define N_PAIRS 2000

#define RA MIDAIR_WHY_REUSEADDR
#define RP MIDAIR_WHY_REUSEPORT

static int server = -1;

static struct midair_endpoint at(const char *address, uint16_t port)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct midair_endpoint made;

	snprintf(text, sizeof(text), "%s:1", address);
	CHECK(midair_endpoint_parse(&made, text) == 0, "%s is an address", address);
	made.port = port;
	return made;
}

static struct midair_why why_bind(const char *address, uint16_t port, uint32_t flags)
{
	struct midair_endpoint local = at(address, port);
	struct midair_why why;
	int result = midair_why_bind(&local, flags | MIDAIR_WHY_PROCESS, &why);

	CHECK(result == 0, "%s:%u is looked at (%s)", address, port, midair_strerror(result));
	return why;
}

static struct midair_why why_connect(const char *address, uint16_t port, uint16_t remote_port,
				     uint32_t flags)
{
	struct midair_endpoint local = at(address, port);
	struct midair_endpoint remote = at(HOME, remote_port);
	struct midair_why why;
	int result = midair_why_connect(&local, &remote, flags | MIDAIR_WHY_PROCESS, &why);

	CHECK(result == 0, "%s:%u is looked at (%s)", address, port, midair_strerror(result));
	return why;
}

static void is_cause(const struct midair_why *why, enum midair_cause cause, const char *when)
{
	CHECK(why->cause == cause, "%s: %s, not %s (%s)", when, midair_cause_name(cause),
	      midair_cause_name(why->cause), why->text);
}

static void is_ours(const struct midair_why *why, int fd, const char *when)
{
	(void)fd;
	CHECK(why->has_owner && why->owner.pid == getpid(), "%s: the owner is us, not %d", when,
	      why->owner.pid);
	CHECK(!why->is_owner_hidden, "%s: and is not hidden", when);
}

static uint32_t why_flags(unsigned int options)
{
	return ((options & REUSE_ADDRESS) != 0 ? RA : 0u) |
	       ((options & REUSE_PORT) != 0 ? RP : 0u);
}

static void write_setting(const char *name, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip("the namespace's settings cannot be changed");
	CHECK(write(fd, value, strlen(value)) == (ssize_t)strlen(value), "%s is set", name);
	close(fd);
}

static int accepted(void)
{
	struct pollfd waiting = {.fd = server, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "a connection arrives");
	int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(fd >= 0, "it is accepted");
	return fd;
}

/* A connection from this port (0: chosen) to the server. */
static int connected(uint16_t port, unsigned int options, int *peer)
{
	int fd = tcp_socket(AF_INET, options);

	if (port != 0)
		CHECK(bind_to(fd, HOME, port) == 0, "%u is free", port);
	CHECK(dial(fd, HOME, SERVER) == 0, "%u connects", port);
	*peer = accepted();
	return fd;
}

/* ---- the sharing matrix ---- */

enum situation { BOUND, CONNECTED, LISTENING };

static const unsigned int kinds[] = {0, REUSE_ADDRESS, REUSE_PORT, REUSE_ADDRESS | REUSE_PORT};

static void diagnose_pair(enum situation situation, size_t a, size_t b, uint16_t port)
{
	int peer = -1, fd_a, fd_b = tcp_socket(AF_INET, kinds[b]);
	char when[64];

	snprintf(when, sizeof(when), "situation %d, A %u, B %u", (int)situation, kinds[a],
		 kinds[b]);
	if (situation == CONNECTED) {
		fd_a = connected(port, kinds[a], &peer);
	} else {
		fd_a = tcp_socket(AF_INET, kinds[a]);
		CHECK(bind_to(fd_a, HOME, port) == 0, "%u is free", port);
	}
	if (situation == LISTENING)
		CHECK(listen(fd_a, 1) == 0, "A listens");
	struct midair_why looked = why_bind(HOME, port, why_flags(kinds[b]));
	struct midair_why tried = why_bind(HOME, port, why_flags(kinds[b]) | MIDAIR_WHY_TRY);
	int result = bind_to(fd_b, HOME, port);

	CHECK((looked.cause == MIDAIR_CAUSE_NONE) == (result == 0), "%s: %s is right", when,
	      looked.text);
	CHECK(tried.was_tried && tried.tried_result == result, "%s: the try is right", when);
	CHECK(tried.cause == looked.cause, "%s: the try changes nothing", when);
	if (result != 0)
		is_ours(&looked, fd_a, when);
	close_with_reset(fd_b);
	close_with_reset(fd_a);
	if (peer >= 0)
		close_with_reset(peer);
}

static void the_sharing_matrix_is_known(void)
{
	uint16_t port = 21000;

	for (enum situation situation = BOUND; situation <= LISTENING; situation++)
		for (size_t a = 0; a < 4; a++)
			for (size_t b = 0; b < 4; b++)
				diagnose_pair(situation, a, b, port++);
}

static void what_helps_is_found_by_trying(void)
{
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, HOME, 22000) == 0, "22000 is free");
	struct midair_why why = why_bind(HOME, 22000, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_BOUND_UNSEEN, "a bound socket");
	CHECK(why.helpful_flags == RP, "SO_REUSEPORT helps");
	close(fd);
}

static void other_addresses_count_when_they_overlap(void)
{
	int fd = tcp_socket(AF_INET, 0);
	struct midair_why why;

	CHECK(bind_to(fd, "127.0.0.2", 22001) == 0 && listen(fd, 1) == 0, "22001 is free");
	why = why_bind(HOME, 22001, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "another address");
	why = why_bind("0.0.0.0", 22001, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_LISTENER, "any address");
	why = why_bind("[::]", 22001, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_LISTENER, "any address of IPv6");
	why = why_bind("[::]", 22001, MIDAIR_WHY_TRY | MIDAIR_WHY_IPV6_ONLY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "IPv6 only");
	close(fd);
}

static void an_ipv6_listener_may_take_ipv4(void)
{
	struct sockaddr_in6 local = ipv6(NULL, 22002);

	for (int only = 0; only <= 1; only++) {
		int fd = tcp_socket(AF_INET6, 0);

		CHECK(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, only) == 0, "it is set");
		CHECK(bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0, "[::] is free");
		CHECK(listen(fd, 1) == 0, "it listens");
		struct midair_why why = why_bind(HOME, 22002, MIDAIR_WHY_TRY);
		is_cause(&why, only ? MIDAIR_CAUSE_NONE : MIDAIR_CAUSE_LISTENER, "[::]");
		close(fd);
	}
}

/* ---- the pair ---- */

static void a_living_pair_is_found(void)
{
	int peer, fd = connected(23000, REUSE_PORT, &peer);
	struct midair_why why = why_connect(HOME, 23000, SERVER, RP | MIDAIR_WHY_TRY);

	is_cause(&why, MIDAIR_CAUSE_TUPLE_LIVE, "a living pair");
	CHECK(why.tried_result == -EADDRNOTAVAIL, "the kernel says so");
	is_ours(&why, fd, "a living pair");
	why = why_connect("0.0.0.0", 23000, SERVER, RP);
	is_cause(&why, MIDAIR_CAUSE_TUPLE_LIVE, "with the route's address");
	why = why_connect(HOME, 23000, SERVER + 1, RP | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "another destination");
	why = why_connect(HOME, 23000, SERVER + 1, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_PORT_LOCKED, "another destination without the option");
	close_with_reset(fd);
	close_with_reset(peer);
}

static void a_half_closed_pair_is_found(void)
{
	int peer, fd = connected(23001, REUSE_PORT, &peer);

	CHECK(shutdown(fd, SHUT_WR) == 0, "our side ends");
	await_row(23001, SERVER, MIDAIR_TCP_FIN_WAIT2);
	struct midair_why why = why_connect(HOME, 23001, SERVER, RP | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_FIN_WAIT, "FIN_WAIT2 that a process holds");
	is_ours(&why, fd, "FIN_WAIT2");
	close_with_reset(fd);
	close_with_reset(peer);
}

static void an_abandoned_fin_wait_is_found(void)
{
	int peer, fd = connected(23002, REUSE_PORT, &peer);

	close(fd);
	await_row(23002, SERVER, MIDAIR_TCP_FIN_WAIT2);
	struct midair_why why =
		why_connect(HOME, 23002, SERVER, MIDAIR_WHY_PIN | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_OUT_OF_RANGE, "a pin that is not in the range");
	why = why_connect(HOME, 23002, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_FIN_WAIT, "FIN_WAIT2 that nobody holds");
	CHECK(why.remaining_ms > 50000 && why.remaining_ms <= 60000, "it lasts a minute");
	CHECK(why.owner.pid == 0 && !why.is_owner_hidden, "nobody has it");
	why = why_connect(HOME, 23002, SERVER, RP | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "an explicit port takes it");
	close_with_reset(accepted());
	close_with_reset(peer);
}

static void leave_time_wait(uint16_t port, unsigned int options)
{
	int peer, fd = connected(port, options, &peer);

	close(fd);
	await_row(port, SERVER, MIDAIR_TCP_FIN_WAIT2);
	close(peer);
	await_row(port, SERVER, MIDAIR_TCP_TIME_WAIT);
}

static void time_wait_is_told_with_its_time(void)
{
	struct midair_why why;

	leave_time_wait(23003, 0);
	why = why_connect(HOME, 23003, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_TIME_WAIT, "TIME_WAIT without options");
	CHECK(why.remaining_ms > 50000 && why.remaining_ms <= 60000, "it lasts a minute");
	why = why_bind(HOME, 23003, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_TIME_WAIT, "it holds the port");
	why = why_bind(HOME, 23003, RA | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_TIME_WAIT, "it did not have our option");
	leave_time_wait(23004, REUSE_ADDRESS);
	why = why_bind(HOME, 23004, RA);
	is_cause(&why, MIDAIR_CAUSE_NONE, "it may have our option");
	CHECK(why.has_owner && why.remaining_ms > 50000, "and is told all the same");
	why = why_connect(HOME, 23004, SERVER, RA | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "it had our option");
	close_with_reset(accepted());
}

/* ---- the range ---- */

static void a_pin_needs_a_free_port_of_the_range(void)
{
	uint32_t pin = MIDAIR_WHY_PIN | MIDAIR_WHY_TRY;
	struct midair_why why = why_connect(HOME, 24000, SERVER, pin);
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	is_cause(&why, MIDAIR_CAUSE_OUT_OF_RANGE, "outside");
	CHECK(why.tried_result == 0, "the kernel took another port");
	close_with_reset(accepted());
	write_setting("ip_local_reserved_ports", "40001,40003-40004");
	why = why_connect(HOME, 40003, SERVER, pin);
	is_cause(&why, MIDAIR_CAUSE_RESERVED, "reserved");
	CHECK(why.tried_result == -EADDRNOTAVAIL, "the kernel says no");
	why = why_connect(HOME, 40003, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "an explicit port may be reserved");
	close_with_reset(accepted());
	write_setting("ip_local_reserved_ports", "\n");
	why = why_connect(HOME, 40003, SERVER, pin);
	is_cause(&why, MIDAIR_CAUSE_NONE, "free");
	close_with_reset(accepted());
	CHECK(bind_to(fd, "127.0.0.9", 40003) == 0, "40003 is free");
	why = why_connect(HOME, 40003, SERVER, pin);
	is_cause(&why, MIDAIR_CAUSE_PORT_LOCKED, "bound on another address");
	CHECK(why.tried_result == -EADDRNOTAVAIL, "the kernel says no");
	is_ours(&why, fd, "bound on another address");
	why = why_connect(HOME, 40003, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "an explicit port does not mind");
	close_with_reset(accepted());
	close(fd);
}

static void a_full_pool_is_told(void)
{
	int fds[16], peers[16], bound = tcp_socket(AF_INET, 0);
	struct midair_why why;
	uint32_t n_open = 0;

	write_setting("ip_local_port_range", "50000 50009");
	write_setting("ip_local_reserved_ports", "50004");
	CHECK(bind_to(bound, "127.0.0.9", 50002) == 0, "50002 is free");
	while (n_open < 8) {
		why = why_connect(HOME, 0, SERVER, 0);
		is_cause(&why, MIDAIR_CAUSE_NONE, "not yet full");
		CHECK(why.pool_size == 9 && why.pool_in_use == n_open + 1, "%u of 9 in use",
		      n_open + 1);
		CHECK(why.is_past_cliff == (why.pool_in_use >= 5), "the cliff is at half");
		fds[n_open] = connected(0, 0, &peers[n_open]);
		n_open++;
	}
	CHECK(dial(tcp_socket(AF_INET, 0), HOME, SERVER) == -EADDRNOTAVAIL, "it is full");
	why = why_connect(HOME, 0, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_POOL_FULL, "full");
	CHECK(why.pool_in_use == 9 && why.tried_result == -EADDRNOTAVAIL, "by the kernel too");
	why = why_connect("127.0.0.3", 0, SERVER, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "another source has its own pool");
	close_with_reset(accepted());
	why = why_bind(HOME, 0, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "one port is left for bind()");
	why = why_bind("0.0.0.0", 0, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_POOL_FULL, "none for every address");
	CHECK(why.tried_result == -EADDRINUSE, "the kernel says so");
	for (uint32_t i = 0; i < n_open; i++) {
		close_with_reset(fds[i]);
		close_with_reset(peers[i]);
	}
	close(bound);
	write_setting("ip_local_reserved_ports", "\n");
	write_setting("ip_local_port_range", "32768 60999");
}

/* ---- address, route, rights ---- */

static void address_and_route_are_looked_at(void)
{
	struct midair_endpoint remote = at("198.51.100.1", 80);
	struct midair_endpoint group = at("224.0.0.1", 80);
	struct midair_why why = why_connect("192.0.2.1", 25000, SERVER, MIDAIR_WHY_TRY);

	is_cause(&why, MIDAIR_CAUSE_NOT_LOCAL, "a foreign address");
	CHECK(why.tried_result == -EADDRNOTAVAIL, "the kernel says so");
	why = why_bind("192.0.2.1", 25000, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NOT_LOCAL, "a foreign address");
	CHECK(midair_why_connect(NULL, &remote, MIDAIR_WHY_TRY, &why) == 0, "it is looked at");
	is_cause(&why, MIDAIR_CAUSE_NO_ROUTE, "no route");
	CHECK(why.tried_result == -ENETUNREACH, "the kernel says so");
	CHECK(midair_why_connect(NULL, &group, MIDAIR_WHY_TRY, &why) == 0, "it is looked at");
	is_cause(&why, MIDAIR_CAUSE_NO_ROUTE, "a group");
}

static void what_makes_no_sense_is_refused(void)
{
	struct midair_endpoint ipv4 = at(HOME, 1), ipv6 = at("[::1]", 1), none = at(HOME, 0);
	struct midair_endpoint no_family = {.port = 5};
	struct midair_why why = {.cause = MIDAIR_CAUSE_UNKNOWN};

	CHECK(midair_why_connect(&ipv6, &ipv4, 0, &why) == MIDAIR_E_CONFIG, "two families");
	CHECK(midair_why_connect(NULL, &none, 0, &why) == MIDAIR_E_CONFIG, "no remote port");
	CHECK(midair_why_connect(NULL, &no_family, 0, &why) == MIDAIR_E_CONFIG, "no family");
	CHECK(midair_why_connect(&none, &ipv4, MIDAIR_WHY_PIN, &why) == MIDAIR_E_CONFIG,
	      "a pin without a port");
	CHECK(midair_why_bind(&ipv4, MIDAIR_WHY_PIN, &why) == MIDAIR_E_CONFIG, "a bound pin");
	CHECK(midair_why_bind(&ipv4, 1u << 31, &why) == MIDAIR_E_CONFIG, "an unknown flag");
	CHECK(midair_why_bind(&no_family, 0, &why) == MIDAIR_E_CONFIG, "no family");
	CHECK(why.cause == MIDAIR_CAUSE_UNKNOWN, "a failure leaves the output alone");
}

static void see_as_stranger(void)
{
	struct midair_why why;

	CHECK(close_range(3, UINT_MAX, 0) == 0, "descriptors are closed");
	if (setgid(65534) != 0 || setuid(65534) != 0)
		return; /* a user namespace with one user */
	why = why_bind(HOME, 26000, RP | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_OTHER_USER, "SO_REUSEPORT of another user");
	CHECK(why.tried_result == -EADDRINUSE, "the kernel says so");
	CHECK(why.is_owner_hidden && why.owner.pid == 0 && why.owner.uid == 0,
	      "the owner is hidden");
	why = why_bind(HOME, 26000, RA);
	is_cause(&why, MIDAIR_CAUSE_OPTION_MISSING, "an option that cannot be seen");
	why = why_bind(HOME, 26000, RA | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_OPTION_MISSING, "an option that the try shows");
	why = why_bind(HOME, 26000, 0);
	is_cause(&why, MIDAIR_CAUSE_BOUND_UNSEEN, "a bound socket");
	why = why_bind(HOME, 80, MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NO_PERMISSION, "a privileged port");
	CHECK(why.tried_result == -EACCES, "the kernel says so");
}

static void strangers_are_told_what_they_may_not_see(void)
{
	int status, fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, HOME, 26000) == 0, "26000 is free");
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		see_as_stranger();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the stranger's view is right");
	close(fd);
}

/* A program that has many sockets on the port, all shareable. */
static void many_holders_are_answered(void)
{
	struct midair_why why;
	int fds[40];

	for (int i = 0; i < 40; i++) {
		fds[i] = tcp_socket(AF_INET, REUSE_PORT);
		CHECK(bind_to(fds[i], HOME, 26001) == 0, "they share");
	}
	why = why_bind(HOME, 26001, RP);
	is_cause(&why, MIDAIR_CAUSE_NONE, "all share");
	CHECK(strstr(why.text, "24 further") != NULL, "what was not looked at is said: %s",
	      why.text);
	why = why_bind(HOME, 26001, RP | MIDAIR_WHY_TRY);
	is_cause(&why, MIDAIR_CAUSE_NONE, "the try is sure");
	for (int i = 0; i < 40; i++)
		close(fds[i]);
}

/* ---- ports ---- */

static void allow_descriptors(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "a limit is read");
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "a limit is set");
	if (limit.rlim_cur < 2 * N_PAIRS + 100)
		skip("too few descriptors are allowed");
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct midair_ports *open_ports(const struct midair_endpoint *to,
				       struct midair_ports_state *state)
{
	struct midair_ports *ports;
	int result = midair_ports_open(&ports, to);

	CHECK(result == 0, "the ports are counted (%s)", midair_strerror(result));
	midair_ports_read(ports, state);
	return ports;
}

static void the_pool_is_counted(void)
{
	struct midair_ports_state state;
	struct midair_ports_row row, second;
	struct midair_endpoint to = at(HOME, SERVER), all = at(HOME, 0), other = at(HOME, 9);
	int in_range = tcp_socket(AF_INET, 0), peer, i;

	CHECK(bind_to(in_range, "127.0.0.9", 33001) == 0, "33001 is free");
	for (i = 0; i < N_PAIRS; i++)
		connected(0, 0, &peer);
	int fd = tcp_socket(AF_INET, 0);
	CHECK(bind_to(fd, "127.0.0.5", 34567) == 0 && dial(fd, HOME, SERVER) == 0,
	      "another source connects");
	accepted();
	struct midair_ports *ports = open_ports(NULL, &state);
	CHECK(state.pool_size == 28232 && state.n_reserved == 0, "the range is read");
	CHECK(state.n_connections == N_PAIRS + 1, "%u connections", state.n_connections);
	CHECK(state.n_locked == 1, "the bound socket locks its port");
	CHECK(state.n_in_use == N_PAIRS + 2 || state.n_in_use == N_PAIRS + 1, "%u ports in use",
	      state.n_in_use);
	CHECK(midair_ports_next(ports, &row) == 0, "a pair");
	CHECK(row.n_connections == N_PAIRS && row.n_in_use == N_PAIRS + 1, "the fullest first");
	CHECK(row.source.port == 0 && midair_endpoint_equal(&row.remote, &to), "by its names");
	CHECK(midair_ports_next(ports, &second) == 0 && second.n_connections == 1, "another");
	CHECK(midair_ports_next(ports, &second) == MIDAIR_E_END, "and the end");
	CHECK(midair_ports_next(ports, &second) == MIDAIR_E_END, "which stays");
	midair_ports_free(ports);
	midair_ports_free(open_ports(&to, &state));
	CHECK(state.n_connections == N_PAIRS + 1, "to this destination");
	midair_ports_free(open_ports(&all, &state));
	CHECK(state.n_connections == N_PAIRS + 1, "to every port of the address");
	midair_ports_free(open_ports(&other, &state));
	CHECK(state.n_connections == 0 && state.n_in_use > N_PAIRS, "to none");
	CHECK(midair_ports_free(NULL) == NULL, "nothing is freed");
}

/* Only printed: a loaded machine proves nothing. */
static void it_takes_this_long(void)
{
	struct midair_endpoint local = at(HOME, 34567), remote = at(HOME, SERVER);
	struct midair_ports_state state;
	struct midair_why why;
	double start_us = now_us();

	local = at("127.0.0.5", 34567);
	for (int i = 0; i < 100; i++)
		CHECK(midair_why_connect(&local, &remote, 0, &why) == 0, "it is looked at");
	printf("why, known pair, no process: %.1f us\n", (now_us() - start_us) / 100);
	is_cause(&why, MIDAIR_CAUSE_TUPLE_LIVE, "a known pair");
	start_us = now_us();
	CHECK(midair_why_connect(NULL, &remote, 0, &why) == 0, "it is looked at");
	printf("why, pool with %u in use: %.0f us\n", why.pool_in_use, now_us() - start_us);
	start_us = now_us();
	midair_ports_free(open_ports(NULL, &state));
	printf("ports, %u connections: %.0f us\n", state.n_connections, now_us() - start_us);
}

int main(void)
{
	if (strstr(midair_features(), "libmnl") == NULL)
		skip("built without libmnl");
	allow_descriptors();
	enter_own_network();
	server = tcp_socket(AF_INET, REUSE_ADDRESS);
	CHECK(bind_to(server, HOME, SERVER) == 0 && listen(server, 64) == 0, "a server");

	the_sharing_matrix_is_known();
	what_helps_is_found_by_trying();
	other_addresses_count_when_they_overlap();
	an_ipv6_listener_may_take_ipv4();
	a_living_pair_is_found();
	a_half_closed_pair_is_found();
	an_abandoned_fin_wait_is_found();
	time_wait_is_told_with_its_time();
	a_pin_needs_a_free_port_of_the_range();
	a_full_pool_is_told();
	address_and_route_are_looked_at();
	what_makes_no_sense_is_refused();
	strangers_are_told_what_they_may_not_see();
	many_holders_are_answered();
	the_pool_is_counted();
	it_takes_this_long();
	return EXIT_SUCCESS;
}
