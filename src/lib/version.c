/* SPDX-License-Identifier: MIT */
#include "midair/midair.h"
#include "os/bpf_table.h"
#include "os/diag.h"
#include "os/portmap.h"

/* Every combination, as text that lives for ever. */
#define WITH_NAT_PMP(line)                                                                     \
	{                                                                                      \
		line, line ", libnatpmp"                                                       \
	}
#define WITH_UPNP(line)                                                                        \
	{                                                                                      \
		WITH_NAT_PMP(line), WITH_NAT_PMP(line ", miniupnpc")                           \
	}
#define WITH_BPF(line)                                                                         \
	{                                                                                      \
		WITH_UPNP(line), WITH_UPNP(line ", bpf")                                       \
	}
#define WITH_MNL(line)                                                                         \
	{                                                                                      \
		WITH_BPF(line), WITH_BPF(line ", libmnl")                                      \
	}

const char *midair_version(void)
{
	return MIDAIR_VERSION;
}

const char *midair_features(void)
{
	static const char *const lines[2][2][2][2] = WITH_MNL("OpenSSL");

	return lines[diag_feature()[0] != '\0'][bpf_table_feature()[0] != '\0']
		    [portmap_upnp_feature()[0] != '\0'][portmap_nat_pmp_feature()[0] != '\0'];
}
