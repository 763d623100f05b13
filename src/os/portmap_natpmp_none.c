/* SPDX-License-Identifier: MIT */
/* A build without libnatpmp. */
#include "os/portmap_internal.h"

const struct portmap_driver *const portmap_nat_pmp = NULL;

const char *portmap_nat_pmp_feature(void)
{
	return "";
}
