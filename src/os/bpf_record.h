/* SPDX-License-Identifier: MIT */
/* bpf_record: what bpf_table.bpf.c writes for each socket and each descriptor of a socket, and
 * bpf_table.c reads. Both are compiled together; the layout is no interface. */
#ifndef MIDAIR_OS_BPF_RECORD_H
#define MIDAIR_OS_BPF_RECORD_H

#include <stdint.h>

/* What the reader wants; set before the programs are loaded. */
struct bpf_wishes {
	uint32_t states;
	uint16_t local_port;  /* 0: any */
	uint16_t remote_port; /* network order */
	uint32_t wants_facts;
};

#define BPF_RECORD_REUSE_ADDRESS 1u
#define BPF_RECORD_REUSE_PORT	 2u
/* A live socket's record that has the facts of TCP_INFO. */
#define BPF_RECORD_HAS_FACTS 4u

struct bpf_socket_record {
	uint8_t local_address[16];
	uint8_t remote_address[16];
	uint64_t inode;
	uint64_t cookie;
	int64_t timer_ticks; /* of the kernel's clock, until the timer ends */
	uint32_t receive_queue_bytes;
	uint32_t send_queue_bytes;
	uint32_t uid;
	uint32_t interface;
	uint16_t local_port;
	uint16_t remote_port; /* network order */
	uint16_t family;      /* AF_INET or AF_INET6 */
	uint8_t state;
	uint8_t timer; /* enum midair_timer */
	uint32_t flags;
	uint32_t reserved;
};

/* Follows the record when the reader asked for it. */
struct bpf_facts_record {
	uint32_t round_trip_us;
	uint32_t round_trip_variation_us;
	uint32_t round_trip_min_us;
	uint32_t congestion_window;
	uint32_t segment_bytes;
	uint32_t n_retransmitted;
	uint64_t bytes_sent;
	uint64_t bytes_acknowledged;
	uint64_t bytes_received;
};

struct bpf_full_record {
	struct bpf_socket_record socket;
	struct bpf_facts_record facts;
};

struct bpf_owner_record {
	uint64_t inode;
	int32_t pid;
	char name[16];
	uint32_t reserved;
};

#endif
