/* SPDX-License-Identifier: MIT */
/* Scene 2: both ends connect at once, nobody listens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cli/exit.h"
#include "cli/tour.h"
#include "cli/tour_host.h"
#include "cli/tour_ladder.h"
#include "cli/tour_page.h"
#include "lab/namespace.h"
#include "lab/network.h"

/* From building the network to the agreed instant. */
#define LEAD_NS	     INT64_C(300000000)
#define ACT_LIMIT_MS 20000
#define LAST_EVENTS  4

struct act {
	const char *title;
	const char *scenario; /* a line of scenarios.conf's form */
	bool is_connecting;
	bool is_crossing;
	bool has_rows;
	const char *text;
};

static const struct act acts[] = {
	{
		.title =
			"two hosts, 80 ms of round trip apart, both bind 1314, both connect at one "
			"agreed instant",
		.scenario = "at-once rtt=80ms flags=once expect=connect",
		.is_connecting = true,
		.is_crossing = true,
		.has_rows = true,
		.text = "Why: a socket in SYN-SENT that receives a SYN instead of the SYN-ACK it waits "
			"for answers with SYN-ACK and goes on: TCP has no client and no server, only "
			"two ends (RFC 9293, 3.5, figure 7; 3.10.7.3; MUST-10). The two SYNs passed "
			"each other in mid-air, 40 ms from either end, and each end is ESTABLISHED one "
			"round trip after its own start.",
	},
	{
		.title =
			"the same again, each host behind a NAT that answers a stranger's SYN with RST",
		.scenario = "through-nats a=rst b=rst rtt=80ms flags=once expect=connect",
		.is_connecting = true,
		.is_crossing = true,
		.has_rows = true,
		.text = "Why: a NAT lets in what belongs to a connection that began inside. Each SYN on its "
			"way out makes its own NAT expect the other one, just in time, and to each NAT "
			"the connection was opened from within (RFC 5382, REQ-2). Neither host could "
			"have been called: no port is open anywhere.",
	},
	{
		.title = "one side far too late, a second after the other, one SYN each",
		.scenario = "too-late a=rst b=rst rtt=80ms skew=1s flags=once expect=refused",
		.text = "Why: when a's SYN arrived there was no connection at b it could belong to, and the "
			"NAT said so with a RST (a host without a NAT does the same: RFC 9293, "
			"3.10.7.1). That ended a's attempt, so a second later b's SYN found nobody "
			"either. With one SYN each, both must leave within the one-way delay, 40 ms.",
	},
	{
		.title =
			"just as late, but a refusal is dialled again at once, as midair meet does",
		.scenario = "redialled a=rst b=rst rtt=80ms skew=1s expect=connect",
		.is_connecting = true,
		.is_crossing = true,
		.text = "Why: each refusal tells a that its SYN has been there and back, and the next one "
			"leaves from the same port within 0.2 ms. So there is always one under way, and "
			"when b comes at last the two meet within one round trip of b's start. No "
			"clock was needed.",
	},
};

/* The two hosts of an act while it runs. */
struct stage {
	struct network *network;
	struct tour_account *accounts; /* one for each side, shared */
	int64_t base_ns;	       /* the agreed instant, CLOCK_MONOTONIC */
	int64_t late_ns;	       /* how much later b starts */
	int status;
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec as_timespec(int64_t time_ns)
{
	return (struct timespec){.tv_sec = time_ns / 1000000000,
				 .tv_nsec = time_ns % 1000000000};
}

static int run_hosts(struct stage *stage, const struct scenario *scenario)
{
	int64_t instant_ns = now_ns(CLOCK_REALTIME) + LEAD_NS;
	pid_t pids[LAB_N_SIDES];
	int status = 0;

	stage->base_ns = now_ns(CLOCK_MONOTONIC) + LEAD_NS;
	stage->late_ns = scenario->skew_ns;
	for (int side = 0; side < LAB_N_SIDES; side++) {
		int64_t late_ns = side == LAB_B ? stage->late_ns : 0;
		struct tour_host host = {
			.peer = network_plan_peer(network_plan_of(stage->network),
						  (enum lab_side)side, scenario->family),
			.start = as_timespec(instant_ns + late_ns),
			.flags = scenario->flags,
			.timeout_ms = (uint32_t)(scenario->timeout_ns / 1000000),
			.account = &stage->accounts[side],
		};

		host.peer.port = TOUR_PORT;
		pids[side] = namespace_spawn(network_host_namespace(stage->network,
								    (enum lab_side)side),
					     tour_host_main, &host);
	}
	for (int side = 0; side < LAB_N_SIDES; side++)
		if (pids[side] < 0 || namespace_wait(pids[side], ACT_LIMIT_MS) != 0)
			status = EXIT_NO_CONNECTION;
	return status;
}

/* What a host says of itself: the last few events, which are those that matter. */
static void print_account(const struct stage *stage, int side)
{
	const struct tour_account *account = &stage->accounts[side];
	uint32_t first = account->n_events > LAST_EVENTS ? account->n_events - LAST_EVENTS : 0;
	char line[MIDAIR_EVENT_TEXT_SIZE];

	printf("\n  host %c%s\n", 'a' + side, first > 0 ? " (the last events)" : "");
	for (uint32_t i = first; i < account->n_events; i++)
		if (account->events[i].type != MIDAIR_EVENT_WAITING)
			printf("  %s\n", midair_event_format(&account->events[i], line));
	if (account->received[0] != '\0')
		printf("  sent \"%s\", received \"%s\"\n", TOUR_MESSAGE, account->received);
}

static bool is_as_announced(const struct stage *stage, const struct act *act, bool has_crossed)
{
	for (int side = 0; side < LAB_N_SIDES; side++) {
		const struct tour_account *account = &stage->accounts[side];
		bool is_connected = account->end.type == MIDAIR_EVENT_CONNECTED &&
				    strcmp(account->received, TOUR_MESSAGE) == 0;

		if (is_connected != act->is_connecting)
			return false;
	}
	return !act->is_crossing || has_crossed;
}

static void print_evidence(struct stage *stage, const struct act *act)
{
	bool has_crossed;

	has_crossed = tour_ladder_print(wire_trace(network_wire(stage->network)),
					(uint64_t)stage->base_ns,
					(uint64_t)(stage->base_ns + stage->late_ns));
	for (int side = 0; side < LAB_N_SIDES; side++) {
		print_account(stage, side);
		if (act->has_rows)
			page_rows(stage->accounts[side].rows, stage->accounts[side].n_rows);
	}
	page_text(act->text);
	if (!is_as_announced(stage, act, has_crossed)) {
		page_text(
			"This is not what was announced: this machine or its kernel does it otherwise.");
		stage->status = EXIT_NO_CONNECTION;
	}
}

static void play(struct stage *stage, const struct act *act)
{
	struct scenario scenario;
	struct lab_reason reason;
	struct network_config config = {.scenario = &scenario, .seed = 1314};
	int result = scenario_parse(&scenario, act->scenario, NULL);

	memset(stage->accounts, 0, LAB_N_SIDES * sizeof(*stage->accounts));
	page_act(act->title);
	fflush(stdout);
	if (result == 0)
		result = network_new(&stage->network, &config, &reason);
	if (result != 0) {
		printf("  cannot be shown here: %s\n",
		       result < 0 ? reason.text : act->scenario);
		stage->status = EXIT_NOT_HERE;
		return;
	}
	if (run_hosts(stage, &scenario) != 0)
		stage->status = EXIT_NO_CONNECTION;
	print_evidence(stage, act);
	stage->network = network_free(stage->network);
}

static int play_all(void *context)
{
	struct stage stage = {.status = EXIT_DONE};
	size_t size = LAB_N_SIDES * sizeof(*stage.accounts);
	void *shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)context;
	if (shared == MAP_FAILED)
		return EXIT_SYSTEM;
	stage.accounts = shared;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		play(&stage, &acts[i]);
	munmap(shared, size);
	/* This process does not return to main(), which looks at this otherwise. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_SYSTEM;
	return stage.status;
}

int tour_crossing(void)
{
	struct lab_reason reason;
	int status;

	page_title("2. Both ends connect at once, nobody listens");
	fflush(stdout);
	status = namespace_run(play_all, NULL, &reason);
	if (status >= 0)
		return status;
	page_text(
		"This scene needs two hosts, and so network namespaces, which this machine does not "
		"allow:");
	printf("  %s\n", reason.text);
	return EXIT_NOT_HERE;
}
