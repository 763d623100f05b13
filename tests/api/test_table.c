/* SPDX-License-Identifier: MIT */
/*
 * The socket table of the library against what ss says of the same sockets, in a network
 * namespace of its own.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "midair/midair.h"
#include "ss_table.h"
#include "tests/platform/platform.h"

#define N_PAIRS 500

/* ---- what midair says ---- */

static struct midair_table *open_table(uint32_t flags)
{
	struct midair_table *table;
	int result = midair_table_open(&table, flags);

	CHECK(result == 0, "the table opens (%s)", midair_strerror(result));
	return table;
}

static void star_port(char *endpoint)
{
	size_t length = strlen(endpoint);

	if (length > 2 && strcmp(endpoint + length - 2, ":0") == 0)
		endpoint[length - 1] = '*';
}

static void read_midair(struct lines *lines)
{
	struct midair_table *table =
		open_table(MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING);
	struct midair_row row;
	char local[MIDAIR_ENDPOINT_TEXT_SIZE], remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	lines->n_lines = 0;
	while (midair_table_next(table, &row) == 0) {
		if (row.state == MIDAIR_TCP_BOUND_INACTIVE)
			continue; /* ss of Debian 12 does not know them */
		midair_endpoint_format(&row.local, local);
		midair_endpoint_format(&row.remote, remote);
		star_port(remote);
		snprintf(next_line(lines), LINE_SIZE, "%s %u %u %s %s",
			 midair_tcp_state_name(row.state), row.receive_queue_bytes,
			 row.send_queue_bytes, local, remote);
	}
	midair_table_free(table);
	sort_lines(lines);
}

static void tables_are_equal(void)
{
	static struct lines theirs, ours;

	read_ss(&theirs);
	read_midair(&ours);
	CHECK(theirs.n_lines > 2 * N_PAIRS, "ss sees the test's sockets");
	for (size_t i = 0; i < theirs.n_lines && i < ours.n_lines; i++)
		CHECK(strcmp(theirs.text[i], ours.text[i]) == 0,
		      "row %zu is \"%s\" to ss, \"%s\" to midair", i, theirs.text[i],
		      ours.text[i]);
	CHECK(theirs.n_lines == ours.n_lines, "ss has %zu rows, midair %zu", theirs.n_lines,
	      ours.n_lines);
}

/* ---- the sockets ---- */

static void allow_descriptors(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "a limit is read");
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "a limit is set");
	if (limit.rlim_cur < 2 * N_PAIRS + 50)
		skip("too few descriptors are allowed");
}

static int accept_from(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "a connection arrives");
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(fd >= 0, "it is accepted");
	return fd;
}

static void open_pair(int listener, int *dialled, int *accepted)
{
	*dialled = tcp_socket(AF_INET, 0);
	CHECK(dial(*dialled, "127.0.0.1", port_of(listener)) == 0, "a pair connects");
	*accepted = accept_from(listener);
}

/* Until the bytes have arrived and are acknowledged, so that both queues stay as they are. */
static void await_unread(int dialled, int accepted)
{
	struct pollfd waiting = {.fd = accepted, .events = POLLIN};
	uint64_t end_ms = now_ms() + 1000;
	int n_unacknowledged;

	CHECK(poll(&waiting, 1, 1000) == 1, "the bytes arrive");
	do {
		CHECK(ioctl(dialled, SIOCOUTQ, &n_unacknowledged) == 0, "a queue has a length");
	} while (n_unacknowledged > 0 && now_ms() < end_ms);
	CHECK(n_unacknowledged == 0, "the bytes are acknowledged");
}

static void open_pairs(int listener)
{
	int dialled, accepted;

	for (int i = 0; i < N_PAIRS; i++)
		open_pair(listener, &dialled, &accepted);
	CHECK(send(dialled, "12345", 5, MSG_NOSIGNAL) == 5, "five bytes wait unread");
	await_unread(dialled, accepted);
	open_pair(listener, &dialled, &accepted);
	uint16_t port = port_of(dialled);
	close(dialled);
	await_row(port, port_of(listener), MIDAIR_TCP_FIN_WAIT2);
	open_pair(listener, &dialled, &accepted);
	port = port_of(dialled);
	close(dialled);
	close(accepted);
	await_row(port, port_of(listener), MIDAIR_TCP_TIME_WAIT);
}

static void open_mapped(int listener)
{
	struct sockaddr_in6 remote = ipv6("::ffff:127.0.0.1", port_of(listener));
	int fd = tcp_socket(AF_INET6, BLOCKING);

	CHECK(connect(fd, (struct sockaddr *)&remote, sizeof(remote)) == 0,
	      "a v4-mapped socket connects");
	accept_from(listener);
}

static void open_ipv6_listener(uint16_t port)
{
	struct sockaddr_in6 local = ipv6(NULL, port);
	int fd = tcp_socket(AF_INET6, 0);

	CHECK(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0, "IPV6_V6ONLY is taken");
	CHECK(bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0, "[::] can be bound");
	CHECK(listen(fd, 1) == 0, "[::] listens");
}

/* ---- the rest of the contract ---- */

static void flags_choose_states_and_rows_are_sorted(void)
{
	static const struct {
		uint32_t flags;
		bool has_listener, has_time_wait;
	} choices[] = {
		{0, false, false},
		{MIDAIR_TABLE_LISTENING, true, false},
		{MIDAIR_TABLE_ALL_STATES, false, true},
		{MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING, true, true},
	};

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct midair_table *table = open_table(choices[i].flags);
		struct midair_row row, last = {.uid = 0};
		bool has_listener = false, has_time_wait = false;

		while (midair_table_next(table, &row) == 0) {
			has_listener |= row.state == MIDAIR_TCP_LISTEN;
			has_time_wait |= row.state == MIDAIR_TCP_TIME_WAIT;
			CHECK(row.local.family > last.local.family ||
				      memcmp(row.local.address, last.local.address, 16) > 0 ||
				      row.local.port >= last.local.port,
			      "rows are sorted");
			last = row;
		}
		CHECK(midair_table_next(table, &row) == MIDAIR_E_END, "the end stays the end");
		CHECK(has_listener == choices[i].has_listener, "listeners, as asked");
		CHECK(has_time_wait == choices[i].has_time_wait, "states, as asked");
		midair_table_free(table);
	}
}

static void every_row_is_found_alone(void)
{
	struct midair_table *table =
		open_table(MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING);
	struct midair_row row, found;

	while (midair_table_next(table, &row) == 0) {
		if (row.state == MIDAIR_TCP_BOUND_INACTIVE)
			continue;
		int result = midair_table_find(&row.local, &row.remote, &found);
		CHECK(result == 0, "port %u to %u is found (%s)", row.local.port,
		      row.remote.port, midair_strerror(result));
		CHECK(found.cookie == row.cookie && found.state == row.state,
		      "it is the same socket");
	}
	midair_table_free(table);
}

static void what_does_not_exist_is_not_found(uint16_t listening_port)
{
	struct midair_endpoint local, remote, none = {.family = MIDAIR_FAMILY_NONE};
	struct midair_row row;

	CHECK(midair_endpoint_parse(&local, "127.0.0.1:1") == 0, "an endpoint");
	CHECK(midair_endpoint_parse(&remote, "127.0.0.1:2") == 0, "an endpoint");
	CHECK(midair_table_find(&local, &remote, &row) == -ENOENT, "nothing is there");
	CHECK(midair_table_find(&local, &none, &row) == -ENOENT, "nobody listens");
	CHECK(midair_table_find(&none, &none, &row) == -ENOENT, "nothing is nowhere");
	local.port = listening_port;
	CHECK(midair_table_find(&local, &remote, &row) == -ENOENT,
	      "a listener is no connection");
	CHECK(midair_table_find(&local, &none, &row) == 0 && row.state == MIDAIR_TCP_LISTEN,
	      "the listener is found as such");
}

/* In a child, which got a copy of all of them. */
static void forget_our_sockets(void)
{
	CHECK(close_range(3, UINT_MAX, 0) == 0, "descriptors are closed");
}

/* A child with a listener of its own; it lives until the pipe is closed. */
static pid_t start_owner(uint16_t port, int *stop_fd)
{
	int ends[2], ready[2];
	char byte;

	CHECK(pipe2(ends, O_CLOEXEC) == 0 && pipe2(ready, O_CLOEXEC) == 0, "pipes are made");
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		CHECK(dup2(ends[0], 0) == 0 && dup2(ready[1], 1) == 1, "two pipes are kept");
		forget_our_sockets();
		CHECK(prctl(PR_SET_NAME, "a \"b\" \033[1m") == 0, "a name is taken");
		listener_on(port, 0);
		_exit(write(1, "", 1) == 1 && read(0, &byte, 1) == 0 ? 0 : 1);
	}
	close(ends[0]);
	CHECK(read(ready[0], &byte, 1) == 1, "the child is ready");
	close(ready[0]);
	close(ready[1]);
	*stop_fd = ends[1];
	return pid;
}

static void stop_owner(pid_t pid, int stop_fd)
{
	int status;

	close(stop_fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the child ends well");
}

static void owners_are_named(uint16_t port, pid_t owner)
{
	struct midair_table *table = open_table(
		MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING | MIDAIR_TABLE_PROCESSES);
	struct midair_row row;
	size_t n_ours = 0;

	while (midair_table_next(table, &row) == 0) {
		if (row.inode == 0) {
			CHECK(row.pid == 0, "what has no inode has no owner");
		} else if (row.local.port == port && row.state == MIDAIR_TCP_LISTEN) {
			CHECK(row.pid == owner, "the child's listener is the child's");
			CHECK(strcmp(row.process, "a \"b\" ?[1m") == 0,
			      "a name has no control characters: %s", row.process);
		} else {
			CHECK(row.pid == getpid(), "port %u is ours, not of %d", row.local.port,
			      row.pid);
			n_ours++;
		}
	}
	CHECK(n_ours > 2 * N_PAIRS, "all of ours are named");
	CHECK(!midair_table_is_partial(table), "nothing is hidden from us");
	midair_table_free(table);
}

static void see_as_stranger(void)
{
	struct midair_row row;
	size_t n_rows = 0;

	forget_our_sockets();
	if (setuid(65534) != 0)
		return; /* a user namespace with one user */
	struct midair_table *table = open_table(MIDAIR_TABLE_PROCESSES);
	for (; midair_table_next(table, &row) == 0; n_rows++)
		CHECK(row.pid == 0 && row.process[0] == '\0', "a stranger sees no owner");
	CHECK(n_rows > 2 * N_PAIRS, "a stranger sees all rows");
	CHECK(midair_table_is_partial(table), "and knows that something is hidden");
	midair_table_free(table);
}

static void strangers_see_no_owner(void)
{
	int status;

	if (geteuid() != 0)
		return;
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		see_as_stranger();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the stranger's view is right");
}

int main(void)
{
	int stop_fd;

	allow_descriptors();
	enter_own_network();
	int listener = listener_on(2001, 0);
	open_pairs(listener);
	open_mapped(listener);
	open_ipv6_listener(2002);
	CHECK(bind_to(tcp_socket(AF_INET, 0), "127.0.0.1", 1501) == 0, "1501 is free");

	tables_are_equal();
	flags_choose_states_and_rows_are_sorted();
	every_row_is_found_alone();
	what_does_not_exist_is_not_found(2001);
	pid_t owner = start_owner(2003, &stop_fd);
	owners_are_named(2003, owner);
	stop_owner(owner, stop_fd);
	strangers_see_no_owner();
	return EXIT_SUCCESS;
}
