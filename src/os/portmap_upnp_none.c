/* SPDX-License-Identifier: MIT */
/* A build without miniupnpc. */
#include "os/portmap_internal.h"

const struct portmap_driver *const portmap_upnp = NULL;

const char *portmap_upnp_feature(void)
{
	return "";
}
