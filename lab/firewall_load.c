/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/firewall.h"
#include "lab/namespace.h"
#include "os/cleanup.h"

/* nft takes some 10 ms; a machine that is very busy takes longer. */
#define NFT_TIMEOUT_MS	   10000
#define EXIT_NFT_NOT_FOUND 127

struct nft_run {
	int input_fd;  /* read end of the rules */
	int output_fd; /* write end of nft's complaints */
};

static int exec_nft(void *context)
{
	const struct nft_run *run = context;
	/* Users' PATH often lacks the sbin directories. */
	static const char *const programs[] = {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft",
					       "/usr/local/sbin/nft"};

	if (dup2(run->input_fd, STDIN_FILENO) < 0 || dup2(run->output_fd, STDOUT_FILENO) < 0 ||
	    dup2(run->output_fd, STDERR_FILENO) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		execl(programs[i], "nft", "-f", "-", (char *)NULL);
	execlp("nft", "nft", "-f", "-", (char *)NULL);
	return EXIT_NFT_NOT_FOUND;
}

static void read_complaint(int fd, char *text, size_t size)
{
	ssize_t n_bytes = read(fd, text, size - 1);

	text[n_bytes > 0 ? n_bytes : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static int finish(pid_t *pid, int complaint_fd, struct lab_reason *reason)
{
	char complaint[200];
	int status = namespace_wait(*pid, NFT_TIMEOUT_MS);

	if (status < 0) {
		namespace_kill(pid);
		return lab_fail(reason, ETIME, "nft did not finish");
	}
	if (status == 0)
		return 0;
	if (status == EXIT_NFT_NOT_FOUND)
		return lab_fail(reason, 0, "nft is missing: apt install nftables");
	read_complaint(complaint_fd, complaint, sizeof(complaint));
	if (complaint[0] == '\0')
		return lab_fail(reason, 0, "nft failed with status %d", status);
	return lab_fail(reason, 0, "nft refused the rules: %s", complaint);
}

int firewall_load(const char *rules, struct lab_reason *reason)
{
	int input[2], output[2];
	pid_t pid;

	if (pipe2(input, O_CLOEXEC) < 0)
		return lab_fail(reason, errno, "cannot make a pipe");
	_cleanup_close_ int input_read = input[0];
	_cleanup_close_ int input_write = input[1];

	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		return lab_fail(reason, errno, "cannot make a pipe");
	_cleanup_close_ int output_read = output[0];
	_cleanup_close_ int output_write = output[1];
	struct nft_run run = {.input_fd = input_read, .output_fd = output_write};

	/* The rules fit into the pipe (PIPE_BUF), so this cannot wait. */
	if (write(input_write, rules, strlen(rules)) != (ssize_t)strlen(rules))
		return lab_fail(reason, errno, "cannot pass the rules to nft");
	pid = namespace_spawn(-1, exec_nft, &run);
	if (pid < 0)
		return lab_fail(reason, (int)-pid, "cannot fork");
	input_write = close_fd(input_write);
	return finish(&pid, output_read, reason);
}

int firewall_check(struct lab_reason *reason)
{
	return firewall_load("table inet midair_check\n", reason);
}
