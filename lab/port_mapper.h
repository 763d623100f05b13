/* SPDX-License-Identifier: MIT */
/* port_mapper: a real miniupnpd in a kernel box, which opens ports for the host behind it by
 * UPnP-IGD, NAT-PMP and PCP. */
#ifndef MIDAIR_LAB_PORT_MAPPER_H
#define MIDAIR_LAB_PORT_MAPPER_H

#include <stdbool.h>

#include "lab/reason.h"

struct port_mapper;

/* Whether this machine has miniupnpd, made for nftables. */
bool port_mapper_is_there(void);

/* Starts it in the box's namespace, whose firewall_rules() have its chains; it listens when this
 * returns. 0 or -errno. */
int port_mapper_start(struct port_mapper **mapper, int box_namespace_fd,
		      struct lab_reason *reason);

struct port_mapper *port_mapper_free(struct port_mapper *mapper);

#endif
