/* SPDX-License-Identifier: MIT */
#include "tests/cli/pipe_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char server_name[MIDAIR_ENDPOINT_TEXT_SIZE];

static bool is_accepting(const struct midair_endpoint *at)
{
	struct midair_endpoint any = *at;
	int fd;
	bool is_open;

	any.port = 0;
	fd = plain_socket(&any);
	is_open = plain_connect(fd, at) == 0;
	close(fd);
	return is_open;
}

struct command *server_start(const struct midair_endpoint *at)
{
	return server_start_with(at, NULL);
}

struct command *server_start_with(const struct midair_endpoint *at, const char *option)
{
	const char *const arguments[COMMAND_ARGUMENTS] = {"serve", "--listen", server_name,
							  option};
	uint64_t end_ms = now_ms() + PATIENCE_MS;
	struct command *server;

	midair_endpoint_format(at, server_name);
	/* It locks itself down, and the leak checker's look from outside is locked out, too. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	server = command_start(arguments, CLOSED_NOTHING);
	unsetenv("ASAN_OPTIONS");
	while (!is_accepting(at)) {
		if (now_ms() > end_ms || kill(server->pid, 0) != 0)
			fail_msg("no server at %s", server_name);
		poll(NULL, 0, 5);
	}
	return server;
}

void server_stop(struct command *server)
{
	kill(server->pid, SIGTERM);
	command_finish(server);
	if (server->status != 0)
		fail_msg("the server's exit status is %d, it said:\n%s", server->status,
			 server->errors.bytes);
	command_free(server);
}

const char *server_text(void)
{
	return server_name;
}

struct command *pipe_start(uint8_t side, const char *const options[])
{
	struct midair_endpoint end = own_address((uint8_t)(side + 10), 1);
	char from[MIDAIR_ENDPOINT_TEXT_SIZE];
	const char *arguments[COMMAND_ARGUMENTS] = {"pipe", "--server", server_name, "--from",
						    from};

	*strrchr(midair_endpoint_format(&end, from), ':') = '\0';
	for (size_t i = 0; i + 5 < COMMAND_ARGUMENTS && options[i] != NULL; i++)
		arguments[i + 5] = options[i];
	return command_start(arguments, CLOSED_NOTHING);
}

struct command *pipe_start_first(char code[MIDAIR_CODE_SIZE])
{
	struct command *pipe = pipe_start(1, (const char *const[]){NULL});
	const char *text;
	size_t n_bytes;

	command_wait_text(pipe, "on the other machine run:  midair pipe ");
	text = strstr(pipe->errors.bytes, "code: ") + 6;
	n_bytes = strcspn(text, "\n");
	assert_true(n_bytes > 0 && n_bytes < MIDAIR_CODE_SIZE);
	memcpy(code, text, n_bytes);
	code[n_bytes] = '\0';
	return pipe;
}

void pipe_end_well(struct command *pipe, const char *output)
{
	command_finish(pipe);
	if (pipe->status != 0)
		fail_msg("exit status %d, it said:\n%s", pipe->status, pipe->errors.bytes);
	assert_string_equal(pipe->output.bytes, output);
	command_free(pipe);
}

void pipe_end_with(struct command *pipe, int status)
{
	command_finish(pipe);
	if (pipe->status != status)
		fail_msg("exit status %d, not %d; it said:\n%s", pipe->status, status,
			 pipe->errors.bytes);
	command_free(pipe);
}
