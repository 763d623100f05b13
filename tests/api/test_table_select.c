/* SPDX-License-Identifier: MIT */
/*
 * Selection, groups, TCP_INFO, and the end of chosen sockets; a table that changes while it is
 * read. In a network namespace of its own.
 */
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "midair/midair.h"
#include "tests/platform/platform.h"

#define N_SHARERS 5

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint parsed;

	CHECK(midair_endpoint_parse(&parsed, text) == 0, "%s is an endpoint", text);
	return parsed;
}

static int accept_from(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};

	CHECK(poll(&waiting, 1, 1000) == 1, "a connection arrives");
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK(fd >= 0, "it is accepted");
	return fd;
}

static struct midair_selection nothing(void)
{
	return (struct midair_selection){.size = sizeof(struct midair_selection)};
}

static struct midair_table *select_rows(uint32_t flags,
					const struct midair_selection *selection)
{
	struct midair_table *table;
	int result = midair_table_select(&table, flags | MIDAIR_TABLE_NO_BPF, selection);

	CHECK(result == 0, "the table opens (%s)", midair_strerror(result));
	return table;
}

static size_t count(uint32_t flags, const struct midair_selection *selection)
{
	struct midair_table *table = select_rows(flags, selection);
	struct midair_row row;
	size_t n_rows = 0;

	for (; midair_table_next(table, &row) == 0; n_rows++)
		;
	CHECK(n_rows == midair_table_count(table), "the count is that of the rows");
	midair_table_free(table);
	return n_rows;
}

/* N_SHARERS connections from one port, 1500, to as many listeners, 2001 and on. */
static void open_sharers(int dialled[N_SHARERS], int accepted[N_SHARERS])
{
	for (uint16_t i = 0; i < N_SHARERS; i++) {
		int listener = listener_on((uint16_t)(2001 + i), 0);

		dialled[i] = tcp_socket(AF_INET, REUSE_PORT);
		CHECK(bind_to(dialled[i], "127.0.0.1", 1500) == 0, "1500 is shared");
		CHECK(dial(dialled[i], "127.0.0.1", (uint16_t)(2001 + i)) == 0, "it connects");
		accepted[i] = accept_from(listener);
	}
}

static void rows_are_chosen(void)
{
	struct midair_selection selection = nothing();

	CHECK(count(0, &selection) == 2 * N_SHARERS, "all that is established");
	selection.local_port = 1500;
	CHECK(count(0, &selection) == N_SHARERS, "one end of each");
	selection.remote_port = 2002;
	CHECK(count(0, &selection) == 1, "one of them");
	CHECK(midair_prefix_parse(&selection.local, "127.0.0.1") == 0 &&
		      midair_prefix_parse(&selection.remote, "127.0.0.1") == 0,
	      "two addresses");
	CHECK(count(0, &selection) == 1, "the same, looked up");
	selection.states = UINT32_C(1) << MIDAIR_TCP_TIME_WAIT;
	CHECK(count(0, &selection) == 0, "looked up, but in another state");
	selection = nothing();
	selection.port = 2001;
	CHECK(count(MIDAIR_TABLE_LISTENING, &selection) == 3, "both ends and the listener");
	CHECK(midair_prefix_parse(&selection.remote, "127.0.0.0/8") == 0, "a prefix");
	CHECK(count(MIDAIR_TABLE_LISTENING, &selection) == 2, "a listener leads nowhere");
	CHECK(midair_prefix_parse(&selection.remote, "10.0.0.0/8") == 0, "a prefix");
	CHECK(count(MIDAIR_TABLE_LISTENING, &selection) == 0, "nothing leads there");
	selection = nothing();
	selection.is_self_connected = true;
	CHECK(count(0, &selection) == 0, "nothing is connected to itself");
}

static void processes_are_chosen(void)
{
	struct midair_selection selection = nothing();
	struct midair_table *table;

	selection.pid = getpid();
	CHECK(midair_table_select(&table, 0, &selection) == MIDAIR_E_CONFIG,
	      "who wants a process wants processes");
	CHECK(count(MIDAIR_TABLE_PROCESSES, &selection) == 2 * N_SHARERS, "all are ours");
	selection.pid = 1;
	CHECK(count(MIDAIR_TABLE_PROCESSES, &selection) == 0, "none is init's");
	selection = nothing();
	selection.process = "no such process";
	CHECK(count(MIDAIR_TABLE_PROCESSES, &selection) == 0, "none is of this name");
	selection.size = 1;
	CHECK(midair_table_select(&table, 0, &selection) == MIDAIR_E_CONFIG,
	      "an unknown size is refused");
}

static void a_self_connection_is_found(void)
{
	const struct midair_endpoint local = endpoint("127.0.0.1:1314");
	struct midair_selection selection = nothing();
	struct midair_row row;
	int fd;

	CHECK(midair_self_connect(&local, &fd) == 0, "it connects to itself");
	selection.is_self_connected = true;
	struct midair_table *table = select_rows(MIDAIR_TABLE_PROCESSES, &selection);
	CHECK(midair_table_next(table, &row) == 0, "it is found");
	CHECK(midair_endpoint_equal(&row.local, &local) && row.pid == getpid(), "and ours");
	CHECK(midair_table_next(table, &row) == MIDAIR_E_END, "and the only one");
	midair_table_free(table);
	close(fd);
}

static void a_shared_endpoint_is_one_group(void)
{
	struct midair_selection selection = nothing();
	struct midair_group group;

	selection.is_shared = true;
	struct midair_table *table = select_rows(MIDAIR_TABLE_PROCESSES, &selection);
	CHECK(midair_table_next_group(table, &group) == 0, "there is a group");
	CHECK(group.local.port == 1500 && group.n_rows == N_SHARERS &&
		      group.n_established == N_SHARERS,
	      "port %u has %u sockets", group.local.port, group.n_rows);
	CHECK(group.n_processes == 1 && group.pid == getpid(), "all ours");
	CHECK(midair_table_next_group(table, &group) == MIDAIR_E_END, "there is no other");
	midair_table_free(table);
	selection = nothing();
	table = select_rows(0, &selection);
	size_t n_groups = 0;
	for (; midair_table_next_group(table, &group) == 0; n_groups++)
		;
	CHECK(n_groups == 1 + N_SHARERS, "every local endpoint is a group, %zu", n_groups);
	midair_table_free(table);
}

static void facts_are_those_of_tcp_info(int fd)
{
	struct midair_selection selection = nothing();
	struct midair_row row;

	selection.local_port = 1500;
	selection.remote_port = 2001;
	struct midair_table *table = select_rows(MIDAIR_TABLE_FACTS, &selection);
	struct tcp_info info = tcp_info_of(fd);
	CHECK(midair_table_next(table, &row) == 0 && row.has_facts, "a connection has facts");
	CHECK(row.facts.round_trip_us == info.tcpi_rtt &&
		      row.facts.congestion_window == info.tcpi_snd_cwnd &&
		      row.facts.segment_bytes == info.tcpi_snd_mss &&
		      row.facts.bytes_sent == info.tcpi_bytes_sent,
	      "they are the socket's own");
	midair_table_free(table);
	table = select_rows(0, &selection);
	CHECK(midair_table_next(table, &row) == 0 && !row.has_facts, "only when asked for");
	midair_table_free(table);
}

/* ---- --kill ------------------------------------------------------------------------------- */

static struct midair_row row_of(uint16_t local, uint16_t remote)
{
	struct midair_endpoint from = endpoint("127.0.0.1:1");
	struct midair_endpoint to = from;
	struct midair_row row;

	from.port = local;
	to.port = remote;
	int result = midair_table_find(&from, &to, &row);
	CHECK(result == 0, "%u to %u is there (%s)", local, remote, midair_strerror(result));
	return row;
}

static void a_stranger_may_not_kill(const struct midair_row *row)
{
	int status;

	if (geteuid() != 0)
		return;
	pid_t pid = fork();
	CHECK(pid >= 0, "a child is made");
	if (pid == 0) {
		if (setuid(65534) == 0)
			CHECK(midair_table_kill(row) == -EPERM, "a stranger may not");
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "a stranger was refused");
}

static void a_chosen_connection_ends(int dialled, int accepted)
{
	struct midair_row row = row_of(1500, 2001);
	struct midair_row other = row;
	char byte;

	other.cookie++;
	CHECK(midair_table_kill(&other) == -ENOENT, "another socket's cookie is not found");
	other.cookie = 0;
	CHECK(midair_table_kill(&other) == MIDAIR_E_UNSUPPORTED, "no cookie, no kill");
	CHECK(recv(dialled, &byte, 1, 0) == -1 && errno == EAGAIN, "it lives");
	a_stranger_may_not_kill(&row);
	int result = midair_table_kill(&row);
	if (result == MIDAIR_E_UNSUPPORTED) {
		puts("this kernel has no SOCK_DESTROY");
		return;
	}
	CHECK(result == 0, "it is ended (%s)", midair_strerror(result));
	CHECK(recv(dialled, &byte, 1, 0) == -1 && errno == ECONNABORTED, "its process sees it");
	struct pollfd waiting = {.fd = accepted, .events = POLLIN};
	CHECK(poll(&waiting, 1, 1000) == 1, "so does the peer");
	CHECK(recv(accepted, &byte, 1, 0) == -1 && errno == ECONNRESET, "by RST");
	CHECK(midair_table_kill(&row) == -ENOENT, "it cannot be ended twice");
}

static void a_time_wait_is_freed(int dialled, int accepted)
{
	close(dialled);
	close(accepted);
	struct midair_row row = await_row(1500, 2002, MIDAIR_TCP_TIME_WAIT);
	CHECK(row.timer == MIDAIR_TIMER_TIME_WAIT && row.timer_ms > 0 && row.timer_ms <= 60000,
	      "it counts down: %u ms", row.timer_ms);
	if (midair_table_kill(&row) != 0)
		return; /* told above */
	struct midair_selection selection = nothing();
	selection.states = UINT32_C(1) << MIDAIR_TCP_TIME_WAIT;
	CHECK(count(0, &selection) == 0, "the pair is free at once");
}

/* ---- a table that changes ----------------------------------------------------------------- */

/* Process after process that listens on some ports and ends. */
static pid_t start_coming_and_going(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0, "a child is made");
	if (pid > 0)
		return pid;
	for (;;) {
		pid_t child = fork();

		if (child == 0) {
			for (int i = 0; i < 20; i++)
				listener_on(0, 0);
			_exit(0);
		}
		if (child < 0 || waitpid(child, NULL, 0) != child)
			_exit(1);
	}
}

/* A row that names us must be one of our sockets: inodes are compared. */
static bool is_ours(uint64_t inode)
{
	struct stat status;

	for (int fd = 0; fd < 256; fd++) {
		if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) &&
		    status.st_ino == inode)
			return true;
	}
	return false;
}

static void no_owner_is_wrong_while_processes_come_and_go(void)
{
	pid_t pid = start_coming_and_going();
	uint64_t end_ms = now_ms() + 500;

	while (now_ms() < end_ms) {
		struct midair_selection selection = nothing();
		struct midair_table *table =
			select_rows(MIDAIR_TABLE_PROCESSES | MIDAIR_TABLE_ALL_STATES |
					    MIDAIR_TABLE_LISTENING,
				    &selection);
		struct midair_row row;
		size_t n_listeners = 0;

		while (midair_table_next(table, &row) == 0) {
			CHECK(row.pid != getpid() || is_ours(row.inode),
			      "what is ours is ours");
			n_listeners += row.state == MIDAIR_TCP_LISTEN && row.pid == getpid();
		}
		CHECK(n_listeners == N_SHARERS, "what stays is always seen, %zu", n_listeners);
		midair_table_free(table);
	}
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "the child is ended");
}

int main(void)
{
	int dialled[N_SHARERS], accepted[N_SHARERS];

	enter_own_network();
	open_sharers(dialled, accepted);
	rows_are_chosen();
	processes_are_chosen();
	a_self_connection_is_found();
	a_shared_endpoint_is_one_group();
	facts_are_those_of_tcp_info(dialled[0]);
	a_chosen_connection_ends(dialled[0], accepted[0]);
	a_time_wait_is_freed(dialled[1], accepted[1]);
	no_owner_is_wrong_while_processes_come_and_go();
	return EXIT_SUCCESS;
}
