/* SPDX-License-Identifier: MIT */
/* One line of /proc/net/tcp. */
#include "os/diag.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct midair_row row;
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];
	int result = diag_parse_line((const char *)data, size, &row);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_UNSUPPORTED || result == MIDAIR_E_SYNTAX);
	if (result)
		return 0;
	FUZZ_CHECK(row.local.family == MIDAIR_IPV4 || row.local.family == MIDAIR_IPV6);
	FUZZ_CHECK(row.remote.family == MIDAIR_IPV4 || row.remote.family == MIDAIR_IPV6);
	FUZZ_CHECK(midair_tcp_state_name(row.state));
	FUZZ_CHECK(strlen(midair_endpoint_format(&row.local, buffer)) < sizeof(buffer));
	return 0;
}
