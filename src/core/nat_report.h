/* SPDX-License-Identifier: MIT */
/*
 * nat_report: what is known of the way from one host to the internet, for one address family. In
 * the words of RFC 4787 and RFC 5382; every field may be unknown. Peers exchange reports inside
 * the sealed introduction, and both compute the same plan from them.
 */
#ifndef MIDAIR_CORE_NAT_REPORT_H
#define MIDAIR_CORE_NAT_REPORT_H

#include "core/bytes.h"
#include "core/nat.h"
#include "midair/midair.h"

enum report_mapping {
	REPORT_MAPPING_UNKNOWN = 0,
	REPORT_MAPPING_NONE, /* no translation: our address is the one that others see */
	REPORT_MAPPING_ENDPOINT_INDEPENDENT,
	REPORT_MAPPING_ADDRESS_DEPENDENT,
	REPORT_MAPPING_ADDRESS_AND_PORT_DEPENDENT,
	/* The server has one address only: dependent on the address or not, but not on the port. */
	REPORT_MAPPING_NOT_PORT_DEPENDENT,
};

enum report_allocation {
	REPORT_ALLOCATION_UNKNOWN = 0,
	REPORT_ALLOCATION_PRESERVING,
	REPORT_ALLOCATION_SEQUENTIAL, /* with delta */
	REPORT_ALLOCATION_RANDOM,
};

enum report_filtering {
	REPORT_FILTERING_UNKNOWN = 0,
	REPORT_FILTERING_ENDPOINT_INDEPENDENT, /* a stranger's SYN gets in: full cone, or public */
	REPORT_FILTERING_ADDRESS_DEPENDENT,
	REPORT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
	REPORT_FILTERING_NOT_ENDPOINT_INDEPENDENT, /* one server address: a stranger's port is refused */
};

enum report_reaction {
	REPORT_REACTION_UNKNOWN = 0,
	REPORT_REACTION_NONE, /* the SYN got in */
	REPORT_REACTION_DROP,
	REPORT_REACTION_RESET,
	REPORT_REACTION_UNREACHABLE,
};

enum report_answer { REPORT_UNKNOWN = 0, REPORT_YES, REPORT_NO };

struct nat_report {
	uint8_t family; /* enum midair_family; NONE: nothing is known */
	enum report_mapping mapping;
	enum report_allocation allocation;
	int16_t delta; /* SEQUENTIAL */
	enum report_filtering filtering;
	enum report_reaction reaction;
	enum report_answer syn_in;	 /* SYN out, then SYN in from there: it passes */
	enum report_answer reset_closes; /* a RST ends a mapping */
	enum report_answer hairpin;
	uint8_t n_layers;	       /* of translation; 0xff: unknown */
	struct midair_endpoint local;  /* of a peer: the port alone */
	struct midair_endpoint mapped; /* of the rendezvous connection */
	uint16_t last_port;	       /* SEQUENTIAL: the outer port that was given out last */
};

/* What `midair check` must measure behind such a box, without other hosts' traffic. mapped is of
 * the connection whose outer port was given out last. */
void nat_report_of_behavior(struct nat_report *report, const struct nat_behavior *behavior,
			    const struct midair_endpoint *local,
			    const struct midair_endpoint *mapped);

/* For the introduction. The family's own endpoint comes last, NAT_REPORT_HEAD_BYTES before it. */
#define NAT_REPORT_HEAD_BYTES 12
void nat_report_write(struct byte_writer *writer, const struct nat_report *report);
void nat_report_read(struct byte_reader *reader, struct nat_report *report);

#endif
