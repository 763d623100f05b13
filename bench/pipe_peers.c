/* SPDX-License-Identifier: MIT */
/* The other programs, each as its manual says it is fast, on loopback, with keys that the script
 * has made. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/pipe_ends.h"

#define WORD_SIZE 512

const char *pipe_folder(void)
{
	return getenv("PIPE_FOLDER");
}

/* What the program says goes nowhere, and what it reads or writes is the pipe. */
static bool is_redirected(enum end end, int pipe_fd)
{
	int nothing = open("/dev/null", O_RDWR);

	return nothing >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
	       dup2(nothing, end == SENDER ? STDOUT_FILENO : STDIN_FILENO) >= 0 &&
	       dup2(pipe_fd, end == SENDER ? STDIN_FILENO : STDOUT_FILENO) >= 0;
}

#define WORD(name, ...)                                                                        \
	char name[WORD_SIZE];                                                                  \
	snprintf(name, sizeof(name), __VA_ARGS__)

int socat_tls_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	WORD(listen,
	     "OPENSSL-LISTEN:%d,bind=127.0.0.1,reuseaddr,verify=0,cert=%s/tls.pem,key=%s/tls.key",
	     carry->port, pipe_folder(), pipe_folder());
	WORD(connect, "OPENSSL:127.0.0.1:%d,verify=0", carry->port);

	(void)fd;
	if (!is_redirected(end, pipe_fd))
		return 1;
	if (end == SENDER)
		execlp("socat", "socat", "-u", "-b", "131072", "STDIN", connect, (char *)NULL);
	else
		execlp("socat", "socat", "-u", "-b", "131072", listen, "STDOUT", (char *)NULL);
	return 1;
}

int ncat_tls_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	WORD(port, "%d", carry->port);
	WORD(certificate, "%s/tls.pem", pipe_folder());
	WORD(key, "%s/tls.key", pipe_folder());

	(void)fd;
	if (!is_redirected(end, pipe_fd))
		return 1;
	if (end == SENDER)
		execlp("ncat", "ncat", "--ssl", "--send-only", "127.0.0.1", port, (char *)NULL);
	else
		execlp("ncat", "ncat", "-l", "--ssl", "--ssl-cert", certificate, "--ssl-key",
		       key, "--recv-only", "127.0.0.1", port, (char *)NULL);
	return 1;
}

/* The number that the receiver's end of the pipe has in its process, where sshd's remote command
 * finds it. */
#define KNOWN_FD 9

/* sshd for one connection. */
static int run_sshd(const struct carry *carry)
{
	WORD(configuration, "%s/sshd_config", pipe_folder());
	WORD(port, "%d", carry->port);
	pid_t pid = fork();

	if (pid == 0) {
		int nothing = open("/dev/null", O_RDWR);

		for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
			dup2(nothing, i);
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-d", "-f", configuration, "-p",
		      port, (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

int ssh_end(const struct carry *carry, enum end end, int pipe_fd, int fd)
{
	WORD(configuration, "%s/ssh_config", pipe_folder());
	WORD(port, "%d", carry->port);
	WORD(command, "cat >/proc/%d/fd/%d", (int)carry->receiver, KNOWN_FD);

	(void)fd;
	if (end == RECEIVER)
		return dup2(pipe_fd, KNOWN_FD) < 0 || close(pipe_fd) < 0 ? 1 : run_sshd(carry);
	if (is_redirected(end, pipe_fd))
		execlp("ssh", "ssh", "-F", configuration, "-p", port, "127.0.0.1", command,
		       (char *)NULL);
	return 1;
}
