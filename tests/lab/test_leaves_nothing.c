/* SPDX-License-Identifier: MIT */
/* A lab that ends, in whatever way, leaves no process and no namespace behind. */
#include "lab_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/namespace.h"
#include "lab/server.h"
#include "os/cleanup.h"

#define TIMEOUT_MS 10000
#define N_SPACES   6

/* What the lab inside tells: its network namespaces. Whoever lives keeps the pipe open. */
struct tidings {
	ino_t namespaces[N_SPACES];
};

struct lab {
	int write_fd;
	bool waits; /* until killed */
};

static ino_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

static int linger(void *context)
{
	(void)context;
	while (pause() < 0)
		;
	return 1;
}

static int live(void *context)
{
	const struct lab *lab = context;
	struct network *network = lab_test_network("a=drop b=rst server=2ms");
	struct tidings tidings = {
		.namespaces = {inode_of(network_host_namespace(network, LAB_A)),
			       inode_of(network_host_namespace(network, LAB_B)),
			       inode_of(network_host_namespace(network, LAB_S)),
			       inode_of(network_box_namespace(network, LAB_A)),
			       inode_of(network_box_namespace(network, LAB_B)),
			       inode_of(network_wire_namespace(network))},
	};
	pid_t child = namespace_spawn(network_host_namespace(network, LAB_A), linger, NULL);
	/* Reachable until the end: it is left to the kernel. */
	static struct server *server;

	/* It gives up rights, and with them the signal of its parent's death. */
	if (server_start(&server, network, NULL) != 0)
		return 1;
	if (child < 0 || write(lab->write_fd, &tidings, sizeof(tidings)) != sizeof(tidings))
		return 1;
	if (lab->waits)
		linger(NULL);
	/* The orderly end leaves the children to the kernel too. */
	network_free(network);
	return 0;
}

/* Starts a lab in a process of its own and reads what it tells. */
static pid_t start_lab(bool waits, int *read_fd, struct tidings *tidings)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct lab lab = {.write_fd = fds[1], .waits = waits};

		close(fds[0]);
		_exit(namespace_run(live, &lab, NULL) == 0 ? 0 : 1);
	}
	close(fds[1]);
	*read_fd = fds[0];
	assert_true(lab_test_readable(*read_fd, TIMEOUT_MS));
	assert_int_equal(read(*read_fd, tidings, sizeof(*tidings)), sizeof(*tidings));
	return pid;
}

static bool is_ours(const char *process, const struct tidings *tidings)
{
	char path[300];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", process);
	if (stat(path, &status) < 0)
		return false;
	for (int i = 0; i < N_SPACES; i++) {
		if (status.st_ino == tidings->namespaces[i])
			return true;
	}
	return false;
}

static unsigned int count_processes_inside(const struct tidings *tidings)
{
	DIR *processes = opendir("/proc");
	unsigned int n_inside = 0;
	const struct dirent *entry;

	assert_non_null(processes);
	while ((entry = readdir(processes)))
		n_inside += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
			    is_ours(entry->d_name, tidings);
	closedir(processes);
	return n_inside;
}

static unsigned int count_mounts(void)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	unsigned int n_mounts = 0;
	int byte;

	assert_non_null(mounts);
	while ((byte = getc(mounts)) != EOF)
		n_mounts += byte == '\n';
	fclose(mounts);
	return n_mounts;
}

/* Every process of the lab had the pipe's other end: its end is theirs. */
static void expect_nothing_left(int read_fd, const struct tidings *tidings)
{
	char byte;

	assert_true(lab_test_readable(read_fd, TIMEOUT_MS));
	assert_int_equal(read(read_fd, &byte, 1), 0);
	assert_int_equal(count_processes_inside(tidings), 0);
}

static void check_end(int signal_number)
{
	unsigned int n_mounts = count_mounts();
	struct tidings tidings;
	_cleanup_close_ int read_fd = -1;
	pid_t pid = start_lab(signal_number != 0, &read_fd, &tidings);
	int status;

	if (signal_number) {
		assert_true(count_processes_inside(&tidings) > 0);
		assert_int_equal(kill(pid, signal_number), 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal_number);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	expect_nothing_left(read_fd, &tidings);
	assert_int_equal(count_mounts(), n_mounts);
}

static void a_lab_that_ends_leaves_nothing(void **state)
{
	(void)state;
	check_end(0);
}

static void a_lab_that_is_killed_leaves_nothing(void **state)
{
	(void)state;
	check_end(SIGKILL);
}

static void a_lab_that_is_interrupted_leaves_nothing(void **state)
{
	(void)state;
	check_end(SIGINT);
}

static int nothing(void *context)
{
	(void)context;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lab_that_ends_leaves_nothing),
		cmocka_unit_test(a_lab_that_is_killed_leaves_nothing),
		cmocka_unit_test(a_lab_that_is_interrupted_leaves_nothing),
	};
	/* First whether a lab can be at all; the tests themselves must stand outside of it. */
	int status = lab_test_main(nothing);

	return status ? status
		      : cmocka_run_group_tests_name("leaves_nothing", tests, NULL, NULL);
}
