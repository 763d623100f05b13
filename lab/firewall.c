/* SPDX-License-Identifier: MIT */
#include "lab/firewall.h"

#include <inttypes.h>
#include <stdio.h>

#include "lab/sysctl.h"

#define NS_PER_S UINT64_C(1000000000)

/*
 * What comes from outside and belongs to nothing that went out meets the reaction, whether it is
 * for the box itself (a NAT's public address) or for a host behind it (a firewall). Without any
 * rule it is for the box itself, and its TCP resets it, also what conntrack calls invalid.
 */
static const char *reaction_rule(enum nat_reaction reaction)
{
	switch (reaction) {
	case NAT_REACTION_DROP:
		break;
	case NAT_REACTION_RESET:
		return "ct state invalid drop\n"
		       "		ct state new meta l4proto tcp reject with tcp reset";
	case NAT_REACTION_UNREACHABLE:
		return "ct state invalid drop\n"
		       "		ct state new reject with icmpx type host-unreachable";
	case NAT_REACTION_KERNEL:
		return "# nothing is refused here";
	}
	return "ct state invalid drop\n"
	       "		ct state new drop";
}

static const char *translation_rule(const struct nat_behavior *behavior)
{
	if (behavior->is_firewall)
		return "# no translation";
	if (behavior->allocation == NAT_ALLOCATION_RANDOM)
		return "oifname \"" FIREWALL_OUTER "\" masquerade fully-random";
	return "oifname \"" FIREWALL_OUTER "\" masquerade";
}

/* Chains for port_mapper.h: they are empty until somebody asks for a port. */
static const char opening_chains[] = "	chain " FIREWALL_PINHOLES " {}\n"
				     "	chain " FIREWALL_REDIRECTIONS " {}\n"
				     "	chain " FIREWALL_RETURNS " {}\n"
				     "	chain prerouting {\n"
				     "		type nat hook prerouting priority dstnat;\n"
				     "		jump " FIREWALL_REDIRECTIONS "\n"
				     "	}\n";

const char *firewall_rules(const struct nat_behavior *behavior,
			   char buffer[FIREWALL_RULES_SIZE])
{
	snprintf(buffer, FIREWALL_RULES_SIZE,
		 "table inet " FIREWALL_TABLE " {\n"
		 "%s"
		 "	chain unsolicited {\n"
		 "		ct state established,related accept\n"
		 "		%s\n"
		 "	}\n"
		 "	chain input {\n"
		 "		type filter hook input priority filter; policy accept;\n"
		 "		iifname \"" FIREWALL_OUTER "\" jump unsolicited\n"
		 "	}\n"
		 "	chain forward {\n"
		 "		type filter hook forward priority filter; policy accept;\n"
		 "%s"
		 "		iifname \"" FIREWALL_OUTER "\" jump unsolicited\n"
		 "	}\n"
		 "	chain postrouting {\n"
		 "		type nat hook postrouting priority srcnat; policy accept;\n"
		 "		%s\n"
		 "	}\n"
		 "}\n",
		 behavior->opens_ports ? opening_chains : "", reaction_rule(behavior->reaction),
		 behavior->opens_ports ? "		ct status dnat accept\n"
					 "		jump " FIREWALL_PINHOLES "\n"
				       : "",
		 translation_rule(behavior));
	return buffer;
}

static int set_seconds(const char *path, uint64_t duration_ns, struct lab_reason *reason)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, duration_ns / NS_PER_S);
	return sysctl_set(path, text, reason);
}

int firewall_tune(const struct nat_behavior *behavior, struct lab_reason *reason)
{
	int error = set_seconds("net/netfilter/nf_conntrack_tcp_timeout_syn_sent",
				behavior->syn_timeout_ns, reason);

	if (!error)
		error = set_seconds("net/netfilter/nf_conntrack_tcp_timeout_established",
				    behavior->established_timeout_ns, reason);
	if (!error)
		error = sysctl_set("net/netfilter/nf_conntrack_tcp_be_liberal",
				   behavior->is_liberal ? "1" : "0", reason);
	return error;
}
