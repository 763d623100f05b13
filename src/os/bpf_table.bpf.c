/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * Two BPF iterators. "sockets" is called for each TCP socket of the reader's network namespace,
 * "owners" for each open descriptor of each process that the reader's pid namespace shows; both
 * write one record into the iterator's file. That spares what makes the ordinary ways slow: a
 * netlink message for each row, and a look-up in /proc for each descriptor.
 *
 * The numbers are computed as inet_diag.c and tcp_diag.c of the kernel compute them for
 * sock_diag, so that both ways show the same rows. The kernel's structures are declared here
 * with the members that are used; the loader moves every access to where the running kernel has
 * the member (CO-RE), and a member that exists only in some versions is asked for first.
 */
#include <stdbool.h>
#include <stddef.h>

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "os/bpf_record.h"

/* The kernel lets only programs under the GPL or a licence compatible with it write records. */
char license_text[] SEC("license") = "Dual MIT/GPL";

/* ---- the kernel's structures, as far as needed -------------------------------------------- */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net;

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	__u8 in6_u[16];
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct hlist_node {
	struct hlist_node **pprev;
};

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
};

struct inode {
	unsigned long i_ino;
};

struct sock;

struct proto_ops {
	int family;
};

struct socket {
	const struct proto_ops *ops;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sock {
	struct sock_common __sk_common;
	struct timer_list sk_timer;
	__u32 sk_ack_backlog;
	unsigned long sk_ino; /* Linux 6.18 */
	struct socket *sk_socket;
};

struct inet_sock {
	struct sock sk;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	unsigned long icsk_timeout;		 /* until Linux 6.17 */
	struct timer_list icsk_retransmit_timer; /* has the instant since then */
	struct timer_list icsk_keepalive_timer;	 /* where it is no longer sk_timer */
	__u8 icsk_pending;
};

struct minmax_sample {
	__u32 t;
	__u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 mss_cache;
	__u32 snd_cwnd;
	__u32 copied_seq;
	struct minmax rtt_min;
	__u64 bytes_sent;
	__u32 write_seq;
	__u32 mdev_us;
	__u32 rcv_nxt;
	__u32 snd_una;
	__u32 srtt_us;
	__u64 bytes_received;
	__u64 bytes_acked;
	__u32 total_retrans;
};

struct inet_timewait_sock {
	unsigned char tw_substate;
	struct timer_list tw_timer;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
};

struct request_sock {
	struct timer_list rsk_timer;
};

struct inet_request_sock {
	struct request_sock req;
};

struct tcp_request_sock {
	struct inet_request_sock req;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	__s32 pid;
	__s32 tgid;
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
	char comm[16];
};

struct file {
	struct inode *f_inode;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	__u32 uid;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define AF_INET	 2
#define AF_INET6 10

enum { TCP_TIME_WAIT = 6, TCP_LISTEN = 10, TCP_NEW_SYN_RECV = 12, TCP_SYN_RECV = 3 };
/* icsk_pending */
enum { PENDING_RETRANSMIT = 1, PENDING_PROBE = 3, PENDING_LOSS_PROBE = 5, PENDING_REORDER = 6 };
/* As sock_diag numbers them, and enum midair_timer. */
enum { TIMER_RETRANSMIT = 1, TIMER_KEEPALIVE, TIMER_TIME_WAIT, TIMER_PROBE };

/* The only variable in the section of constants: the loader writes it there. */
const volatile struct bpf_wishes wishes;

/* ---- sockets ------------------------------------------------------------------------------ */

static __always_inline __s64 ticks_until(unsigned long expires)
{
	return (__s64)(expires - bpf_jiffies64());
}

static __always_inline void set_timer(struct bpf_socket_record *record, __u8 timer,
				      unsigned long expires)
{
	record->timer = timer;
	record->timer_ticks = ticks_until(expires);
}

static __always_inline unsigned long pending_expires(struct inet_connection_sock *connection)
{
	if (bpf_core_field_exists(connection->icsk_timeout))
		return connection->icsk_timeout;
	return connection->icsk_retransmit_timer.expires;
}

static __always_inline void read_keepalive(struct bpf_socket_record *record,
					   struct inet_connection_sock *connection)
{
	if (bpf_core_field_exists(connection->icsk_keepalive_timer)) {
		if (connection->icsk_keepalive_timer.entry.pprev != NULL)
			set_timer(record, TIMER_KEEPALIVE,
				  connection->icsk_keepalive_timer.expires);
	} else if (connection->icsk_inet.sk.sk_timer.entry.pprev != NULL) {
		set_timer(record, TIMER_KEEPALIVE, connection->icsk_inet.sk.sk_timer.expires);
	}
}

static __always_inline void read_timer(struct bpf_socket_record *record,
				       struct inet_connection_sock *connection)
{
	__u8 pending = connection->icsk_pending;

	if (pending == PENDING_RETRANSMIT || pending == PENDING_REORDER ||
	    pending == PENDING_LOSS_PROBE)
		set_timer(record, TIMER_RETRANSMIT, pending_expires(connection));
	else if (pending == PENDING_PROBE)
		set_timer(record, TIMER_PROBE, pending_expires(connection));
	else
		read_keepalive(record, connection);
}

static __always_inline __u64 inode_of(struct sock *sk)
{
	if (bpf_core_field_exists(sk->sk_ino))
		return sk->sk_ino;
	struct socket_alloc *opened = (struct socket_alloc *)sk->sk_socket;

	return opened == NULL ? 0 : BPF_CORE_READ(opened, vfs_inode.i_ino);
}

static __always_inline void read_live(struct bpf_full_record *full, struct tcp_sock *tcp)
{
	struct bpf_socket_record *record = &full->socket;
	struct sock *sk = &tcp->inet_conn.icsk_inet.sk;

	record->inode = inode_of(sk);
	read_timer(record, &tcp->inet_conn);
	if (record->state == TCP_LISTEN) {
		record->receive_queue_bytes = sk->sk_ack_backlog;
		return;
	}
	__s32 unread = (__s32)(tcp->rcv_nxt - tcp->copied_seq);

	record->receive_queue_bytes = unread > 0 ? (__u32)unread : 0;
	record->send_queue_bytes = tcp->write_seq - tcp->snd_una;
	if (wishes.wants_facts == 0)
		return;
	record->flags |= BPF_RECORD_HAS_FACTS;
	full->facts.round_trip_us = tcp->srtt_us >> 3;
	full->facts.round_trip_variation_us = tcp->mdev_us >> 2;
	full->facts.round_trip_min_us = tcp->rtt_min.s[0].v;
	full->facts.congestion_window = tcp->snd_cwnd;
	full->facts.segment_bytes = tcp->mss_cache;
	full->facts.n_retransmitted = tcp->total_retrans;
	full->facts.bytes_sent = tcp->bytes_sent;
	full->facts.bytes_acknowledged = tcp->bytes_acked;
	full->facts.bytes_received = tcp->bytes_received;
}

static __always_inline void read_addresses(struct bpf_socket_record *record,
					   struct sock_common *common)
{
	if (record->family == AF_INET) {
		*(__be32 *)record->local_address = common->skc_rcv_saddr;
		*(__be32 *)record->remote_address = common->skc_daddr;
		return;
	}
	bpf_probe_read_kernel(record->local_address, 16, &common->skc_v6_rcv_saddr);
	bpf_probe_read_kernel(record->remote_address, 16, &common->skc_v6_daddr);
}

static __always_inline void read_common(struct bpf_socket_record *record,
					struct sock_common *common)
{
	read_addresses(record, common);
	record->local_port = common->skc_num;
	record->remote_port = common->skc_dport;
	record->interface = (__u32)common->skc_bound_dev_if;
	record->cookie = bpf_get_socket_cookie(common);
	if (BPF_CORE_READ_BITFIELD(common, skc_reuse))
		record->flags |= BPF_RECORD_REUSE_ADDRESS;
	if (BPF_CORE_READ_BITFIELD(common, skc_reuseport))
		record->flags |= BPF_RECORD_REUSE_PORT;
}

/* Of the three kinds of sockets in the kernel's table only the live one has a uid, an inode and
 * queues. Returns false when the socket is none of them any more. */
static __always_inline bool read_kind(struct bpf_full_record *full, struct sock_common *common,
				      __u32 uid)
{
	struct bpf_socket_record *record = &full->socket;

	if (record->state == TCP_TIME_WAIT) {
		struct tcp_timewait_sock *waiting = bpf_skc_to_tcp_timewait_sock(common);

		if (waiting == NULL)
			return false;
		record->state = waiting->tw_sk.tw_substate;
		set_timer(record, TIMER_TIME_WAIT, waiting->tw_sk.tw_timer.expires);
	} else if (record->state == TCP_NEW_SYN_RECV) {
		struct tcp_request_sock *request = bpf_skc_to_tcp_request_sock(common);

		if (request == NULL)
			return false;
		set_timer(record, TIMER_RETRANSMIT, request->req.req.rsk_timer.expires);
	} else {
		struct tcp_sock *tcp = bpf_skc_to_tcp_sock(common);

		if (tcp == NULL)
			return false;
		record->uid = uid;
		read_live(full, tcp);
	}
	return (wishes.states & (1u << (record->state & 31))) != 0;
}

static __always_inline bool is_wanted(struct sock_common *common)
{
	__u8 state = common->skc_state;

	if (wishes.local_port != 0 && common->skc_num != wishes.local_port)
		return false;
	if (wishes.remote_port != 0 && common->skc_dport != wishes.remote_port)
		return false;
	/* In TIME_WAIT's structure the state may be FIN_WAIT2 too: read_kind() knows. */
	return state == TCP_TIME_WAIT || (wishes.states & (1u << (state & 31))) != 0;
}

SEC("iter/tcp")
int walk_sockets(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct bpf_full_record full = {.socket = {.flags = 0}};

	if (common == NULL || !is_wanted(common))
		return 0;
	full.socket.family = common->skc_family;
	full.socket.state = common->skc_state;
	read_common(&full.socket, common);
	if (!read_kind(&full, common, context->uid))
		return 0;
	if (full.socket.state == TCP_NEW_SYN_RECV)
		full.socket.state = TCP_SYN_RECV;
	/* A record that finds no room is asked for again. */
	if (wishes.wants_facts != 0)
		bpf_seq_write(context->meta->seq, &full, sizeof(full));
	else
		bpf_seq_write(context->meta->seq, &full.socket, sizeof(full.socket));
	return 0;
}

/* ---- owners ------------------------------------------------------------------------------- */

/* The number of a process as the reader's pid namespace has it. */
static __always_inline __s32 pid_seen_by(struct task_struct *reader, struct task_struct *task)
{
	__u64 level = reader->thread_pid->level;
	__u64 numbers = (__u64)(unsigned long)task->thread_pid->numbers;
	__s32 number = task->tgid;

	if (level > 0)
		bpf_probe_read_kernel(
			&number, sizeof(number),
			(void *)(numbers + level * bpf_core_type_size(struct upid)));
	return number;
}

SEC("iter/task_file")
int walk_owners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct task_struct *reader = bpf_get_current_task_btf();
	struct bpf_owner_record record = {.inode = 0};

	/* The files of a thread that has its own are not looked at in /proc either. */
	if (task == NULL || file == NULL || task->pid != task->tgid)
		return 0;
	struct socket *opened = bpf_sock_from_file(file);

	if (opened == NULL)
		return 0;
	/* Not the socket's own family: reading it costs one more miss of the cache. */
	int family = opened->ops->family;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	record.inode = file->f_inode->i_ino;
	record.pid = pid_seen_by(reader, task);
	bpf_probe_read_kernel(record.name, sizeof(record.name), task->comm);
	bpf_seq_write(context->meta->seq, &record, sizeof(record));
	return 0;
}
