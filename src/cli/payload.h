/* SPDX-License-Identifier: MIT */
/* payload: standard output as the place for the peer's bytes. */
#ifndef MIDAIR_CLI_PAYLOAD_H
#define MIDAIR_CLI_PAYLOAD_H

/* Standard output as a descriptor that midair_relay() may close when the peer has ended, with
 * /dev/null in its place. Returns it, or -1 when there is none to be had. */
int payload_take_output(void);

#endif
