/* SPDX-License-Identifier: MIT */
/*
 * dial_workers: more connections than one process may have descriptors.
 *
 * Theory of operation
 *
 * Each worker dials a slice of the connections and keeps them. It tells its news through one pipe
 * that all share: a record is smaller than PIPE_BUF, so a write is never torn or mixed. A signal
 * reaches all of them through the stop pipe, which is the same for parent and children; the end
 * of the last worker is the end of the pipe. Workers die with their parent.
 */
#ifndef MIDAIR_CLI_DIAL_WORKERS_H
#define MIDAIR_CLI_DIAL_WORKERS_H

#include "cli/dial_run.h"

#define DIAL_WORKERS_MAX 1024

/* Raises the soft limit of descriptors to the hard one. Returns how many connections a process
 * can have beside its other descriptors. */
uint64_t dial_workers_capacity(void);

/* Does the job in n_workers processes; returns when they have ended. finished(context): all are
 * done with dialling. Returns 0 or -errno. */
int dial_workers_run(const struct dial_job *job, uint32_t n_workers,
		     void (*finished)(void *context));

#endif
