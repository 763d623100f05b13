/* SPDX-License-Identifier: MIT */
/* What the last stage leaves: each case is a child that locks itself in and then tries. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox.h"
#include "tests/unit/unit.h"

#define LOCKED_OUT 42 /* the exit status of a child that could not lock itself in */

static int open_to_read(void)
{
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int open_to_write(void)
{
	return open("/tmp/midair-sandbox-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0
		       ? -errno
		       : 0;
}

static int open_socket(int domain, int type, int protocol)
{
	return socket(domain, type | SOCK_CLOEXEC, protocol) < 0 ? -errno : 0;
}

static int open_tcp(void)
{
	return open_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
}

static int open_tcp_6(void)
{
	return open_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
}

static int open_udp(void)
{
	return open_socket(AF_INET, SOCK_DGRAM, 0);
}

static int open_local(void)
{
	return open_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int open_sctp(void)
{
	return open_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
}

static int signal_itself(void)
{
	return raise(SIGUSR1);
}

static int signal_the_parent(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0) < 0 ? -errno : 0;
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -errno
		       : 0;
}

static int map_data(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -errno
		       : 0;
}

static int make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -errno : 0;
}

static int run_program(void)
{
	char *const arguments[] = {NULL};

	execv("/bin/true", arguments);
	return -errno;
}

static int write_log(void)
{
	return write(STDERR_FILENO, "", 0) < 0 ? -errno : 0;
}

/* Returns the child's result, or the signal that ended it. */
static int attempt(uint32_t flags, int (*function)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_no_core() < 0 || sandbox_no_new_privileges() < 0 ||
		    sandbox_no_calls(flags) < 0)
			_exit(LOCKED_OUT);
		_exit(-function());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	if (WEXITSTATUS(status) == LOCKED_OUT)
		skip();
	return -WEXITSTATUS(status);
}

static void only_what_a_running_server_needs_is_left(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags;
		int (*function)(void);
		int result;
	} rows[] = {
		{"write to the log", 0, write_log, 0},
		{"memory for data", 0, map_data, 0},
		{"memory for code", 0, map_code, -EPERM},
		{"another socket", SANDBOX_MAY_OPEN, open_tcp, -EPERM},
		{"another process", SANDBOX_MAY_OPEN, make_process, -EPERM},
		{"a file to read", 0, open_to_read, -EPERM},
		{"a file to read, with --config", SANDBOX_MAY_OPEN, open_to_read, 0},
		{"a file to write, with --config", SANDBOX_MAY_OPEN, open_to_write, -EPERM},
		{"another program", SANDBOX_MAY_OPEN, run_program, SIGSYS},
		{"TCP, with probes", SANDBOX_MAY_DIAL, open_tcp, 0},
		{"TCP over IPv6, with probes", SANDBOX_MAY_DIAL, open_tcp_6, 0},
		{"UDP, with probes", SANDBOX_MAY_DIAL, open_udp, -EPERM},
		{"a local socket, with probes", SANDBOX_MAY_DIAL, open_local, -EPERM},
		{"another stream, with probes", SANDBOX_MAY_DIAL, open_sctp, -EPERM},
		{"a signal to itself", 0, signal_itself, SIGUSR1},
		{"a signal to another", 0, signal_the_parent, -EPERM},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		int result = attempt(rows[i].flags, rows[i].function);

		if (result != rows[i].result)
			fail_msg("row \"%s\": %d, not %d", rows[i].name, result,
				 rows[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_running_server_needs_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
