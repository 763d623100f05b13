/* SPDX-License-Identifier: MIT */
#include "ss_table.h"

#include <spawn.h>
#include <sys/wait.h>

#include "tests/platform/platform.h"

extern char **environ;

static int compare_lines(const void *left, const void *right)
{
	return strcmp(left, right);
}

char *next_line(struct lines *lines)
{
	CHECK(lines->n_lines < LINES_SIZE, "the namespace has few sockets");
	return lines->text[lines->n_lines++];
}

void sort_lines(struct lines *lines)
{
	qsort(lines->text, lines->n_lines, LINE_SIZE, compare_lines);
}

static const char *state_of_ss(const char *word)
{
	static const char *const words[][2] = {
		{"ESTAB", "ESTABLISHED"},    {"SYN-SENT", "SYN_SENT"},
		{"SYN-RECV", "SYN_RECV"},    {"TIME-WAIT", "TIME_WAIT"},
		{"FIN-WAIT-2", "FIN_WAIT2"}, {"CLOSE-WAIT", "CLOSE_WAIT"},
		{"LISTEN", "LISTEN"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i][0]) == 0)
			return words[i][1];
	}
	CHECK(false, "state %s is one that the test made", word);
	return NULL;
}

/* "[::ffff:192.0.2.1]:80" becomes "192.0.2.1:80", "0.0.0.0:*" stays. */
static void unmap(char *endpoint)
{
	static const char prefix[] = "[::ffff:";
	char *bracket = strchr(endpoint, ']');

	if (bracket == NULL || strncmp(endpoint, prefix, sizeof(prefix) - 1) != 0)
		return;
	memmove(bracket, bracket + 1, strlen(bracket));
	memmove(endpoint, endpoint + sizeof(prefix) - 1, strlen(endpoint) - sizeof(prefix) + 2);
}

static void add_line_of_ss(struct lines *lines, char *line)
{
	char *rest = line;
	char *words[5];

	for (size_t i = 0; i < 5; i++) {
		words[i] = strtok_r(rest, " \n", &rest);
		CHECK(words[i] != NULL, "ss prints five columns");
	}
	unmap(words[3]);
	unmap(words[4]);
	const char *state = state_of_ss(words[0]);
	bool is_listener = strcmp(state, "LISTEN") == 0;
	snprintf(next_line(lines), LINE_SIZE, "%s %s %s %s %s", state, words[1],
		 is_listener ? "0" : words[2], words[3], words[4]);
}

/* Starts "ss -tanH"; its output is the file. */
static pid_t start_ss(FILE **output)
{
	char name[] = "ss", options[] = "-tanH";
	char *const arguments[] = {name, options, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	CHECK(pipe2(ends, 0) == 0, "a pipe can be made");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	int error = posix_spawnp(&pid, "ss", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (error != 0)
		skip("ss (iproute2) is not installed");
	*output = fdopen(ends[0], "r");
	CHECK(*output != NULL, "a pipe is a file");
	return pid;
}

void read_ss(struct lines *lines)
{
	FILE *output;
	char line[512];
	int status;
	pid_t pid = start_ss(&output);

	lines->n_lines = 0;
	while (fgets(line, sizeof(line), output) != NULL)
		add_line_of_ss(lines, line);
	fclose(output);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "ss succeeds");
	sort_lines(lines);
}
