/* SPDX-License-Identifier: MIT */
/* rig: a server of our own, its log, its metrics. It ends with the test's process. */
#ifndef MIDAIR_TESTS_SERVE_RIG_H
#define MIDAIR_TESTS_SERVE_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RIG_LOG_SIZE (1u << 20)
#define RIG_OPTIONS  24

struct rig {
	pid_t pid;
	int log_fd;
	int life_fd;	       /* ends the server when it is closed */
	uint16_t port;	       /* of 127.0.0.1 */
	uint16_t port_6;       /* of [::1]; 0: this machine has no IPv6 */
	uint16_t metrics_port; /* of 127.0.0.1 */
	size_t log_size;
	char log[RIG_LOG_SIZE];
};

/* Starts `midair serve` on 127.0.0.1 and [::1] with these options, which end with NULL, and waits
 * until it is ready. Fails the test when it does not get so far. One at a time. */
struct rig *rig_start(const char *const options[]);
/* The same with at most so many descriptors. */
struct rig *rig_start_with_descriptors(const char *const options[], uint32_t n_descriptors);

/* Sends SIGTERM unless it has ended, and returns its exit status; -1: it was killed. */
int rig_stop(struct rig *rig);
void rig_signal(const struct rig *rig, int number);

/* Waits until the log has the text, after the position from. Returns where it ends. */
size_t rig_wait_log(struct rig *rig, size_t from, const char *text);
bool rig_log_has(struct rig *rig, const char *text);

/* A value of /metrics: the whole name, with labels. Fails the test when it is not there. */
uint64_t rig_metric(struct rig *rig, const char *name);
void rig_wait_metric(struct rig *rig, const char *name, uint64_t value);

/* A line of /proc/PID/FILE that begins with key, without it. */
void rig_proc(const struct rig *rig, const char *file, const char *key, char *value,
	      size_t size);

/* User and system time that it has used. */
uint64_t rig_cpu_ms(const struct rig *rig);

uint64_t rig_now_ms(void);

#endif
