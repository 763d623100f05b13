/* SPDX-License-Identifier: MIT */
#include "midair/midair.h"
#include "os/diag.h"

const char *midair_version(void)
{
	return MIDAIR_VERSION;
}

const char *midair_features(void)
{
	return diag_feature();
}
