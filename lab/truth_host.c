/* SPDX-License-Identifier: MIT */
/* truth_host: the kernel's facts, looked at by other calls than the library's, in settings that no
 * kernel has by itself. */
#include "lab/truth.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>

#include "lab/namespace.h"
#include "lab/network.h"
#include "lab/sysctl.h"
#include "os/cleanup.h"

#define SYN_RETRIES  5
#define FIRST_PORT   21000
#define LAST_PORT    47000
#define RETRIES_TEXT "5"
#define RANGE_TEXT   "21000 47000"

/* <linux/in.h> and <linux/tcp.h> of a kernel that has them. */
#define LOCAL_PORT_RANGE 51
#define RTO_MAX_MS	 44

#define SELF_MS 2000

/* The maximum error grows by 0.5 ms a second while nobody sets the clock. */
#define ERROR_TOLERANCE_US 1000000

static int enter_host(const struct network *network, struct lab_reason *reason)
{
	int error = namespace_enter(network_host_namespace(network, LAB_A));

	return error ? lab_fail(reason, -error, "cannot enter the host's namespace") : 0;
}

int truth_host_prepare(const struct network *network, struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int error = enter_host(network, reason);

	if (!error)
		error = sysctl_set("net/ipv4/tcp_syn_retries", RETRIES_TEXT, reason);
	if (!error)
		error = sysctl_set("net/ipv4/ip_local_port_range", RANGE_TEXT, reason);
	namespace_enter(home);
	return error;
}

static bool takes_option(int level, int name, uint32_t value)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* SYN meets SYN: a connected socket that has sent itself what it reads. */
static bool is_connected_to_itself(void)
{
	struct sockaddr_in self = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_cleanup_close_ int fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	struct pollfd one = {.fd = fd, .events = POLLIN};
	socklen_t size = sizeof(self);
	char byte = 'a';

	if (bind(fd, (const struct sockaddr *)&self, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &size) < 0 ||
	    (connect(fd, (const struct sockaddr *)&self, size) < 0 && errno != EINPROGRESS))
		return false;
	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && poll(&one, 1, SELF_MS) == 1 &&
	       recv(fd, &byte, 1, 0) == 1 && byte == 'a';
}

static void look(struct truth_host *host)
{
	struct timex clock = {.modes = 0};
	int state = adjtimex(&clock);

	*host = (struct truth_host){
		.opens_simultaneously = is_connected_to_itself(),
		.has_syn_interval = takes_option(IPPROTO_TCP, RTO_MAX_MS, 2000),
		.has_pin = takes_option(IPPROTO_IP, LOCAL_PORT_RANGE,
					(uint32_t)LAST_PORT << 16 | FIRST_PORT),
		.syn_retries = SYN_RETRIES,
		.first_port = FIRST_PORT,
		.last_port = LAST_PORT,
		.is_synchronised = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0,
		.maximum_error_us = clock.maxerror,
	};
}

int truth_host_look(struct truth_host *host, const struct network *network,
		    struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	int error = enter_host(network, reason);

	if (error)
		return error;
	look(host);
	namespace_enter(home);
	return 0;
}

static const char *word_of(bool is_yes)
{
	return midair_answer_name(is_yes ? MIDAIR_YES : MIDAIR_NO);
}

void truth_compare_host(struct truth_result *result, const struct truth_host *truth,
			const struct midair_host *is)
{
	int64_t difference_us = is->clock.maximum_error_us - truth->maximum_error_us;

	truth_word(result, "simultaneous_open", midair_answer_name(is->simultaneous_open),
		   word_of(truth->opens_simultaneously));
	truth_word(result, "syn_interval", midair_answer_name(is->syn_interval),
		   word_of(truth->has_syn_interval));
	truth_word(result, "pin", midair_answer_name(is->pin), word_of(truth->has_pin));
	truth_number(result, "syn_retries", is->syn_retries, truth->syn_retries);
	truth_number(result, "first_port", is->first_port, truth->first_port);
	truth_number(result, "last_port of the host", is->last_port, truth->last_port);
	truth_word(result, "clock", midair_result_name(is->clock_result),
		   midair_result_name(0));
	truth_number(result, "clock_synchronised", is->clock.synchronised,
		     truth->is_synchronised);
	truth_field(result, "clock_error_ms", llabs(difference_us) < ERROR_TOLERANCE_US,
		    "another", "the kernel's");
}
