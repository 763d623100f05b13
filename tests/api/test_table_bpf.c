/* SPDX-License-Identifier: MIT */
/*
 * The socket table read by BPF, by sock_diag and by ss: the same rows, owners, timers and facts,
 * in a network namespace of its own. Cannot run where BPF programs may not be loaded.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "midair/midair.h"
#include "ss_table.h"
#include "tests/platform/platform.h"

#define N_PAIRS	  300
#define COPY_PORT 2005
#define ALL                                                                                    \
	(MIDAIR_TABLE_ALL_STATES | MIDAIR_TABLE_LISTENING | MIDAIR_TABLE_PROCESSES |           \
	 MIDAIR_TABLE_FACTS)
/* Between the two looks. A loaded machine may be slow, a wrong unit is a thousand times off. */
#define TIMER_TOLERANCE_MS 5000u

/* ---- the sockets -------------------------------------------------------------------------- */

static int accept_from(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "a connection arrives");
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(fd >= 0, "it is accepted");
	return fd;
}

static void open_pair(int listener, unsigned int options, int *dialled, int *accepted)
{
	*dialled = tcp_socket(AF_INET, options);
	CHECK(dial(*dialled, "127.0.0.1", port_of(listener)) == 0, "a pair connects");
	*accepted = accept_from(listener);
}

static void open_closed_ones(int listener)
{
	int dialled, accepted;

	open_pair(listener, 0, &dialled, &accepted);
	uint16_t port = port_of(dialled);
	close(dialled);
	await_row(port, port_of(listener), MIDAIR_TCP_FIN_WAIT2);
	open_pair(listener, 0, &dialled, &accepted);
	port = port_of(dialled);
	close(dialled);
	close(accepted);
	await_row(port, port_of(listener), MIDAIR_TCP_TIME_WAIT);
}

static void open_with_bytes(int listener)
{
	int dialled, accepted;

	open_pair(listener, REUSE_PORT | REUSE_ADDRESS, &dialled, &accepted);
	CHECK(set_option(dialled, SOL_SOCKET, SO_KEEPALIVE, 1) == 0, "keepalive is taken");
	CHECK(send(dialled, "12345", 5, MSG_NOSIGNAL) == 5, "five bytes are sent");
	struct pollfd waiting = {.fd = accepted, .events = POLLIN};
	CHECK(poll(&waiting, 1, 1000) == 1, "and wait unread");
}

static void open_ipv6(void)
{
	struct sockaddr_in6 local = ipv6("::1", 2002);
	int listener = tcp_socket(AF_INET6, 0);
	int dialled = tcp_socket(AF_INET6, BLOCKING);

	CHECK(bind(listener, (struct sockaddr *)&local, sizeof(local)) == 0, "::1 is there");
	CHECK(listen(listener, 8) == 0, "it listens");
	CHECK(connect(dialled, (struct sockaddr *)&local, sizeof(local)) == 0, "it connects");
	accept_from(listener);
}

static void open_self(void)
{
	struct midair_endpoint local;
	int fd;

	CHECK(midair_endpoint_parse(&local, "127.0.0.1:1314") == 0, "an endpoint");
	int result = midair_self_connect(&local, &fd);
	CHECK(result == 0, "it connects to itself (%s)", midair_strerror(result));
}

/* TCP_DEFER_ACCEPT keeps a connection half open at the listener until the first byte comes. */
static void open_half_open(void)
{
	int listener = listener_on(2004, 0);

	CHECK(set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60) == 0, "it is deferred");
	CHECK(dial(tcp_socket(AF_INET, 0), "127.0.0.1", 2004) == 0, "the dialler is connected");
}

/* A child that has a copy of every descriptor, where the lower pid counts, ours; and one socket
 * of its own. */
static pid_t start_copy(int *stop_fd)
{
	int ends[2], ready[2];
	char byte;

	CHECK(pipe2(ends, O_CLOEXEC) == 0 && pipe2(ready, O_CLOEXEC) == 0, "pipes are made");
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		close(ends[1]);
		listener_on(COPY_PORT, 0);
		_exit(write(ready[1], "", 1) == 1 && read(ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	CHECK(read(ready[0], &byte, 1) == 1, "the child is ready");
	close(ends[0]);
	close(ready[0]);
	close(ready[1]);
	*stop_fd = ends[1];
	return pid;
}

/* ---- what they look like ------------------------------------------------------------------ */

static struct midair_table *open_table(uint32_t flags)
{
	struct midair_table *table;
	int result = midair_table_open(&table, flags);

	CHECK(result == 0, "the table opens (%s)", midair_strerror(result));
	return table;
}

static bool is_within(uint32_t a, uint32_t b, uint32_t tolerance)
{
	return a > b ? a - b <= tolerance : b - a <= tolerance;
}

static void rows_are_equal(const struct midair_row *bpf, const struct midair_row *diag)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE], remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *from = midair_endpoint_format(&diag->local, local);
	const char *to = midair_endpoint_format(&diag->remote, remote);

	CHECK(midair_endpoint_equal(&bpf->local, &diag->local) &&
		      midair_endpoint_equal(&bpf->remote, &diag->remote),
	      "%s to %s is a row of both", from, to);
	CHECK(bpf->state == diag->state, "%s to %s: state %d, %d", from, to, bpf->state,
	      diag->state);
	CHECK(bpf->receive_queue_bytes == diag->receive_queue_bytes &&
		      bpf->send_queue_bytes == diag->send_queue_bytes,
	      "%s to %s: queues", from, to);
	CHECK(bpf->uid == diag->uid, "%s to %s: uid %u, %u", from, to, bpf->uid, diag->uid);
	CHECK(bpf->inode == diag->inode, "%s to %s: inode", from, to);
	CHECK(bpf->cookie == diag->cookie, "%s to %s: cookie", from, to);
	CHECK(bpf->pid == diag->pid && strcmp(bpf->process, diag->process) == 0,
	      "%s to %s: owner %d, %d", from, to, bpf->pid, diag->pid);
	CHECK(bpf->timer == diag->timer, "%s to %s: timer %s, %s", from, to,
	      midair_timer_name(bpf->timer), midair_timer_name(diag->timer));
	CHECK(is_within(bpf->timer_ms, diag->timer_ms, TIMER_TOLERANCE_MS),
	      "%s to %s: %u ms, %u ms", from, to, bpf->timer_ms, diag->timer_ms);
	CHECK(bpf->has_facts == diag->has_facts, "%s to %s: has facts", from, to);
	CHECK(memcmp(&bpf->facts, &diag->facts, sizeof(bpf->facts)) == 0, "%s to %s: facts",
	      from, to);
}

static void owner_is_right(const struct midair_row *row, pid_t copy)
{
	if (row->inode == 0)
		CHECK(row->pid == 0, "what has no file has no owner");
	else
		CHECK(row->pid == (row->local.port == COPY_PORT ? copy : getpid()),
		      "port %u is not of %d", row->local.port, row->pid);
}

static void both_ways_show_the_same(pid_t copy)
{
	struct midair_table *bpf = open_table(ALL | MIDAIR_TABLE_BPF);
	struct midair_table *diag = open_table(ALL | MIDAIR_TABLE_NO_BPF);
	struct midair_row from_bpf, from_diag;
	uint32_t n_of_state[16] = {0};
	uint32_t n_of_timer[8] = {0};

	CHECK(midair_table_bpf_result(bpf) == 0, "the one is read by BPF");
	CHECK(midair_table_bpf_result(diag) == MIDAIR_E_STATE, "the other is not");
	CHECK(midair_table_count(bpf) == midair_table_count(diag), "%zu rows, %zu rows",
	      midair_table_count(bpf), midair_table_count(diag));
	while (midair_table_next(diag, &from_diag) == 0) {
		CHECK(midair_table_next(bpf, &from_bpf) == 0, "as many rows");
		rows_are_equal(&from_bpf, &from_diag);
		owner_is_right(&from_bpf, copy);
		n_of_state[from_diag.state]++;
		n_of_timer[from_diag.timer]++;
	}
	CHECK(n_of_state[MIDAIR_TCP_ESTABLISHED] > 2 * N_PAIRS &&
		      n_of_state[MIDAIR_TCP_TIME_WAIT] == 1 &&
		      n_of_state[MIDAIR_TCP_FIN_WAIT2] == 1 &&
		      n_of_state[MIDAIR_TCP_CLOSE_WAIT] == 1 &&
		      n_of_state[MIDAIR_TCP_SYN_RECV] == 1 &&
		      n_of_state[MIDAIR_TCP_LISTEN] == 4,
	      "there were rows of many states");
	CHECK(n_of_timer[MIDAIR_TIMER_TIME_WAIT] == 2 &&
		      n_of_timer[MIDAIR_TIMER_KEEPALIVE] == 1,
	      "and timers");
	CHECK(!midair_table_is_partial(bpf) && !midair_table_is_partial(diag),
	      "nothing is hidden");
	midair_table_free(bpf);
	midair_table_free(diag);
}

/* Only BPF shows the options. */
static void reuse_options_are_shown(void)
{
	struct midair_table *table = open_table(ALL | MIDAIR_TABLE_BPF);
	struct midair_row row;
	uint32_t n_both = 0;

	while (midair_table_next(table, &row) == 0) {
		if (row.state == MIDAIR_TCP_BOUND_INACTIVE)
			continue;
		CHECK(row.is_reuse_known, "BPF knows the options");
		n_both += row.state == MIDAIR_TCP_ESTABLISHED && row.has_reuse_address &&
			  row.has_reuse_port && row.timer == MIDAIR_TIMER_KEEPALIVE;
	}
	CHECK(n_both == 1, "the one socket with both options is seen, not %u", n_both);
	midair_table_free(table);
}

static void ss_sees_the_same(void)
{
	static struct lines theirs, ours;
	struct midair_table *table = open_table(ALL | MIDAIR_TABLE_BPF);
	char local[MIDAIR_ENDPOINT_TEXT_SIZE], remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct midair_row row;

	read_ss(&theirs);
	ours.n_lines = 0;
	while (midair_table_next(table, &row) == 0) {
		if (row.state == MIDAIR_TCP_BOUND_INACTIVE)
			continue; /* ss of Debian 12 does not know them */
		midair_endpoint_format(&row.local, local);
		midair_endpoint_format(&row.remote, remote);
		if (row.remote.port == 0)
			remote[strlen(remote) - 1] = '*';
		snprintf(next_line(&ours), LINE_SIZE, "%s %u %u %s %s",
			 midair_tcp_state_name(row.state), row.receive_queue_bytes,
			 row.send_queue_bytes, local, remote);
	}
	midair_table_free(table);
	sort_lines(&ours);
	CHECK(theirs.n_lines == ours.n_lines, "ss has %zu rows, BPF %zu", theirs.n_lines,
	      ours.n_lines);
	for (size_t i = 0; i < ours.n_lines; i++)
		CHECK(strcmp(theirs.text[i], ours.text[i]) == 0, "\"%s\" to ss, \"%s\" by BPF",
		      theirs.text[i], ours.text[i]);
}

static void selection_is_the_same(void)
{
	static const struct midair_selection selections[] = {
		{.size = sizeof(selections[0]), .local_port = 2001},
		{.size = sizeof(selections[0]), .remote_port = 2001},
		{.size = sizeof(selections[0]), .port = 2001},
		{.size = sizeof(selections[0]), .is_self_connected = true},
		{.size = sizeof(selections[0]), .states = UINT32_C(1) << MIDAIR_TCP_TIME_WAIT},
		{.size = sizeof(selections[0]), .states = UINT32_C(1) << MIDAIR_TCP_FIN_WAIT2},
		{.size = sizeof(selections[0]),
		 .states = UINT32_C(1) << MIDAIR_TCP_BOUND_INACTIVE},
		{.size = sizeof(selections[0]), .states = UINT32_C(1) << MIDAIR_TCP_SYN_RECV},
	};

	for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
		struct midair_table *bpf = NULL, *diag = NULL;

		CHECK(midair_table_select(&bpf, ALL | MIDAIR_TABLE_BPF, &selections[i]) == 0 &&
			      midair_table_select(&diag, ALL | MIDAIR_TABLE_NO_BPF,
						  &selections[i]) == 0,
		      "selection %zu is read", i);
		CHECK(midair_table_count(bpf) == midair_table_count(diag) &&
			      midair_table_count(bpf) > 0,
		      "selection %zu has %zu rows, %zu rows", i, midair_table_count(bpf),
		      midair_table_count(diag));
		midair_table_free(bpf);
		midair_table_free(diag);
	}
}

/* Where it is not permitted the table comes all the same, and says why. */
static void a_stranger_gets_the_table_without_bpf(void)
{
	int status;

	if (geteuid() != 0)
		return;
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		if (setuid(65534) != 0)
			_exit(0); /* a user namespace with one user */
		struct midair_table *table = open_table(ALL | MIDAIR_TABLE_BPF);
		CHECK(midair_table_bpf_result(table) == -EPERM, "BPF is not permitted (%s)",
		      midair_strerror(midair_table_bpf_result(table)));
		CHECK(midair_table_count(table) > 2 * N_PAIRS, "the rows are there");
		midair_table_free(table);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "the stranger's view is right");
}

int main(void)
{
	int dialled, accepted, stop_fd;

	enter_own_network();
	struct midair_table *probe = open_table(MIDAIR_TABLE_BPF);
	int result = midair_table_bpf_result(probe);
	midair_table_free(probe);
	if (result != 0) {
		printf("BPF: %s\n", midair_strerror(result));
		skip("this build or this user has no BPF");
	}
	int listener = listener_on(2001, 0);
	for (int i = 0; i < N_PAIRS; i++)
		open_pair(listener, 0, &dialled, &accepted);
	open_closed_ones(listener);
	open_with_bytes(listener);
	open_ipv6();
	open_self();
	open_half_open();
	CHECK(dial(tcp_socket(AF_INET, 0), "127.0.0.1", 2001) == 0, "one is not accepted");
	CHECK(bind_to(tcp_socket(AF_INET, 0), "127.0.0.1", 1501) == 0, "1501 is free");
	pid_t copy = start_copy(&stop_fd);

	both_ways_show_the_same(copy);
	reuse_options_are_shown();
	ss_sees_the_same();
	selection_is_the_same();
	a_stranger_gets_the_table_without_bpf();
	close(stop_fd);
	int status;
	CHECK(waitpid(copy, &status, 0) == copy && status == 0, "the copy ends well");
	return EXIT_SUCCESS;
}
