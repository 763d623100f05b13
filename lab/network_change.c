/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "lab/firewall.h"
#include "lab/link.h"
#include "lab/namespace.h"
#include "lab/network.h"
#include "os/cleanup.h"

static int enter(int fd, struct lab_reason *reason)
{
	int error = namespace_enter(fd);

	return error ? lab_fail(reason, -error, "cannot enter a network namespace") : 0;
}

int network_lead_out(const struct network *network, enum lab_side by, enum midair_family family,
		     struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	const struct address_pair *host = &network_plan_of(network)->sides[by].host;
	int error = home < 0 ? lab_fail(reason, -home, "cannot open our network namespace")
			     : enter(network_host_namespace(network, by), reason);

	if (error)
		return error;
	error = link_change_route(network_host_interface(by),
				  family == MIDAIR_IPV6 ? &host->ipv6 : &host->ipv4, 0, reason);
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot go back to our network namespace");
	return error;
}

int network_restart_box(const struct network *network, enum lab_side side,
			struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int box_fd = network_box_namespace(network, side);
	int error;

	if (box_fd < 0) {
		wire_restart_box(network_wire(network), side);
		return 0;
	}
	error = home < 0 ? lab_fail(reason, -home, "cannot open our network namespace")
			 : enter(box_fd, reason);
	if (error)
		return error;
	error = firewall_forget(reason);
	if (namespace_enter(home) < 0 && !error)
		error = lab_fail(reason, errno, "cannot go back to our network namespace");
	return error;
}
