/* SPDX-License-Identifier: MIT */
/*
 * diag: the kernel's table of TCP sockets of this network namespace, IPv4 and IPv6.
 *
 * The build chooses one of two files: diag_netlink.c (sock_diag, needs libmnl) or diag_procfs.c
 * (/proc/net/tcp and tcp6: slower, no cookies, no sockets that are only bound). The parsers are
 * pure functions on bytes.
 */
#ifndef MIDAIR_OS_DIAG_H
#define MIDAIR_OS_DIAG_H

#include "midair/midair.h"

/* One bit per enum midair_tcp_state, as in the kernel's idiag_states. */
#define DIAG_STATE(state) (UINT32_C(1) << (state))
#define DIAG_STATES_ALL	  UINT32_C(0x3ffe)

/* Takes one row; a value other than 0 ends the walk and is what the walk returns. */
typedef int (*diag_row_handler)(void *context, const struct midair_row *row);

/*
 * Shows every socket in one of the states to handler. The walk is not atomic: a socket that
 * changes its state meanwhile may come twice (the cookie tells) or, rarely, not at all.
 * Returns 0, the handler's value, -EINTR when the kernel says that the walk was torn (do it
 * again), -ENOENT or -EPROTONOSUPPORT when this kernel has no such table, -ETIMEDOUT, -errno.
 */
int diag_walk(uint32_t states, diag_row_handler handler, void *context);

/* What a walk shows; the kernel itself leaves out the rest. */
struct diag_choice {
	uint32_t states;
	uint16_t local_port;  /* 0: any */
	uint16_t remote_port; /* 0: any */
	bool wants_facts;     /* TCP_INFO, where this way has it */
};

/* As diag_walk(). */
int diag_walk_choice(const struct diag_choice *choice, diag_row_handler handler, void *context);

/*
 * The row of exactly this pair. remote port 0: the listener on local. Returns 0, -ENOENT when
 * there is none, or as diag_walk().
 */
int diag_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
	      struct midair_row *row);

/*
 * Ends the row's socket, if its cookie is still the same. Returns 0, -ENOENT, -EPERM,
 * -EOPNOTSUPP, -errno.
 */
int diag_destroy(const struct midair_row *row);

/*
 * Reads one netlink message (struct nlmsghdr and all that follows it) of a sock_diag answer.
 * Returns 0, MIDAIR_E_UNSUPPORTED for a well-formed message that is no TCP row, MIDAIR_E_SYNTAX
 * for one that is too short or contradicts itself. *row is set only on success.
 */
int diag_parse_row(const void *message, size_t n_bytes, struct midair_row *row);

/*
 * Reads one line of /proc/net/tcp or tcp6, without or with its newline. Returns 0,
 * MIDAIR_E_UNSUPPORTED for the heading, or MIDAIR_E_SYNTAX. *row is set only on success.
 */
int diag_parse_line(const char *line, size_t n_bytes, struct midair_row *row);

/* True for the row that diag_find() looks for. */
bool diag_is_pair(const struct midair_row *row, const struct midair_endpoint *local,
		  const struct midair_endpoint *remote);

/* True where the way of this build knows each socket's identity. */
bool diag_has_cookies(void);

/* "libmnl" or "", for midair_features(). */
const char *diag_feature(void);

#endif
