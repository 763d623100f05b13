/* SPDX-License-Identifier: MIT */
/* midair_stun() against servers in another process, honest and otherwise. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/stun.h"
#include "tests/lib/loopback.h"

enum manners {
	ANSWERS,
	ANSWERS_BYTE_BY_BYTE,
	ANSWERS_AND_GOES_ON,
	ANSWERS_ANOTHER_QUESTION,
	REFUSES,
	SENDS_GARBAGE,
	ECHOES,
	CLOSES,
	RESETS,
	CLOSES_HALFWAY,
	SAYS_NOTHING,
	STOPS_HALFWAY,
	NEVER_ENDS,
};

struct server {
	struct midair_endpoint endpoint;
	pid_t pid;
};

static void send_all(int fd, const uint8_t *bytes, size_t size, size_t each)
{
	for (size_t at = 0; at < size; at += each) {
		size_t n = size - at < each ? size - at : each;

		if (send(fd, bytes + at, n, MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* Until the client has gone: what it waits for is up to it. */
static void wait_for_end(int fd)
{
	uint8_t byte;

	while (wait_for(fd, POLLIN, PATIENCE_MS) && recv(fd, &byte, 1, 0) > 0)
		;
}

static void behave(int fd, enum manners manners)
{
	static const uint8_t garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct midair_endpoint remote = {0};
	uint8_t request[STUN_HEADER_BYTES];
	uint8_t answer[STUN_MESSAGE_MAX];
	size_t size;
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (recv(fd, request, sizeof(request), MSG_WAITALL) != sizeof(request) ||
	    getpeername(fd, (struct sockaddr *)&address, &length) < 0 ||
	    midair_endpoint_from_sockaddr(&remote, (struct sockaddr *)&address, length) != 0)
		return;
	if (manners == ANSWERS_ANOTHER_QUESTION)
		request[19] ^= 1;
	size = stun_answer(request, sizeof(request), &remote, answer);
	if (manners == REFUSES)
		answer[1] = 0x11;
	switch (manners) {
	case ANSWERS:
	case ANSWERS_ANOTHER_QUESTION:
	case REFUSES:
		send_all(fd, answer, size, size);
		break;
	case ANSWERS_BYTE_BY_BYTE:
		send_all(fd, answer, size, 1);
		break;
	case ANSWERS_AND_GOES_ON:
		memcpy(answer + size, "more", 4);
		send_all(fd, answer, size + 4, size + 4);
		break;
	case SENDS_GARBAGE:
		send_all(fd, garbage, sizeof(garbage) - 1, sizeof(garbage));
		break;
	case ECHOES:
		send_all(fd, request, sizeof(request), sizeof(request));
		break;
	case CLOSES:
		return;
	case RESETS:
		close_with_reset(fd);
		_exit(0);
	case CLOSES_HALFWAY:
		send_all(fd, answer, size / 2, size);
		return;
	case SAYS_NOTHING:
		break;
	case STOPS_HALFWAY:
		send_all(fd, answer, size / 2, size);
		break;
	case NEVER_ENDS:
		/* a header that promises more than comes */
		answer[3] = 0x40;
		send_all(fd, answer, size, size);
		break;
	}
	wait_for_end(fd);
}

static struct server serve(const struct midair_endpoint *endpoint, enum manners manners)
{
	struct server server = {.endpoint = *endpoint};
	int listener = plain_listener(endpoint);

	server.pid = fork();
	assert_true(server.pid >= 0);
	if (server.pid == 0) {
		int fd = wait_for(listener, POLLIN, PATIENCE_MS) ? accept(listener, NULL, NULL)
								 : -1;

		if (fd >= 0)
			behave(fd, manners);
		_exit(0);
	}
	close(listener);
	return server;
}

static void end(const struct server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}

static void each_kind_of_server_has_its_result(void **state)
{
	static const struct {
		const char *name;
		enum manners manners;
		int expected;
	} rows[] = {
		{"answers", ANSWERS, 0},
		{"answers byte by byte", ANSWERS_BYTE_BY_BYTE, 0},
		{"answers another question", ANSWERS_ANOTHER_QUESTION, MIDAIR_E_PROTOCOL},
		{"refuses", REFUSES, MIDAIR_E_PROTOCOL},
		{"sends garbage", SENDS_GARBAGE, MIDAIR_E_PROTOCOL},
		{"echoes", ECHOES, MIDAIR_E_PROTOCOL},
		{"closes", CLOSES, MIDAIR_E_PROTOCOL},
		{"resets", RESETS, -ECONNRESET},
		{"closes halfway", CLOSES_HALFWAY, MIDAIR_E_PROTOCOL},
		{"says nothing", SAYS_NOTHING, MIDAIR_E_TIMEOUT},
		{"stops halfway", STOPS_HALFWAY, MIDAIR_E_TIMEOUT},
		{"never ends", NEVER_ENDS, MIDAIR_E_TIMEOUT},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint endpoint = own_address(1, free_port());
		struct server server = serve(&endpoint, rows[i].manners);
		struct midair_endpoint local = {.reserved = 77};
		struct midair_endpoint mapped = {.reserved = 77};
		uint32_t limit_ms = rows[i].expected == MIDAIR_E_TIMEOUT ? 300 : PATIENCE_MS;
		size_t n_descriptors = count_descriptors();
		uint64_t begin_ms = now_ms();
		int result = midair_stun(&endpoint, &local, limit_ms, &mapped, NULL);
		uint64_t elapsed_ms = now_ms() - begin_ms;

		EXPECT(result == rows[i].expected, rows[i].name);
		EXPECT(result != 0 || midair_endpoint_equal(&mapped, &local), rows[i].name);
		EXPECT(result == 0 || (mapped.reserved == 77 && local.reserved == 77),
		       rows[i].name);
		EXPECT(elapsed_ms < PATIENCE_MS / 2, rows[i].name);
		EXPECT(result != MIDAIR_E_TIMEOUT || elapsed_ms >= 299, rows[i].name);
		EXPECT(count_descriptors() == n_descriptors, rows[i].name);
		end(&server);
	}
}

static void the_connection_is_handed_out_with_what_follows_the_answer(void **state)
{
	struct midair_endpoint endpoint = own_address(1, free_port());
	struct server server = serve(&endpoint, ANSWERS_AND_GOES_ON);
	struct midair_endpoint local = {0};
	struct midair_endpoint mapped;
	char more[8] = "";
	int fd = -1;

	(void)state;
	assert_int_equal(midair_stun(&endpoint, &local, PATIENCE_MS, &mapped, &fd), 0);
	assert_true(fd >= 0);
	assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(recv(fd, more, sizeof(more), MSG_DONTWAIT), 4);
	assert_string_equal(more, "more");
	/* non-blocking, as every descriptor that is handed out */
	assert_int_equal(recv(fd, more, sizeof(more), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	end(&server);
}

static void one_local_port_asks_two_servers(void **state)
{
	struct midair_endpoint endpoints[2] = {own_address(1, free_port()),
					       own_address(2, free_port())};
	struct midair_endpoint first = own_address(3, free_port());
	struct midair_endpoint second = first;
	struct midair_endpoint mapped[2];
	struct server servers[2];
	int fds[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		servers[i] = serve(&endpoints[i], ANSWERS);
	assert_int_equal(midair_stun(&endpoints[0], &first, PATIENCE_MS, &mapped[0], &fds[0]),
			 0);
	assert_int_equal(midair_stun(&endpoints[1], &second, PATIENCE_MS, &mapped[1], &fds[1]),
			 0);
	assert_true(midair_endpoint_equal(&first, &second));
	assert_true(midair_endpoint_equal(&mapped[0], &first));
	assert_true(midair_endpoint_equal(&mapped[1], &first));
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		end(&servers[i]);
	}
}

static void the_address_is_asked_for_over_ipv6(void **state)
{
	struct midair_endpoint endpoint = endpoint_of("[::1]:1");
	struct midair_endpoint local = {0};
	struct midair_endpoint mapped;
	struct server server;

	(void)state;
	if (!has_ipv6())
		skip();
	endpoint.port = free_port();
	server = serve(&endpoint, ANSWERS);
	assert_int_equal(midair_stun(&endpoint, &local, PATIENCE_MS, &mapped, NULL), 0);
	assert_int_equal(mapped.family, MIDAIR_IPV6);
	assert_true(midair_endpoint_equal(&mapped, &local));
	end(&server);
}

static void where_nobody_listens_it_is_refused(void **state)
{
	struct midair_endpoint endpoint = own_address(1, free_port());
	struct midair_endpoint local = {0};
	struct midair_endpoint mapped;

	(void)state;
	assert_int_equal(midair_stun(&endpoint, &local, PATIENCE_MS, &mapped, NULL),
			 -ECONNREFUSED);
}

static void a_port_that_is_not_shared_cannot_be_used(void **state)
{
	struct midair_endpoint endpoint = own_address(1, free_port());
	struct midair_endpoint local = own_address(2, free_port());
	struct midair_endpoint mapped;
	int fd = plain_listener(&local);

	(void)state;
	assert_int_equal(midair_stun(&endpoint, &local, PATIENCE_MS, &mapped, NULL),
			 MIDAIR_E_PORT_IN_USE);
	close(fd);
}

static void a_contradiction_is_told_before_anything_is_sent(void **state)
{
	struct midair_endpoint server = endpoint_of("192.0.2.1:3478");
	struct midair_endpoint nowhere = {0};
	struct midair_endpoint no_port = server;
	struct midair_endpoint other = endpoint_of("[::1]:1314");
	struct midair_endpoint any = {0};
	struct midair_endpoint mapped;

	(void)state;
	no_port.port = 0;
	assert_int_equal(midair_stun(&nowhere, &any, 1, &mapped, NULL), MIDAIR_E_CONFIG);
	assert_int_equal(midair_stun(&no_port, &any, 1, &mapped, NULL), MIDAIR_E_CONFIG);
	assert_int_equal(midair_stun(&server, &other, 1, &mapped, NULL), MIDAIR_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_server_has_its_result),
		cmocka_unit_test(the_connection_is_handed_out_with_what_follows_the_answer),
		cmocka_unit_test(one_local_port_asks_two_servers),
		cmocka_unit_test(the_address_is_asked_for_over_ipv6),
		cmocka_unit_test(where_nobody_listens_it_is_refused),
		cmocka_unit_test(a_port_that_is_not_shared_cannot_be_used),
		cmocka_unit_test(a_contradiction_is_told_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
