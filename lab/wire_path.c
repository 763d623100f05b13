/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 *	host a - [box a] ============ link ============ [box b] - host b
 *	                   \                         /
 *	                    ======== server =========
 *
 * A packet from host a passes box a at once (the model's OUTBOUND step), is recorded as it looks
 * between the boxes, goes to the end that owns its destination, spends the delay of the link
 * between these two, and passes the box there when it comes out (the INBOUND step). A box answers
 * with a packet of its own, which starts at that box: an answer of box b to host a spends the
 * link's way back and passes box a inbound like any other packet.
 *
 * The models understand TCP and the ICMP errors about it; a box that is present drops all else.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "lab/wire_internal.h"
#include "lab/wire_port.h"

struct passage {
	struct segment segment;
	bool is_segment; /* something that the models understand */
	uint8_t frame[WIRE_FRAME_MAX];
	size_t n_bytes;
};

static uint16_t ethernet_type(const uint8_t *frame)
{
	return (uint16_t)(frame[12] << 8 | frame[13]);
}

static uint8_t *packet_of(struct passage *passage)
{
	return passage->frame + WIRE_ETHERNET_BYTES;
}

/* False for what no link between boxes carries: other protocols, and too short frames. */
static bool passage_init(struct passage *passage, const uint8_t *frame, size_t n_bytes)
{
	if (n_bytes <= WIRE_ETHERNET_BYTES || n_bytes > WIRE_FRAME_MAX)
		return false;
	if (ethernet_type(frame) != ETH_P_IP && ethernet_type(frame) != ETH_P_IPV6)
		return false;
	memcpy(passage->frame, frame, n_bytes);
	passage->n_bytes = n_bytes;
	passage->is_segment = segment_parse(&passage->segment, packet_of(passage),
					    n_bytes - WIRE_ETHERNET_BYTES) == 0;
	return true;
}

static void count(struct wire_state *state, size_t from, enum wire_fate fate)
{
	atomic_fetch_add(&state->trace->n_fates[from][fate], 1);
}

static uint32_t record_start(struct wire_state *state, size_t from, size_t to, bool is_by_box,
			     const struct passage *passage, uint64_t now_ns)
{
	struct wire_trace *trace = state->trace;
	uint32_t number = atomic_load(&trace->n_records);

	if (!passage->is_segment)
		return WIRE_NO_RECORD;
	if (number >= WIRE_TRACE_MAX) {
		atomic_fetch_add(&trace->n_unrecorded, 1);
		return WIRE_NO_RECORD;
	}
	trace->records[number] = (struct wire_record){
		.sent_ns = now_ns,
		.from = (uint8_t)from,
		.to = (uint8_t)to,
		.is_by_box = is_by_box,
		.segment = passage->segment,
	};
	atomic_store(&trace->n_records, number + 1);
	return number;
}

static void record_finish(struct wire_state *state, size_t from, uint32_t number,
			  enum wire_fate fate, uint64_t now_ns)
{
	count(state, from, fate);
	if (number == WIRE_NO_RECORD || number >= atomic_load(&state->trace->n_records))
		return;
	state->trace->records[number].fate = fate;
	state->trace->records[number].finished_ns = now_ns;
}

/* Puts the passage's frame on the link between two ends. */
static void transmit(struct wire_state *state, size_t from, size_t to, bool is_by_box,
		     const struct passage *passage, uint64_t now_ns)
{
	uint32_t number = record_start(state, from, to, is_by_box, passage, now_ns);
	struct wire_packet *packet;
	uint64_t due_ns = now_ns;

	if (to == WIRE_NO_END) {
		record_finish(state, from, number, WIRE_NOWHERE, now_ns);
		return;
	}
	switch (wire_shaper_step(&state->shapers[from][to], now_ns, passage->n_bytes,
				 &due_ns)) {
	case WIRE_SHAPE_LOSE:
		record_finish(state, from, number, WIRE_LOST, now_ns);
		return;
	case WIRE_SHAPE_OVERFLOW:
		record_finish(state, from, number, WIRE_OVERFLOWED, now_ns);
		return;
	case WIRE_SHAPE_SEND:
		break;
	}
	packet = wire_queue_take(state->queue);
	if (!packet) {
		record_finish(state, from, number, WIRE_OVERFLOWED, now_ns);
		return;
	}
	packet->due_ns = due_ns;
	packet->record = number;
	packet->from = (uint8_t)from;
	packet->to = (uint8_t)to;
	packet->n_bytes = (uint16_t)passage->n_bytes;
	memcpy(packet->frame, passage->frame, passage->n_bytes);
	wire_queue_push(state->queue, packet);
}

/* Out of the wire, to an end itself. */
static void deliver(struct wire_state *state, size_t to, const struct passage *passage)
{
	if (atomic_load(&state->trace->is_cut[to]))
		return;
	/* An interface that takes no more loses the packet, as any link does. */
	wire_port_send(state->port_fds[to], passage->frame, passage->n_bytes);
}

static void exchange(struct midair_endpoint *one, struct midair_endpoint *other)
{
	struct midair_endpoint kept = *one;

	*one = *other;
	*other = kept;
}

/* The end in the network behind a box where the packet's destination is; or WIRE_NO_END. */
static size_t find_inside(const struct wire_state *state, size_t box, struct passage *passage)
{
	for (size_t end = 0; end < state->routes.n_ends; end++)
		if (state->box_ends[end] == box &&
		    wire_addresses_own(&state->inner[end], packet_of(passage),
				       passage->n_bytes - WIRE_ETHERNET_BYTES))
			return end;
	return WIRE_NO_END;
}

/* What has passed a box inward. */
static void deliver_inside(struct wire_state *state, size_t box, struct passage *passage)
{
	size_t end = find_inside(state, box, passage);

	deliver(state, end != WIRE_NO_END ? end : box, passage);
}

/* Another seed: it gives out other ports than before. */
static void restart_box(struct wire_state *state, size_t end)
{
	struct wire_box *box = &state->boxes[end];
	uint32_t n_restarts = atomic_load(&state->trace->n_restarts[end]);

	if (n_restarts == state->n_restarts[end])
		return;
	state->n_restarts[end] = n_restarts;
	for (uint32_t n_moves = atomic_load(&state->trace->n_moves[end]);
	     state->n_moves[end] != n_moves; state->n_moves[end]++) {
		exchange(&box->external_ipv4, &box->spare_ipv4);
		exchange(&box->external_ipv6, &box->spare_ipv6);
	}
	nat_init(state->models[end], &box->behavior, &box->external_ipv4, &box->external_ipv6,
		 n_restarts * WIRE_ENDS_MAX + end);
}

static enum nat_verdict judge(struct wire_state *state, size_t end,
			      enum nat_direction direction, struct passage *passage,
			      uint64_t now_ns)
{
	enum nat_verdict verdict;

	if (!state->models[end])
		return NAT_FORWARD;
	restart_box(state, end);
	if (!passage->is_segment)
		return NAT_DROP;
	verdict = nat_step(state->models[end], now_ns, direction, &passage->segment);
	if (verdict == NAT_FORWARD || verdict == NAT_FORWARD_INSIDE)
		segment_rewrite(&passage->segment, packet_of(passage),
				passage->n_bytes - WIRE_ETHERNET_BYTES);
	return verdict;
}

/* Makes the box's answer to the passage. False when there is none to give. */
static bool make_answer(const struct wire_state *state, size_t box, enum nat_verdict verdict,
			const struct passage *passage, struct passage *answer)
{
	const struct wire_box *place = &state->boxes[box];
	bool is_ipv6 = passage->segment.source.family == MIDAIR_IPV6;
	uint8_t *out = answer->frame + WIRE_ETHERNET_BYTES;
	size_t n_bytes;

	if (verdict == NAT_ANSWER_RESET)
		n_bytes = segment_build_reset(&passage->segment, out);
	else
		n_bytes = segment_build_unreachable(
			is_ipv6 ? &place->external_ipv6 : &place->external_ipv4,
			passage->frame + WIRE_ETHERNET_BYTES,
			passage->n_bytes - WIRE_ETHERNET_BYTES, out);
	if (n_bytes == 0)
		return false;
	memcpy(answer->frame, passage->frame, WIRE_ETHERNET_BYTES);
	answer->n_bytes = n_bytes + WIRE_ETHERNET_BYTES;
	answer->is_segment = segment_parse(&answer->segment, out, n_bytes) == 0;
	return true;
}

static enum wire_fate fate_of(enum nat_verdict verdict)
{
	switch (verdict) {
	case NAT_FORWARD:
	case NAT_FORWARD_INSIDE:
		return WIRE_DELIVERED;
	case NAT_DROP:
		return WIRE_BOX_DROPPED;
	case NAT_ANSWER_RESET:
		return WIRE_BOX_RESET;
	case NAT_ANSWER_UNREACHABLE:
		return WIRE_BOX_UNREACHABLE;
	}
	return WIRE_BOX_DROPPED;
}

/* A packet that has not left the network behind the box. */
static bool stays_inside(struct wire_state *state, size_t box, struct passage *passage)
{
	size_t end = find_inside(state, box, passage);

	if (end != WIRE_NO_END && !state->is_isolated)
		deliver(state, end, passage);
	return end != WIRE_NO_END;
}

static void leave_box(struct wire_state *state, size_t from, struct passage *passage,
		      uint64_t now_ns)
{
	size_t box = state->box_ends[from];
	enum nat_verdict verdict = judge(state, box, NAT_OUTBOUND, passage, now_ns);
	struct passage answer;

	switch (verdict) {
	case NAT_FORWARD:
		transmit(state, box,
			 wire_route(&state->routes, box, packet_of(passage),
				    passage->n_bytes - WIRE_ETHERNET_BYTES),
			 false, passage, now_ns);
		return;
	case NAT_FORWARD_INSIDE:
		deliver_inside(state, box, passage);
		return;
	case NAT_DROP:
		count(state, box, WIRE_BOX_DROPPED);
		return;
	case NAT_ANSWER_RESET:
	case NAT_ANSWER_UNREACHABLE:
		count(state, box, fate_of(verdict));
		if (make_answer(state, box, verdict, passage, &answer))
			deliver(state, from, &answer);
		return;
	}
}

void wire_path_enter(struct wire_state *state, size_t from, const uint8_t *frame,
		     size_t n_bytes, uint64_t now_ns)
{
	struct passage passage;

	if (atomic_load(&state->trace->is_cut[from]) || !passage_init(&passage, frame, n_bytes))
		return;
	if (!stays_inside(state, state->box_ends[from], &passage))
		leave_box(state, from, &passage, now_ns);
}

void wire_path_leave(struct wire_state *state, struct wire_packet *packet, uint64_t now_ns)
{
	size_t from = packet->from;
	size_t to = packet->to;
	struct passage passage, answer;
	enum nat_verdict verdict;

	if (!passage_init(&passage, packet->frame, packet->n_bytes))
		return;
	verdict = judge(state, to, NAT_INBOUND, &passage, now_ns);
	if (verdict == NAT_FORWARD)
		deliver_inside(state, to, &passage);
	record_finish(state, from, packet->record, fate_of(verdict), now_ns);
	if ((verdict == NAT_ANSWER_RESET || verdict == NAT_ANSWER_UNREACHABLE) &&
	    make_answer(state, to, verdict, &passage, &answer))
		transmit(state, to, from, true, &answer, now_ns);
}
