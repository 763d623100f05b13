/* SPDX-License-Identifier: MIT */
/* midair check as its users meet it: without a server, with one that is not there, and with bad
 * words. With real NATs it is in the lab. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/command.h"

#define USAGE	       2
#define NO_SERVER      7
#define OTHER_PROTOCOL 8

static const char *server_of(const struct midair_endpoint *endpoint)
{
	static char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	return midair_endpoint_format(endpoint, text);
}

static void without_a_server_this_host_is_looked_at_and_what_is_missing_said(void **state)
{
	const char *const arguments[] = {"check", NULL};
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, 0);
	assert_non_null(strstr(command->output.bytes, "Simultaneous open     yes"));
	assert_non_null(strstr(command->output.bytes, "No server is named"));
	assert_int_equal(command->errors.n_bytes, 0);
	command_free(command);
}

static void a_server_that_is_not_there_has_its_own_status(void **state)
{
	const struct midair_endpoint nobody = own_address(1, free_port());
	const char *const arguments[] = {"check", "--server", server_of(&nobody), NULL};
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, NO_SERVER);
	assert_non_null(strstr(command->output.bytes, "IPv4: Connection refused"));
	assert_non_null(strstr(command->output.bytes, "IPv6: not asked"));
	assert_in_range(command->elapsed_ms, 0, 6000);
	command_free(command);
}

static void json_is_one_object_with_every_part(void **state)
{
	static const char *const keys[] = {
		"{\"elapsed_ms\":",  "\"host\":{\"simultaneous_open\":\"yes\"",
		"\"syn_interval\":", "\"pin\":",
		"\"first_port\":",   "\"ipv4\":{\"result\":\"ECONNREFUSED\"",
		"\"server\":\"127.", "\"ipv6\":{\"result\":\"no-path\",\"server\":null}}\n",
	};
	const struct midair_endpoint nobody = own_address(2, free_port());
	const char *const arguments[] = {"check", "--json", "--server", server_of(&nobody),
					 NULL};
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, NO_SERVER);
	assert_int_equal(count_lines(&command->output), 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strstr(command->output.bytes, keys[i]))
			fail_msg("no %s in %s", keys[i], command->output.bytes);
	command_free(command);
}

/* Nobody accepts and nobody refuses: the time-out ends it. */
static void a_silent_server_costs_the_timeout_and_no_more(void **state)
{
	const struct midair_endpoint local = own_address(3, free_port());
	const char *const arguments[] = {"check",     "--server", server_of(&local),
					 "--timeout", "0.5",	  NULL};
	int listener = plain_listener(&local);
	struct command *command = command_run(arguments);

	(void)state;
	assert_int_equal(command->status, NO_SERVER);
	assert_non_null(strstr(command->output.bytes, "IPv4: the rendezvous server"));
	assert_in_range(command->elapsed_ms, 500, 6000);
	command_free(command);
	close_with_reset(listener);
}

/* In a process of its own: speaks another protocol to whoever comes. */
static pid_t start_stranger(int listener)
{
	static const char words[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	for (;;) {
		struct pollfd one = {.fd = listener, .events = POLLIN};
		int fd;

		if (poll(&one, 1, 10000) != 1)
			_exit(0);
		fd = accept(listener, NULL, NULL);
		/* open until the end: with a RST the words might be lost */
		if (fd >= 0 && send(fd, words, sizeof(words) - 1, MSG_NOSIGNAL) < 0)
			_exit(1);
	}
}

static void what_speaks_another_protocol_has_its_own_status(void **state)
{
	const struct midair_endpoint local = own_address(4, free_port());
	const char *const arguments[] = {"check", "--server", server_of(&local), NULL};
	int listener = plain_listener(&local);
	pid_t stranger = start_stranger(listener);
	struct command *command = command_run(arguments);

	(void)state;
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	assert_int_equal(command->status, OTHER_PROTOCOL);
	assert_non_null(strstr(command->output.bytes, "IPv4: "));
	assert_null(strstr(command->output.bytes, "Type"));
	command_free(command);
	close_with_reset(listener);
}

static void bad_words_get_one_line(void **state)
{
	static const struct {
		const char *arguments[COMMAND_ARGUMENTS];
		const char *says;
	} rows[] = {
		{{"check", "surplus"}, "surplus"},
		{{"check", "--nonsense"}, "--nonsense"},
		{{"check", "-x"}, "-x"},
		{{"check", "--server"}, "--server"},
		{{"check", "--server", ""}, "HOST[:PORT]"},
		{{"check", "--server", "a b"}, NULL},
		{{"check", "--server", "192.0.2.1:0"}, "HOST[:PORT]"},
		{{"check", "-6", "--server", "192.0.2.1"}, "no address of the wanted family"},
		{{"check", "--timeout", "0"}, "0.1 to 60"},
		{{"check", "--timeout", "61"}, "0.1 to 60"},
		{{"check", "--timeout", "x"}, "0.1 to 60"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct command *command = command_run(rows[i].arguments);

		if (rows[i].says && command->status != USAGE)
			fail_msg("%s: status %d", rows[i].says, command->status);
		assert_int_not_equal(command->status, 0);
		assert_int_equal(command->output.n_bytes, 0);
		assert_int_equal(count_lines(&command->errors), 1);
		if (rows[i].says && !strstr(command->errors.bytes, rows[i].says))
			fail_msg("no %s in %s", rows[i].says, command->errors.bytes);
		command_free(command);
	}
}

static int begin(void **state)
{
	(void)state;
	unsetenv("MIDAIR_SERVER");
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			without_a_server_this_host_is_looked_at_and_what_is_missing_said),
		cmocka_unit_test(a_server_that_is_not_there_has_its_own_status),
		cmocka_unit_test(json_is_one_object_with_every_part),
		cmocka_unit_test(a_silent_server_costs_the_timeout_and_no_more),
		cmocka_unit_test(what_speaks_another_protocol_has_its_own_status),
		cmocka_unit_test(bad_words_get_one_line),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
