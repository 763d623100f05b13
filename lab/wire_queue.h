/* SPDX-License-Identifier: MIT */
/* wire_queue: the packets that are in the air, soonest first. A fixed number, no allocation
 * after wire_queue_new(). */
#ifndef MIDAIR_LAB_WIRE_QUEUE_H
#define MIDAIR_LAB_WIRE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

/* An Ethernet frame with an MTU of 1,500 bytes. */
#define WIRE_FRAME_MAX 1514
/* Packets in the air in all directions together; when full, a new one is dropped. */
#define WIRE_PACKETS_MAX 8192

struct wire_packet {
	uint64_t due_ns;
	uint64_t order; /* of entering: breaks ties of due_ns */
	uint32_t record;
	uint8_t from; /* ends of the wire */
	uint8_t to;
	uint16_t n_bytes;
	uint8_t frame[WIRE_FRAME_MAX];
};

struct wire_queue;

struct wire_queue *wire_queue_new(void);
struct wire_queue *wire_queue_free(struct wire_queue *queue);

/* A packet to fill in, not yet in the queue; NULL when all are in use. */
struct wire_packet *wire_queue_take(struct wire_queue *queue);
/* Gives a packet back. */
void wire_queue_give(struct wire_queue *queue, struct wire_packet *packet);

void wire_queue_push(struct wire_queue *queue, struct wire_packet *packet);
/* When the soonest packet is due; UINT64_MAX for none. */
uint64_t wire_queue_due_ns(const struct wire_queue *queue);
/* Removes the soonest packet; there must be one. */
struct wire_packet *wire_queue_pop(struct wire_queue *queue);

#endif
