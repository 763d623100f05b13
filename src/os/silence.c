/* SPDX-License-Identifier: MIT */
#include "os/silence.h"

/* Not netinet/tcp.h: its struct tcp_info lacks newer fields. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/clock.h"

#define NS_PER_MS UINT64_C(1000000)

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds since anything was heard; UINT64_MAX: nothing is waited for. */
static uint64_t unanswered_ms(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return UINT64_MAX;
	/* A closed window is probed, and the probes are answered: tcpi_last_ack_recv tells. */
	if (info.tcpi_unacked == 0 && info.tcpi_probes == 0)
		return UINT64_MAX;
	return least(info.tcpi_last_ack_recv, info.tcpi_last_data_recv);
}

int silence_wait_ms(const struct silence *silence)
{
	uint64_t since_look_ms = (clock_now_ns() - silence->looked_ns) / NS_PER_MS;

	return since_look_ms < SILENCE_LOOK_MS ? (int)(SILENCE_LOOK_MS - since_look_ms) : 0;
}

bool silence_is_too_long(struct silence *silence, int fd)
{
	uint64_t now_ns = clock_now_ns();
	uint64_t since_look_ns = now_ns - silence->looked_ns;
	uint64_t heard_ms;

	if (since_look_ns < (SILENCE_LOOK_MS - 1) * NS_PER_MS)
		return false;
	silence->looked_ns = now_ns;
	heard_ms = unanswered_ms(fd);
	if (heard_ms == UINT64_MAX) {
		silence->since_ns = 0;
		return false;
	}
	/* An idle connection was silent before: that does not count. */
	if (silence->since_ns == 0 || heard_ms * NS_PER_MS < now_ns - silence->since_ns)
		silence->since_ns = now_ns;
	return now_ns - silence->since_ns >= SILENCE_MAX_MS * NS_PER_MS;
}

bool silence_is_error(int error)
{
	return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;
}
