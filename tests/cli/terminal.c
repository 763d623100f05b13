/* SPDX-License-Identifier: MIT */
#include "tests/cli/terminal.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/cli/command.h"

void terminal_start(struct terminal *terminal, const char *const arguments[])
{
	char *argv[COMMAND_ARGUMENTS + 2] = {strdup(MIDAIR_COMMAND)};

	memset(terminal->bytes, 0, sizeof(terminal->bytes));
	terminal->n_bytes = 0;
	for (int i = 0; arguments[i] != NULL; i++)
		argv[i + 1] = strdup(arguments[i]);
	terminal->pid = forkpty(&terminal->fd, NULL, NULL, NULL);
	assert_true(terminal->pid >= 0);
	if (terminal->pid == 0) {
		execv(MIDAIR_COMMAND, argv);
		_exit(126);
	}
	for (int i = 0; argv[i] != NULL; i++)
		free(argv[i]);
}

bool terminal_wait(struct terminal *terminal, const char *text)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	while (text == NULL || strstr(terminal->bytes, text) == NULL) {
		size_t room = sizeof(terminal->bytes) - 1 - terminal->n_bytes;
		ssize_t n;

		if (!wait_for(terminal->fd, POLLIN, PATIENCE_MS) || now_ms() > end_ms)
			fail_msg("nothing more after: %s", terminal->bytes);
		n = read(terminal->fd, terminal->bytes + terminal->n_bytes, room);
		if (n <= 0)
			return false;
		terminal->n_bytes += (size_t)n;
	}
	return true;
}

bool terminal_has_echo(const struct terminal *terminal)
{
	struct termios modes;

	assert_int_equal(tcgetattr(terminal->fd, &modes), 0);
	return (modes.c_lflag & ECHO) != 0;
}

void terminal_type(struct terminal *terminal, const char *text)
{
	assert_int_equal(write(terminal->fd, text, strlen(text)), strlen(text));
}

int terminal_finish(struct terminal *terminal)
{
	int status = 0;

	(void)terminal_wait(terminal, NULL);
	assert_int_equal(waitpid(terminal->pid, &status, 0), terminal->pid);
	close(terminal->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
