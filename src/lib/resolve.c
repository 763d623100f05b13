/* SPDX-License-Identifier: MIT */
#include "os/resolve.h"

#include "core/endpoint.h"

#include <string.h>

/* IPv6 first: both ends must prefer the same family (core/session_land.c). The resolver's order
 * within a family stays. */
static size_t copy_family(struct midair_endpoint *to, size_t room,
			  const struct midair_endpoint *from, size_t n_from, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < n_from && n < room; i++)
		if (from[i].family == family)
			to[n++] = from[i];
	return n;
}

/* "10.1", "010.0.0.1" and "0x7f.1" are addresses to getaddrinfo(), and not the ones that most
 * readers would expect. No host's last label is a number (RFC 1123 2.1). */
static bool is_numeric(const char *host)
{
	size_t length = strlen(host);
	const char *label;

	if (length > 0 && host[length - 1] == '.')
		length--;
	label = host + length;
	while (label > host && label[-1] != '.')
		label--;
	length -= (size_t)(label - host);
	if (length > 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return strspn(label + 2, "0123456789abcdefABCDEF") >= length - 2;
	return length > 0 && strspn(label, "0123456789") >= length;
}

int midair_resolve(const char *text, uint32_t timeout_ms, struct midair_endpoint *endpoints,
		   size_t *count)
{
	struct midair_endpoint found[RESOLVE_MAX];
	char host[256];
	uint16_t port;
	size_t n_found = 1;
	size_t n;
	int result = midair_endpoint_parse(&found[0], text);

	if (*count == 0)
		return MIDAIR_E_LIMIT;
	if (result == MIDAIR_E_SYNTAX) {
		result = endpoint_split(text, host, sizeof(host), &port);
		if (result == 0 && is_numeric(host))
			result = MIDAIR_E_SYNTAX;
		if (result == 0)
			result = resolve_host(host, port, timeout_ms, found, &n_found);
	}
	if (result != 0)
		return result;
	n = copy_family(endpoints, *count, found, n_found, MIDAIR_IPV6);
	n += copy_family(endpoints + n, *count - n, found, n_found, MIDAIR_IPV4);
	*count = n;
	return 0;
}
