/* SPDX-License-Identifier: MIT */
#include "lab/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab/firewall.h"
#include "lab/link.h"
#include "lab/namespace.h"
#include "lab/network_wire.h"
#include "lab/port_mapper.h"
#include "lab/sysctl.h"
#include "os/cleanup.h"

#define HOST_INTERFACE	 "eth0"
#define SECOND_INTERFACE "eth1"

struct network {
	struct network_plan plan;
	int host_fds[LAB_N_ENDS];
	int box_fds[LAB_N_ENDS];
	struct port_mapper *mappers[LAB_N_ENDS];
	int wire_fd;
	struct wire *wire;
};

static const char *const wire_interfaces[LAB_N_ENDS] = {
	[LAB_A] = "a",
	[LAB_B] = "b",
	[LAB_S] = "s",
	[LAB_U] = "u",
};

const char *network_host_interface(enum lab_side side)
{
	return side == LAB_U ? SECOND_INTERFACE : HOST_INTERFACE;
}

static uint8_t whole_prefix(const struct midair_endpoint *address)
{
	return address->family == MIDAIR_IPV6 ? 128 : 32;
}

/* A router that opens ports does so for who is in its interface's network. */
static uint8_t network_prefix(const struct midair_endpoint *address)
{
	return address->family == MIDAIR_IPV6 ? 64 : 24;
}

static int add_addresses(const char *interface, const struct address_pair *pair,
			 bool is_network, struct lab_reason *reason)
{
	const struct midair_endpoint *const addresses[] = {&pair->ipv4, &pair->ipv6};
	int error = 0;

	for (int i = 0; i < 2 && !error; i++) {
		if (addresses[i]->family != MIDAIR_FAMILY_NONE)
			error = link_add_address(interface, addresses[i],
						 is_network ? network_prefix(addresses[i])
							    : whole_prefix(addresses[i]),
						 reason);
	}
	return error;
}

/* To the pair's addresses alone, or by default to everywhere of their families. */
static int add_routes(const char *interface, const struct address_pair *pair, bool is_default,
		      struct lab_reason *reason)
{
	const struct midair_endpoint *const addresses[] = {&pair->ipv4, &pair->ipv6};
	int error = 0;

	for (int i = 0; i < 2 && !error; i++)
		error = link_add_route(interface, addresses[i],
				       is_default ? 0 : whole_prefix(addresses[i]), reason);
	return error;
}

static int set_up(const char *interface, struct lab_reason *reason)
{
	int error = link_offloads_off(interface, reason);

	return error ? error : link_up(interface, LINK_NO_ARP, reason);
}

/* By default to everywhere: straight out, or where the box has to be found by its address by way
 * of that. */
static int add_default_routes(const struct plan_side *side, struct lab_reason *reason)
{
	const struct midair_endpoint *const gateways[] = {&side->box_inner.ipv4,
							  &side->box_inner.ipv6};
	const struct midair_endpoint *const hosts[] = {&side->host.ipv4, &side->host.ipv6};
	int error = 0;

	for (int i = 0; i < 2 && !error; i++) {
		if (side->opens_ports && gateways[i]->family != MIDAIR_FAMILY_NONE)
			error = link_add_gateway(HOST_INTERFACE, gateways[i], reason);
		else
			error = link_add_route(HOST_INTERFACE, hosts[i], 0, reason);
	}
	return error;
}

/* Settings that the first namespace may have changed, and limits that would blur the models. */
static int settle_kernel(struct lab_reason *reason)
{
	static const struct {
		const char *path, *value;
	} settings[] = {
		{"net/ipv4/conf/all/rp_filter", "0"},
		{"net/ipv4/conf/default/rp_filter", "0"},
		/* A box answers every unsolicited SYN, not one a second. */
		{"net/ipv4/icmp_ratelimit", "0"},
		{"net/ipv6/icmp/ratelimit", "0"},
		{"net/ipv6/conf/all/accept_dad", "0"},
		{"net/ipv6/conf/default/accept_dad", "0"},
		{"net/ipv6/conf/all/disable_ipv6", "0"},
		{"net/ipv6/conf/default/disable_ipv6", "0"},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && !error; i++)
		error = sysctl_try(settings[i].path, settings[i].value, reason);
	return error;
}

static int set_up_host(const struct plan_side *side, bool has_neighbour,
		       struct lab_reason *reason)
{
	int error = settle_kernel(reason);

	if (!error)
		error = set_up(HOST_INTERFACE, reason);
	if (!error)
		error = add_addresses(HOST_INTERFACE, &side->host, has_neighbour, reason);
	if (!error)
		error = add_addresses(HOST_INTERFACE, &side->alternative, false, reason);
	if (!error)
		error = add_default_routes(side, reason);
	return error;
}

static int set_up_second_interface(const struct plan_side *side, struct lab_reason *reason)
{
	int error = set_up(SECOND_INTERFACE, reason);

	return error ? error : add_addresses(SECOND_INTERFACE, &side->host, false, reason);
}

static int set_up_box(const struct plan_side *side, const struct nat_behavior *behavior,
		      struct lab_reason *reason)
{
	char rules[FIREWALL_RULES_SIZE];
	int error = settle_kernel(reason);

	if (!error)
		error = sysctl_set("net/ipv4/ip_forward", "1", reason);
	if (!error)
		error = sysctl_set("net/ipv6/conf/all/forwarding", "1", reason);
	if (!error)
		error = set_up(FIREWALL_INNER, reason);
	if (!error)
		error = set_up(FIREWALL_OUTER, reason);
	if (!error)
		error = add_addresses(FIREWALL_INNER, &side->box_inner, side->opens_ports,
				      reason);
	if (!error)
		error = add_addresses(FIREWALL_OUTER, &side->box_outer, false, reason);
	if (!error)
		error = add_routes(FIREWALL_INNER, &side->host, false, reason);
	if (!error)
		error = add_routes(FIREWALL_OUTER, &side->host, true, reason);
	if (!error)
		error = firewall_load(firewall_rules(behavior, rules), reason);
	if (!error)
		error = firewall_tune(behavior, reason);
	return error;
}

static int make_pair(int one_fd, const char *one_name, int other_fd, const char *other_name,
		     bool is_wire, struct lab_reason *reason)
{
	struct link_end one = {.namespace_fd = one_fd, .name = one_name};
	struct link_end other = {.namespace_fd = other_fd, .name = other_name};

	for (int i = 0; i < 6; i++) {
		one.mac[i] = link_host_mac[i];
		other.mac[i] = is_wire ? link_wire_mac[i] : link_host_mac[i];
	}
	return link_pair_new(&one, &other, reason);
}

static int make_namespace(int *fd, struct lab_reason *reason)
{
	*fd = namespace_new(reason);
	return *fd < 0 ? *fd : 0;
}

static int make_host(struct network *network, enum lab_side side, struct lab_reason *reason)
{
	int *fd = &network->host_fds[side];

	if (side != LAB_U)
		return make_namespace(fd, reason);
	*fd = fcntl(network->host_fds[LAB_A], F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? lab_fail(reason, errno, "no descriptor is left") : 0;
}

/* The side's namespaces and the pairs that join them to the wire. */
static int join_side(struct network *network, enum lab_side side, struct lab_reason *reason)
{
	bool has_box = network->plan.sides[side].place == BOX_KERNEL;
	int error = make_host(network, side, reason);

	if (!error && has_box)
		error = make_namespace(&network->box_fds[side], reason);
	if (!error && has_box)
		error = make_pair(network->host_fds[side], HOST_INTERFACE,
				  network->box_fds[side], FIREWALL_INNER, false, reason);
	if (error)
		return error;
	return make_pair(has_box ? network->box_fds[side] : network->host_fds[side],
			 has_box ? FIREWALL_OUTER : network_host_interface(side),
			 network->wire_fd, wire_interfaces[side], true, reason);
}

static int enter(int fd, struct lab_reason *reason)
{
	int error = namespace_enter(fd);

	return error ? lab_fail(reason, -error, "cannot enter a network namespace") : 0;
}

static int set_up_side(struct network *network, enum lab_side side,
		       const struct network_config *config, struct lab_reason *reason)
{
	const struct nat_behavior *behavior =
		side == LAB_A ? &config->scenario->a : &config->scenario->b;
	const struct plan_side *plan = &network->plan.sides[side];
	bool has_neighbour = network->plan.sides[LAB_B].is_inside && side != LAB_S;
	int error = enter(network->host_fds[side], reason);

	if (!error && side == LAB_U)
		error = set_up_second_interface(plan, reason);
	else if (!error)
		error = set_up_host(plan, has_neighbour, reason);
	if (error || network->box_fds[side] < 0)
		return error;
	error = enter(network->box_fds[side], reason);
	return error ? error : set_up_box(plan, behavior, reason);
}

static int set_up_wire_ends(struct network *network, struct lab_reason *reason)
{
	int error = enter(network->wire_fd, reason);

	/* The wire's own kernel has no addresses and says nothing. */
	if (!error)
		error = sysctl_try("net/ipv6/conf/default/disable_ipv6", "1", reason);
	for (size_t i = 0; i < network->plan.n_places && !error; i++) {
		char path[64];

		snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6",
			 wire_interfaces[i]);
		error = sysctl_try(path, "1", reason);
		if (!error)
			error = set_up(wire_interfaces[i], reason);
	}
	return error;
}

static int wait_carriers(struct network *network, struct lab_reason *reason)
{
	int error = 0;

	for (size_t i = 0; i < network->plan.n_places && !error; i++) {
		error = enter(network->host_fds[i], reason);
		if (!error)
			error = link_wait_carrier(network_host_interface((enum lab_side)i),
						  reason);
		if (error || network->box_fds[i] < 0)
			continue;
		error = enter(network->box_fds[i], reason);
		if (!error)
			error = link_wait_carrier(FIREWALL_INNER, reason);
		if (!error)
			error = link_wait_carrier(FIREWALL_OUTER, reason);
	}
	return error;
}

static int start_wire(struct network *network, const struct network_config *config,
		      struct lab_reason *reason)
{
	struct wire_config wire;

	network_wire_plan(&wire, &network->plan, config->scenario);
	wire.seed = config->seed;
	return wire_new(&network->wire, &wire, network->wire_fd, reason);
}

static int start_mappers(struct network *network, struct lab_reason *reason)
{
	int error = 0;

	for (size_t i = 0; i < network->plan.n_places && !error; i++) {
		if (!network->plan.sides[i].opens_ports)
			continue;
		error = network->box_fds[i] < 0
				? lab_fail(reason, 0, "only a kernel's box can open ports")
				: port_mapper_start(&network->mappers[i], network->box_fds[i],
						    reason);
	}
	return error;
}

static int build(struct network *network, const struct network_config *config,
		 struct lab_reason *reason)
{
	int error = make_namespace(&network->wire_fd, reason);

	for (size_t i = 0; i < network->plan.n_places && !error; i++)
		error = join_side(network, (enum lab_side)i, reason);
	if (!error)
		error = set_up_wire_ends(network, reason);
	for (size_t i = 0; i < network->plan.n_places && !error; i++)
		error = set_up_side(network, (enum lab_side)i, config, reason);
	if (!error)
		error = wait_carriers(network, reason);
	if (!error)
		error = start_mappers(network, reason);
	return error ? error : start_wire(network, config, reason);
}

int network_new(struct network **network, const struct network_config *config,
		struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	struct network *made = calloc(1, sizeof(*made));
	int error;

	if (!made || home < 0) {
		free(made);
		return lab_fail(reason, home < 0 ? -home : ENOMEM, "cannot start a network");
	}
	made->wire_fd = -1;
	for (size_t i = 0; i < LAB_N_ENDS; i++)
		made->host_fds[i] = made->box_fds[i] = -1;
	network_plan_init(&made->plan, config->scenario, config->layout);
	if (config->carrier)
		network_plan_add_carrier(&made->plan, config->carrier,
					 config->is_carrier_squatter);
	error = build(made, config, reason);
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot go back to our network namespace");
	if (error) {
		network_free(made);
		return error;
	}
	*network = made;
	return 0;
}

struct network *network_free(struct network *network)
{
	if (!network)
		return NULL;
	wire_free(network->wire);
	for (size_t i = 0; i < LAB_N_ENDS; i++) {
		port_mapper_free(network->mappers[i]);
		close_fd(network->host_fds[i]);
		close_fd(network->box_fds[i]);
	}
	close_fd(network->wire_fd);
	free(network);
	return NULL;
}

const struct network_plan *network_plan_of(const struct network *network)
{
	return &network->plan;
}

struct wire *network_wire(const struct network *network)
{
	return network->wire;
}

int network_host_namespace(const struct network *network, enum lab_side side)
{
	return network->host_fds[side];
}

int network_box_namespace(const struct network *network, enum lab_side side)
{
	return network->box_fds[side];
}

int network_wire_namespace(const struct network *network)
{
	return network->wire_fd;
}

const char *network_wire_interface(enum lab_side side)
{
	return wire_interfaces[side];
}
