/* SPDX-License-Identifier: MIT */
/*
 * What it costs to claim a local port that N others share, by the way of sharing. The others are
 * connected, each to another address, as in the usual recipe.
 *
 * Getting 50,000 sharers together with SO_REUSEADDR alone would take minutes, which is the very
 * thing that is shown. They are bound with both options, and SO_REUSEPORT is taken off them
 * again: the kernel reads the options of the others whenever it looks for a conflict.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/ports/keepers.h"
#include "bench/ports/programs.h"
#include "bench/ports/ways.h"
#include "os/cleanup.h"

#define FIRST_REMOTE 0x7f010000u /* 127.1.0.0 */
#define N_SAMPLES    11

struct group {
	enum series_name series;
	enum way way;	/* measured */
	enum way crowd; /* how the others got there */
	uint16_t port;
};

static const struct group groups[] = {
	{BIND_ADDRESS, WAY_ADDRESS, WAY_BOTH, 40001},
	{BIND_PORT, WAY_PORT, WAY_PORT, 40002},
	{BIND_PIN, WAY_PIN, WAY_PIN, 40003},
};
#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static int add_sharer(struct keepers *keepers, const struct group *group, uint32_t number)
{
	struct sockaddr_in remote = world_address(FIRST_REMOTE + number, WORLD_PORT);
	const int off = 0;
	int fd = way_dial(group->crowd, group->port, &remote);

	if (fd < 0)
		return fd;
	if (group->crowd == WAY_BOTH &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off)) < 0) {
		close(fd);
		return -errno;
	}
	way_reset_at_close(fd);
	return keepers_park(keepers, fd);
}

static int sample(struct measured *measured, const struct group *group, uint32_t n_sharers)
{
	for (int i = 0; i < N_SAMPLES; i++) {
		int64_t bind_ns;
		_cleanup_close_ int fd = way_open(group->way, group->port, &bind_ns);

		if (fd < 0)
			return fd;
		measured_add(measured, group->series, n_sharers, (double)bind_ns);
	}
	return 0;
}

int measure_bind(struct measured *measured, const struct ports_plan *plan, uint32_t round)
{
	static const uint32_t levels[] = {100, 1000, 2000, 5000, 10000, 20000, 30000, 50000};
	static struct keepers keepers;
	_cleanup_close_ int listener = world_listen();
	uint32_t n_sharers = 0;
	int result = listener < 0 ? listener : 0;

	(void)round;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (levels[i] > plan->n_sharers)
			break;
		for (; result == 0 && n_sharers < levels[i]; n_sharers++)
			for (size_t j = 0; result == 0 && j < N_GROUPS; j++)
				result = add_sharer(&keepers, &groups[j], n_sharers);
		for (size_t j = 0; result == 0 && j < N_GROUPS; j++)
			result = sample(measured, &groups[j], levels[i]);
	}
	keepers_end(&keepers);
	return result;
}
