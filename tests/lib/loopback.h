/* SPDX-License-Identifier: MIT */
/*
 * loopback: what the tests share that use the library over real sockets. Every test program has
 * IPv4 addresses of its own in 127.0.0.0/8, taken from its process id, so that programs that
 * run side by side cannot meet each other by mistake.
 */
#ifndef MIDAIR_TESTS_LOOPBACK_H
#define MIDAIR_TESTS_LOOPBACK_H

#include <poll.h>

#include "midair/midair.h"
#include "tests/unit/unit.h"

/* Far more than anything here takes: only a defect runs into it. */
#define PATIENCE_MS 20000

#define EVENTS_MAX 2048

/* This program's address number n (1 to 254). */
struct midair_endpoint own_address(uint8_t n, uint16_t port);
struct midair_endpoint endpoint_of(const char *text);
/* A port that nobody uses at the moment, of [::1] and 127.0.0.1. */
uint16_t free_port(void);
bool has_ipv6(void);

/* A session and all that it said. */
struct attempt {
	struct midair_session *session;
	struct midair_event events[EVENTS_MAX];
	uint32_t n_events;
	bool is_over;
	struct midair_event end; /* CONNECTED or FAILED */
};

/* From local to one peer. */
struct midair_config config_for(const struct midair_endpoint *local,
				const struct midair_endpoint *peer, uint32_t flags);

/* Opens the session, which must succeed. */
void attempt_open(struct attempt *attempt, const struct midair_config *config);
/* Dispatches once and collects the events. */
void attempt_step(struct attempt *attempt);
/* Polls and dispatches until all are over. Fails the test after PATIENCE_MS. */
void attempts_run(struct attempt *attempts, size_t n_attempts);
/* Until one of the events is of this type. */
void attempt_run_until(struct attempt *attempt, enum midair_event_type type);
const struct midair_event *attempt_find(const struct attempt *attempt,
					enum midair_event_type type);
void attempt_close(struct attempt *attempt);

/* Open descriptors of this process. */
size_t count_descriptors(void);
uint64_t now_ms(void);

/* Plain sockets, IPv4, blocking, with SO_REUSEADDR. */
int plain_socket(const struct midair_endpoint *local);
int plain_listener(const struct midair_endpoint *local);
/* 0 or -errno. */
int plain_connect(int fd, const struct midair_endpoint *remote);
/* Two ends of a TCP connection over this program's addresses. */
void tcp_pair(int fds[2]);
/* Waits until fd has one of the events; false after timeout_ms. */
bool wait_for(int fd, short events, int timeout_ms);
void close_with_reset(int fd);

#endif
