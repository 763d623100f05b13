/* SPDX-License-Identifier: MIT */
/* process: the server that is measured, on a processor of its own where there are two. */
#ifndef MIDAIR_BENCH_SERVE_PROCESS_H
#define MIDAIR_BENCH_SERVE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	uint16_t port; /* of 127.0.0.1 */
};

/* Starts `program serve` without limits for one address. Returns 0 or -errno. */
int process_start(struct process *process, const char *program);
/* SIGTERM. Returns its exit status, or -1. */
int process_end(struct process *process);

/* Of /proc: -1 when it cannot be read. */
int64_t process_resident_bytes(const struct process *process);
double process_cpu_s(const struct process *process);

#endif
