/* SPDX-License-Identifier: MIT */
/*
 * truth: what `midair check` must say in a network of the lab, field by field. truth.c has what
 * follows from the box's words, truth_place.c what the network's plan and its wire have to say of
 * addresses and ports, truth_host.c what the host's kernel is like.
 */
#ifndef MIDAIR_LAB_TRUTH_H
#define MIDAIR_LAB_TRUTH_H

#include <stddef.h>

#include "core/nat.h"
#include "lab/reason.h"
#include "midair/midair.h"

/* lab/network.h, whose names are not those of core/plan.h */
struct network;

struct truth_place {
	struct midair_endpoint server;
	struct midair_endpoint host;   /* port 0 */
	struct midair_endpoint mapped; /* of the first SYN to the server, behind the last box */
	uint16_t
		last_port; /* the outer port of the last new mapping toward a port that answers */
	struct midair_endpoint gateway; /* family NONE: none */
	bool speaks_pcp, speaks_nat_pmp, speaks_upnp;
	bool tells_external; /* the gateway says what its outer address is */
	int n_layers;
};

struct truth_host {
	bool opens_simultaneously;
	bool has_syn_interval;
	bool has_pin;
	int syn_retries;
	uint16_t first_port, last_port;
	bool is_synchronised;
	int64_t maximum_error_us;
};

struct truth {
	struct nat_behavior behavior; /* of all boxes together */
	enum midair_family family;
	struct truth_place place;
	struct truth_host host;
};

#define TRUTH_TEXT_SIZE 600

struct truth_result {
	size_t n_fields;
	size_t n_wrong;
	size_t n_hidden; /* do not show, and are said to be unknown */
	size_t n_text;
	char text[TRUTH_TEXT_SIZE]; /* of the wrong ones: "mapping is none, not ...; ..." */
};

/*
 * Compares every field of the report. One that shows is to be right, one that does not is to be
 * unknown or right.
 *
 * What does not show: a mapping that depends on the destination but keeps the port (it is
 * endpoint-independent for whoever looks); syn_in and reset_closes where a second destination gets
 * a port that the server cannot know, and what hangs on syn_in then: a way to a peer that is said
 * not to be sure, and for which of several reasons there is none; reset_closes where the filter lets other SYNs in anyway, or none; hairpin where neither of two ports inside can
 * be known to the other, or nothing comes in after our own SYN; one layer of two or more, where the
 * gateway does not tell its outer address.
 */
void truth_compare(struct truth_result *result, const struct truth *truth,
		   const struct midair_check_report *report);

/* Of the network as it is, and of the packets on its wire since the last wire_trace_clear(), which
 * are those of one check. */
void truth_look(struct truth_place *place, struct network *network, enum midair_family family);

/* Gives the host settings that no kernel has by itself, before the check... */
int truth_host_prepare(const struct network *network, struct lab_reason *reason);
/* ... and tries what its kernel can do. Returns 0 or -errno. */
int truth_host_look(struct truth_host *host, const struct network *network,
		    struct lab_reason *reason);

/* Inside truth_*.c: one field more, which is right or not. */
void truth_field(struct truth_result *result, const char *field, bool is_right, const char *is,
		 const char *wanted);
void truth_number(struct truth_result *result, const char *field, int64_t is, int64_t wanted);
void truth_word(struct truth_result *result, const char *field, const char *is,
		const char *wanted);

void truth_compare_place(struct truth_result *result, const struct truth *truth,
			 const struct midair_nat *is);
void truth_compare_host(struct truth_result *result, const struct truth_host *truth,
			const struct midair_host *is);

#endif
