/* SPDX-License-Identifier: MIT */
#include "lab/network.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/firewall.h"
#include "lab/link.h"
#include "lab/namespace.h"
#include "lab/sysctl.h"
#include "os/cleanup.h"

#define HOST_INTERFACE "eth0"

struct network {
	struct network_plan plan;
	int host_fds[LAB_N_SIDES];
	int box_fds[LAB_N_SIDES];
	int wire_fd;
	struct wire *wire;
};

static const char *const wire_interfaces[LAB_N_SIDES] = {[LAB_A] = "a", [LAB_B] = "b"};

static uint8_t whole_prefix(const struct midair_endpoint *address)
{
	return address->family == MIDAIR_IPV6 ? 128 : 32;
}

static int add_addresses(const char *interface, const struct address_pair *pair,
			 struct lab_reason *reason)
{
	const struct midair_endpoint *const addresses[] = {&pair->ipv4, &pair->ipv6};
	int error = 0;

	for (int i = 0; i < 2 && !error; i++) {
		if (addresses[i]->family != MIDAIR_FAMILY_NONE)
			error = link_add_address(interface, addresses[i],
						 whole_prefix(addresses[i]), reason);
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

static int set_up_host(const struct plan_side *side, struct lab_reason *reason)
{
	int error = settle_kernel(reason);

	if (!error)
		error = set_up(HOST_INTERFACE, reason);
	if (!error)
		error = add_addresses(HOST_INTERFACE, &side->host, reason);
	if (!error)
		error = add_routes(HOST_INTERFACE, &side->host, true, reason);
	return error;
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
		error = add_addresses(FIREWALL_INNER, &side->box_inner, reason);
	if (!error)
		error = add_addresses(FIREWALL_OUTER, &side->box_outer, reason);
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

/* The side's namespaces and the pairs that join them to the wire. */
static int join_side(struct network *network, enum lab_side side, struct lab_reason *reason)
{
	bool has_box = network->plan.sides[side].place == BOX_KERNEL;
	int error = make_namespace(&network->host_fds[side], reason);

	if (!error && has_box)
		error = make_namespace(&network->box_fds[side], reason);
	if (!error && has_box)
		error = make_pair(network->host_fds[side], HOST_INTERFACE,
				  network->box_fds[side], FIREWALL_INNER, false, reason);
	if (error)
		return error;
	return make_pair(has_box ? network->box_fds[side] : network->host_fds[side],
			 has_box ? FIREWALL_OUTER : HOST_INTERFACE, network->wire_fd,
			 wire_interfaces[side], true, reason);
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
	int error = enter(network->host_fds[side], reason);

	if (!error)
		error = set_up_host(plan, reason);
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
	for (int side = LAB_A; side <= LAB_B && !error; side++) {
		error = sysctl_try(side == LAB_A ? "net/ipv6/conf/a/disable_ipv6"
						 : "net/ipv6/conf/b/disable_ipv6",
				   "1", reason);
		if (!error)
			error = set_up(wire_interfaces[side], reason);
	}
	return error;
}

static int wait_carriers(struct network *network, struct lab_reason *reason)
{
	int error = 0;

	for (int side = LAB_A; side <= LAB_B && !error; side++) {
		error = enter(network->host_fds[side], reason);
		if (!error)
			error = link_wait_carrier(HOST_INTERFACE, reason);
		if (error || network->box_fds[side] < 0)
			continue;
		error = enter(network->box_fds[side], reason);
		if (!error)
			error = link_wait_carrier(FIREWALL_INNER, reason);
		if (!error)
			error = link_wait_carrier(FIREWALL_OUTER, reason);
	}
	return error;
}

static struct wire_box modelled_box(const struct plan_side *side,
				    const struct nat_behavior *behavior)
{
	return (struct wire_box){
		.is_present = side->place == BOX_MODEL,
		.behavior = *behavior,
		.external_ipv4 = side->box_outer.ipv4,
		.external_ipv6 = side->box_outer.ipv6,
	};
}

static int start_wire(struct network *network, const struct network_config *config,
		      struct lab_reason *reason)
{
	const struct scenario *scenario = config->scenario;
	const struct wire_direction direction = {
		.delay_ns = scenario->rtt_ns / 2,
		.jitter_ns = scenario->jitter_ns,
		.loss_ppm = scenario->loss_ppm,
		.reorder_ppm = scenario->reorder_ppm,
		.rate_bit_per_s = scenario->rate_bit_per_s,
	};
	struct wire_config wire = {
		.interfaces = {wire_interfaces[LAB_A], wire_interfaces[LAB_B]},
		.directions = {direction, direction},
		.boxes = {modelled_box(&network->plan.sides[LAB_A], &scenario->a),
			  modelled_box(&network->plan.sides[LAB_B], &scenario->b)},
		.seed = config->seed,
	};

	return wire_new(&network->wire, &wire, network->wire_fd, reason);
}

static int build(struct network *network, const struct network_config *config,
		 struct lab_reason *reason)
{
	int error = make_namespace(&network->wire_fd, reason);

	for (int side = LAB_A; side <= LAB_B && !error; side++)
		error = join_side(network, (enum lab_side)side, reason);
	if (!error)
		error = set_up_wire_ends(network, reason);
	for (int side = LAB_A; side <= LAB_B && !error; side++)
		error = set_up_side(network, (enum lab_side)side, config, reason);
	if (!error)
		error = wait_carriers(network, reason);
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
	for (int side = LAB_A; side <= LAB_B; side++)
		made->host_fds[side] = made->box_fds[side] = -1;
	network_plan_init(&made->plan, config->scenario);
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
	for (int side = LAB_A; side <= LAB_B; side++) {
		close_fd(network->host_fds[side]);
		close_fd(network->box_fds[side]);
	}
	close_fd(network->wire_fd);
	free(network);
	return NULL;
}

const struct network_plan *network_plan_of(const struct network *network)
{
	return &network->plan;
}

struct wire *network_wire(struct network *network)
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
