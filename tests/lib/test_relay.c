/* SPDX-License-Identifier: MIT */
/* midair_relay(): nothing lost, nothing hung, whatever the ends are and however they close. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/relay_rig.h"

#define MIB (UINT64_C(1024) * 1024)

enum { SENT = 0, RECEIVED = 1 };

/* All four ends of a relay that moves n_bytes each way. */
struct traffic {
	struct stream feed;  /* into in_fd */
	struct stream taken; /* by the peer */
	struct stream given; /* by the peer */
	struct stream drain; /* out of out_fd */
	bool is_peer_shut;
	bool is_feed_shut;
};

static struct traffic traffic_of(const struct rig *rig, uint64_t n_bytes)
{
	return (struct traffic){
		.feed = {.fd = rig->feed_fd, .which = SENT, .end = n_bytes},
		.taken = {.fd = rig->peer_fd, .which = SENT},
		.given = {.fd = rig->peer_fd, .which = RECEIVED, .end = n_bytes},
		.drain = {.fd = rig->drain_fd, .which = RECEIVED},
	};
}

static void wait_for_any(const struct traffic *traffic)
{
	struct pollfd fds[] = {
		{.fd = traffic->feed.is_done ? -1 : traffic->feed.fd, .events = POLLOUT},
		{.fd = traffic->taken.is_done ? -1 : traffic->taken.fd, .events = POLLIN},
		{.fd = traffic->given.is_done ? -1 : traffic->given.fd, .events = POLLOUT},
		{.fd = traffic->drain.is_done ? -1 : traffic->drain.fd, .events = POLLIN},
	};

	if (poll(fds, N_ITEMS(fds), PATIENCE_MS) == 0)
		fail_msg("stuck: fed %llu, taken %llu, given %llu, drained %llu",
			 (unsigned long long)traffic->feed.offset,
			 (unsigned long long)traffic->taken.offset,
			 (unsigned long long)traffic->given.offset,
			 (unsigned long long)traffic->drain.offset);
}

static void pump(struct traffic *traffic, struct rig *rig)
{
	stream_write(&traffic->feed);
	stream_write(&traffic->given);
	if (traffic->feed.is_done && !traffic->is_feed_shut) {
		traffic->is_feed_shut = true;
		traffic->feed.fd = -1;
		/* the drain may be the same kind of thing, but never the same descriptor */
		if (rig->feed_fd >= 0)
			close(rig->feed_fd);
		rig->feed_fd = -1;
	}
	if (traffic->given.is_done && !traffic->is_peer_shut) {
		traffic->is_peer_shut = true;
		shutdown(rig->peer_fd, SHUT_WR);
	}
	stream_read(&traffic->taken);
	stream_read(&traffic->drain);
}

/* Without an end to drain it is the peer's shutdown that says that all was given. */
static bool is_done(const struct traffic *traffic)
{
	return traffic->taken.is_done && traffic->drain.is_done && traffic->is_peer_shut;
}

static void run_traffic(struct traffic *traffic, struct rig *rig)
{
	while (!is_done(traffic)) {
		pump(traffic, rig);
		if (!is_done(traffic))
			wait_for_any(traffic);
	}
}

static void check_file(int fd, uint64_t n_bytes)
{
	struct stream stream = {.fd = fd, .which = RECEIVED};

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	stream_read(&stream);
	assert_int_equal(stream.offset, n_bytes);
}

static void move(enum end_kind in, enum end_kind out, uint64_t n_bytes)
{
	uint64_t n_sent = in == END_NULL ? 0 : n_bytes;
	struct outcome outcome;
	struct traffic traffic;
	struct rig rig;
	int file = -1;

	rig_init(&rig, in, out, n_bytes);
	if (out == END_FILE)
		file = dup(rig.out_fd);
	rig_start(&rig);
	traffic = traffic_of(&rig, n_bytes);
	run_traffic(&traffic, &rig);
	outcome = rig_finish(&rig);
	assert_int_equal(outcome.result, 0);
	assert_int_equal(outcome.moved.sent_bytes, n_sent);
	assert_int_equal(outcome.moved.received_bytes, n_bytes);
	assert_int_equal(traffic.taken.offset, n_sent);
	if (out == END_PIPE || out == END_SOCKETPAIR)
		assert_int_equal(traffic.drain.offset, n_bytes);
	if (file >= 0) {
		check_file(file, n_bytes);
		close(file);
	}
}

static void every_kind_of_end_goes_with_every_other(void **state)
{
	const uint64_t sizes[] = {0, 1, 4096, 300001, 2 * MIB};

	(void)state;
	for (int in = 0; in < N_END_KINDS; in++)
		for (int out = 0; out < N_END_KINDS; out++)
			for (size_t i = 0; i < N_ITEMS(sizes); i++)
				move((enum end_kind)in, (enum end_kind)out, sizes[i]);
}

static void much_goes_through_both_ways_at_once(void **state)
{
	(void)state;
	move(END_PIPE, END_PIPE, 64 * MIB);
	move(END_SOCKETPAIR, END_SOCKETPAIR, 64 * MIB);
	move(END_FILE, END_FILE, 64 * MIB);
}

/* splice() refuses what is opened for appending. */
static void what_cannot_be_spliced_is_copied(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;
		char path[64];
		int file = -1;
		int append;

		rig_init(&rig, END_PIPE, kind == 0 ? END_PIPE : END_FILE, 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", rig.out_fd);
		append = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		assert_true(append >= 0);
		if (kind == 1)
			file = dup(rig.out_fd);
		close(rig.out_fd);
		rig.out_fd = append;
		rig_start(&rig);
		traffic = traffic_of(&rig, MIB);
		run_traffic(&traffic, &rig);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(outcome.moved.received_bytes, MIB);
		if (file >= 0) {
			check_file(file, MIB);
			close(file);
		} else {
			assert_int_equal(traffic.drain.offset, MIB);
		}
	}
}

static void read_until_end(struct stream *stream)
{
	while (!stream->is_done) {
		assert_true(wait_for(stream->fd, POLLIN, PATIENCE_MS));
		stream_read(stream);
	}
}

static void write_all(struct stream *stream)
{
	while (!stream->is_done) {
		stream_write(stream);
		if (!stream->is_done)
			assert_true(wait_for(stream->fd, POLLOUT, PATIENCE_MS));
	}
}

static void the_end_of_our_input_leaves_the_other_direction_open(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_END_KINDS - 1; kind++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;

		rig_init(&rig, END_NULL, kind == END_FILE ? END_PIPE : (enum end_kind)kind, 0);
		rig_start(&rig);
		traffic = traffic_of(&rig, 50000);
		read_until_end(&traffic.taken); /* our input's end is there */
		write_all(&traffic.given);
		shutdown(rig.peer_fd, SHUT_WR);
		read_until_end(&traffic.drain);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(traffic.drain.offset, 50000);
	}
}

static void the_end_of_the_peers_input_leaves_ours_open(void **state)
{
	const enum end_kind kinds[] = {END_PIPE, END_SOCKETPAIR};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(kinds); i++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;

		rig_init(&rig, kinds[i], END_PIPE, 0);
		rig_start(&rig);
		traffic = traffic_of(&rig, 70000);
		write_all(&traffic.given);
		shutdown(rig.peer_fd, SHUT_WR);
		while (traffic.drain.offset < 70000) {
			assert_true(wait_for(rig.drain_fd, POLLIN, PATIENCE_MS));
			stream_read(&traffic.drain);
		}
		write_all(&traffic.feed);
		close(rig.feed_fd);
		rig.feed_fd = -1;
		read_until_end(&traffic.taken);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(traffic.taken.offset, 70000);
	}
}

/* All that the peer sent has been acknowledged: it waits in the relay's socket or beyond it. */
static void wait_acknowledged(int fd)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	int n_unsent = 1;

	while (n_unsent != 0) {
		assert_true(now_ms() < end_ms);
		assert_int_equal(ioctl(fd, SIOCOUTQ, &n_unsent), 0);
		poll(NULL, 0, 1);
	}
}

static void a_reset_is_a_loss_but_what_came_before_is_delivered(void **state)
{
	(void)state;
	for (int kind = 0; kind < N_END_KINDS; kind++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;
		int file = -1;

		rig_init(&rig, END_PIPE, (enum end_kind)kind, 0);
		if (kind == END_FILE)
			file = dup(rig.out_fd);
		rig_start(&rig);
		/* more than a pipe holds: the rest is in the socket when the reset comes */
		traffic = traffic_of(&rig, 150000);
		write_all(&traffic.given);
		wait_acknowledged(rig.peer_fd);
		close_with_reset(rig.peer_fd);
		rig.peer_fd = -1;
		if (rig.drain_fd >= 0)
			read_until_end(&traffic.drain);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, MIDAIR_E_LOST);
		assert_int_equal(outcome.moved.received_bytes, 150000);
		if (rig.drain_fd >= 0)
			assert_int_equal(traffic.drain.offset, 150000);
		if (file >= 0) {
			check_file(file, 150000);
			close(file);
		}
	}
}

/* A peer that closes with our bytes unread resets; one that closes first and gets our bytes
 * then resets too, and Linux calls that EPIPE. Neither may kill the process with SIGPIPE. */
static void a_peer_that_closes_while_we_send_is_a_loss(void **state)
{
	const enum end_kind kinds[] = {END_PIPE, END_SOCKETPAIR, END_FILE};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(kinds); i++)
		for (int is_unread = 0; is_unread < 2; is_unread++) {
			struct outcome outcome;
			struct traffic traffic;
			struct rig rig;

			rig_init(&rig, kinds[i], END_NULL, 16 * MIB);
			traffic = traffic_of(&rig, 16 * MIB);
			if (!is_unread)
				close(rig.peer_fd);
			rig_start(&rig);
			if (is_unread) {
				if (rig.feed_fd >= 0)
					stream_write(&traffic.feed);
				assert_true(wait_for(rig.peer_fd, POLLIN, PATIENCE_MS));
				close(rig.peer_fd);
			}
			rig.peer_fd = -1;
			if (rig.feed_fd >= 0)
				while (!traffic.feed.is_done &&
				       wait_for(rig.feed_fd, POLLOUT, PATIENCE_MS))
					stream_write(&traffic.feed);
			outcome = rig_finish(&rig);
			assert_int_equal(outcome.result, MIDAIR_E_LOST);
		}
}

static void a_closed_output_is_a_broken_pipe(void **state)
{
	const enum end_kind kinds[] = {END_PIPE, END_SOCKETPAIR};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(kinds); i++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;

		rig_init(&rig, END_PIPE, kinds[i], 0);
		close(rig.drain_fd);
		rig.drain_fd = -1;
		close(rig.stop_fd);
		rig.stop_fd = -1;
		rig_start(&rig);
		traffic = traffic_of(&rig, 1000);
		write_all(&traffic.given);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, -EPIPE);
	}
}

static void a_full_disk_is_told(void **state)
{
	struct outcome outcome;
	struct traffic traffic;
	struct rig rig;

	(void)state;
	rig_init(&rig, END_PIPE, END_NULL, 0);
	close(rig.out_fd);
	rig.out_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (rig.out_fd < 0)
		skip();
	rig_start(&rig);
	traffic = traffic_of(&rig, 1000);
	write_all(&traffic.given);
	outcome = rig_finish(&rig);
	assert_int_equal(outcome.result, -ENOSPC);
}

static void an_input_that_cannot_be_read_is_told(void **state)
{
	struct outcome outcome;
	struct rig rig;

	(void)state;
	rig_init(&rig, END_NULL, END_NULL, 0);
	close(rig.in_fd);
	rig.in_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rig_start(&rig);
	outcome = rig_finish(&rig);
	assert_int_equal(outcome.result, -EISDIR);
}

static void descriptors_that_are_not_open_are_told(void **state)
{
	struct midair_relay_result moved;
	int fds[2];

	(void)state;
	tcp_pair(fds);
	moved.sent_bytes = moved.received_bytes = 77;
	assert_int_equal(midair_relay(-1, fds[1], fds[0], -1, 0, &moved), -EBADF);
	assert_int_equal(moved.sent_bytes, 0);
	moved.received_bytes = 77;
	assert_int_equal(midair_relay(fds[1], 9999, fds[0], -1, 0, &moved), -EBADF);
	assert_int_equal(moved.received_bytes, 0);
	assert_int_equal(midair_relay(fds[1], fds[1], -1, -1, 0, &moved), -EBADF);
	close(fds[0]);
	close(fds[1]);
}

static void the_stop_descriptor_ends_an_idle_relay(void **state)
{
	struct outcome outcome;
	struct rig rig;

	(void)state;
	rig_init(&rig, END_PIPE, END_PIPE, 0);
	assert_int_equal(write(rig.stop_write_fd, "", 1), 1);
	rig_start(&rig);
	outcome = rig_finish(&rig);
	assert_int_equal(outcome.result, -EINTR);
}

/* Nobody drains: the peer must be held back by the kernel's buffers, not by our memory. */
static void a_slow_reader_holds_the_peer_back_and_loses_nothing(void **state)
{
	const enum end_kind kinds[] = {END_PIPE, END_SOCKETPAIR};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(kinds); i++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;
		int size = 65536;

		rig_init(&rig, END_NULL, kinds[i], 0);
		setsockopt(rig.connection_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		setsockopt(rig.peer_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		rig_start(&rig);
		traffic = traffic_of(&rig, 8 * MIB);
		/* until nothing moves for a while */
		while (wait_for(rig.peer_fd, POLLOUT, 100) && !traffic.given.is_done)
			stream_write(&traffic.given);
		assert_true(traffic.given.offset < 4 * MIB);
		run_traffic(&traffic, &rig);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(traffic.drain.offset, 8 * MIB);
	}
}

static int64_t cpu_time_ms(pid_t child)
{
	struct timespec time;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(child, &clock), 0);
	assert_int_equal(clock_gettime(clock, &time), 0);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* After bytes went both ways, with ends in every state that a relay can wait in. */
static void a_relay_that_waits_uses_no_time(void **state)
{
	enum { OPEN, IN_ENDED, PEER_ENDED, OUT_BLOCKED, SEND_BLOCKED, N_STATES };

	(void)state;
	for (int at = 0; at < N_STATES; at++) {
		uint64_t n_bytes = at == OUT_BLOCKED || at == SEND_BLOCKED ? 16 * MIB : 1000;
		struct traffic traffic;
		struct rig rig;
		int64_t before_ms;

		rig_init(&rig, END_PIPE, END_PIPE, 0);
		rig_start(&rig);
		traffic = traffic_of(&rig, n_bytes);
		if (at != OUT_BLOCKED)
			stream_write(&traffic.feed);
		if (at != SEND_BLOCKED)
			stream_write(&traffic.given);
		while (at == SEND_BLOCKED && wait_for(rig.feed_fd, POLLOUT, 100))
			stream_write(&traffic.feed);
		while (at == OUT_BLOCKED && wait_for(rig.peer_fd, POLLOUT, 100))
			stream_write(&traffic.given);
		while (at < OUT_BLOCKED && traffic.drain.offset < n_bytes) {
			assert_true(wait_for(rig.drain_fd, POLLIN, PATIENCE_MS));
			stream_read(&traffic.drain);
		}
		if (at == IN_ENDED) {
			close(rig.feed_fd);
			rig.feed_fd = -1;
		}
		if (at == PEER_ENDED)
			shutdown(rig.peer_fd, SHUT_WR);
		before_ms = cpu_time_ms(rig.child);
		poll(NULL, 0, 100);
		assert_in_range(cpu_time_ms(rig.child) - before_ms, 0, 50);
		assert_int_equal(write(rig.stop_write_fd, "", 1), 1);
		assert_int_equal(rig_finish(&rig).result, -EINTR);
	}
}

/* Whoever reads our output must see the peer's end although we go on sending. */
static void with_close_out_the_peers_end_shows_at_once(void **state)
{
	const enum end_kind kinds[] = {END_PIPE, END_SOCKETPAIR};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(kinds); i++) {
		struct outcome outcome;
		struct traffic traffic;
		struct rig rig;

		rig_init(&rig, END_PIPE, kinds[i], 0);
		rig.flags = MIDAIR_RELAY_CLOSE_OUT;
		rig_start(&rig);
		traffic = traffic_of(&rig, 1000);
		write_all(&traffic.given);
		shutdown(rig.peer_fd, SHUT_WR);
		read_until_end(&traffic.drain);
		assert_int_equal(traffic.drain.offset, 1000);
		write_all(&traffic.feed);
		close(rig.feed_fd);
		rig.feed_fd = -1;
		read_until_end(&traffic.taken);
		outcome = rig_finish(&rig);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(traffic.taken.offset, 1000);
	}
}

/* Ended in the middle, the relay must not look to the peer as if it had come to its end. */
static void a_relay_that_is_ended_early_resets_its_peer(void **state)
{
	struct traffic traffic;
	struct rig rig;
	char byte;

	(void)state;
	rig_init(&rig, END_PIPE, END_PIPE, 0);
	rig_start(&rig);
	traffic = traffic_of(&rig, 1000);
	write_all(&traffic.feed);
	while (traffic.taken.offset < 1000) {
		assert_true(wait_for(rig.peer_fd, POLLIN, PATIENCE_MS));
		stream_read(&traffic.taken);
	}
	assert_int_equal(write(rig.stop_write_fd, "", 1), 1);
	assert_int_equal(rig_finish_keeping_peer(&rig).result, -EINTR);
	assert_true(wait_for(rig.peer_fd, POLLIN, PATIENCE_MS));
	assert_int_equal(read(rig.peer_fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(rig.peer_fd);
}

static void the_signal_that_a_broken_pipe_raises_does_not_stay_pending(void **state)
{
	struct midair_relay_result moved;
	sigset_t pending;
	int pipe_fds[2];
	int fds[2];

	(void)state;
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	tcp_pair(fds);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	close(pipe_fds[0]);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(midair_relay(fds[1], pipe_fds[1], fds[0], -1, 0, &moved), -EPIPE);
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	close(pipe_fds[1]);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_end_goes_with_every_other),
		cmocka_unit_test(much_goes_through_both_ways_at_once),
		cmocka_unit_test(what_cannot_be_spliced_is_copied),
		cmocka_unit_test(the_end_of_our_input_leaves_the_other_direction_open),
		cmocka_unit_test(the_end_of_the_peers_input_leaves_ours_open),
		cmocka_unit_test(a_reset_is_a_loss_but_what_came_before_is_delivered),
		cmocka_unit_test(a_peer_that_closes_while_we_send_is_a_loss),
		cmocka_unit_test(a_closed_output_is_a_broken_pipe),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(an_input_that_cannot_be_read_is_told),
		cmocka_unit_test(descriptors_that_are_not_open_are_told),
		cmocka_unit_test(the_stop_descriptor_ends_an_idle_relay),
		cmocka_unit_test(a_slow_reader_holds_the_peer_back_and_loses_nothing),
		cmocka_unit_test(a_relay_that_waits_uses_no_time),
		cmocka_unit_test(with_close_out_the_peers_end_shows_at_once),
		cmocka_unit_test(a_relay_that_is_ended_early_resets_its_peer),
		cmocka_unit_test(the_signal_that_a_broken_pipe_raises_does_not_stay_pending),
	};

	/* our own writes to a relay that has ended */
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
