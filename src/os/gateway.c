/* SPDX-License-Identifier: MIT */
#include "os/gateway.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket.h"

/* "eth0 00000000 0101000A 0003 0 0 100 00000000 0 0 0": interface, destination, gateway, flags,
 * two counters, metric, mask; the addresses as numbers in this machine's byte order. */
#define IPV4_TABLE "/proc/net/route"
/* destination, its prefix, source, its prefix, gateway, metric, two counters, flags, interface;
 * all in hexadecimal, the addresses as bytes. */
#define IPV6_TABLE  "/proc/net/ipv6_route"
#define IPV6_DIGITS 32
#define FIELDS	    11
#define LINE_SIZE   512
/* Of a router with the whole table of the internet, the first ones must do. */
#define LINES_LIMIT 4096

/* Cuts the line at its blanks; returns the number of fields. */
static int split(char *line, char *fields[FIELDS])
{
	char *rest = line;
	int n = 0;

	while (n < FIELDS) {
		rest += strspn(rest, " \t\n");
		if (*rest == '\0')
			break;
		fields[n++] = rest;
		rest += strcspn(rest, " \t\n");
		if (*rest != '\0')
			*rest++ = '\0';
	}
	return n;
}

static unsigned long hex(const char *text)
{
	return strtoul(text, NULL, 16);
}

static bool is_gateway(unsigned long flags)
{
	return (flags & (RTF_UP | RTF_GATEWAY)) == (RTF_UP | RTF_GATEWAY);
}

static bool take_ipv4(char *fields[FIELDS], int n, struct midair_endpoint *gateway,
		      unsigned long *metric)
{
	uint32_t address;

	if (n < 8 || hex(fields[1]) != 0 || hex(fields[7]) != 0 || !is_gateway(hex(fields[3])))
		return false;
	*gateway = (struct midair_endpoint){.family = MIDAIR_IPV4};
	address = (uint32_t)hex(fields[2]);
	memcpy(gateway->address, &address, sizeof(address));
	*metric = strtoul(fields[6], NULL, 10);
	return true;
}

static void read_ipv6(const char *text, uint8_t address[16])
{
	for (size_t i = 0; i < 16; i++) {
		char byte[3] = {text[2 * i], text[2 * i + 1], '\0'};

		address[i] = (uint8_t)hex(byte);
	}
}

static bool take_ipv6(char *fields[FIELDS], int n, struct midair_endpoint *gateway,
		      unsigned long *metric)
{
	if (n < 10 || hex(fields[1]) != 0 || hex(fields[3]) != 0 ||
	    !is_gateway(hex(fields[8])) || strlen(fields[4]) != IPV6_DIGITS)
		return false;
	*gateway = (struct midair_endpoint){.family = MIDAIR_IPV6};
	read_ipv6(fields[4], gateway->address);
	if (gateway->address[0] == 0xfe && (gateway->address[1] & 0xc0) == 0x80)
		gateway->scope_id = if_nametoindex(fields[9]);
	*metric = hex(fields[5]);
	return true;
}

int gateway_find(enum midair_family family, struct midair_endpoint *gateway)
{
	_cleanup_fclose_ FILE *file =
		fopen(family == MIDAIR_IPV6 ? IPV6_TABLE : IPV4_TABLE, "re");
	unsigned long least = 0;
	bool is_found = false;
	char line[LINE_SIZE];

	if (file == NULL)
		return -errno;
	for (int i = 0; i < LINES_LIMIT && fgets(line, sizeof(line), file) != NULL; i++) {
		struct midair_endpoint one;
		unsigned long metric = 0;
		char *fields[FIELDS];
		int n = split(line, fields);
		bool is_one = family == MIDAIR_IPV6 ? take_ipv6(fields, n, &one, &metric)
						    : take_ipv4(fields, n, &one, &metric);

		if (is_one && (!is_found || metric < least)) {
			*gateway = one;
			least = metric;
			is_found = true;
		}
	}
	return is_found ? 0 : MIDAIR_E_NO_PATH;
}

int gateway_socket(const struct midair_endpoint *remote, struct midair_endpoint *local)
{
	struct sockaddr_storage address;
	size_t size = midair_endpoint_to_sockaddr(remote, &address);
	_cleanup_close_ int fd = -1;
	int result;

	if (size == 0)
		return -EAFNOSUPPORT;
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, (socklen_t)size) < 0)
		return -errno;
	result = socket_local(fd, local);
	return result < 0 ? result : take_fd(&fd);
}
