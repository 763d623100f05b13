/* SPDX-License-Identifier: MIT */
/* Bad input gets one clear line on standard error, the documented exit status, and soon. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cli/command.h"

#define USAGE  2
#define SYSTEM 5
/* Two seconds are promised; a sanitizer on a loaded machine takes its share. */
#define SOON_MS 6000

static const struct {
	const char *arguments[COMMAND_ARGUMENTS];
	int status;
	const char *says;
} rows[] = {
	{{"nonsense"}, USAGE, "no command \"nonsense\""},
	{{""}, USAGE, "no command"},
	{{"--nonsense"}, USAGE, "--nonsense"},
	{{"-x"}, USAGE, "-x"},
	{{"two\nlines"}, USAGE, "two?lines"},
	{{"help", "nonsense"}, USAGE, "nonsense"},
	{{"MEET", "192.0.2.1:1"}, USAGE, "MEET"},
	{{"meet"}, USAGE, "PEER:PORT"},
	{{"meet", ""}, USAGE, "PEER:PORT"},
	{{"meet", ":"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1:"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1:http"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1:0"}, USAGE, "65535"},
	{{"meet", "192.0.2.1:65536"}, USAGE, "65535"},
	{{"meet", "192.0.2.1:-1"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1:1314x"}, USAGE, "PEER:PORT"},
	{{"meet", " 192.0.2.1:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.1:1314\n"}, USAGE, "PEER:PORT"},
	{{"meet", "192.0.2.300:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "010.0.0.1:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "0x7f000001:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "2001:db8::2:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "[2001:db8::2]"}, USAGE, "PEER:PORT"},
	{{"meet", "[2001:db8::2:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "[192.0.2.1]:1314"}, USAGE, "PEER:PORT"},
	{{"meet", "http://192.0.2.1:80/"}, USAGE, "PEER:PORT"},
	{{"meet", "two\nlines:1314"}, USAGE, "two?lines"},
	{{"meet", "0.0.0.0:1314"}, USAGE, NULL},
	{{"meet", "[::]:1314"}, USAGE, NULL},
	{{"meet", "192.0.2.1:1", "192.0.2.2:2"}, USAGE, "192.0.2.2:2"},
	{{"meet", "192.0.2.1:1", "1314"}, USAGE, "1314"},
	{{"meet", "--from"}, USAGE, "--from"},
	{{"meet", "--from", "0", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--from", "65536", "192.0.2.1:1"}, USAGE, "65536"},
	{{"meet", "--from", "-1", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--from", "x", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--from", "", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--from", "127.0.0.1", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--from", "localhost:1", "192.0.2.1:1"}, USAGE, "--from"},
	{{"meet", "--timeout"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "0", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "-1", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "86401", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "nan", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "inf", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "1e999", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--timeout", "0,5", "192.0.2.1:1"}, USAGE, "0,5"},
	{{"meet", "--timeout", "5s", "192.0.2.1:1"}, USAGE, "5s"},
	{{"meet", "--timeout", "", "192.0.2.1:1"}, USAGE, "--timeout"},
	{{"meet", "--at"}, USAGE, "--at"},
	{{"meet", "--at", "", "192.0.2.1:1"}, USAGE, "--at"},
	{{"meet", "--at", "noon", "192.0.2.1:1"}, USAGE, "noon"},
	{{"meet", "--at", "25:00:00", "192.0.2.1:1"}, USAGE, "25:00:00"},
	{{"meet", "--at", "2026-02-30 10:00:00", "192.0.2.1:1"}, USAGE, "2026-02-30"},
	{{"meet", "--at", "2001-01-01 00:00:00", "192.0.2.1:1"}, USAGE, "over"},
	{{"meet", "--at", "@1", "192.0.2.1:1"}, USAGE, "over"},
	{{"meet", "--at", "@99999999999999999999", "192.0.2.1:1"}, USAGE, "--at"},
	{{"meet", "--at", "+-5", "192.0.2.1:1"}, USAGE, "--at"},
	{{"meet", "--at", "next 0s", "192.0.2.1:1"}, USAGE, "next 0s"},
	{{"meet", "--at", "next 25h", "192.0.2.1:1"}, USAGE, "next 25h"},
	{{"meet", "--at", "next", "192.0.2.1:1"}, USAGE, "next"},
	{{"meet", "--nonsense", "192.0.2.1:1"}, USAGE, "--nonsense"},
	{{"meet", "-Zv", "192.0.2.1:1"}, USAGE, "\"-Z\""},
	{{"meet", "-vZ", "192.0.2.1:1"}, USAGE, "\"-Z\""},
	{{"meet", "--json=yes", "192.0.2.1:1"}, USAGE, "--json=yes"},
	{{"meet", "-6", "192.0.2.1:1"}, USAGE, "family"},
	{{"meet", "-4", "[2001:db8::1]:1"}, USAGE, "family"},
	{{"meet", "--from", "[::1]:7", "192.0.2.1:1"}, USAGE, "family"},
	{{"meet", "--from", "192.0.2.9:7", "192.0.2.1:1"}, SYSTEM, "192.0.2.9"},
	{{"meet", "-k"}, USAGE, "-k"},
	{{"meet", "-k", "/nonexistent/key", "192.0.2.1:1"}, USAGE, "/nonexistent/key"},
	{{"meet", "-k", "/nonexistent/two\nlines", "192.0.2.1:1"}, USAGE, "two?lines"},
	{{"meet", "--stun"}, USAGE, "--stun"},
	{{"meet", "--stun", ""}, USAGE, "STUN"},
	{{"meet", "--stun", "127.0.0.1:x"}, USAGE, "STUN"},
	{{"meet", "--stun", "127.0.0.1:65536", "192.0.2.1:1"}, USAGE, "STUN"},
	{{"pipe", "7"}, USAGE, "7-crossover-clockwork"},
	{{"pipe", ""}, USAGE, "7-crossover-clockwork"},
	{{"pipe", "-"}, USAGE, "7-crossover-clockwork"},
	{{"pipe", "0-crossover-clockwork"}, USAGE, NULL},
	{{"pipe", "99999999999-crossover-clockwork"}, USAGE, NULL},
	{{"pipe", "7-crossover-klockwork"}, USAGE, "word 2"},
	{{"pipe", "7", "crossover", "clockwork", "two\nlines"}, USAGE, NULL},
	{{"pipe", "crossover-clockwork"}, USAGE, "7-crossover-clockwork"},
	{{"pipe", "--direct", "--relay-only"}, USAGE, "--relay-only"},
	{{"pipe", "--stay"}, USAGE, "that both sides keep, -k FILE: \"--stay\""},
	{{"pipe", "--stay", "-p"}, USAGE, "that both sides keep, -k FILE: \"--stay\""},
	{{"pipe", "--stay", "-k", "key", "--relay-only"}, USAGE, "there is no \"--stay\""},
	{{"serve", "--limit", "foo"}, USAGE, "NAME=VALUE"},
	{{"serve", "--limit", "room-s=0"}, USAGE, "range"},
	{{"serve", "--relay-bytes", "x"}, USAGE, "--relay-bytes"},
	{{"serve", "--relay-bytes", "1KB"}, USAGE, "1KB"},
	{{"serve", "--relay-bytes", "99999999T"}, USAGE, "--relay-bytes"},
	{{"serve", "--relay-rate", "-1"}, USAGE, "--relay-rate"},
	{{"serve", "--relay-time", "0"}, USAGE, "--relay-time"},
	{{"pipe", "--words"}, USAGE, "--words"},
	{{"pipe", "--words", "0"}, USAGE, "--words"},
	{{"pipe", "--words", "9"}, USAGE, "--words"},
	{{"pipe", "--words", "2x"}, USAGE, "2x"},
	{{"pipe", "--words", "-1"}, USAGE, "--words"},
	{{"pipe", "--words", ""}, USAGE, "--words"},
	{{"pipe", "--wait"}, USAGE, "--wait"},
	{{"pipe", "--wait", "0"}, USAGE, "--wait"},
	{{"pipe", "--wait", "86401"}, USAGE, "86401"},
	{{"pipe", "--wait", "1e3"}, USAGE, "1e3"},
	{{"pipe", "--timeout", "0"}, USAGE, "--timeout"},
	{{"pipe", "--timeout", "5s"}, USAGE, "5s"},
	{{"pipe", "--from", "0"}, USAGE, "--from"},
	{{"pipe", "--from", "65536"}, USAGE, "65536"},
	{{"pipe", "--from", "localhost:1"}, USAGE, "--from"},
	{{"pipe", "--from", "192.0.2.1", "-6"}, USAGE, "family"},
	{{"pipe", "--from", "192.0.2.9:7", "--server", "127.0.0.1:9"}, SYSTEM, "192.0.2.9"},
	{{"pipe", "--server"}, USAGE, "--server"},
	{{"pipe", "--server", ""}, USAGE, "--server"},
	{{"pipe", "--server", ":"}, USAGE, "HOST[:PORT]"},
	{{"pipe", "--server", "127.0.0.1:0"}, USAGE, "HOST[:PORT]"},
	{{"pipe", "--server", "127.0.0.1:x"}, USAGE, "HOST[:PORT]"},
	{{"pipe", "--server", "[::1"}, USAGE, "HOST[:PORT]"},
	{{"pipe", "--server", "two\nlines"}, USAGE, "two?lines"},
	{{"pipe", "--server", "127.0.0.1", "-6"}, USAGE, "family"},
	{{"pipe", "--server", "::1", "-4"}, USAGE, "family"},
	{{"pipe", "-k"}, USAGE, "-k"},
	{{"pipe", "-k", "/nonexistent/key", "7-crossover-clockwork"}, USAGE, "two ways"},
	{{"pipe", "-p", "7-crossover-clockwork"}, USAGE, "two ways"},
	{{"pipe", "--nonsense"}, USAGE, "--nonsense"},
	{{"pipe", "-Zv"}, USAGE, "\"-Z\""},
	{{"pipe", "--json=yes"}, USAGE, "--json=yes"},
	{{"key", "a", "b"}, USAGE, "\"b\""},
	{{"key", "--nonsense"}, USAGE, "--nonsense"},
	{{"key", "-x"}, USAGE, "-x"},
	{{"key", "/nonexistent/key"}, SYSTEM, "/nonexistent/key"},
	{{"key", "--force", "/nonexistent/key"}, SYSTEM, "/nonexistent/key"},
	{{"key", "/"}, USAGE, "exists"},
	{{"key", "--force", "/"}, USAGE, "no file"},
	{{"self", "0"}, USAGE, "port"},
	{{"self", "65536"}, USAGE, "port"},
	{{"self", "x"}, USAGE, "port"},
	{{"self", ""}, USAGE, "port"},
	{{"self", "1\n2"}, USAGE, "1?2"},
	{{"self", "1", "2"}, USAGE, "\"2\""},
	{{"self", "-m"}, USAGE, "-m"},
	{{"self", "--nonsense"}, USAGE, "--nonsense"},
	{{"table", "x"}, USAGE, "\"x\""},
	{{"table", "-x"}, USAGE, "-x"},
	{{"table", "--nonsense"}, USAGE, "--nonsense"},
};

static void check_line(const struct command *command, const char *name, const char *says)
{
	size_t n_bytes = command->errors.n_bytes;
	/* What the kernel's tables say of a failed bind() or connect() has a line of its own. */
	size_t n_lines = strstr(command->errors.bytes, "\nwhy: ") != NULL ? 2 : 1;

	if (count_lines(&command->errors) != n_lines ||
	    command->errors.bytes[n_bytes - 1] != '\n')
		fail_msg("%s: not one line:\n%s", name, command->errors.bytes);
	if (says != NULL && strstr(command->errors.bytes, says) == NULL)
		fail_msg("%s: does not say \"%s\": %s", name, says, command->errors.bytes);
	if (n_bytes > 300 * n_lines)
		fail_msg("%s: the line has %zu bytes", name, n_bytes);
	for (size_t i = 0; i + 1 < n_bytes; i++)
		if ((unsigned char)command->errors.bytes[i] < ' ' &&
		    !(n_lines == 2 && command->errors.bytes[i] == '\n'))
			fail_msg("%s: byte %zu is a control character", name, i);
	assert_int_equal(command->output.n_bytes, 0);
}

static void bad_input_gets_one_line_and_its_exit_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct command *command = command_run(rows[i].arguments);
		char name[256] = "midair";

		for (size_t j = 0; j < COMMAND_ARGUMENTS && rows[i].arguments[j]; j++)
			snprintf(name + strlen(name), sizeof(name) - strlen(name), " '%s'",
				 rows[i].arguments[j]);
		if (command->status != rows[i].status)
			fail_msg("%s: exit status %d, it said: %s", name, command->status,
				 command->errors.bytes);
		check_line(command, name, rows[i].says);
		if (command->elapsed_ms > SOON_MS)
			fail_msg("%s: took %u ms", name, (unsigned int)command->elapsed_ms);
		command_free(command);
	}
}

static void a_huge_word_is_cut_in_the_error(void **state)
{
	const size_t n_bytes = 100000;
	char *word = malloc(n_bytes + 1);
	const char *const lines[][COMMAND_ARGUMENTS] = {
		{word},
		{"meet", word},
		{"meet", "192.0.2.1:1", word},
		{"meet", "--from", word, "192.0.2.1:1"},
		{"meet", "--at", word, "192.0.2.1:1"},
		{"meet", "--timeout", word, "192.0.2.1:1"},
		{"meet", "192.0.2.1:1", "-k", word},
		{"meet", "--stun", word},
		{"pipe", "--server", word},
		{"pipe", "--from", word},
		{"pipe", "--wait", word},
		{"pipe", "--words", word},
		{"pipe", "--server", "127.0.0.1", "-k", word},
		{"self", word},
		{"table", word},
		{"help", word},
	};

	(void)state;
	memset(word, 'x', n_bytes);
	word[n_bytes] = '\0';
	for (size_t i = 0; i < N_ITEMS(lines); i++) {
		struct command *command = command_run(lines[i]);

		assert_int_equal(command->status, USAGE);
		check_line(command, lines[i][0][0] == 'x' ? "huge word" : lines[i][0], "...");
		command_free(command);
	}
	free(word);
}

/* The decimal comma of other languages is neither taken nor printed. */
static void the_language_changes_nothing(void **state)
{
	const char *const bad[COMMAND_ARGUMENTS] = {"meet", "--timeout", "0,1", "127.0.0.1:9"};
	struct command *command;

	(void)state;
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	command = command_run(bad);
	assert_int_equal(command->status, USAGE);
	command_free(command);
	unsetenv("LC_ALL");
}

static void help_and_version_go_to_standard_output(void **state)
{
	const char *const lines[][COMMAND_ARGUMENTS] = {
		{"--help"},
		{"-h"},
		{"help"},
		{"--version"},
		{"-V"},
		{"meet", "--help"},
		{"meet", "-h"},
		{"help", "meet"},
		{"pipe", "--help"},
		{"pipe", "-h"},
		{"help", "pipe"},
		{"key", "--help"},
		{"help", "key"},
		{"self", "--help"},
		{"help", "self"},
		{"table", "--help"},
		{"help", "table"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lines); i++) {
		struct command *command = command_run(lines[i]);

		assert_int_equal(command->status, 0);
		assert_true(command->output.n_bytes > 0);
		assert_int_equal(command->errors.n_bytes, 0);
		command_free(command);
	}
}

static void no_command_at_all_prints_the_help_as_an_error(void **state)
{
	struct command *command = command_run((const char *const[]){NULL});

	(void)state;
	assert_int_equal(command->status, USAGE);
	assert_int_equal(command->output.n_bytes, 0);
	assert_non_null(strstr(command->errors.bytes, "meet"));
	command_free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_input_gets_one_line_and_its_exit_status),
		cmocka_unit_test(a_huge_word_is_cut_in_the_error),
		cmocka_unit_test(the_language_changes_nothing),
		cmocka_unit_test(help_and_version_go_to_standard_output),
		cmocka_unit_test(no_command_at_all_prints_the_help_as_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
