/* SPDX-License-Identifier: MIT */
/* What midair_session_new() refuses, and that it takes nothing with it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/loopback.h"

static struct midair_config good_config(struct midair_endpoint peers[MIDAIR_PEERS_MAX + 1])
{
	struct midair_endpoint local = own_address(1, 11000);

	for (uint8_t i = 0; i < MIDAIR_PEERS_MAX + 1; i++)
		peers[i] = own_address((uint8_t)(i + 2), 12000);
	return config_for(&local, peers, 0);
}

static void no_config(struct midair_config *config)
{
	config->size = 0;
}
static void size_of_half_a_word(struct midair_config *config)
{
	config->size = sizeof(config->size) - 1;
}
static void size_of_the_future(struct midair_config *config)
{
	config->size = sizeof(*config) + 1;
}
static void size_without_peers(struct midair_config *config)
{
	config->size = sizeof(config->size);
}
static void huge_size(struct midair_config *config)
{
	config->size = SIZE_MAX;
}
static void no_peers(struct midair_config *config)
{
	config->n_peers = 0;
}
static void null_peers(struct midair_config *config)
{
	config->peers = NULL;
}
static void seventeen_peers(struct midair_config *config)
{
	config->n_peers = MIDAIR_PEERS_MAX + 1;
}
static void very_many_peers(struct midair_config *config)
{
	config->n_peers = SIZE_MAX;
}
static void unknown_flags(struct midair_config *config)
{
	config->flags = 1u << 3;
}
static void all_flags(struct midair_config *config)
{
	config->flags = UINT32_MAX;
}
static void negative_nanoseconds(struct midair_config *config)
{
	config->start = (struct timespec){.tv_sec = 1, .tv_nsec = -1};
}
static void too_many_nanoseconds(struct midair_config *config)
{
	config->start = (struct timespec){.tv_sec = 1, .tv_nsec = 1000000000};
}
static void timeout_of_more_than_a_day(struct midair_config *config)
{
	config->timeout_ms = 86400001;
}
static void longest_timeout(struct midair_config *config)
{
	config->timeout_ms = UINT32_MAX;
}
static void local_family_that_no_peer_has(struct midair_config *config)
{
	config->local = (struct midair_endpoint){.family = MIDAIR_IPV6, .address = {[15] = 1}};
}
static void local_family_that_does_not_exist(struct midair_config *config)
{
	config->local.family = 9;
}

static void a_config_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct midair_config *config);
		int expected;
	} rows[] = {
		{"no config", no_config, MIDAIR_E_CONFIG},
		{"size of half a word", size_of_half_a_word, MIDAIR_E_CONFIG},
		{"size of the future", size_of_the_future, MIDAIR_E_CONFIG},
		{"size without peers", size_without_peers, MIDAIR_E_CONFIG},
		{"huge size", huge_size, MIDAIR_E_CONFIG},
		{"no peers", no_peers, MIDAIR_E_CONFIG},
		{"null peers", null_peers, MIDAIR_E_CONFIG},
		{"seventeen peers", seventeen_peers, MIDAIR_E_LIMIT},
		{"very many peers", very_many_peers, MIDAIR_E_LIMIT},
		{"unknown flags", unknown_flags, MIDAIR_E_CONFIG},
		{"all flags", all_flags, MIDAIR_E_CONFIG},
		{"negative nanoseconds", negative_nanoseconds, MIDAIR_E_CONFIG},
		{"too many nanoseconds", too_many_nanoseconds, MIDAIR_E_CONFIG},
		{"timeout of more than a day", timeout_of_more_than_a_day, MIDAIR_E_RANGE},
		{"longest timeout", longest_timeout, MIDAIR_E_RANGE},
		{"local family that no peer has", local_family_that_no_peer_has,
		 MIDAIR_E_CONFIG},
		{"local family that does not exist", local_family_that_does_not_exist,
		 MIDAIR_E_CONFIG},
	};
	size_t n_before = count_descriptors();

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint peers[MIDAIR_PEERS_MAX + 1];
		struct midair_config config = good_config(peers);
		struct midair_session *session = (struct midair_session *)&config;

		rows[i].spoil(&config);
		EXPECT(midair_session_new(&session, &config) == rows[i].expected, rows[i].name);
		EXPECT(session == (struct midair_session *)&config, rows[i].name);
	}
	assert_int_equal(count_descriptors(), n_before);
}

static void a_peer_that_cannot_be_dialled_is_refused(void **state)
{
	const struct {
		struct midair_endpoint peer;
		int expected;
	} rows[] = {
		{own_address(2, 0), MIDAIR_E_RANGE},
		{{.family = MIDAIR_FAMILY_NONE, .port = 1}, MIDAIR_E_CONFIG},
		{{.family = 5, .address = {127, 0, 0, 1}, .port = 1}, MIDAIR_E_CONFIG},
		/* connect() would take these for this machine */
		{{.family = MIDAIR_IPV4, .port = 1}, MIDAIR_E_CONFIG},
		{{.family = MIDAIR_IPV6, .port = 1}, MIDAIR_E_CONFIG},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_endpoint peers[2] = {own_address(2, 12000), rows[i].peer};
		struct midair_endpoint local = own_address(1, 11000);
		struct midair_config config = config_for(&local, peers, 0);
		struct midair_session *session = NULL;

		config.n_peers = 2;
		assert_int_equal(midair_session_new(&session, &config), rows[i].expected);
	}
}

static void no_config_at_all_is_refused(void **state)
{
	struct midair_session *session = NULL;
	int fd = 77;

	(void)state;
	assert_int_equal(midair_session_new(&session, NULL), MIDAIR_E_CONFIG);
	assert_int_equal(midair_meet(NULL, &fd, NULL), MIDAIR_E_CONFIG);
	assert_int_equal(fd, 77);
	assert_null(midair_session_free(NULL));
}

static void sixteen_peers_are_taken(void **state)
{
	struct midair_endpoint peers[MIDAIR_PEERS_MAX + 1];
	struct midair_config config = good_config(peers);
	struct attempt attempt;
	uint32_t n_dials = 0;

	(void)state;
	config.n_peers = MIDAIR_PEERS_MAX;
	config.flags = MIDAIR_ONCE;
	attempt_open(&attempt, &config);
	attempts_run(&attempt, 1);
	assert_int_equal(attempt.end.result, MIDAIR_E_REFUSED);
	for (uint32_t i = 0; i < attempt.n_events; i++)
		n_dials += attempt.events[i].type == MIDAIR_EVENT_DIAL;
	assert_int_equal(n_dials, MIDAIR_PEERS_MAX);
	attempt_close(&attempt);
}

static void without_a_local_port_it_is_the_first_peers(void **state)
{
	struct midair_endpoint peers[2] = {own_address(2, 3456), own_address(2, 7)};
	struct midair_endpoint local = own_address(1, 0);
	struct midair_config config = config_for(&local, peers, 0);
	struct attempt attempt;

	(void)state;
	config.n_peers = 2;
	attempt_open(&attempt, &config);
	attempt_run_until(&attempt, MIDAIR_EVENT_BOUND);
	assert_int_equal(attempt.events[0].local.port, 3456);
	attempt_close(&attempt);
}

static void a_port_that_is_not_shared_is_in_use(void **state)
{
	struct midair_endpoint local = own_address(1, 11000);
	struct midair_endpoint peer = own_address(2, 12000);
	struct midair_config config = config_for(&local, &peer, 0);
	struct midair_session *session = NULL;
	int bound = plain_socket(&local);
	size_t n_before = count_descriptors();

	(void)state;
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_PORT_IN_USE);
	config.flags = MIDAIR_NO_LISTEN;
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_PORT_IN_USE);
	close(bound);
	bound = plain_listener(&local);
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_PORT_IN_USE);
	config.flags = 0;
	assert_int_equal(midair_session_new(&session, &config), MIDAIR_E_PORT_IN_USE);
	assert_int_equal(count_descriptors(), n_before);
	close(bound);
}

static void an_address_that_is_not_ours_is_said_so(void **state)
{
	struct midair_endpoint local = endpoint_of("192.0.2.1:11000");
	struct midair_endpoint peer = own_address(2, 12000);
	struct midair_config config = config_for(&local, &peer, 0);
	struct midair_session *session = NULL;

	(void)state;
	assert_int_equal(midair_session_new(&session, &config), -EADDRNOTAVAIL);
}

static long first_unprivileged_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	char text[32] = "1024";

	if (file == NULL)
		return 1024;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '0';
	fclose(file);
	return strtol(text, NULL, 10);
}

static void a_low_port_needs_the_right_to_it(void **state)
{
	struct midair_endpoint local = own_address(1, 80);
	struct midair_endpoint peer = own_address(2, 12000);
	struct midair_config config = config_for(&local, &peer, 0);
	struct midair_session *session = NULL;
	int status = 0;
	pid_t child;

	(void)state;
	if (first_unprivileged_port() <= 80)
		skip();
	child = fork();
	if (child == 0) {
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(2);
		_exit(midair_session_new(&session, &config) == -EACCES ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_that_makes_no_sense_is_refused),
		cmocka_unit_test(a_peer_that_cannot_be_dialled_is_refused),
		cmocka_unit_test(no_config_at_all_is_refused),
		cmocka_unit_test(sixteen_peers_are_taken),
		cmocka_unit_test(without_a_local_port_it_is_the_first_peers),
		cmocka_unit_test(a_port_that_is_not_shared_is_in_use),
		cmocka_unit_test(an_address_that_is_not_ours_is_said_so),
		cmocka_unit_test(a_low_port_needs_the_right_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
