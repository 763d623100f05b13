/* SPDX-License-Identifier: MIT */
/* serve: the rendezvous server as a whole, docs/SERVER.md. */
#ifndef MIDAIR_SERVE_SERVE_H
#define MIDAIR_SERVE_SERVE_H

#include "core/serve_limits.h"
#include "midair/midair.h"

#define SERVE_LISTENERS_MAX 16
/* With the second port, and the other addresses'. */
#define SERVE_SOCKETS_MAX     (2 * SERVE_LISTENERS_MAX + 4)
#define SERVE_WORKERS_MAX     64
#define SERVE_CONNECTIONS_MAX 4194304u

struct serve_config {
	struct midair_endpoint listen[SERVE_LISTENERS_MAX];
	size_t n_listen; /* 0: port 1314 of [::] and 0.0.0.0, of which one may be missing */
	struct midair_endpoint metrics; /* family NONE: none */
	/* Other addresses of this host, IPv4 and IPv6, for the probes; family NONE: none. */
	struct midair_endpoint alternatives[2];
	uint16_t probe_port; /* the first of three; 0: the one after the main port */
	bool has_no_probes;
	bool has_relay; /* forwards the bytes of those who find no direct way */
	uint32_t n_workers;
	uint32_t n_connections;
	uint32_t n_tombstones;
	struct serve_limits limits;
	const char *limits_path; /* read at the start and with SIGHUP; NULL: none */
	const char *user;	 /* whom root becomes */
	bool must_become_user;	 /* not start when that fails: the operator named the user */
	bool must_sandbox;	 /* a stage that is missing is an error */
	bool has_json_log;
	bool has_addresses_in_log;
};

void serve_config_init(struct serve_config *config);

/* "rooms-per-address=12". As serve_limits_set(). */
int serve_config_set_limit(struct serve_config *config, const char *text);

/* Serves until SIGTERM or SIGINT, and says what happens on standard error. Returns 0, or -errno or
 * a MIDAIR_E_* when it could not begin; that has been told. */
int serve_run(const struct serve_config *config);

#endif
