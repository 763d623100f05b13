/* SPDX-License-Identifier: MIT */
/* One netlink message of a sock_diag answer. */
#include "os/diag.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct midair_row row;
	char buffer[MIDAIR_ENDPOINT_TEXT_SIZE];
	int result = diag_parse_row(data, size, &row);

	FUZZ_CHECK(result == 0 || result == MIDAIR_E_UNSUPPORTED || result == MIDAIR_E_SYNTAX);
	if (result)
		return 0;
	FUZZ_CHECK(row.local.family == MIDAIR_IPV4 || row.local.family == MIDAIR_IPV6);
	FUZZ_CHECK(row.remote.family == MIDAIR_IPV4 || row.remote.family == MIDAIR_IPV6);
	FUZZ_CHECK(midair_tcp_state_name(row.state));
	FUZZ_CHECK(strcmp(midair_timer_name(row.timer), "unknown") != 0);
	FUZZ_CHECK(row.timer != MIDAIR_TIMER_NONE || row.timer_ms == 0);
	FUZZ_CHECK(!row.has_facts || row.state != MIDAIR_TCP_LISTEN);
	FUZZ_CHECK(strlen(midair_endpoint_format(&row.local, buffer)) < sizeof(buffer));
	if (row.remote.port != 0)
		FUZZ_CHECK(diag_is_pair(&row, &row.local, &row.remote));
	return 0;
}
