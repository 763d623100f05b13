/* SPDX-License-Identifier: MIT */
#include "cli/host_port.h"

#include <stdio.h>
#include <string.h>

#define RESOLVE_TIMEOUT_MS 10000
/* A name of DNS has at most 253 bytes (RFC 1035, 2.3.4), an address fewer. */
#define TEXT_SIZE 300

/* Without brackets, two colons make it an IPv6 address. */
static bool is_bare_ipv6(const char *text)
{
	const char *colon = strchr(text, ':');

	return text[0] != '[' && colon != NULL && strchr(colon + 1, ':') != NULL;
}

bool host_port_has_port(const char *text)
{
	const char *bracket = strrchr(text, ']');

	if (text[0] == '[' && bracket != NULL)
		return bracket[1] != '\0';
	return strchr(text, ':') != NULL && !is_bare_ipv6(text);
}

static size_t keep_family(struct midair_endpoint *endpoints, size_t count, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (family == MIDAIR_FAMILY_NONE || endpoints[i].family == family)
			endpoints[n++] = endpoints[i];
	return n;
}

int host_port_resolve(const char *text, uint16_t default_port, uint8_t family,
		      struct midair_endpoint *endpoints, size_t *count)
{
	struct midair_endpoint found[MIDAIR_PEERS_MAX];
	size_t n_found = MIDAIR_PEERS_MAX;
	char whole[TEXT_SIZE];
	bool is_bare = is_bare_ipv6(text);
	int length = snprintf(whole, sizeof(whole), "%s%s%s", is_bare ? "[" : "", text,
			      is_bare ? "]" : "");
	int result;

	if (length > 0 && length < TEXT_SIZE - 8 && !host_port_has_port(text))
		length += snprintf(whole + length, sizeof(whole) - (size_t)length, ":%u",
				   default_port);
	if (text[0] == '\0' || length >= TEXT_SIZE - 1)
		return MIDAIR_E_SYNTAX;
	result = midair_resolve(whole, RESOLVE_TIMEOUT_MS, found, &n_found);
	if (result != 0)
		return result;
	n_found = keep_family(found, n_found, family);
	if (n_found == 0)
		return MIDAIR_E_NO_PATH;
	*count = n_found < *count ? n_found : *count;
	memcpy(endpoints, found, *count * sizeof(*endpoints));
	return 0;
}
