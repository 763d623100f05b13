/* SPDX-License-Identifier: MIT */
/*
 * Golden traces: golden/NAME.txt holds the story of one world, word for word. A story that
 * differs is printed in both forms. After a wanted change, write them anew and review the diff:
 *
 *	test_sim_golden --write && git diff tests/sim/golden
 *
 * The stories are also documentation: the lines of a host are what midair -v prints there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/scenario_world.h"

#define MS	  UINT64_C(1000000)
#define S	  (UINT64_C(1000) * MS)
#define FILE_SIZE (64 * 1024)

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint result;

	if (midair_endpoint_parse(&result, text))
		abort();
	return result;
}

static void set_links(struct world *world, uint64_t delay_ns)
{
	struct wire_direction direction = {.delay_ns = delay_ns};

	for (uint32_t i = 0; i < N_NODES; i++)
		for (uint32_t k = 0; k < N_NODES; k++)
			world_set_link(world, i, k, &direction);
}

static void set_box(struct world *world, uint32_t node, const char *words)
{
	struct nat_behavior behavior;

	if (nat_behavior_parse(&behavior, words))
		abort();
	world_set_box(world, node, &behavior);
}

static void play(struct world *world, uint32_t node, const struct midair_endpoint *peers,
		 size_t n_peers, uint32_t flags, uint64_t start_ns)
{
	world_play(world, node,
		   &(struct player_config){
			   .peers = peers,
			   .n_peers = n_peers,
			   .flags = flags,
			   .port = SCENARIO_PORT,
			   .start_ns = start_ns,
			   .timeout_ns = 2 * S,
		   });
}

/* A stranger reaches the listener of a before the peer is there. */
static void stranger(struct world *world)
{
	struct midair_endpoint a = world_outer(world, NODE_A, MIDAIR_IPV4, SCENARIO_PORT);
	struct midair_endpoint b = world_outer(world, NODE_B, MIDAIR_IPV4, SCENARIO_PORT);

	set_links(world, 20 * MS);
	play(world, NODE_A, &b, 1, 0, 0);
	play(world, NODE_B, &a, 1, 0, 100 * MS);
	world->adversary = (struct adversary){
		.victim = NODE_A,
		.kind = ADVERSARY_STRANGER,
		.pause_ns = S,
		.until_ns = 50 * MS,
	};
	world_put(world, &(struct queue_item){
				 .type = QUEUE_ADVERSARY,
				 .when_ns = 10 * MS,
				 .node = NODE_ADVERSARY,
			 });
}

/* Both families land; IPv4 lands first and waits for IPv6. */
static void two_families(struct world *world)
{
	struct midair_endpoint to_a[] = {
		world_outer(world, NODE_A, MIDAIR_IPV4, SCENARIO_PORT),
		world_outer(world, NODE_A, MIDAIR_IPV6, SCENARIO_PORT),
	};
	struct midair_endpoint to_b[] = {
		world_outer(world, NODE_B, MIDAIR_IPV4, SCENARIO_PORT),
		world_outer(world, NODE_B, MIDAIR_IPV6, SCENARIO_PORT),
	};

	set_links(world, 20 * MS);
	set_box(world, NODE_A, "drop");
	set_box(world, NODE_B, "drop");
	play(world, NODE_A, to_b, 2, MIDAIR_NO_LISTEN, 0);
	play(world, NODE_B, to_a, 2, MIDAIR_NO_LISTEN, 30 * MS);
}

/* a names itself besides the peer. */
static void self(struct world *world)
{
	struct midair_endpoint to_a = endpoint("203.0.113.1:1314");
	struct midair_endpoint to_b[] = {
		world_inner(world, NODE_A, MIDAIR_IPV4, SCENARIO_PORT),
		endpoint("198.51.100.1:1314"),
	};

	set_links(world, 20 * MS);
	play(world, NODE_A, to_b, 2, MIDAIR_NO_LISTEN, 0);
	play(world, NODE_B, &to_a, 1, MIDAIR_NO_LISTEN, 5 * MS);
}

static void play_authenticated(struct world *world, uint32_t node,
			       const struct midair_endpoint *peers, size_t n_peers,
			       size_t n_known, uint64_t start_ns)
{
	world_play(world, node,
		   &(struct player_config){
			   .peers = peers,
			   .n_peers = n_peers,
			   .port = SCENARIO_PORT,
			   .wait_ns = start_ns,
			   .start_ns = start_ns,
			   .timeout_ns = 2 * S,
			   .is_authenticated = true,
			   .is_server = node == NODE_A,
			   .key = 1,
			   .n_known = n_known,
			   .candidates_ns = n_known < n_peers ? 10 * MS : 0,
		   });
}

/* Three connections land; what a answers is what both adopt. */
static void three_proofs(struct world *world)
{
	struct midair_endpoint to_a[] = {
		world_outer(world, NODE_A, MIDAIR_IPV4, SCENARIO_PORT),
		world_outer(world, NODE_A, MIDAIR_IPV6, SCENARIO_PORT),
		world_second(world, NODE_A, SCENARIO_PORT),
	};
	struct midair_endpoint to_b[] = {
		world_outer(world, NODE_B, MIDAIR_IPV4, SCENARIO_PORT),
		world_outer(world, NODE_B, MIDAIR_IPV6, SCENARIO_PORT),
		world_second(world, NODE_B, SCENARIO_PORT),
	};

	set_links(world, 20 * MS);
	set_box(world, NODE_A, "drop");
	set_box(world, NODE_B, "rst");
	play_authenticated(world, NODE_A, to_b, 3, 3, 5 * MS);
	play_authenticated(world, NODE_B, to_a, 3, 1, 5 * MS);
}

/* Somebody repeats to a what a says, and to b nothing of it matters. */
static void echo(struct world *world)
{
	struct midair_endpoint a = world_outer(world, NODE_A, MIDAIR_IPV4, SCENARIO_PORT);
	struct midair_endpoint b = world_outer(world, NODE_B, MIDAIR_IPV4, SCENARIO_PORT);

	set_links(world, 20 * MS);
	set_box(world, NODE_A, "drop");
	play_authenticated(world, NODE_A, &b, 1, 1, 150 * MS);
	play_authenticated(world, NODE_B, &a, 1, 1, 50 * MS);
	world->adversary = (struct adversary){
		.victim = NODE_B,
		.kind = ADVERSARY_STRANGER,
		.speech = SPEECH_ECHO,
		.pause_ns = S,
		.until_ns = 1,
	};
	world_put(world, &(struct queue_item){
				 .type = QUEUE_ADVERSARY,
				 .when_ns = MS / 2,
				 .node = NODE_ADVERSARY,
			 });
}

static const struct {
	const char *name;
	const char *scenario; /* or NULL and */
	void (*build)(struct world *world);
	uint64_t seed;
	const char *about;
} stories[] = {
	{"crossing", "x a=drop b=drop expect=connect", NULL, 1,
	 "Two boxes that drop; both dial at one instant: the SYNs cross in mid-air."},
	{"met-by-peer", "x a=drop b=drop skew=300ms expect=connect", NULL, 1,
	 "b dials 300 ms later. Its box drops the first SYN, and its own SYN meets a's waiting one."},
	{"redial", "x a=rst b=rst skew=100ms expect=connect", NULL, 1,
	 "Two boxes that reset. a is refused, dials again at once, and has a SYN out when b comes."},
	{"once-refused", "x a=rst b=rst skew=60ms flags=once expect=refused", NULL, 1,
	 "The same with one connect() each: 60 ms apart, 40 ms one way. Both are refused."},
	{"drop-rst", "x a=drop b=rst skew=-300ms expect=connect", NULL, 1,
	 "b's box resets, but b is early: its waiting SYN has opened its own box for a."},
	{"unreachable", "x a=icmp b=icmp skew=60ms expect=connect", NULL, 1,
	 "Two boxes that answer with ICMP unreachable: as with RST."},
	{"lost-syn", "x a=drop b=drop loss=40% expect=connect", NULL, 4,
	 "Segments are lost; the kernels send again after a second."},
	{"refuse-syn-in", "x a=drop/refuse-syn-in b=drop skew=300ms expect=connect", NULL, 1,
	 "a's box takes no SYN at all: a's second SYN, after a second, is the one that meets b."},
	{"random-port",
	 "x a=apdm/random b=public flags=listen,any-port skew=100ms expect=connect", NULL, 1,
	 "a's box gives out another port each time. b cannot dial it, but b's listener catches it."},
	{"stranger", NULL, stranger, 1,
	 "A stranger connects to a's listener, is closed with RST, and a goes on."},
	{"two-families", NULL, two_families, 1,
	 "Connections of both families land; both ends choose IPv6."},
	{"self", NULL, self, 1,
	 "a names itself as well: a connection to ourselves is never a success."},
	{"three-proofs", NULL, three_proofs, 1,
	 "Authenticated: b learns two addresses of a later. What role A answers, both adopt."},
	{"echo", NULL, echo, 1,
	 "Authenticated: whoever repeats to b what b says is not the peer."},
};

#define N_STORIES (sizeof(stories) / sizeof(stories[0]))

static void tell(struct world *world, size_t i)
{
	struct scenario scenario;
	uint64_t until_ns = 10 * S;

	world->trace.is_on = true;
	if (stories[i].build) {
		world_reset(world, stories[i].seed);
		stories[i].build(world);
	} else {
		if (scenario_parse(&scenario, stories[i].scenario, NULL))
			abort();
		until_ns = scenario_world(world, &scenario, stories[i].seed);
	}
	trace_note(&world->trace, stories[i].about);
	if (stories[i].scenario)
		trace_note(&world->trace, stories[i].scenario);
	trace_note(&world->trace, "");
	world_run(world, until_ns);
}

static FILE *open_golden(const char *name, const char *mode)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.txt", GOLDEN_DIR, name);
	file = fopen(path, mode);
	if (!file)
		fprintf(stderr, "cannot open %s\n", path);
	return file;
}

static bool write_golden(const char *name, const struct trace *trace)
{
	FILE *file = open_golden(name, "w");
	bool is_written;

	if (!file)
		return false;
	is_written = fwrite(trace->text, 1, trace->n_bytes, file) == trace->n_bytes;
	return fclose(file) == 0 && is_written;
}

static bool compare_golden(const char *name, const struct trace *trace)
{
	static char expected[FILE_SIZE];
	FILE *file = open_golden(name, "r");
	size_t n;

	if (!file)
		return false;
	n = fread(expected, 1, FILE_SIZE - 1, file);
	expected[n] = '\0';
	fclose(file);
	if (n == trace->n_bytes && memcmp(expected, trace->text, n) == 0) {
		printf("ok      %s\n", name);
		return true;
	}
	printf("FAILED  %s\n---- expected ----\n%s---- but ----\n%s----\n", name, expected,
	       trace->text);
	return false;
}

int main(int n_arguments, char **arguments)
{
	bool is_writing = n_arguments > 1 && strcmp(arguments[1], "--write") == 0;
	struct world *world = world_new();
	bool is_right = true;

	for (size_t i = 0; i < N_STORIES; i++) {
		tell(world, i);
		if (is_writing)
			is_right &= write_golden(stories[i].name, &world->trace);
		else
			is_right &= compare_golden(stories[i].name, &world->trace);
	}
	world_free(world);
	return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
