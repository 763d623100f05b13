/* SPDX-License-Identifier: MIT */
/* What people do with midair pipe: they type codes as they like, the same command twice, both host,
 * come as a third; and where their secrets come from and do not go to. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire.h"
#include "tests/cli/pipe_world.h"
#include "tests/cli/secret_world.h"
#include "tests/cli/terminal.h"

#define WRONG_CODE     4
#define NO_PEER	       6
#define SERVER_REFUSED 9
#define WORD	       "correct horse battery staple"

static struct command *server;

static void a_code_is_typed_as_people_type(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	struct command *b;

	(void)state;
	for (char *c = code; *c != '\0'; c++)
		*c = *c == '-' ? ' ' : (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	b = pipe_start(2, (const char *const[]){code, NULL});
	command_feed(a, "a");
	command_feed(b, "b");
	pipe_end_well(a, "b");
	pipe_end_well(b, "a");
}

static void both_type_the_same_command_and_whoever_comes_first_waits(void **state)
{
	const char *const options[] = {"4711-crossover-clockwork", NULL};
	struct command *a = pipe_start(1, options);
	struct command *b;

	(void)state;
	command_wait_text(a, "waiting for the other side");
	b = pipe_start(2, options);
	command_feed(a, "first");
	command_feed(b, "second");
	pipe_end_well(a, "second");
	pipe_end_well(b, "first");
}

static void a_wrong_code_ends_both_and_the_right_one_is_spent(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	char wrong[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	struct command *b;

	(void)state;
	snprintf(wrong, sizeof(wrong), "%.*s-crossover-crossover", (int)strcspn(code, "-"),
		 code);
	b = pipe_start(2, (const char *const[]){wrong, NULL});
	command_feed(a, "secret");
	command_feed(b, "guess");
	command_finish(b);
	assert_int_equal(b->output.n_bytes, 0);
	assert_non_null(strstr(b->errors.bytes, wrong));
	pipe_end_with(b, WRONG_CODE);
	pipe_end_with(a, WRONG_CODE);
	pipe_end_with(pipe_start(2, (const char *const[]){code, "--wait", "5", NULL}),
		      SERVER_REFUSED);
}

static void say(int fd, const struct wire_message *message)
{
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(message, bytes);

	assert_true(size > 0);
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

/* Enters the code's room, and leaves once it has all that one guess needs. */
static void guess_and_leave(const char *code)
{
	/* P-256's generator: any point will do for a share. */
	static const uint8_t share[WIRE_SHARE_BYTES] =
		"\x03\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
		"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96";
	struct midair_endpoint from = own_address(3, 0);
	struct midair_endpoint server_at;
	struct wire_message enter = {.type = WIRE_ENTER, .enter = {.lifetime_s = 60}};
	size_t n_heard = 0;
	int fd = plain_socket(&from);

	assert_int_equal(midair_endpoint_parse(&server_at, server_text()), 0);
	assert_int_equal(plain_connect(fd, &server_at), 0);
	say(fd, &(struct wire_message){.type = WIRE_HELLO, .hello = {1, 1}});
	enter.enter.name_size = (uint8_t)strcspn(code, "-");
	memcpy(enter.enter.name, code, enter.enter.name_size);
	memcpy(enter.enter.share_a, share, sizeof(share));
	memcpy(enter.enter.share_b, share, sizeof(share));
	say(fd, &enter);
	/* a sealed message alone has 352 bytes */
	while (n_heard < 400) {
		uint8_t bytes[512];
		ssize_t n;

		assert_true(wait_for(fd, POLLIN, PATIENCE_MS));
		n = recv(fd, bytes, sizeof(bytes), 0);
		assert_true(n > 0);
		n_heard += (size_t)n;
	}
	say(fd, &(struct wire_message){.type = WIRE_LEAVE, .reason = WIRE_REASON_GAVE_UP});
	close(fd);
}

static void a_guess_that_nobody_sees_is_told_and_spends_the_code(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);

	(void)state;
	guess_and_leave(code);
	command_finish(a);
	assert_non_null(strstr(a->errors.bytes, code));
	assert_non_null(strstr(a->errors.bytes, "never showed that it has the code"));
	pipe_end_with(a, WRONG_CODE);
	pipe_end_with(pipe_start(2, (const char *const[]){code, NULL}), SERVER_REFUSED);
}

static void a_third_one_is_refused_and_does_not_disturb(void **state)
{
	char code[MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(code);
	struct command *b = pipe_start(2, (const char *const[]){code, NULL});

	(void)state;
	command_wait_text(a, "path: ");
	command_wait_text(b, "path: ");
	pipe_end_with(pipe_start(3, (const char *const[]){code, NULL}), SERVER_REFUSED);
	command_feed(a, "still here");
	command_feed(b, NULL);
	pipe_end_well(b, "still here");
	pipe_end_well(a, "");
}

static void more_words_make_a_longer_code_that_leads_there(void **state)
{
	struct command *a = pipe_start(1, (const char *const[]){"--words", "4", NULL});
	struct command *b;
	char code[MIDAIR_CODE_SIZE];
	size_t n_hyphens = 0;

	(void)state;
	command_wait_text(a, "on the other machine");
	for (const char *c = strstr(a->errors.bytes, "code: "); *c != '\n'; c++)
		n_hyphens += *c == '-';
	assert_int_equal(n_hyphens, 4);
	snprintf(code, sizeof(code), "%.*s",
		 (int)strcspn(strstr(a->errors.bytes, "code: ") + 6, "\n"),
		 strstr(a->errors.bytes, "code: ") + 6);
	b = pipe_start(2, (const char *const[]){code, NULL});
	command_feed(a, "a");
	command_feed(b, "b");
	pipe_end_well(a, "b");
	pipe_end_well(b, "a");
}

/* Each has a room of its own and waits there in vain; the other one's code leads to the other. */
static void both_host_and_wait_in_two_rooms(void **state)
{
	char codes[2][MIDAIR_CODE_SIZE];
	struct command *a = pipe_start_first(codes[0]);
	struct command *b = pipe_start_first(codes[1]);
	struct command *c;

	(void)state;
	assert_int_not_equal(strtol(codes[0], NULL, 10), strtol(codes[1], NULL, 10));
	c = pipe_start(2, (const char *const[]){codes[1], NULL});
	command_feed(b, "b");
	command_feed(c, "c");
	pipe_end_well(b, "c");
	pipe_end_well(c, "b");
	/* the first one is still there */
	c = pipe_start(2, (const char *const[]){codes[0], NULL});
	command_feed(a, "a");
	command_feed(c, "c");
	pipe_end_well(a, "c");
	pipe_end_well(c, "a");
}

/* A host that ends tells nobody the code: who comes then waits in its room, and is told. */
static void who_joins_what_nobody_hosts_waits_and_is_told(void **state)
{
	struct command *a = pipe_start(1, (const char *const[]){"31-crossover-clockwork",
								"--wait", "3", NULL});

	(void)state;
	command_wait_text(a, "waiting for the other side");
	command_finish(a);
	assert_non_null(strstr(a->errors.bytes, "code 31-crossover-clockwork: nobody came"));
	pipe_end_with(a, NO_PEER);
}

/* From a file, the environment, and a person at a terminal: all one secret. */
static void a_secret_comes_by_every_way(void **state)
{
	const char *const asks[] = {"pipe", "--server", server_text(), "--prompt", NULL};
	char path[WORLD_PATH_SIZE];
	const char *file = world_file("word", WORD "\n", strlen(WORD) + 1, 0600, path);
	struct command *by_file = pipe_start(1, (const char *const[]){"-k", file, NULL});
	struct command *by_environment;
	struct terminal terminal;

	(void)state;
	setenv("MIDAIR_SECRET", WORD, 1);
	by_environment = pipe_start(2, (const char *const[]){NULL});
	command_feed(by_file, "a");
	command_feed(by_environment, "b");
	pipe_end_well(by_file, "b");
	pipe_end_well(by_environment, "a");
	by_environment = pipe_start(2, (const char *const[]){NULL});
	unsetenv("MIDAIR_SECRET");
	terminal_start(&terminal, asks);
	assert_true(terminal_wait(&terminal, "secret: "));
	assert_false(terminal_has_echo(&terminal));
	terminal_type(&terminal, WORD "\n");
	assert_true(terminal_wait(&terminal, "path: direct"));
	terminal_type(&terminal, "typed\n\x04");
	command_feed(by_environment, NULL);
	pipe_end_well(by_environment, "typed\n");
	assert_int_equal(terminal_finish(&terminal), 0);
	assert_null(strstr(terminal.bytes, "staple"));
}

/* "crossover" stands for the words of the code. */
static void expect_no_secret(const char *bytes, size_t n_bytes, const char *where)
{
	if (memmem(bytes, n_bytes, "staple", 6) != NULL ||
	    memmem(bytes, n_bytes, "crossover", 9) != NULL)
		fail_msg("a secret is in %s", where);
}

static void expect_hidden(const struct command *command)
{
	static const char *const files[] = {"environ", "cmdline"};
	static char bytes[262144];

	for (size_t i = 0; i < N_ITEMS(files); i++) {
		size_t n_bytes = command_proc(command, files[i], bytes, sizeof(bytes));

		assert_true(n_bytes > 0);
		expect_no_secret(bytes, n_bytes, files[i]);
	}
	command_proc(command, "limits", bytes, sizeof(bytes));
	assert_non_null(strstr(bytes, "Max core file size        0                    0"));
}

/* Of two that tell all they can, one in words and one in JSON, and of their server. */
static void a_secret_is_nowhere_to_be_read(void **state)
{
	struct command *sides[2];

	(void)state;
	setenv("MIDAIR_SECRET", WORD, 1);
	sides[0] = pipe_start(1, (const char *const[]){"-v", NULL});
	sides[1] = pipe_start(2, (const char *const[]){"--json", NULL});
	unsetenv("MIDAIR_SECRET");
	command_wait_text(sides[0], "path: ");
	command_wait_text(sides[1], "\"path\"");
	expect_hidden(sides[0]);
	expect_hidden(sides[1]);
	command_feed(sides[0], NULL);
	command_feed(sides[1], NULL);
	command_finish_both(sides[0], sides[1]);
	for (int i = 0; i < 2; i++) {
		expect_no_secret(sides[i]->errors.bytes, sides[i]->errors.n_bytes,
				 "what it said");
		pipe_end_well(sides[i], "");
	}
}

/* The last one: all that the others have done at the server is in its log. */
static void the_server_s_log_has_no_word_of_a_code_or_secret(void **state)
{
	(void)state;
	kill(server->pid, SIGTERM);
	command_finish(server);
	assert_int_equal(server->status, 0);
	assert_non_null(strstr(server->errors.bytes, "introduced"));
	expect_no_secret(server->errors.bytes, server->errors.n_bytes, "the server's log");
	assert_int_equal(server->output.n_bytes, 0);
	command_free(server);
}

static int set_up(void **state)
{
	struct midair_endpoint at = own_address(200, 11316);

	(void)state;
	world_make();
	server = server_start(&at);
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
		cmocka_unit_test(a_code_is_typed_as_people_type),
		cmocka_unit_test(both_type_the_same_command_and_whoever_comes_first_waits),
		cmocka_unit_test(both_host_and_wait_in_two_rooms),
		cmocka_unit_test(who_joins_what_nobody_hosts_waits_and_is_told),
		cmocka_unit_test(a_guess_that_nobody_sees_is_told_and_spends_the_code),
		cmocka_unit_test(a_third_one_is_refused_and_does_not_disturb),
		cmocka_unit_test(a_wrong_code_ends_both_and_the_right_one_is_spent),
		cmocka_unit_test(more_words_make_a_longer_code_that_leads_there),
		cmocka_unit_test(a_secret_comes_by_every_way),
		cmocka_unit_test(a_secret_is_nowhere_to_be_read),
		cmocka_unit_test(the_server_s_log_has_no_word_of_a_code_or_secret),
	};

	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
