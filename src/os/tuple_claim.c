/* SPDX-License-Identifier: MIT */
#include "os/tuple_claim.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/cleanup.h"

int tuple_claim_take(const struct midair_endpoint *local, const struct midair_endpoint *remote)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char from[MIDAIR_ENDPOINT_TEXT_SIZE], to[MIDAIR_ENDPOINT_TEXT_SIZE];
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* An abstract name: its first byte is NUL. Two IPv6 ends with scopes may be cut: then two
	 * tuples have one claim, which costs one of them a try. */
	int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "midair %s %s",
			      midair_endpoint_format(local, from),
			      midair_endpoint_format(remote, to));
	if (length >= (int)sizeof(name.sun_path) - 1)
		length = (int)sizeof(name.sun_path) - 2;
	if (bind(fd, (const struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)length) <
	    0)
		return -errno;
	return take_fd(&fd);
}
