/* SPDX-License-Identifier: MIT */
#include "lab/side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lab/namespace.h"
#include "lab/side_process.h"

struct side {
	pid_t pid;
	struct side_report *report;
};

int side_start(struct side **side, const struct side_config *config, int namespace_fd,
	       struct lab_reason *reason)
{
	struct side_process process = {.config = config};
	struct side *made;
	void *shared;

	if (config->n_runs == 0 || config->n_runs > SIDE_RUNS_MAX)
		return lab_fail(reason, 0, "a side makes 1 to %d attempts", SIDE_RUNS_MAX);
	shared = mmap(NULL, sizeof(struct side_report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	made = calloc(1, sizeof(*made));
	if (!made || shared == MAP_FAILED) {
		free(made);
		return lab_fail(reason, ENOMEM, "cannot start a side");
	}
	made->report = process.report = shared;
	made->pid = namespace_spawn(namespace_fd, side_process_main, &process);
	if (made->pid < 0) {
		int error = (int)-made->pid;

		side_free(made);
		return lab_fail(reason, error, "cannot start a side");
	}
	*side = made;
	return 0;
}

int side_wait(struct side *side, int timeout_ms, struct lab_reason *reason)
{
	int status = namespace_wait(side->pid, timeout_ms);

	if (status == -ETIME) {
		namespace_kill(&side->pid);
		return lab_fail(reason, ETIME, "a side did not end");
	}
	side->pid = -1;
	if (status < 0)
		return lab_fail(reason, -status, "cannot wait for a side");
	return status == 0 ? 0 : lab_fail(reason, 0, "a side ended with status %d", status);
}

const struct side_report *side_report(const struct side *side)
{
	return side->report;
}

struct side *side_free(struct side *side)
{
	if (side) {
		namespace_kill(&side->pid);
		munmap(side->report, sizeof(*side->report));
		free(side);
	}
	return NULL;
}
