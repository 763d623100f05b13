/* SPDX-License-Identifier: MIT */
/* check_host: what this host's kernel can do. */
#include <errno.h>

#include "lib/check_internal.h"
#include "os/cleanup.h"
#include "os/dial_socket.h"
#include "os/port_range.h"
#include "os/socket.h"

static enum midair_answer answer(bool is_yes)
{
	return is_yes ? MIDAIR_YES : MIDAIR_NO;
}

/* A connection of one socket to itself is a simultaneous open without anybody else. */
static void read_simultaneous_open(struct midair_host *host)
{
	const struct midair_endpoint loopback[] = {
		{.family = MIDAIR_IPV4, .address = {127, 0, 0, 1}},
		{.family = MIDAIR_IPV6, .address = {[15] = 1}},
	};
	_cleanup_close_ int fd = -1;

	host->self_result = midair_self_connect(&loopback[0], &fd);
	if (host->self_result == -EAFNOSUPPORT || host->self_result == -EADDRNOTAVAIL)
		host->self_result = midair_self_connect(&loopback[1], &fd);
	if (host->self_result == 0)
		host->simultaneous_open = MIDAIR_YES;
	else if (host->self_result == MIDAIR_E_UNSUPPORTED)
		host->simultaneous_open = MIDAIR_NO;
}

void check_host_read(struct midair_host *host)
{
	struct port_range range = {0};

	*host = (struct midair_host){.syn_retries = -1};
	read_simultaneous_open(host);
	host->syn_interval = answer(socket_can_set_syn_interval());
	host->pin = answer(dial_socket_probe_pin() == 0);
	(void)port_range_read_setting("tcp_syn_retries", &host->syn_retries);
	if (port_range_read(&range) == 0) {
		host->first_port = range.first;
		host->last_port = range.last;
	}
	host->clock_result = midair_clock_read(&host->clock);
}
