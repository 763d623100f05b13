/* SPDX-License-Identifier: MIT */
/* tcp_state: the names of states and timers. */
#include <assert.h>

#include "midair/midair.h"

static const char *const state_names[] = {
	[MIDAIR_TCP_ESTABLISHED] = "ESTABLISHED",
	[MIDAIR_TCP_SYN_SENT] = "SYN_SENT",
	[MIDAIR_TCP_SYN_RECV] = "SYN_RECV",
	[MIDAIR_TCP_FIN_WAIT1] = "FIN_WAIT1",
	[MIDAIR_TCP_FIN_WAIT2] = "FIN_WAIT2",
	[MIDAIR_TCP_TIME_WAIT] = "TIME_WAIT",
	[MIDAIR_TCP_CLOSE] = "CLOSE",
	[MIDAIR_TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[MIDAIR_TCP_LAST_ACK] = "LAST_ACK",
	[MIDAIR_TCP_LISTEN] = "LISTEN",
	[MIDAIR_TCP_CLOSING] = "CLOSING",
	[MIDAIR_TCP_NEW_SYN_RECV] = "SYN_RECV",
	[MIDAIR_TCP_BOUND_INACTIVE] = "BOUND",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == MIDAIR_TCP_BOUND_INACTIVE + 1,
	      "every state has a name");

const char *midair_tcp_state_name(enum midair_tcp_state state)
{
	if (state < MIDAIR_TCP_ESTABLISHED || state > MIDAIR_TCP_BOUND_INACTIVE)
		return "UNKNOWN";
	return state_names[state];
}

static const char *const timer_names[] = {
	[MIDAIR_TIMER_NONE] = "none",		[MIDAIR_TIMER_RETRANSMIT] = "retransmit",
	[MIDAIR_TIMER_KEEPALIVE] = "keepalive", [MIDAIR_TIMER_TIME_WAIT] = "time-wait",
	[MIDAIR_TIMER_PROBE] = "probe",
};
static_assert(sizeof(timer_names) / sizeof(timer_names[0]) == MIDAIR_TIMER_PROBE + 1,
	      "every timer has a name");

const char *midair_timer_name(enum midair_timer timer)
{
	if (timer < MIDAIR_TIMER_NONE || timer > MIDAIR_TIMER_PROBE)
		return "unknown";
	return timer_names[timer];
}
