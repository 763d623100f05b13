/* SPDX-License-Identifier: MIT */
/* firewall: the kernel as a NAT or a stateful firewall, by nftables. */
#ifndef MIDAIR_LAB_FIREWALL_H
#define MIDAIR_LAB_FIREWALL_H

#include <stddef.h>

#include "core/nat.h"
#include "lab/reason.h"

/* The names of a box's interfaces. */
#define FIREWALL_OUTER "wan"
#define FIREWALL_INNER "lan"

/* The names of its table, and in it the chains that a box which opens ports keeps for that. */
#define FIREWALL_TABLE	      "midair"
#define FIREWALL_PINHOLES     "pinholes"
#define FIREWALL_REDIRECTIONS "redirections"
#define FIREWALL_RETURNS      "returns"

#define FIREWALL_RULES_SIZE 2048

/* The rules for nft -f that make a box with two interfaces behave so; the behaviour must be one
 * that box_place_of() leaves to the kernel. Returns buffer. Pure. */
const char *firewall_rules(const struct nat_behavior *behavior,
			   char buffer[FIREWALL_RULES_SIZE]);

/* Loads rules into the calling thread's network namespace by running nft. 0 or -errno. */
int firewall_load(const char *rules, struct lab_reason *reason);

/* Whether nft is here and the kernel lets it work. 0 or -errno. */
int firewall_check(struct lab_reason *reason);

/* Conntrack's settings for the behaviour, after firewall_load(). 0 or -errno. */
int firewall_tune(const struct nat_behavior *behavior, struct lab_reason *reason);

/* Empties conntrack's table of the calling thread's network namespace, as a restart does. 0 or
 * -errno. */
int firewall_forget(struct lab_reason *reason);

#endif
