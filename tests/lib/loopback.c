/* SPDX-License-Identifier: MIT */
#include "tests/lib/loopback.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct midair_endpoint own_address(uint8_t n, uint16_t port)
{
	uint32_t id = (uint32_t)getpid();

	return (struct midair_endpoint){
		.family = MIDAIR_IPV4,
		.address = {127, (uint8_t)(100 + id / 256 % 128), (uint8_t)(id % 256), n},
		.port = port,
	};
}

struct midair_endpoint endpoint_of(const char *text)
{
	struct midair_endpoint endpoint;

	if (midair_endpoint_parse(&endpoint, text) != 0)
		fail_msg("\"%s\" is no endpoint", text);
	return endpoint;
}

static int tcp_socket(uint8_t family)
{
	int domain = family == MIDAIR_IPV6 ? AF_INET6 : AF_INET;
	int yes = 1;
	int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return fd;
}

static int bind_endpoint(int fd, const struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(local, &address);

	return bind(fd, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

/* Below the range that the kernel gives out: between our look and our use nobody's automatic
 * choice can take it. Tests that run at the same time start at different places. */
uint16_t free_port(void)
{
	static uint32_t n_asked;

	for (int i = 0; i < 1000; i++) {
		uint32_t place = (uint32_t)getpid() * 131 + n_asked++ * 7;
		const struct midair_endpoint any = {
			.family = MIDAIR_IPV4,
			.port = (uint16_t)(10000 + place % 20000),
		};
		int fd = tcp_socket(MIDAIR_IPV4);
		int result = bind_endpoint(fd, &any);

		close(fd);
		if (result == 0)
			return any.port;
	}
	fail_msg("no port from 10000 to 29999 is free");
	return 0;
}

bool has_ipv6(void)
{
	struct midair_endpoint any = {.family = MIDAIR_IPV6, .address = {[15] = 1}};
	int fd = tcp_socket(MIDAIR_IPV6);
	bool is_able = fd >= 0 && bind_endpoint(fd, &any) == 0;

	if (fd >= 0)
		close(fd);
	return is_able;
}

struct midair_config config_for(const struct midair_endpoint *local,
				const struct midair_endpoint *peer, uint32_t flags)
{
	return (struct midair_config){
		.size = sizeof(struct midair_config),
		.peers = peer,
		.n_peers = 1,
		.local = *local,
		.flags = flags,
		.timeout_ms = PATIENCE_MS,
	};
}

void attempt_open(struct attempt *attempt, const struct midair_config *config)
{
	int result;

	memset(attempt, 0, sizeof(*attempt));
	result = midair_session_new(&attempt->session, config);
	if (result != 0)
		fail_msg("midair_session_new: %s", midair_strerror(result));
}

static void collect(struct attempt *attempt)
{
	struct midair_event event;

	while (midair_session_next_event(attempt->session, &event) == 0) {
		/* the end comes last, and once; only what it is put down to follows */
		assert_true(!attempt->is_over || event.type == MIDAIR_EVENT_VERDICT);
		assert_true(attempt->n_events < EVENTS_MAX);
		attempt->events[attempt->n_events++] = event;
		if (event.type == MIDAIR_EVENT_CONNECTED || event.type == MIDAIR_EVENT_FAILED) {
			attempt->is_over = true;
			attempt->end = event;
		}
	}
}

void attempt_step(struct attempt *attempt)
{
	assert_int_equal(midair_session_dispatch(attempt->session), 0);
	collect(attempt);
}

static bool are_over(const struct attempt *attempts, size_t n_attempts)
{
	for (size_t i = 0; i < n_attempts; i++)
		if (!attempts[i].is_over)
			return false;
	return true;
}

/* Waits for any of them, and dispatches those that ask for it. */
static void step_ready(struct attempt *attempts, size_t n_attempts, uint64_t end_ms)
{
	struct pollfd fds[4];

	assert_true(n_attempts <= N_ITEMS(fds));
	for (size_t i = 0; i < n_attempts; i++) {
		int fd = attempts[i].is_over ? -1 : midair_session_fd(attempts[i].session);

		fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	if (now_ms() > end_ms || poll(fds, n_attempts, PATIENCE_MS) == 0)
		fail_msg("not over after %d ms", PATIENCE_MS);
	for (size_t i = 0; i < n_attempts; i++)
		if (fds[i].revents != 0)
			attempt_step(&attempts[i]);
}

void attempts_run(struct attempt *attempts, size_t n_attempts)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	while (!are_over(attempts, n_attempts))
		step_ready(attempts, n_attempts, end_ms);
}

const struct midair_event *attempt_find(const struct attempt *attempt,
					enum midair_event_type type)
{
	for (uint32_t i = 0; i < attempt->n_events; i++)
		if (attempt->events[i].type == type)
			return &attempt->events[i];
	return NULL;
}

void attempt_run_until(struct attempt *attempt, enum midair_event_type type)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	collect(attempt);
	while (attempt_find(attempt, type) == NULL) {
		assert_false(attempt->is_over);
		step_ready(attempt, 1, end_ms);
	}
}

void attempt_close(struct attempt *attempt)
{
	attempt->session = midair_session_free(attempt->session);
	assert_null(attempt->session);
}

size_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		n++;
	closedir(directory);
	return n;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int plain_socket(const struct midair_endpoint *local)
{
	int fd = tcp_socket(local->family);

	assert_true(fd >= 0);
	assert_int_equal(bind_endpoint(fd, local), 0);
	return fd;
}

int plain_listener(const struct midair_endpoint *local)
{
	int fd = plain_socket(local);

	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

int plain_connect(int fd, const struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);

	return connect(fd, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

void tcp_pair(int fds[2])
{
	struct midair_endpoint local = own_address(250, 0);
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int listener = plain_listener(&local);

	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	midair_endpoint_from_sockaddr(&local, (struct sockaddr *)&address, length);
	fds[0] = tcp_socket(MIDAIR_IPV4);
	assert_int_equal(plain_connect(fds[0], &local), 0);
	fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fds[1] >= 0);
	close(listener);
}

bool wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};

	return poll(&poll_fd, 1, timeout_ms) > 0;
}

void close_with_reset(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}
