/* SPDX-License-Identifier: MIT */
#include "tests/cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_program(const char *const arguments[], int fds[3][2], unsigned int closed)
{
	char *argv[COMMAND_ARGUMENTS + 2] = {strdup(MIDAIR_COMMAND)};

	for (int i = 0; i < COMMAND_ARGUMENTS && arguments[i] != NULL; i++)
		argv[i + 1] = strdup(arguments[i]);
	for (int i = 0; i < 3; i++)
		dup2(fds[i][i == 0 ? 0 : 1], i);
	for (int i = 0; i < 3; i++)
		if ((closed & 1u << i) != 0)
			close(i);
	sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	execv(MIDAIR_COMMAND, argv);
	_exit(126);
}

struct command *command_start(const char *const arguments[], unsigned int closed)
{
	struct command *command = calloc(1, sizeof(*command));
	int fds[3][2];

	for (int i = 0; i < 3; i++)
		assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
	command->begin_ms = now_ms();
	command->pid = fork();
	assert_true(command->pid >= 0);
	if (command->pid == 0)
		become_program(arguments, fds, closed);
	close(fds[0][0]);
	close(fds[1][1]);
	close(fds[2][1]);
	command->input_fd = fds[0][1];
	command->output.fd = fds[1][0];
	command->errors.fd = fds[2][0];
	return command;
}

void command_feed(struct command *command, const char *text)
{
	if (text != NULL)
		assert_int_equal(write(command->input_fd, text, strlen(text)), strlen(text));
	close(command->input_fd);
	command->input_fd = -1;
}

static void read_text(struct text *text)
{
	size_t room = COMMAND_TEXT_SIZE - 1 - text->n_bytes;
	ssize_t n = read(text->fd, text->bytes + text->n_bytes, room);

	assert_true(room > 0);
	if (n > 0) {
		text->n_bytes += (size_t)n;
		return;
	}
	close(text->fd);
	text->fd = -1;
}

static void give_up(struct command *command)
{
	kill(command->pid, SIGKILL);
	fail_msg("waited %d ms in vain; it said:\n%s", PATIENCE_MS, command->errors.bytes);
}

/* Each wait has its own end: a server runs as long as all the tests that it serves. */
static uint64_t patience_end_ms(void)
{
	return now_ms() + PATIENCE_MS;
}

static void read_some(struct command *command, uint64_t end_ms)
{
	struct pollfd fds[] = {
		{.fd = command->output.fd, .events = POLLIN},
		{.fd = command->errors.fd, .events = POLLIN},
	};

	if (now_ms() > end_ms || poll(fds, 2, PATIENCE_MS) == 0)
		give_up(command);
	if (fds[0].revents != 0)
		read_text(&command->output);
	if (fds[1].revents != 0)
		read_text(&command->errors);
}

void command_wait_text(struct command *command, const char *text)
{
	uint64_t end_ms = patience_end_ms();

	while (strstr(command->errors.bytes, text) == NULL) {
		if (command->errors.fd < 0)
			fail_msg("\"%s\" was not said, but:\n%s", text, command->errors.bytes);
		read_some(command, end_ms);
	}
}

void command_finish(struct command *command)
{
	uint64_t end_ms = patience_end_ms();
	int status = 0;

	if (command->is_finished)
		return;
	command->is_finished = true;
	while (command->output.fd >= 0 || command->errors.fd >= 0)
		read_some(command, end_ms);
	while (waitpid(command->pid, &status, WNOHANG) == 0) {
		if (now_ms() > end_ms)
			give_up(command);
		poll(NULL, 0, 1);
	}
	command->elapsed_ms = now_ms() - command->begin_ms;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool has_open_end(const struct command *command)
{
	return command->output.fd >= 0 || command->errors.fd >= 0;
}

void command_finish_both(struct command *a, struct command *b)
{
	uint64_t end_ms = patience_end_ms();

	while (has_open_end(a) || has_open_end(b)) {
		struct text *texts[] = {&a->output, &a->errors, &b->output, &b->errors};
		struct pollfd fds[4];

		for (size_t i = 0; i < 4; i++)
			fds[i] = (struct pollfd){.fd = texts[i]->fd, .events = POLLIN};
		if (now_ms() > end_ms || poll(fds, 4, PATIENCE_MS) == 0)
			give_up(has_open_end(a) ? a : b);
		for (size_t i = 0; i < 4; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0)
				read_text(texts[i]);
	}
	command_finish(a);
	command_finish(b);
}

void command_free(struct command *command)
{
	if (command->input_fd >= 0)
		close(command->input_fd);
	free(command);
}

struct command *command_run(const char *const arguments[])
{
	struct command *command = command_start(arguments, CLOSED_NOTHING);

	command_feed(command, NULL);
	command_finish(command);
	return command;
}

size_t command_proc(const struct command *command, const char *name, char *bytes, size_t size)
{
	char path[64];
	size_t n_bytes = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", command->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while (n_bytes + 1 < size && (n = read(fd, bytes + n_bytes, size - 1 - n_bytes)) > 0)
		n_bytes += (size_t)n;
	close(fd);
	bytes[n_bytes] = '\0';
	return n_bytes;
}

size_t count_lines(const struct text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->n_bytes; i++)
		n += text->bytes[i] == '\n';
	return n;
}
