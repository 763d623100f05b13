/* SPDX-License-Identifier: MIT */
/* The parts of link.h that go to the device's driver (SIOCETHTOOL) instead of rtnetlink. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/link.h"
#include "os/cleanup.h"

static int device_control(const char *name, struct ethtool_value *value)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_data = (char *)value};

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

int link_offloads_off(const char *name, struct lab_reason *reason)
{
	/* Without TX checksums the kernel drops scatter-gather and TSO by itself; said anyway. */
	static const uint32_t commands[] = {
		ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_SSG, ETHTOOL_STXCSUM,
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value value = {.cmd = commands[i], .data = 0};
		int error = device_control(name, &value);

		if (error)
			return lab_fail(reason, -error, "cannot switch the offloads of %s off",
					name);
	}
	return 0;
}

int link_wait_carrier(const char *name, struct lab_reason *reason)
{
	/* ETHTOOL_GLINK runs the pending link-watch work of the device before it answers. */
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
	int error = device_control(name, &value);

	if (error)
		return lab_fail(reason, -error, "cannot ask %s for its carrier", name);
	return value.data ? 0 : lab_fail(reason, ENETDOWN, "%s has no carrier", name);
}
