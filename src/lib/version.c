/* SPDX-License-Identifier: MIT */
#include "midair/midair.h"
#include "os/bpf_table.h"
#include "os/diag.h"

const char *midair_version(void)
{
	return MIDAIR_VERSION;
}

const char *midair_features(void)
{
	static const char *const lines[2][2] = {{"", "bpf"}, {"libmnl", "libmnl, bpf"}};

	return lines[diag_feature()[0] != '\0'][bpf_table_feature()[0] != '\0'];
}
