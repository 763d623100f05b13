/* SPDX-License-Identifier: MIT */
/* reason: why the bytes are forwarded by the server, beside the reasons of core/plan.h why there
 * is no direct way. midair_reason_text() knows both. */
#ifndef MIDAIR_CORE_REASON_H
#define MIDAIR_CORE_REASON_H

#define REASON_NOT_IN_TIME "not-in-time"
#define REASON_RELAY_ONLY  "relay-only"
#define REASON_PEER_ASKED  "peer-asked"

#endif
