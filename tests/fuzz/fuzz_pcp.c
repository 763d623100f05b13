/* SPDX-License-Identifier: MIT */
/* PCP's answers: whatever comes, what is taken is the answer to what was asked. */
#include "core/pcp.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pcp_mapping asked = {
		.nonce = "twelve bytes", .port = 1314, .lifetime_s = 600};
	const struct midair_endpoint client = {
		.family = MIDAIR_IPV4, .address = {10, 0, 0, 7}, .port = 1};
	struct pcp_mapping mapping = {.port = 1};
	uint8_t request[PCP_REQUEST_BYTES];

	if (pcp_read(data, size, &asked, &mapping) == PCP_MAPPED) {
		FUZZ_CHECK(size >= 60 && size <= PCP_ANSWER_MAX);
		FUZZ_CHECK(memcmp(mapping.nonce, asked.nonce, PCP_NONCE_BYTES) == 0);
		FUZZ_CHECK(mapping.port == asked.port);
		FUZZ_CHECK(mapping.external.family != MIDAIR_FAMILY_NONE);
		FUZZ_CHECK(pcp_map_request(&client, &mapping, request) == sizeof(request));
		/* nobody takes a request for an answer */
		FUZZ_CHECK(pcp_read(request, sizeof(request), &asked, &mapping) == PCP_FOREIGN);
	} else {
		FUZZ_CHECK(mapping.port == 1);
	}
	FUZZ_CHECK(pcp_read(data, size, NULL, &mapping) != PCP_MAPPED);
	return 0;
}
