/* SPDX-License-Identifier: MIT */
/* Endpoints, and holes: what is written reads back as the same, and the C library agrees. */
#include <arpa/inet.h>

#include "core/endpoint.h"
#include "core/hole.h"
#include "tests/fuzz/fuzz.h"

static void check_endpoint(const char *text)
{
	struct midair_endpoint endpoint, again;
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];
	int result = midair_endpoint_parse(&endpoint, text);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_SYNTAX || result == MIDAIR_E_RANGE);
	if (result)
		return;
	FUZZ_CHECK(endpoint.port != 0);
	FUZZ_CHECK(midair_endpoint_format(&endpoint, buffer) == buffer);
	FUZZ_CHECK(strlen(buffer) < sizeof(buffer));
	FUZZ_CHECK(midair_endpoint_parse(&again, buffer) == 0);
	FUZZ_CHECK(midair_endpoint_equal(&endpoint, &again));
}

static void check_address(const char *text)
{
	struct midair_endpoint endpoint;
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];
	uint8_t ipv4[4], ipv6[16];
	bool is_ipv4 = inet_pton(AF_INET, text, ipv4) == 1;
	bool is_ipv6 = inet_pton(AF_INET6, text, ipv6) == 1;
	int result = endpoint_parse_address(&endpoint, text);

	/* the C library knows no scopes here */
	if (!strchr(text, '%'))
		FUZZ_CHECK((result == 0) == (is_ipv4 || is_ipv6));
	if (result)
		return;
	if (is_ipv4)
		FUZZ_CHECK(memcmp(endpoint.address, ipv4, 4) == 0);
	if (is_ipv6 && endpoint.family == MIDAIR_IPV6)
		FUZZ_CHECK(memcmp(endpoint.address, ipv6, 16) == 0);
	if (is_ipv6 && endpoint.family == MIDAIR_IPV4)
		FUZZ_CHECK(memcmp(endpoint.address, ipv6 + 12, 4) == 0);
	endpoint_format_address(&endpoint, buffer);
	FUZZ_CHECK(strlen(buffer) < sizeof(buffer));
}

static void check_split(const char *text)
{
	size_t host_size = strlen(text) / 2 + 1;
	char *host = malloc(host_size);
	uint16_t port;

	FUZZ_CHECK(host);
	if (endpoint_split(text, host, host_size, &port) == 0) {
		FUZZ_CHECK(port != 0 && strlen(host) > 0);
		FUZZ_CHECK(strstr(text, host));
	}
	free(host);
}

/* What is read from a file that anybody may have written. */
static void check_hole(const char *text)
{
	char buffer[MIDAIR_HOLE_TEXT_SIZE];
	struct midair_hole hole;

	if (midair_hole_parse(&hole, text) != 0)
		return;
	FUZZ_CHECK(hole_is_sound(&hole));
	FUZZ_CHECK(strlen(midair_hole_format(&hole, buffer)) < sizeof(buffer));
	FUZZ_CHECK(midair_hole_parse(&hole, buffer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_endpoint(text);
	check_address(text);
	check_split(text);
	check_hole(text);
	free(text);
	return 0;
}
