/* SPDX-License-Identifier: MIT */
/* Secrets: how they are made, where they may come from, and what they change in midair meet. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/command.h"
#include "tests/cli/event_schema.h"
#include "tests/cli/secret_world.h"
#include "tests/cli/terminal.h"

#define USAGE	   2
#define LOST	   3
#define WRONG_CODE 4
#define WORD	   "correct horse battery staple"
#define PORT	   11500
#define KEY_PREFIX "midair-key-1:"

/* Side n (1 or 2) of a meeting, with or without the port. */
static void name_end(char text[MIDAIR_ENDPOINT_TEXT_SIZE], uint8_t n, bool has_port)
{
	struct midair_endpoint end = own_address(n, PORT);

	midair_endpoint_format(&end, text);
	if (!has_port)
		*strrchr(text, ':') = '\0';
}

static struct command *start_side(uint8_t n, bool has_port, const char *const options[])
{
	char peer[MIDAIR_ENDPOINT_TEXT_SIZE];
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *arguments[COMMAND_ARGUMENTS] = {"meet", peer,	 "--from",
						    from,   "--timeout", "15"};

	name_end(from, n, has_port);
	name_end(peer, (uint8_t)(3 - n), has_port);
	for (size_t i = 0; i < 4 && options[i] != NULL; i++)
		arguments[6 + i] = options[i];
	return command_start(arguments, CLOSED_NOTHING);
}

static void end_well(struct command *command, const char *output)
{
	command_finish(command);
	if (command->status != 0)
		fail_msg("exit status %d, it said:\n%s", command->status,
			 command->errors.bytes);
	assert_string_equal(command->output.bytes, output);
	command_free(command);
}

static void a_key_is_one_line_of_256_bits_and_never_the_same(void **state)
{
	struct command *a = command_run((const char *const[]){"key", NULL});
	struct command *b = command_run((const char *const[]){"key", "-", NULL});

	(void)state;
	assert_int_equal(a->status, 0);
	assert_int_equal(b->status, 0);
	assert_int_equal(count_lines(&a->output), 1);
	assert_int_equal(strncmp(a->output.bytes, KEY_PREFIX, strlen(KEY_PREFIX)), 0);
	/* 52 characters of 5 bits */
	assert_int_equal(a->output.n_bytes, strlen(KEY_PREFIX) + 52 + 1);
	assert_string_not_equal(a->output.bytes, b->output.bytes);
	assert_string_equal(a->errors.bytes, "");
	command_free(a);
	command_free(b);
}

static struct stat status_of(const char *path)
{
	struct stat status = {0};

	assert_int_equal(lstat(path, &status), 0);
	return status;
}

static void make_key(const char *path, const char *option, int wanted)
{
	struct command *command = command_run((const char *const[]){"key", path, option, NULL});

	if (command->status != wanted)
		fail_msg("exit status %d, it said: %s", command->status, command->errors.bytes);
	assert_int_equal(command->output.n_bytes, 0);
	assert_int_equal(count_lines(&command->errors), 1);
	command_free(command);
}

static void a_key_file_is_ours_alone_and_is_not_overwritten(void **state)
{
	char path[WORLD_PATH_SIZE];
	struct stat first;
	mode_t before = umask(0);

	(void)state;
	make_key(world_path("key", path), NULL, 0);
	first = status_of(path);
	assert_int_equal(first.st_mode & 07777, 0600);
	assert_int_equal(first.st_size, strlen(KEY_PREFIX) + 52 + 1);
	make_key(path, NULL, USAGE);
	assert_int_equal(status_of(path).st_ino, first.st_ino);
	chmod(path, 0644);
	make_key(path, "--force", 0);
	assert_int_equal(status_of(path).st_mode & 07777, 0600);
	assert_int_not_equal(status_of(path).st_ino, first.st_ino);
	umask(before);
}

static void a_key_is_not_written_through_a_symbolic_link(void **state)
{
	char link[WORLD_PATH_SIZE];
	char target[WORLD_PATH_SIZE];

	(void)state;
	assert_int_equal(symlink(world_path("target", target), world_path("link", link)), 0);
	make_key(link, NULL, USAGE);
	assert_int_equal(access(target, F_OK), -1);
	make_key(link, "-f", 0);
	assert_true(S_ISREG(status_of(link).st_mode));
	assert_int_equal(access(target, F_OK), -1);
}

static void only_a_file_is_replaced(void **state)
{
	char path[WORLD_PATH_SIZE];

	(void)state;
	assert_int_equal(mkfifo(world_path("fifo", path), 0600), 0);
	make_key(path, NULL, USAGE);
	make_key(path, "--force", USAGE);
	assert_true(S_ISFIFO(status_of(path).st_mode));
}

/* One line, exit status 2, and nothing of the secret in it. */
static void refuses(const char *const arguments[], const char *says)
{
	struct command *command = command_run(arguments);

	if (command->status != USAGE || count_lines(&command->errors) != 1 ||
	    strstr(command->errors.bytes, says) == NULL)
		fail_msg("exit status %d, no \"%s\" in: %s", command->status, says,
			 command->errors.bytes);
	assert_null(strstr(command->errors.bytes, "staple"));
	assert_int_equal(command->output.n_bytes, 0);
	command_free(command);
}

static void refuses_file(const char *path, const char *says)
{
	refuses((const char *const[]){"meet", "127.0.0.1:9", "-k", path, NULL}, says);
	refuses((const char *const[]){"pipe", "--server", "127.0.0.1:9", "-k", path, NULL},
		says);
}

static void a_file_that_others_may_read_is_no_key(void **state)
{
	static const unsigned int modes[] = {0644, 0640, 0604, 0660, 0610, 0601, 0602};
	char path[WORLD_PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < N_ITEMS(modes); i++) {
		world_file("open", WORD, strlen(WORD), modes[i], path);
		refuses_file(path, "chmod 600");
	}
}

static void a_key_file_that_cannot_be_one_is_refused(void **state)
{
	static const char blanks[] = " \t\r\n\n";
	char path[WORLD_PATH_SIZE];
	char *large = malloc(100000);

	(void)state;
	memset(large, 's', 100000);
	refuses_file(world_file("empty", "", 0, 0600, path), "empty");
	refuses_file(world_file("blank", blanks, strlen(blanks), 0600, path), "empty");
	refuses_file(world_file("large", large, MIDAIR_SECRET_MAX + 1, 0600, path), "1024");
	refuses_file(world_file("huge", large, 100000, 0600, path), "1024");
	refuses_file(world_path("missing", path), "No such file");
	refuses_file(world_path("", path), "directory");
	refuses_file("-", "standard input");
	refuses_file(KEY_PREFIX "staple", "command line");
	free(large);
}

static void a_secret_among_the_arguments_is_refused_and_not_repeated(void **state)
{
	static const char *const lines[][COMMAND_ARGUMENTS] = {
		{"pipe", KEY_PREFIX "staple"},
		{"pipe", "MIDAIR-KEY-1:staple"},
		{"pipe", "-s", WORD},
		{"pipe", "--secret", WORD},
		{"pipe", "--secret=" WORD},
		{"meet", "127.0.0.1:9", "-s", WORD},
		{"meet", "127.0.0.1:9", "--secret=" WORD},
		{"meet", "127.0.0.1:9", KEY_PREFIX "staple"},
		{"meet", KEY_PREFIX "staple"},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lines); i++)
		refuses(lines[i], "command line");
	refuses((const char *const[]){"pipe", WORD, NULL}, "7-crossover-clockwork");
}

static void a_port_comes_from_the_secret_or_from_the_user(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("word", WORD, strlen(WORD), 0600, path);

	(void)state;
	refuses((const char *const[]){"meet", "127.0.0.1", "--from", "127.0.0.1:7", "-k", file,
				      NULL},
		"the secret gives it");
	refuses((const char *const[]){"meet", "127.0.0.1", NULL}, "PEER:PORT");
	refuses((const char *const[]){"meet", "::1", "-k", file, NULL}, "PEER:PORT");
}

static void an_empty_variable_is_no_secret_and_not_none(void **state)
{
	(void)state;
	setenv("MIDAIR_SECRET", "", 1);
	refuses((const char *const[]){"meet", "127.0.0.1:9", NULL}, "empty");
	unsetenv("MIDAIR_SECRET");
}

/* The same secret from a file with an end of line and from the environment. */
static void both_have_the_secret_and_the_connection_is_encrypted(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("word", WORD "\r\n", strlen(WORD) + 2, 0600, path);
	struct command *a = start_side(1, true, (const char *const[]){"-k", file, NULL});
	struct command *b;

	(void)state;
	setenv("MIDAIR_SECRET", WORD, 1);
	b = start_side(2, true, (const char *const[]){NULL});
	unsetenv("MIDAIR_SECRET");
	command_feed(a, "I love you.");
	command_feed(b, "I know.");
	command_wait_text(a, "path: direct, ");
	command_wait_text(a, ", TLS 1.3\n");
	end_well(a, "I know.");
	end_well(b, "I love you.");
}

static void the_secret_gives_the_port_when_none_is_named(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("word", WORD, strlen(WORD), 0600, path);
	const char *const options[] = {"--key", file, "--json", NULL};
	struct command *a = start_side(1, false, options);
	struct command *b = start_side(2, false, options);
	char local[256];
	long port;

	(void)state;
	command_feed(a, "x");
	command_feed(b, NULL);
	command_finish_both(a, b);
	event_schema_check(&a->errors);
	event_schema_value(&a->errors, "path", "local", local);
	port = strtol(strrchr(local, ':') + 1, NULL, 10);
	assert_in_range(port, 49152, 65535);
	event_schema_value(&a->errors, "path", "protocol", local);
	assert_int_equal(strncmp(local, "TLS 1.3", 7), 0);
	end_well(a, "");
	end_well(b, "x");
}

/* options: of the side that lacks the secret; status: how it ends. */
static void exchange_nothing(const char *const options[], int status)
{
	struct command *other = start_side(2, true, options);
	struct command *ours;

	setenv("MIDAIR_SECRET", WORD, 1);
	ours = start_side(1, true, (const char *const[]){"--timeout", "3", NULL});
	unsetenv("MIDAIR_SECRET");
	command_feed(ours, "for the right one only");
	command_feed(other, "who is it?");
	command_finish(ours);
	command_finish(other);
	assert_int_equal(ours->status, WRONG_CODE);
	assert_int_equal(other->status, status);
	assert_int_equal(ours->output.n_bytes, 0);
	/* Whoever does not encrypt is shown the start of a handshake, and no word of the payload. */
	assert_null(memmem(other->output.bytes, other->output.n_bytes, "right one", 9));
	command_free(ours);
	command_free(other);
}

static void without_the_secret_nothing_is_exchanged(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("other", "another word", 12, 0600, path);

	(void)state;
	/* Without any it is connected to who then will have none of it. */
	exchange_nothing((const char *const[]){"--timeout", "3", NULL}, LOST);
	exchange_nothing((const char *const[]){"--timeout", "3", "-k", file}, WRONG_CODE);
}

/* Whom nobody may look into, its files in /proc are root's: proc(5). root itself sees no
 * difference there. */
static void expect_not_dumpable(pid_t pid)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_uid, 0);
}

static void expect_no_traces(const struct command *command)
{
	static char bytes[262144];
	size_t n_bytes = command_proc(command, "environ", bytes, sizeof(bytes));

	assert_null(memmem(bytes, n_bytes, "staple", 6));
	n_bytes = command_proc(command, "cmdline", bytes, sizeof(bytes));
	assert_null(memmem(bytes, n_bytes, "staple", 6));
	command_proc(command, "limits", bytes, sizeof(bytes));
	assert_non_null(strstr(bytes, "Max core file size        0                    0"));
	expect_not_dumpable(command->pid);
}

static void a_running_command_shows_no_secret_and_leaves_no_core(void **state)
{
	struct command *command;

	(void)state;
	setenv("MIDAIR_SECRET", WORD, 1);
	command = start_side(1, true, (const char *const[]){NULL});
	unsetenv("MIDAIR_SECRET");
	command_wait_text(command, "SYN out");
	expect_no_traces(command);
	kill(command->pid, SIGTERM);
	command_finish(command);
	assert_int_equal(command->status, 128 + SIGTERM);
	command_free(command);
}

/* The variable is somebody's secret, whatever this command was to take. */
static void a_variable_that_was_not_asked_for_is_cleared_too(void **state)
{
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("asked-for", "another word", 12, 0600, path);
	struct command *command;

	(void)state;
	setenv("MIDAIR_SECRET", WORD, 1);
	command = start_side(1, true, (const char *const[]){"-k", file, NULL});
	unsetenv("MIDAIR_SECRET");
	command_wait_text(command, "SYN out");
	expect_no_traces(command);
	kill(command->pid, SIGTERM);
	command_finish(command);
	command_free(command);
}

/* A code is a secret as well, also one that the command has made itself. */
static void a_pipe_with_a_code_leaves_no_traces(void **state)
{
	const char *const codes[] = {"7-crossover-clockwork", NULL};
	struct midair_endpoint server = own_address(9, 11501);
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	(void)state;
	midair_endpoint_format(&server, text);
	for (size_t i = 0; i < N_ITEMS(codes); i++) {
		const char *const arguments[] = {"pipe", "--server", text, codes[i], NULL};
		/* one each: a command dials more than once */
		int listener = plain_listener(&server);
		struct command *command;

		/* without a code it would be taken */
		if (codes[i] != NULL)
			setenv("MIDAIR_SECRET", WORD, 1);
		command = command_start(arguments, CLOSED_NOTHING);
		unsetenv("MIDAIR_SECRET");
		assert_true(wait_for(listener, POLLIN, PATIENCE_MS));
		expect_no_traces(command);
		kill(command->pid, SIGKILL);
		command_finish(command);
		command_free(command);
		close(listener);
	}
}

static void the_prompt_takes_a_secret_without_echo(void **state)
{
	char peer[MIDAIR_ENDPOINT_TEXT_SIZE];
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *const arguments[] = {"meet", peer, "--from", from, "--prompt", NULL};
	struct terminal terminal;
	struct command *other;

	(void)state;
	name_end(from, 1, true);
	name_end(peer, 2, true);
	terminal_start(&terminal, arguments);
	assert_true(terminal_wait(&terminal, "secret: "));
	assert_false(terminal_has_echo(&terminal));
	terminal_type(&terminal, WORD "\n");
	setenv("MIDAIR_SECRET", WORD, 1);
	other = start_side(2, true, (const char *const[]){NULL});
	unsetenv("MIDAIR_SECRET");
	assert_true(terminal_wait(&terminal, "path: direct"));
	assert_true(terminal_has_echo(&terminal));
	terminal_type(&terminal, "typed\n\x04");
	command_feed(other, NULL);
	end_well(other, "typed\n");
	assert_int_equal(terminal_finish(&terminal), 0);
	assert_null(strstr(terminal.bytes, "staple"));
}

static void a_signal_at_the_prompt_leaves_the_echo_on(void **state)
{
	const char *const arguments[] = {"meet", "127.0.0.1:9", "-p", NULL};
	struct terminal terminal;
	int slave;
	int status = 0;

	(void)state;
	terminal_start(&terminal, arguments);
	/* Held open, so that the terminal's modes outlive the command. */
	slave = open(ptsname(terminal.fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal_wait(&terminal, "secret: "));
	terminal_type(&terminal, "sta\x03");
	assert_int_equal(waitpid(terminal.pid, &status, 0), terminal.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	assert_true(terminal_has_echo(&terminal));
	close(slave);
	close(terminal.fd);
}

static int set_up(void **state)
{
	(void)state;
	world_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_one_line_of_256_bits_and_never_the_same),
		cmocka_unit_test(a_key_file_is_ours_alone_and_is_not_overwritten),
		cmocka_unit_test(a_key_is_not_written_through_a_symbolic_link),
		cmocka_unit_test(only_a_file_is_replaced),
		cmocka_unit_test(a_file_that_others_may_read_is_no_key),
		cmocka_unit_test(a_key_file_that_cannot_be_one_is_refused),
		cmocka_unit_test(a_secret_among_the_arguments_is_refused_and_not_repeated),
		cmocka_unit_test(a_port_comes_from_the_secret_or_from_the_user),
		cmocka_unit_test(an_empty_variable_is_no_secret_and_not_none),
		cmocka_unit_test(both_have_the_secret_and_the_connection_is_encrypted),
		cmocka_unit_test(the_secret_gives_the_port_when_none_is_named),
		cmocka_unit_test(without_the_secret_nothing_is_exchanged),
		cmocka_unit_test(a_running_command_shows_no_secret_and_leaves_no_core),
		cmocka_unit_test(a_variable_that_was_not_asked_for_is_cleared_too),
		cmocka_unit_test(a_pipe_with_a_code_leaves_no_traces),
		cmocka_unit_test(the_prompt_takes_a_secret_without_echo),
		cmocka_unit_test(a_signal_at_the_prompt_leaves_the_echo_on),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
