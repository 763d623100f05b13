/* SPDX-License-Identifier: MIT */
/*
 * carry: bytes carried once, and what that cost.
 *
 *	source =pipe=> sender =TCP on loopback=> receiver =pipe=> this process
 *
 * The source and this process are the same for each tool; only the sender and the receiver
 * differ, and only their processor time is counted.
 */
#ifndef MIDAIR_BENCH_CARRY_H
#define MIDAIR_BENCH_CARRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum end { SENDER, RECEIVER };

/* What the carrying processes read from and write to. */
enum carry_ends {
	CARRY_PIPES,
	CARRY_FILES,   /* a file in memory, and /dev/null: nobody else takes processor time */
	CARRY_NOTHING, /* they make and drop the bytes themselves */
};

struct carry_cost {
	/* From the first byte written to the end of file read; without pipes, until both
	 * processes have ended. */
	double seconds;
	double cpu_seconds; /* user and system, of both carrying processes */
	uint64_t n_bytes;   /* that came through; only pipes tell */
};

struct carry;

/* Runs in a process of its own. pipe_fd: its pipe or file, -1 for CARRY_NOTHING; fd: the connection, -1 for
 * those that make their own. */
typedef int end_function(const struct carry *carry, enum end end, int pipe_fd, int fd);

struct carry {
	end_function *function;
	/* 0: the ends get a connection. Else the receiver listens there, and the sender starts as
	 * soon as it does. */
	uint16_t port;
	enum carry_ends ends;
	uint64_t n_bytes;
	pid_t receiver; /* for the sender */
};

/* False when an end failed. Not all bytes may have come. */
bool carry(struct carry_cost *cost, const struct carry *plan);

/* Waits for a child that is about to end; its time and that of its own children. */
double carry_cpu_seconds_of(pid_t pid);

/* Until somebody listens on the port of 127.0.0.1, for a bounded time. */
void carry_wait_for_listener(uint16_t port);

/* True when the program is in PATH. */
bool carry_has_program(const char *program);

#endif
