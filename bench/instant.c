/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The program `midair meet --at @SECONDS` is started in host a's namespace, once for each run,
 * a while before the instant. A packet socket on the host's interface sees the SYN go out, with
 * the kernel's own stamp on CLOCK_REALTIME of the moment when it was handed to the device; the
 * program's own belief is not asked. The article's way beside it: sleep until the instant, then
 * open the socket and connect.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/plain.h"
#include "bench/sessions.h"
#include "core/segment.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
/* For a program to start, and for a process. */
#define LEAD_PROGRAM_NS (100 * NS_PER_MS)
#define LEAD_PROCESS_NS (30 * NS_PER_MS)
#define SEEN_WITHIN_MS	1000
#define PACKET_BYTES	256

struct dialler {
	struct midair_endpoint peer;
	int64_t instant_ns; /* CLOCK_REALTIME */
};

static int64_t wall_clock_ns(void)
{
	struct timespec now = clock_realtime();

	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int open_capture(const struct network *network, struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	const int on = 1;
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL)};
	int fd = -1;

	if (home < 0 || namespace_enter(network_host_namespace(network, LAB_A)) < 0)
		return lab_fail(reason, errno, "cannot enter host a");
	address.sll_ifindex = (int)if_nametoindex("eth0");
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
			bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0))
		fd = close_fd(fd);
	if (namespace_enter(home) < 0 || fd < 0) {
		close_fd(fd);
		return lab_fail(reason, errno, "cannot watch host a's interface");
	}
	return fd;
}

static int64_t stamp_of(struct msghdr *message)
{
	struct timespec stamp;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		return stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
	}
	return 0;
}

/* Reads one packet. Returns its stamp when it is a SYN from the port, else 0. */
static int64_t read_syn(int fd, uint16_t port)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	uint8_t packet[PACKET_BYTES];
	struct iovec vector = {.iov_base = packet, .iov_len = sizeof(packet)};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n_bytes = recvmsg(fd, &message, MSG_DONTWAIT);
	struct segment segment;

	if (n_bytes < 0 || segment_parse(&segment, packet, (size_t)n_bytes) != 0)
		return 0;
	if (segment.flags != SEGMENT_SYN || segment.source.port != port)
		return 0;
	return stamp_of(&message);
}

static int64_t wait_for_syn(int fd, uint16_t port, int timeout_ms)
{
	uint64_t until_ns = clock_now_ns() + (uint64_t)(timeout_ms * NS_PER_MS);
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (clock_now_ns() < until_ns) {
		int64_t stamp_ns;

		if (poll(&ready, 1, (int)((until_ns - clock_now_ns()) / NS_PER_MS) + 1) < 1)
			continue;
		stamp_ns = read_syn(fd, port);
		if (stamp_ns != 0)
			return stamp_ns;
	}
	return 0;
}

/* The program that was built beside this one. By the kernel's word, not /proc/self/exe, which a
 * container may hide from us in here. */
static int find_midair(char path[PATH_MAX])
{
	const char *own = (const char *)getauxval(AT_EXECFN);
	const char *end = own ? strrchr(own, '/') : NULL;

	if (!end)
		return -ENOENT;
	return snprintf(path, PATH_MAX, "%.*s/midair", (int)(end - own), own) < PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

static int midair_main(void *context)
{
	const struct dialler *dialler = context;
	char path[PATH_MAX], peer[MIDAIR_ENDPOINT_TEXT_SIZE], at[48];
	char *arguments[] = {(char[]){"midair"},
			     (char[]){"meet"},
			     peer,
			     (char[]){"--at"},
			     at,
			     (char[]){"-q"},
			     (char[]){"--timeout"},
			     (char[]){"2"},
			     NULL};

	if (find_midair(path) < 0)
		return 1;
	midair_endpoint_format(&dialler->peer, peer);
	snprintf(at, sizeof(at), "@%" PRId64 ".%09" PRId64, dialler->instant_ns / NS_PER_S,
		 dialler->instant_ns % NS_PER_S);
	execv(path, arguments);
	return 1;
}

static int article_main(void *context)
{
	const struct dialler *dialler = context;
	int64_t wait_ns = dialler->instant_ns - wall_clock_ns();
	struct timespec wait = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
	int fd;

	ppoll(NULL, 0, &wait, NULL);
	fd = plain_bound(dialler->peer.port);
	if (fd < 0 || plain_dial(fd, &dialler->peer) < 0)
		return 1;
	return plain_wait(fd, SEEN_WITHIN_MS) < 0;
}

/* How far from the instant the SYN left, or -1 when it was not seen. */
static int64_t measure_one(const struct network *network, int capture_fd, uint32_t number,
			   enum method method)
{
	int64_t lead_ns = method == METHOD_ONCE ? LEAD_PROCESS_NS : LEAD_PROGRAM_NS;
	struct dialler dialler = {
		.peer = network_plan_peer(network_plan_of(network), LAB_A, MIDAIR_IPV4),
		.instant_ns = wall_clock_ns() + lead_ns,
	};
	int64_t stamp_ns;
	pid_t pid;

	dialler.peer.port = (uint16_t)(BENCH_FIRST_PORT + number);
	pid = namespace_spawn(network_host_namespace(network, LAB_A),
			      method == METHOD_ONCE ? article_main : midair_main, &dialler);
	stamp_ns = wait_for_syn(capture_fd, dialler.peer.port, SEEN_WITHIN_MS);
	namespace_kill(&pid);
	if (stamp_ns == 0)
		return -1;
	return stamp_ns > dialler.instant_ns ? stamp_ns - dialler.instant_ns
					     : dialler.instant_ns - stamp_ns;
}

static void measure_all(struct tally *tally, const struct network *network, int capture_fd,
			const struct bench_case *of, enum method method)
{
	int64_t past_ns[BENCH_RUNS_MAX];
	uint32_t n_seen = 0;

	for (uint32_t i = 0; i < of->n_runs; i++) {
		int64_t off_ns = measure_one(network, capture_fd, i, method);

		if (off_ns >= 0)
			past_ns[n_seen++] = off_ns;
	}
	tally_times(tally, past_ns, n_seen, of->n_runs);
}

int measure_instant(struct tally *tally, const struct bench_case *of, enum method method)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	struct network *network;
	int capture_fd;
	int error = bench_scenario(&scenario, of, method, &tally->reason);

	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	capture_fd = open_capture(network, &tally->reason);
	if (capture_fd >= 0)
		measure_all(tally, network, capture_fd, of, method);
	close_fd(capture_fd);
	network_free(network);
	return capture_fd < 0 ? capture_fd : 0;
}
