/* SPDX-License-Identifier: MIT */
#include "os/silence.h"

/* Not netinet/tcp.h: its struct tcp_info lacks newer fields. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/clock.h"

#define NS_PER_MS UINT64_C(1000000)

/* What the connection waits for, and how many segments have come, of whatever kind: a probe of the
 * other side's keep-alive acknowledges nothing new, and tells that its path stands. */
struct hearing {
	bool is_waiting;
	uint32_t n_segments;
};

static struct hearing listen_to(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		return (struct hearing){.is_waiting = false};
	/* A closed window is probed, and the probes are answered. */
	return (struct hearing){
		.is_waiting = info.tcpi_unacked != 0 || info.tcpi_probes != 0,
		.n_segments = info.tcpi_segs_in,
	};
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
	struct hearing hearing;

	if (since_look_ns < (SILENCE_LOOK_MS - 1) * NS_PER_MS)
		return false;
	silence->looked_ns = now_ns;
	hearing = listen_to(fd);
	if (!hearing.is_waiting) {
		silence->since_ns = 0;
		return false;
	}
	/* An idle connection was silent before: that does not count. */
	if (silence->since_ns == 0 || hearing.n_segments != silence->n_segments)
		silence->since_ns = now_ns;
	silence->n_segments = hearing.n_segments;
	return now_ns - silence->since_ns >= SILENCE_MAX_MS * NS_PER_MS;
}

bool silence_is_error(int error)
{
	return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;
}
