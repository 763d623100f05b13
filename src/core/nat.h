/* SPDX-License-Identifier: MIT */
/*
 * nat: a model of one NAT (or stateful firewall) in front of hosts, in the words of RFC 4787 and
 * RFC 5382. The simulator and the lab's wire run the same model. Pure: packets in, verdicts out.
 */
#ifndef MIDAIR_CORE_NAT_H
#define MIDAIR_CORE_NAT_H

#include "core/random.h"
#include "core/segment.h"

enum nat_mapping {
	NAT_MAPPING_ENDPOINT_INDEPENDENT,	/* eim */
	NAT_MAPPING_ADDRESS_DEPENDENT,		/* adm */
	NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT, /* apdm */
};

enum nat_filtering {
	NAT_FILTERING_ENDPOINT_INDEPENDENT,	  /* eif: full cone */
	NAT_FILTERING_ADDRESS_DEPENDENT,	  /* adf */
	NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT, /* apdf */
};

enum nat_allocation {
	NAT_ALLOCATION_PRESERVING, /* preserve: the inner port when it is free */
	NAT_ALLOCATION_SEQUENTIAL, /* sequential:DELTA */
	NAT_ALLOCATION_RANDOM,	   /* random */
};

enum nat_reaction {
	NAT_REACTION_DROP,	  /* drop */
	NAT_REACTION_RESET,	  /* rst */
	NAT_REACTION_UNREACHABLE, /* icmp */
	NAT_REACTION_KERNEL,	  /* kernel-rst: no filter at all, the box's own TCP answers */
};

/*
 * As text: words joined by "/", in any order, one of each kind at most, the defaults being
 * "eim/apdf/preserve/drop":
 *   public                 no box at all: the host's own kernel answers; stands alone
 *   firewall               a stateful filter that translates nothing (no mapping, allocation
 *                          or hairpin word)
 *   eim adm apdm | eif adf apdf | preserve sequential:N random | drop rst icmp kernel-rst
 *   (kernel-rst: what belongs to no mapping is for the box itself, whose TCP resets it; not for a
 *   firewall, which would have passed it on. To a peer it is like rst)
 *   refuse-syn-in          a SYN that comes in after our SYN went out is refused all the same
 *   keep-on-reset          a RST does not end a mapping
 *   liberal                sequence numbers are not checked (nf_conntrack_tcp_be_liberal=1)
 *   hairpin                inner hosts reach each other's outer endpoints
 *   syn-timeout:DURATION   a mapping that saw no answer ends after this (default 120s)
 *   established-timeout:DURATION   an idle connection ends after this (default 120h)
 *   background:N           other hosts get so many new ports a second, at most 10,000
 *   port-mapping           opens a port for an inner host that asks for it (UPnP-IGD, NAT-PMP,
 *                          PCP); in the lab only, where the kernel plays the box
 */
struct nat_behavior {
	bool is_public;
	bool is_firewall;
	enum nat_mapping mapping;
	enum nat_filtering filtering;
	enum nat_allocation allocation;
	uint16_t allocation_delta;
	enum nat_reaction reaction;
	bool refuses_syn_in;
	bool keeps_on_reset;
	bool is_liberal;
	bool hairpins;
	uint64_t syn_timeout_ns;
	uint64_t established_timeout_ns;
	uint32_t background_per_s;
	bool opens_ports;
};

/* Returns 0, MIDAIR_E_SYNTAX (unknown, repeated or contradicting words) or MIDAIR_E_RANGE.
 * _bytes: exactly n_bytes of text, for a value inside a line. */
int nat_behavior_parse(struct nat_behavior *behavior, const char *text);
int nat_behavior_parse_bytes(struct nat_behavior *behavior, const char *text, size_t n_bytes);

/* The full form: every kind's word, then the options that are not the default. Parses back to
 * the same behaviour. Returns buffer. */
#define NAT_BEHAVIOR_TEXT_SIZE 208
const char *nat_behavior_format(const struct nat_behavior *behavior,
				char buffer[NAT_BEHAVIOR_TEXT_SIZE]);

/* Sessions (5-tuples) that one NAT tracks; when full, a SYN that needs a new one is dropped,
 * with no answer, from either direction. */
#define NAT_SESSIONS_MAX 32768

/* Allocated ports are from here up: 1,024 to 65,535. (preserve keeps lower ones too.) */
#define NAT_PORT_MIN 1024u

enum nat_direction { NAT_OUTBOUND, NAT_INBOUND };

enum nat_verdict {
	NAT_FORWARD,	    /* send on with the endpoints as now in the segment */
	NAT_FORWARD_INSIDE, /* hairpin: send back to the inside */
	NAT_DROP,
	NAT_ANSWER_RESET, /* answer the sender with segment_build_reset() */
	NAT_ANSWER_UNREACHABLE,
};

struct nat;

/*
 * The model's memory is the caller's: nat_size() bytes, aligned as for any object; nothing to
 * release. external: the NAT's outer addresses (ports ignored). A family without an outer
 * address (family NONE) is filtered, not translated, as IPv6 is at home. A firewall and a public
 * host need neither.
 */
size_t nat_size(void);
void nat_init(struct nat *nat, const struct nat_behavior *behavior,
	      const struct midair_endpoint *external_ipv4,
	      const struct midair_endpoint *external_ipv6, uint64_t seed);

/*
 * One packet arrives from the inside (OUTBOUND) or the outside (INBOUND) at now_ns, which never
 * goes back. The segment's endpoints are rewritten for NAT_FORWARD and NAT_FORWARD_INSIDE and
 * untouched otherwise, so that the answer can be built from the segment as it came.
 */
enum nat_verdict nat_step(struct nat *nat, uint64_t now_ns, enum nat_direction direction,
			  struct segment *segment);

/* Live sessions, for tables and traces. */
uint32_t nat_session_count(const struct nat *nat);

#endif
