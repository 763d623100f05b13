/* SPDX-License-Identifier: MIT */
#include "os/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"

/* "fe80...0001 02 40 20 80 eth0": address, interface, prefix, scope, flags, name. */
#define IPV6_TABLE "/proc/net/if_inet6"
#define HEX_DIGITS 32
#define UNFIT	   (IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED)

static uint8_t count_ones(const uint8_t *mask, size_t size)
{
	uint8_t n = 0;

	for (size_t i = 0; i < size; i++)
		n = (uint8_t)(n + __builtin_popcount(mask[i]));
	return n;
}

static uint8_t prefix_of(const struct sockaddr *mask, int family)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (mask == NULL)
		return family == AF_INET6 ? 128 : 32;
	if (family == AF_INET6) {
		memcpy(&in6, mask, sizeof(in6));
		return count_ones(in6.sin6_addr.s6_addr, sizeof(in6.sin6_addr.s6_addr));
	}
	memcpy(&in, mask, sizeof(in));
	return count_ones((const uint8_t *)&in.sin_addr, sizeof(in.sin_addr));
}

static bool take(struct interface_address *address, const struct ifaddrs *interface)
{
	const struct sockaddr *name = interface->ifa_addr;
	size_t length;

	if (name == NULL || (interface->ifa_flags & IFF_UP) == 0)
		return false;
	if (name->sa_family != AF_INET && name->sa_family != AF_INET6)
		return false;
	length = name->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					    : sizeof(struct sockaddr_in6);
	*address = (struct interface_address){0};
	if (midair_endpoint_from_sockaddr(&address->endpoint, name, length) != 0)
		return false;
	address->endpoint.port = 0;
	address->prefix_bits = prefix_of(interface->ifa_netmask, name->sa_family);
	return true;
}

static bool read_hex(const char *text, uint8_t address[16])
{
	for (size_t i = 0; i < HEX_DIGITS; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

		if (digit == NULL)
			return false;
		address[i / 2] = (uint8_t)(address[i / 2] << 4 | (uint8_t)(digit - digits));
	}
	return true;
}

static void mark(struct interface_address *addresses, int n, char *line)
{
	uint8_t address[16] = {0};
	unsigned long flags = 0;
	char *rest;

	if (!read_hex(line, address))
		return;
	rest = line + HEX_DIGITS;
	for (int i = 0; i < 4; i++)
		flags = strtoul(rest, &rest, 16);
	for (int i = 0; i < n; i++)
		if (addresses[i].endpoint.family == MIDAIR_IPV6 && (flags & UNFIT) != 0 &&
		    memcmp(addresses[i].endpoint.address, address, sizeof(address)) == 0)
			addresses[i].is_unfit = true;
}

/* getifaddrs() does not tell the addresses' flags. */
static void mark_unfit(struct interface_address *addresses, int n)
{
	_cleanup_fclose_ FILE *file = fopen(IPV6_TABLE, "re");
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		mark(addresses, n, line);
}

int interfaces_read(struct interface_address addresses[INTERFACE_ADDRESSES_MAX])
{
	struct ifaddrs *list = NULL;
	int n = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *one = list; one != NULL && n < INTERFACE_ADDRESSES_MAX;
	     one = one->ifa_next)
		n += take(&addresses[n], one);
	freeifaddrs(list);
	mark_unfit(addresses, n);
	return n;
}
