/* SPDX-License-Identifier: MIT */
/* reason: why the bytes are forwarded by the server, or are not, beside the reasons of core/plan.h
 * why there is no direct way. midair_reason_text() knows them all. */
#ifndef MIDAIR_CORE_REASON_H
#define MIDAIR_CORE_REASON_H

#define REASON_NOT_IN_TIME "not-in-time"
#define REASON_RELAY_ONLY  "relay-only"
#define REASON_PEER_ASKED  "peer-asked"
#define REASON_PEER_DIRECT "peer-direct-only"

#endif
