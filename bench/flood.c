/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A stranger who knows both public endpoints of every run sends RSTs to both ends, from the line
 * between them, all the time: from his own address, or in the peer's name. He does not see our
 * packets, so his sequence numbers are random. Every second RST bears an ACK.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <string.h>

#include "bench/sessions.h"
#include "core/segment.h"
#include "lab/link.h"
#include "lab/wire_port.h"
#include "lab/wire_queue.h"
#include "os/cleanup.h"
#include "os/clock.h"

#define ETHERNET_BYTES	 14
#define STRANGER_ADDRESS "192.0.2.66:1"
#define NS_PER_S	 UINT64_C(1000000000)

struct flood {
	const struct network_plan *plan;
	const struct bench_case *of;
	struct midair_endpoint stranger;
};

/* The RST that this segment of ours would provoke: it comes from its destination. */
static size_t build(uint8_t *frame, const struct flood *flood, enum lab_side target,
		    uint64_t number, struct random *random)
{
	uint16_t port = (uint16_t)(BENCH_FIRST_PORT + number % flood->of->n_runs);
	bool has_ack = number / flood->of->n_runs % 2 == 0;
	struct segment provoking = {
		.kind = SEGMENT_TCP,
		.source = flood->plan->sides[target].published.ipv4,
		.destination = flood->of->is_in_peers_name
				       ? network_plan_peer(flood->plan, target, MIDAIR_IPV4)
				       : flood->stranger,
		.sequence = (uint32_t)random_next(random),
		.acknowledgement = (uint32_t)random_next(random),
		.flags = has_ack ? SEGMENT_SYN : SEGMENT_ACK,
	};

	provoking.source.port = provoking.destination.port = port;
	memcpy(frame, link_host_mac, sizeof(link_host_mac));
	memcpy(frame + sizeof(link_host_mac), link_wire_mac, sizeof(link_wire_mac));
	frame[12] = ETH_P_IP >> 8;
	frame[13] = ETH_P_IP & 0xff;
	return ETHERNET_BYTES + segment_build_reset(&provoking, frame + ETHERNET_BYTES);
}

static void send_until(const struct flood *flood, const int *fds, uint64_t n_wanted,
		       uint64_t *n_sent, struct random *random)
{
	uint8_t frame[ETHERNET_BYTES + SEGMENT_ANSWER_SIZE];

	for (; *n_sent < n_wanted; (*n_sent)++)
		for (int side = LAB_A; side <= LAB_B; side++)
			/* What the interface does not take is lost, as in any flood. */
			wire_port_send(fds[side], frame,
				       build(frame, flood, (enum lab_side)side, *n_sent,
					     random));
}

static int flood_main(void *context)
{
	const struct flood *flood = context;
	uint64_t start_ns = clock_now_ns();
	uint64_t rate = (uint64_t)flood->of->n_runs * flood->of->resets_per_s;
	uint64_t n_sent = 0;
	int fds[LAB_N_SIDES];
	struct random random;

	random_init(&random, start_ns);
	for (int side = LAB_A; side <= LAB_B; side++) {
		fds[side] = wire_port_open(network_wire_interface((enum lab_side)side), NULL);
		if (fds[side] < 0)
			return 1;
	}
	/* Until we are killed. */
	for (;;) {
		send_until(flood, fds, (clock_now_ns() - start_ns) * rate / NS_PER_S, &n_sent,
			   &random);
		if (poll(NULL, 0, 1) < 0)
			return 1;
	}
}

static int start_flood(pid_t *pid, struct network *network, const struct bench_case *of,
		       struct lab_reason *reason)
{
	struct flood flood = {.plan = network_plan_of(network), .of = of};

	if (midair_endpoint_parse(&flood.stranger, STRANGER_ADDRESS) != 0)
		return lab_fail(reason, 0, "the stranger has no address");
	*pid = namespace_spawn(network_wire_namespace(network), flood_main, &flood);
	return *pid < 0 ? lab_fail(reason, (int)-*pid, "cannot start the flood") : 0;
}

int measure_under_flood(struct tally *tally, const struct bench_case *of, enum method method)
{
	return measure_sessions_beside(tally, of, method, start_flood);
}
