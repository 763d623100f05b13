/* SPDX-License-Identifier: MIT */
/*
 * What a volley costs: 1,024 destinations dialled from one local port, as a birthday does it, in
 * processor time of the thread that dials. On loopback, where the same processor time also pays for
 * the other end: each SYN is refused at once, the RST is read, and the socket closed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/statistics.h"
#include "lib/volley.h"

#define N_DESTINATIONS PLAN_DESTINATIONS_MAX
#define N_ROUNDS       21
#define GOAL_NS	       INT64_C(30000000)
#define NS_PER_MS      1e6
#define TIMEOUT_NS     UINT64_C(10000000000)

struct pairing {
	struct volley_run *run;
};

static void on_descriptor(struct midair_session *session, uint32_t tag)
{
	if (session->pairing->run != NULL)
		volley_run_ready(session->pairing->run, tag);
}

static uint64_t deadline(const struct midair_session *session)
{
	return session->pairing->run != NULL ? volley_run_deadline(session->pairing->run)
					     : UINT64_MAX;
}

static void on_time(struct midair_session *session)
{
	volley_run_time(session->pairing->run);
}

static void on_over(struct midair_session *session)
{
	session->pairing->run = volley_run_free(session->pairing->run);
}

static void free_pairing(struct pairing *pairing)
{
	pairing->run = volley_run_free(pairing->run);
}

static const struct pairing_calls calls = {
	.on_descriptor = on_descriptor,
	.deadline = deadline,
	.on_time = on_time,
	.on_over = on_over,
	.free = free_pairing,
};

static int64_t processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int open_session(struct midair_session **session, struct pairing *pairing)
{
	static const uint8_t psk[TLS_PSK_BYTES] = {1};
	struct session_opening opening = {.is_family_wanted = {[HOLDER_IPV4] = true}};
	int result = midair_endpoint_parse(&opening.local, "127.0.70.1:1");

	opening.local.port = 0;
	if (result == 0)
		result = session_open_unstarted(session, &opening);
	if (result != 0)
		return result;
	(*session)->pairing = pairing;
	(*session)->pairing_calls = &calls;
	return session_start_authenticated(*session, true, psk, TIMEOUT_NS);
}

static int run_until_sent(struct midair_session *session, const struct pairing *pairing)
{
	int result = 0;

	while (result == 0 && volley_run_syns(pairing->run) < N_DESTINATIONS) {
		struct pollfd one = {.fd = midair_session_fd(session), .events = POLLIN};

		if (poll(&one, 1, 1000) <= 0)
			return -ETIME;
		result = midair_session_dispatch(session);
	}
	return result;
}

static int measure(int64_t *spent_ns)
{
	struct pairing pairing = {NULL};
	struct midair_session *session = NULL;
	struct volley_run_config config = {
		.volley = {.side = {.targets = PLAN_TARGETS_RANDOM,
				    .spread = 1,
				    .n_targets = N_DESTINATIONS,
				    .n_volleys = 1},
			   .timeout_ns = TIMEOUT_NS},
		.first_tag = PAIRING_TAG,
	};
	int result = open_session(&session, &pairing);
	int64_t begin_ns = processor_ns();

	if (result == 0)
		result = midair_endpoint_parse(&config.volley.peer, "127.0.70.2:1");
	if (result == 0) {
		config.local = session->local[HOLDER_IPV4];
		result = volley_run_new(&pairing.run, session, &config);
	}
	if (result == 0)
		result = run_until_sent(session, &pairing);
	*spent_ns = processor_ns() - begin_ns;
	midair_session_free(session);
	return result;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
	int64_t spent_ns[N_ROUNDS];
	struct summary summary;

	raise_limit();
	for (int i = 0; i < N_ROUNDS; i++) {
		int result = measure(&spent_ns[i]);

		if (result != 0) {
			fprintf(stderr, "bench: volley: %s\n", midair_strerror(result));
			return 1;
		}
	}
	summary = summarise(spent_ns, N_ROUNDS);
	printf("volley: %u destinations from one local port: %.1f ms of one processor "
	       "(median of %d), %.1f ms at most; goal %.0f ms: %s\n",
	       N_DESTINATIONS, (double)summary.median / NS_PER_MS, N_ROUNDS,
	       (double)summary.largest / NS_PER_MS, (double)GOAL_NS / NS_PER_MS,
	       summary.median < GOAL_NS ? "reached" : "missed");
	return summary.median < GOAL_NS ? 0 : 1;
}
