/* SPDX-License-Identifier: MIT */
#include "os/tuple_state.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

/* The header is followed by a struct inet_diag_msg or a struct nlmsgerr. */
union answer {
	struct nlmsghdr header;
	char bytes[1024];
};

static void set_address(uint32_t words[4], const struct midair_endpoint *endpoint)
{
	memcpy(words, endpoint->address, sizeof(endpoint->address));
}

static int send_question(int fd, const struct midair_endpoint *local,
			 const struct midair_endpoint *remote)
{
	struct question question = {
		.header = {.nlmsg_len = sizeof(question),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST},
		.request = {.sdiag_family = local->family == MIDAIR_IPV6 ? AF_INET6 : AF_INET,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_states = UINT32_MAX,
			    .id = {.idiag_sport = htons(local->port),
				   .idiag_dport = htons(remote->port),
				   .idiag_if = remote->scope_id,
				   .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
	};

	set_address(question.request.id.idiag_src, local);
	set_address(question.request.id.idiag_dst, remote);
	return send(fd, &question, sizeof(question), 0) < 0 ? -errno : 0;
}

/* A listener on the port is an answer, too, where there is no connection. */
static int state_of(const struct inet_diag_msg *message)
{
	return message->idiag_state == MIDAIR_TCP_LISTEN ? 0 : message->idiag_state;
}

/* The kernel has answered by the time send() returns. */
static int receive_answer(int fd)
{
	union answer answer;
	ssize_t length = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	const struct nlmsgerr *error = NLMSG_DATA(&answer.header);

	if (length < 0)
		return -errno;
	if (answer.header.nlmsg_type == NLMSG_ERROR &&
	    length >= (ssize_t)NLMSG_LENGTH(sizeof(*error)))
		return error->error == -ENOENT ? 0 : error->error;
	if (answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    length < (ssize_t)NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		return -EPROTO;
	return state_of(NLMSG_DATA(&answer.header));
}

int tuple_state_read(const struct midair_endpoint *local, const struct midair_endpoint *remote)
{
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	int result;

	if (fd < 0)
		return -errno;
	result = send_question(fd, local, remote);
	return result != 0 ? result : receive_answer(fd);
}
