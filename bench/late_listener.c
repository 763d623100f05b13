/* SPDX-License-Identifier: MIT */
/*
 * Two ways without midair, between a process on host a that listens and one on host b that
 * connects.
 *
 * SYN, close, listen: host a opens its NAT with a SYN and then waits with a listener. The
 * listener's SYN-ACK has another initial sequence number than the SYN that the NAT saw, so a
 * Linux NAT takes it for invalid and does not translate it, unless it is told to be liberal.
 *
 * A plain listener and a plain connect(): one round trip by definition, which shows what the lab
 * itself adds to every other figure.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "bench/plain.h"
#include "bench/sessions.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define LISTEN_WITHIN_MS 5000
#define NS_PER_MS	 UINT64_C(1000000)

/* Shared by the three processes. */
struct meeting {
	const struct bench_case *of;
	struct midair_endpoint peers[LAB_N_SIDES]; /* whom each side names, without the port */
	bool sends_syn_first;
	_Atomic bool is_listening;
	_Atomic uint32_t n_connected;
	int64_t times_ns[BENCH_RUNS_MAX];
};

static struct midair_endpoint peer_of_run(const struct meeting *meeting, enum lab_side side,
					  uint32_t number)
{
	struct midair_endpoint peer = meeting->peers[side];

	peer.port = (uint16_t)(BENCH_FIRST_PORT + number);
	return peer;
}

static int send_syn_and_close(const struct midair_endpoint *peer)
{
	_cleanup_close_ int fd = plain_bound(peer->port);

	return fd < 0 ? fd : plain_dial(fd, peer);
}

static int listen_main(void *context)
{
	struct meeting *meeting = context;

	for (uint32_t i = 0; i < meeting->of->n_runs; i++) {
		struct midair_endpoint peer = peer_of_run(meeting, LAB_A, i);
		int fd;

		if (meeting->sends_syn_first && send_syn_and_close(&peer) < 0)
			return 1;
		fd = plain_bound(peer.port);
		if (fd < 0 || listen(fd, 1) < 0)
			return 1;
	}
	atomic_store(&meeting->is_listening, true);
	/* The listeners live until we are killed; the kernel does the handshakes. */
	for (;;)
		if (poll(NULL, 0, LISTEN_WITHIN_MS) < 0)
			return 1;
}

static void connect_one(struct meeting *meeting, uint32_t number)
{
	struct midair_endpoint peer = peer_of_run(meeting, LAB_B, number);
	_cleanup_close_ int fd = plain_bound(peer.port);
	uint64_t start_ns = clock_now_ns();

	if (fd < 0 || plain_dial(fd, &peer) < 0 ||
	    plain_wait(fd, (int)meeting->of->patience_ms) < 0)
		return;
	meeting->times_ns[atomic_fetch_add(&meeting->n_connected, 1)] =
		(int64_t)(clock_now_ns() - start_ns);
}

static int connect_main(void *context)
{
	struct meeting *meeting = context;

	for (uint32_t i = 0; i < meeting->of->n_runs; i++)
		connect_one(meeting, i);
	return 0;
}

/* Our SYNs have come to the other NAT, which drops them: before that, the other side's would
 * cross them. */
static bool are_syns_gone(const struct meeting *meeting, struct network *network)
{
	const struct wire_trace *trace = wire_trace(network_wire(network));

	return !meeting->sends_syn_first ||
	       atomic_load(&trace->n_fates[LAB_A][WIRE_DELIVERED]) >= meeting->of->n_runs;
}

static int wait_for_listeners(const struct meeting *meeting, struct network *network)
{
	for (int i = 0; i < LISTEN_WITHIN_MS; i++) {
		if (atomic_load(&meeting->is_listening) && are_syns_gone(meeting, network))
			return 0;
		poll(NULL, 0, 1);
	}
	return -ETIMEDOUT;
}

static int meet(struct meeting *meeting, struct network *network, struct lab_reason *reason)
{
	const struct bench_case *of = meeting->of;
	pid_t listener =
		namespace_spawn(network_host_namespace(network, LAB_A), listen_main, meeting);
	pid_t dialler = -1;
	int status = wait_for_listeners(meeting, network);

	if (status == 0) {
		dialler = namespace_spawn(network_host_namespace(network, LAB_B), connect_main,
					  meeting);
		status = namespace_wait(dialler,
					LISTEN_WITHIN_MS + (int)(of->n_runs * of->patience_ms));
	}
	if (status < 0)
		namespace_kill(&dialler);
	namespace_kill(&listener);
	return status == 0 ? 0 : lab_fail(reason, 0, "the plain sockets failed");
}

static int measure_in(struct meeting *meeting, struct tally *tally, const struct bench_case *of)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = clock_now_ns()};
	struct network *network;
	int error = bench_scenario(&scenario, of, METHOD_MIDAIR, &tally->reason);

	if (!error)
		error = network_new(&network, &config, &tally->reason);
	if (error)
		return error;
	for (int side = LAB_A; side <= LAB_B; side++)
		meeting->peers[side] = network_plan_peer(network_plan_of(network),
							 (enum lab_side)side, MIDAIR_IPV4);
	error = meet(meeting, network, &tally->reason);
	network_free(network);
	for (uint32_t i = 0; i < meeting->n_connected; i++)
		meeting->times_ns[i] -= (int64_t)scenario.rtt_ns;
	tally_times(tally, meeting->times_ns, meeting->n_connected, of->n_runs);
	return error;
}

static int measure(struct tally *tally, const struct bench_case *of, bool sends_syn_first)
{
	struct meeting *meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (meeting == MAP_FAILED)
		return lab_fail(&tally->reason, errno, "cannot share memory");
	meeting->of = of;
	meeting->sends_syn_first = sends_syn_first;
	error = measure_in(meeting, tally, of);
	munmap(meeting, sizeof(*meeting));
	return error;
}

int measure_late_listener(struct tally *tally, const struct bench_case *of, enum method method)
{
	return method == METHOD_ONCE ? measure_sessions(tally, of, method)
				     : measure(tally, of, true);
}

int measure_plain_connect(struct tally *tally, const struct bench_case *of, enum method method)
{
	(void)method;
	return measure(tally, of, false);
}
