/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * One NETLINK_SOCK_DIAG request for each family: a dump (walks the kernel's hash tables) or a
 * look-up of one tuple (a hash look-up, some microseconds whatever the table's size). Both work
 * without privileges. The answer comes in datagrams of up to 32 KiB, each with many messages;
 * memory here is one such buffer, whatever the number of rows.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "os/diag.h"

/* The kernel fills datagrams of a dump up to this size when the reader's buffer has room. */
#define ANSWER_BUFFER_SIZE 32768
/* The kernel answers at once; this is for a kernel that does not answer at all. */
#define ANSWER_TIMEOUT_MS 5000

struct walk {
	diag_row_handler handler;
	void *context;
	int result; /* of the handler */
};

static void close_socket(struct mnl_socket **socket)
{
	if (*socket != NULL)
		mnl_socket_close(*socket);
}
#define _cleanup_socket_ __attribute__((cleanup(close_socket)))

static int handle_message(const struct nlmsghdr *header, void *data)
{
	struct walk *walk = data;
	struct midair_row row;

	/* A message that we do not understand is not a reason to lose the others. */
	if (diag_parse_row(header, header->nlmsg_len, &row) != 0)
		return MNL_CB_OK;
	walk->result = walk->handler(walk->context, &row);
	return walk->result == 0 ? MNL_CB_OK : MNL_CB_STOP;
}

static int wait_for_answer(int fd)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	int n_ready;

	do
		n_ready = poll(&waiting, 1, ANSWER_TIMEOUT_MS);
	while (n_ready < 0 && errno == EINTR);
	if (n_ready < 0)
		return -errno;
	return n_ready == 0 ? -ETIMEDOUT : 0;
}

/* Reads one datagram. Returns its length or -errno. */
static ssize_t receive_answer(struct mnl_socket *socket, char *buffer)
{
	for (;;) {
		ssize_t n_bytes = mnl_socket_recvfrom(socket, buffer, ANSWER_BUFFER_SIZE);

		if (n_bytes >= 0)
			return n_bytes;
		if (errno == EAGAIN) {
			int result = wait_for_answer(mnl_socket_get_fd(socket));

			if (result < 0)
				return result;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

/* Feeds the answers to the walk until its end: after the last part of a dump, or after the one
 * message of a look-up. */
static int receive_answers(struct mnl_socket *socket, bool is_dump, struct walk *walk)
{
	char buffer[ANSWER_BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t n_bytes = receive_answer(socket, buffer);

		if (n_bytes < 0)
			return (int)n_bytes;
		/* Checks sequence and port; turns an error message and a torn dump into errno. */
		int more = mnl_cb_run(buffer, (size_t)n_bytes, 1, mnl_socket_get_portid(socket),
				      handle_message, walk);
		if (more < 0)
			return -errno;
		if (walk->result != 0)
			return walk->result;
		if (more == MNL_CB_STOP || !is_dump)
			return 0;
	}
}

enum question_kind { QUESTION_DUMP, QUESTION_LOOK_UP, QUESTION_DESTROY };

static uint16_t question_flags(enum question_kind kind)
{
	switch (kind) {
	case QUESTION_DUMP:
		return NLM_F_REQUEST | NLM_F_DUMP;
	case QUESTION_LOOK_UP:
		break;
	case QUESTION_DESTROY:
		return NLM_F_REQUEST | NLM_F_ACK;
	}
	return NLM_F_REQUEST;
}

static int ask(const struct inet_diag_req_v2 *question, enum question_kind kind,
	       struct walk *walk)
{
	char buffer[NLMSG_SPACE(sizeof(*question))] __attribute__((aligned(NLMSG_ALIGNTO)));
	_cleanup_socket_ struct mnl_socket *socket =
		mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = kind == QUESTION_DESTROY ? SOCK_DESTROY : SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = question_flags(kind);
	header->nlmsg_seq = 1;
	memcpy(mnl_nlmsg_put_extra_header(header, sizeof(*question)), question,
	       sizeof(*question));
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return -errno;
	return receive_answers(socket, kind == QUESTION_DUMP, walk);
}

int diag_walk_choice(const struct diag_choice *choice, diag_row_handler handler, void *context)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct walk walk = {.handler = handler, .context = context};
		struct inet_diag_req_v2 question = {
			.sdiag_family = families[i],
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = choice->states,
			.idiag_ext = choice->wants_facts ? 1 << (INET_DIAG_INFO - 1) : 0,
			.id =
				{
					.idiag_sport = htons(choice->local_port),
					.idiag_dport = htons(choice->remote_port),
				},
		};
		int result = ask(&question, QUESTION_DUMP, &walk);

		/* A kernel without IPv6 has IPv4's table all the same. */
		if (result == -ENOENT && families[i] == AF_INET6)
			continue;
		if (result != 0)
			return result;
	}
	return 0;
}

int diag_walk(uint32_t states, diag_row_handler handler, void *context)
{
	const struct diag_choice choice = {.states = states};

	return diag_walk_choice(&choice, handler, context);
}

struct search {
	const struct midair_endpoint *local;
	const struct midair_endpoint *remote;
	struct midair_row *row;
	bool is_found;
};

/* For a tuple that does not exist the kernel answers with the listener that would take its SYN:
 * compare. */
static int take_found_row(void *context, const struct midair_row *row)
{
	struct search *search = context;

	if (!diag_is_pair(row, search->local, search->remote))
		return 0;
	*search->row = *row;
	search->is_found = true;
	return 0;
}

static struct inet_diag_req_v2 question_of_pair(const struct midair_endpoint *local,
						const struct midair_endpoint *remote,
						const uint32_t cookie[2])
{
	struct inet_diag_req_v2 question = {
		.sdiag_family = local->family == MIDAIR_IPV4 ? AF_INET : AF_INET6,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = DIAG_STATES_ALL,
		.id =
			{
				.idiag_sport = htons(local->port),
				.idiag_dport = htons(remote->port),
				.idiag_if = local->scope_id,
				.idiag_cookie = {cookie[0], cookie[1]},
			},
	};

	memcpy(question.id.idiag_src, local->address, sizeof(local->address));
	memcpy(question.id.idiag_dst, remote->address, sizeof(remote->address));
	return question;
}

int diag_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
	      struct midair_row *row)
{
	static const uint32_t any[2] = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE};
	struct search search = {.local = local, .remote = remote, .row = row};
	struct walk walk = {.handler = take_found_row, .context = &search};
	const struct inet_diag_req_v2 question = question_of_pair(local, remote, any);
	int result = ask(&question, QUESTION_LOOK_UP, &walk);

	if (result != 0)
		return result;
	return search.is_found ? 0 : -ENOENT;
}

static int take_no_row(void *context, const struct midair_row *row)
{
	(void)context;
	(void)row;
	return 0;
}

int diag_destroy(const struct midair_row *row)
{
	const uint32_t cookie[2] = {(uint32_t)row->cookie, (uint32_t)(row->cookie >> 32)};
	struct walk walk = {.handler = take_no_row};
	const struct inet_diag_req_v2 question =
		question_of_pair(&row->local, &row->remote, cookie);
	int result = ask(&question, QUESTION_DESTROY, &walk);

	/* -ESTALE: the pair has another socket by now. */
	return result == -ESTALE ? -ENOENT : result;
}

bool diag_has_cookies(void)
{
	return true;
}

const char *diag_feature(void)
{
	return "libmnl";
}
