/* SPDX-License-Identifier: MIT */
#include "os/portmap_http.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/socket.h"
#include "os/stream_socket.h"

void portmap_http_stop(struct portmap_http *http, struct loop *loop)
{
	if (http->fd >= 0)
		loop_forget(loop, http->fd);
	http->fd = close_fd(http->fd);
}

int portmap_http_start(struct portmap_http *http, struct loop *loop, uint32_t tag,
		       const struct midair_endpoint *remote, size_t n_request)
{
	struct sockaddr_storage address;
	size_t size = midair_endpoint_to_sockaddr(remote, &address);

	portmap_http_stop(http, loop);
	http->tag = tag;
	http->is_connected = false;
	http->n_request = n_request;
	http->n_sent = 0;
	http->n_input = 0;
	http->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  IPPROTO_TCP);
	if (http->fd < 0)
		return -errno;
	if (connect(http->fd, (const struct sockaddr *)&address, (socklen_t)size) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	/* Watched after connect(): before it the socket polls as hung up. */
	return loop_watch_stream(loop, http->fd, tag, true);
}

/* Returns 0, also when not all could be sent yet, or -errno. */
static int send_request(struct portmap_http *http, struct loop *loop)
{
	ssize_t n;

	if (!http->is_connected) {
		int result = socket_outcome(http->fd);

		if (result != 0)
			return result == -EINPROGRESS ? 0 : result;
		http->is_connected = true;
	}
	n = stream_socket_send(http->fd, http->request + http->n_sent,
			       http->n_request - http->n_sent);
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	http->n_sent += (size_t)n;
	if (http->n_sent < http->n_request)
		return 0;
	return loop_watch_stream(loop, http->fd, http->tag, false);
}

/* One read for each dispatch: a flood does not keep the caller from its other work. */
static enum http_progress receive(struct portmap_http *http, struct http_answer *answer)
{
	ssize_t n = stream_socket_receive(http->fd, http->input + http->n_input,
					  sizeof(http->input) - http->n_input);

	if (n == -EAGAIN)
		return HTTP_ANSWER_PARTIAL;
	if (n < 0)
		return HTTP_ANSWER_BAD;
	http->n_input += (size_t)n;
	return http_answer_read(http->input, http->n_input, n == 0, answer);
}

enum http_progress portmap_http_step(struct portmap_http *http, struct loop *loop,
				     struct http_answer *answer)
{
	enum http_progress progress = HTTP_ANSWER_PARTIAL;

	if (http->n_sent < http->n_request) {
		if (send_request(http, loop) != 0)
			progress = HTTP_ANSWER_BAD;
	} else {
		progress = receive(http, answer);
	}
	if (progress != HTTP_ANSWER_PARTIAL)
		portmap_http_stop(http, loop);
	return progress;
}
