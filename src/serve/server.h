/* SPDX-License-Identifier: MIT */
/*
 * server: what the workers share.
 *
 * Theory of operation
 *
 * Each worker is a thread with its own epoll. It owns the connections that it accepted: it alone
 * reads and closes them. The rendezvous (who is there, who waits for whom) is one, under one lock;
 * a step under it is a few microseconds of work and the sends that it leads to. So a pair may sit
 * in two workers: the one that brings them together sends to both. The order of what a connection
 * is sent is the order of the steps, since nothing is sent without the lock.
 *
 * A connection that another worker has to end is hung up (shutdown()); its owner sees that like
 * any other end. A connection's place is free when its owner has closed the descriptor.
 */
#ifndef MIDAIR_SERVE_SERVER_H
#define MIDAIR_SERVE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/rendezvous.h"
#include "os/watch.h"
#include "serve/held.h"
#include "serve/log.h"
#include "serve/metrics.h"
#include "serve/probe.h"
#include "serve/relay.h"
#include "serve/serve.h"

/* What is read in one go; a message is at most WIRE_MESSAGE_MAX. */
#define INPUT_BYTES 4096
/* Answers to one go's messages leave together. */
#define GATHER_BYTES  4096
#define NOTES_HELD    32
#define NO_CONNECTION UINT32_MAX

/* The top byte of a tag in a worker's epoll. */
enum tag_kind {
	TAG_CONNECTION,
	TAG_LISTENER,
	TAG_SIGNAL,
	TAG_BELL,
	TAG_METRICS_LISTENER,
	TAG_METRICS,
	TAG_PROBE,
	TAG_RELAY,
};

static inline uint64_t tag_make(enum tag_kind kind, uint32_t generation, uint32_t number)
{
	return (uint64_t)kind << 56 | (uint64_t)(generation & 0xffffffu) << 32 | number;
}

static inline enum tag_kind tag_kind(uint64_t tag)
{
	return (enum tag_kind)(tag >> 56);
}

static inline uint32_t tag_number(uint64_t tag)
{
	return (uint32_t)tag;
}

/* A connection's generation has the number of the worker that owns it. */
#define TAG_OWNER_SHIFT 16

static inline uint32_t tag_owner(uint64_t tag)
{
	return (uint32_t)(tag >> (32 + TAG_OWNER_SHIFT)) & (SERVE_WORKERS_MAX - 1);
}

struct place {
	int fd;
	uint16_t generation;
	uint16_t held; /* the beginning of a message, in its owner's struct held */
	_Atomic uint64_t tag;
};

/* Never 0, which is nobody's. */
static inline uint32_t place_generation(const struct place *place, uint32_t worker)
{
	return place->generation | worker << TAG_OWNER_SHIFT | 1u << 23;
}

enum server_phase { SERVER_RUNNING, SERVER_ENDING, SERVER_OVER };

struct server {
	struct serve_config config;
	struct log log;
	pthread_mutex_t lock; /* of rendezvous, and of every place's fd */
	struct rendezvous rendezvous;
	struct place *places;
	int listeners[SERVE_SOCKETS_MAX];
	size_t n_listeners;
	struct midair_endpoint bound[SERVE_LISTENERS_MAX]; /* the main listeners' */
	size_t n_bound;
	bool is_port_chosen; /* by the kernel */
	uint16_t first_probe_port;
	int holders[2 * SERVE_LISTENERS_MAX]; /* of the silent and the refusing ports */
	size_t n_holders;
	struct probe probes[RENDEZVOUS_DIALS_MAX];
	struct relays relays;
	int watches[SERVE_WORKERS_MAX]; /* the workers' epolls */
	int bell;			/* readable from the end of the server on */
	_Atomic int phase;
	_Atomic uint64_t n_accept_pauses;
	_Atomic uint64_t n_slow_readers;
	uint64_t start_ms;
	uint64_t over_ms; /* when it ends, whoever is still there; worker 0's */
};

/* Out of descriptors: there will be some when connections have ended. The same for what only a
 * security module would answer. */
#define ACCEPT_PAUSE_MS 100

struct worker {
	struct server *server;
	uint32_t number; /* 0 has the clock, the signals and the metrics as well */
	int watch;
	pthread_t thread;
	bool is_listening;
	uint64_t listen_again_ms; /* out of descriptors until then; 0: not */
	uint32_t current;	  /* the connection whose answers are gathered */
	size_t n_gathered;
	uint32_t n_notes;
	int signal_fd;
	struct metrics_server metrics;
	struct rendezvous_update update;
	struct rendezvous_note notes[NOTES_HELD];
	struct epoll_event events[WATCH_BATCH];
	uint8_t input[INPUT_BYTES];
	uint8_t gathered[GATHER_BYTES];
	struct held held;
	struct relay_list relays;
};

/* No descriptor yet: worker_deinit() may follow. */
void worker_blank(struct worker *worker);
int worker_init(struct worker *worker, struct server *server, uint32_t number);
void worker_deinit(struct worker *worker);

/* Works until the server is over. */
void worker_run(struct worker *worker);

/* act.c: carries out worker->update. The caller has the lock. */
void act(struct worker *worker);
/* The same for another update than the worker's own. */
void act_on(struct worker *worker, const struct rendezvous_update *update);
/* Sends what was gathered for the current connection. The caller has the lock. */
void act_flush(struct worker *worker);
/* Writes the log's lines of what happened. The caller does not have the lock. */
void act_tell(struct worker *worker);

/* connection.c */
void connection_accept(struct worker *worker, size_t listener);
void connection_handle(struct worker *worker, uint64_t tag, uint32_t events);

/* duty.c: what worker 0 does beside. */
void duty_tick(struct worker *worker, uint64_t now_ms);
void duty_signal(struct worker *worker);

#endif
