/* SPDX-License-Identifier: MIT */
#include "cli/dial.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/dial_report.h"
#include "cli/dial_workers.h"
#include "cli/exit.h"
#include "cli/payload.h"
#include "cli/stop.h"

struct command_run {
	struct dial_options options;
	struct dial_report report;
	struct dial_job job;
};

static void take(void *context, const struct dial_record *record)
{
	dial_report_take(context, record);
}

static void tick(void *context)
{
	dial_report_tick(context);
}

static void finished(void *context)
{
	dial_report_summary(context);
}

static int fail(const char *what, int result)
{
	fprintf(stderr, "midair dial: %s: %s\n", what, midair_strerror(result));
	return EXIT_SYSTEM;
}

/* Something that a shell or a program connected to our standard input. */
static bool is_piped(void)
{
	struct stat status;

	return fstat(STDIN_FILENO, &status) == 0 &&
	       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
		S_ISREG(status.st_mode));
}

static bool is_relay(const struct command_run *run)
{
	return run->report.n_wanted == 1 && !run->options.has_count &&
	       !run->options.is_keeping && !run->options.is_closing && is_piped();
}

static int relay(struct command_run *run)
{
	struct midair_relay_result moved;
	int fd = -1;
	int epoll_fd;
	uint64_t n_kept;

	run->report.is_silent = true;
	run->report.rows = stderr;
	run->job.take_fd = &fd;
	int result = dial_run(&run->job, &epoll_fd, &n_kept);
	if (result != 0)
		return fail("cannot dial", result);
	if (fd < 0)
		return stop_signal() != 0 ? EXIT_SIGNAL + stop_signal()
					  : dial_report_status(&run->report);
	close(epoll_fd);
	result = midair_relay(STDIN_FILENO, payload_take_output(), fd, run->job.stop_fd,
			      MIDAIR_RELAY_CLOSE_OUT, &moved);
	close(fd);
	if (result == -EINTR)
		return EXIT_SIGNAL + stop_signal();
	if (result == MIDAIR_E_LOST) {
		fail("the connection", result);
		return EXIT_LOST;
	}
	return result == 0 ? EXIT_DONE : fail("standard input or output", result);
}

static int run_here(struct command_run *run)
{
	int epoll_fd;
	uint64_t n_kept;
	int result = dial_run(&run->job, &epoll_fd, &n_kept);

	/* Interrupted before all was decided. */
	bool is_cut_short = stop_signal() != 0;

	if (result != 0)
		return fail("cannot dial", result);
	finished(&run->report);
	if (is_cut_short)
		return EXIT_SIGNAL + stop_signal();
	result = dial_keep(&run->job, epoll_fd, n_kept);
	return result == 0 ? -1 : fail("cannot keep the connections", result);
}

static int run_in_workers(struct command_run *run, uint64_t capacity)
{
	uint64_t n_workers = (run->job.end + capacity - 1) / capacity;

	if (n_workers > DIAL_WORKERS_MAX) {
		fprintf(stderr,
			"midair dial: %llu connections need more than %d processes of %llu "
			"descriptors each (ulimit -Hn)\n",
			(unsigned long long)run->job.end, DIAL_WORKERS_MAX,
			(unsigned long long)capacity);
		return EXIT_USAGE;
	}
	int result = dial_workers_run(&run->job, (uint32_t)n_workers, finished);

	return result == 0 ? -1 : fail("cannot use workers", result);
}

static int run(struct command_run *run)
{
	uint64_t capacity = dial_workers_capacity();
	uint64_t n_wanted = dial_options_n_destinations(&run->options) * run->options.count;
	uint64_t n_open = run->options.is_closing ? run->options.parallel : n_wanted;
	int status;

	dial_report_init(&run->report, &run->options, n_wanted);
	run->job.options = &run->options;
	run->job.end = n_wanted;
	run->job.tell = take;
	run->job.tick = tick;
	run->job.context = &run->report;
	if (is_relay(run))
		status = relay(run);
	else if (n_open > capacity)
		status = run_in_workers(run, capacity);
	else
		status = run_here(run);
	if (status < 0)
		status = dial_report_status(&run->report);
	dial_report_free(&run->report);
	return status;
}

int dial_main(int argc, char **argv)
{
	struct command_run command = {.job.stop_fd = -1};
	int status = dial_options_read(&command.options, argc, argv);

	if (status < 0) {
		command.job.stop_fd = stop_catch();
		status = command.job.stop_fd < 0 ? fail("signals", command.job.stop_fd)
						 : run(&command);
	}
	dial_options_free(&command.options);
	return status;
}
