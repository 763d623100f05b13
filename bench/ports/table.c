/* SPDX-License-Identifier: MIT */
/*
 * The whole table with processes, printed by `midair table`, `ss -tanp` and `netstat -tanp`: the
 * time from starting the program to its end, with its output into memory. The rows are both ends
 * of connections from one port; their descriptors are spread over processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/ports/keepers.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

#define FIRST_REMOTE	0x7f010000u
#define PORT		40000
#define ROWS_OF_ONE	2
#define NS_PER_S	1e9
#define NOT_THERE	127 /* a child's status when the program is not installed */
#define SECONDS_AT_MOST 60  /* of one run */
#define READ_SIZE	65536

/* A peer that has taken so many times longer than ours need not come to its end, which may be
 * minutes away: its time is then a lower bound. */
#define ENOUGH 1.05

struct program {
	enum series_name series;
	double bpf_goal, diag_goal; /* of a peer: so many times slower than ours */
	const char *arguments[6];   /* the first: NULL is midair */
};

static const struct program programs[] = {
	{TABLE_BPF, 0, 0, {NULL, "table", "-a"}},
	{TABLE_DIAG, 0, 0, {NULL, "table", "-a", "--no-bpf"}},
	{TABLE_SS, 20, 10, {"ss", "-tanp"}},
	{TABLE_NETSTAT, 10, 5, {"netstat", "-tanp"}},
};
#define N_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

struct crowd {
	struct keepers keepers;
	int listener;
	uint32_t n_connections;
};

static int add_connection(struct crowd *crowd)
{
	struct sockaddr_in remote =
		world_address(FIRST_REMOTE + crowd->n_connections, WORLD_PORT);
	int client = way_dial(WAY_PIN, PORT, &remote);

	if (client < 0)
		return client;
	int server = world_accept(crowd->listener);
	int result = server < 0 ? server : 0;
	way_reset_at_close(client);
	if (result == 0)
		result = keepers_park(&crowd->keepers, server);
	if (result == 0)
		result = keepers_park(&crowd->keepers, client);
	crowd->n_connections++;
	return result;
}

/* ---- one program ---- */

static void become(const struct program *program, const struct ports_plan *plan, int output,
		   unsigned int seconds)
{
	const char *arguments[6];

	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		arguments[i] = program->arguments[i];
	if (arguments[0] == NULL)
		arguments[0] = plan->program;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(seconds);
	if (dup2(output, STDOUT_FILENO) == STDOUT_FILENO &&
	    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO) == STDERR_FILENO)
		execvp(arguments[0], (char *const *)arguments);
	_exit(NOT_THERE);
}

static int count_lines(int fd, uint32_t *n_lines)
{
	static char buffer[READ_SIZE];
	ssize_t n_bytes;

	*n_lines = 0;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((n_bytes = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n_bytes; i++)
			*n_lines += buffer[i] == '\n';
	return n_bytes < 0 ? -errno : 0;
}

/* Returns 0, -ETIME when it took too long, -ENOENT when it is not installed, -EINVAL when rows
 * are missing, -errno. */
static int run_program(const struct program *program, const struct ports_plan *plan,
		       uint32_t n_rows, unsigned int seconds, double *elapsed_ns)
{
	_cleanup_close_ int output = memfd_create("output", MFD_CLOEXEC);
	uint32_t n_lines;
	int status;

	if (output < 0)
		return -errno;
	int64_t begin_ns = world_now_ns();
	pid_t pid = fork();
	if (pid == 0)
		become(program, plan, output, seconds);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	*elapsed_ns = (double)(world_now_ns() - begin_ns);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return -ETIME;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return WIFEXITED(status) && WEXITSTATUS(status) == NOT_THERE ? -ENOENT : -EIO;
	int result = count_lines(output, &n_lines);
	return result == 0 && n_lines < n_rows ? -EINVAL : result;
}

/* Where BPF is not to be had, `midair table` goes the other way by itself. */
static bool has_bpf(void)
{
	struct midair_table *table;

	if (midair_table_open(&table, MIDAIR_TABLE_BPF) != 0)
		return false;
	bool has = midair_table_bpf_result(table) == 0;
	midair_table_free(table);
	return has;
}

static unsigned int seconds_of(const struct program *program, const struct measured *measured,
			       const struct ports_plan *plan, uint32_t n_rows)
{
	double bpf_ns = 0;
	double diag_ns = 0;

	if (program->bpf_goal <= 0 || n_rows < plan->n_rows)
		return SECONDS_AT_MOST;
	(void)measured_at(measured, TABLE_BPF, n_rows, &bpf_ns);
	(void)measured_at(measured, TABLE_DIAG, n_rows, &diag_ns);
	double enough_ns =
		ENOUGH * fmax(program->bpf_goal * bpf_ns, program->diag_goal * diag_ns);
	return 1 + (unsigned int)(enough_ns / NS_PER_S);
}

static int time_program(const struct program *program, struct measured *measured,
			const struct ports_plan *plan, uint32_t n_rows)
{
	double elapsed_ns = 0;
	int result = run_program(program, plan, n_rows,
				 seconds_of(program, measured, plan, n_rows), &elapsed_ns);

	if (result == 0)
		measured_add(measured, program->series, n_rows, elapsed_ns);
	else if (result == -ETIME)
		measured_add_cut(measured, program->series, n_rows, elapsed_ns);
	return result == -ETIME || result == -ENOENT ? 0 : result;
}

/* Ours come first: the peers' time is limited by theirs. */
static int time_programs(struct measured *measured, const struct ports_plan *plan,
			 uint32_t n_rows, bool is_bpf)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < N_PROGRAMS; i++)
		if (programs[i].series != TABLE_BPF || is_bpf)
			result = time_program(&programs[i], measured, plan, n_rows);
	return result;
}

/* ---- all ---- */

static int ask_why(struct measured *measured, const struct ports_plan *plan)
{
	struct sockaddr_in local = world_address(INADDR_LOOPBACK, PORT);
	struct sockaddr_in remote = world_address(FIRST_REMOTE + 1234, WORLD_PORT);

	return measure_why(measured, plan, &local, &remote);
}

int measure_table(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	/* In between, for the picture only, are fewer rounds. */
	static const struct {
		uint32_t n_rows;
		bool is_between;
	} levels[] = {{10000, false}, {40000, true}, {100000, true}, {400000, false}};
	static struct crowd crowd;
	int result = crowd.listener = world_listen();

	const bool is_bpf = has_bpf();

	(void)round;
	result = result < 0 ? result : 0;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i].n_rows > plan->n_rows)
			break;
		while (result == 0 && crowd.n_connections < levels[i].n_rows / ROWS_OF_ONE)
			result = add_connection(&crowd);
		if (result == 0)
			result = keepers_flush(&crowd.keepers);
		for (uint32_t j = 0;
		     result == 0 && j < (levels[i].is_between ? 2 : plan->n_rounds); j++)
			result = time_programs(measured, plan, levels[i].n_rows, is_bpf);
	}
	if (result == 0)
		result = ask_why(measured, plan);
	keepers_end(&crowd.keepers);
	close(crowd.listener);
	return result;
}
