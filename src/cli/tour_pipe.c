/* SPDX-License-Identifier: MIT */
/* Scene 4: two machines behind NATs, one code, a direct encrypted pipe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/tour.h"
#include "cli/tour_ladder.h"
#include "cli/tour_page.h"
#include "lab/namespace.h"
#include "lab/network.h"
#include "lab/program.h"

#define WORLD	      "pipe a=drop b=rst rtt=41ms server=41ms expect=connect"
#define SERVER	      "192.0.2.1:1314"
#define READY	      "midair serve: ready"
#define FROM_A	      "I love you."
#define FROM_B	      "I know."
#define COMMAND_LABEL "run:  "
#define PATH_LABEL    "path: direct"
#define TIMEOUT_MS    20000
#define COMMAND_SIZE  256
#define N_ARGUMENTS   8
#define SAYS_FORMAT   "         %.*s\n"

/* A program in a host, and how much of what it has said is printed. */
struct actor {
	struct program *program;
	size_t n_printed;
};

struct scene {
	int self_fd; /* this very program */
	struct network *network;
	struct actor actors[LAB_N_PLACES];
};

static const char places[LAB_N_PLACES] = {[LAB_A] = 'a', [LAB_B] = 'b', [LAB_S] = 's'};

static void split(char *command, const char *arguments[N_ARGUMENTS])
{
	char *rest = NULL;
	int n = 0;

	for (char *word = strtok_r(command, " ", &rest); word && n < N_ARGUMENTS - 1;
	     word = strtok_r(NULL, " ", &rest))
		arguments[n++] = word;
	arguments[n] = NULL;
}

/* As the user's shell would start it, with nothing of the user's own that would change it. */
static bool start(struct scene *scene, enum lab_side side, const char *command)
{
	const char *const environment[] = {"MIDAIR_SERVER=" SERVER, "MIDAIR_SECRET", NULL};
	const char *arguments[N_ARGUMENTS];
	const struct program_config config = {
		.namespace_fd = network_host_namespace(scene->network, side),
		.executable_fd = scene->self_fd,
		.arguments = arguments,
		.environment = environment,
	};
	char words[COMMAND_SIZE];
	struct lab_reason reason;

	printf("  host %c $ %s\n", places[side], command);
	fflush(stdout);
	snprintf(words, sizeof(words), "%s", command);
	split(words, arguments);
	if (program_start(&scene->actors[side].program, &config, &reason) == 0)
		return true;
	printf(SAYS_FORMAT, (int)strlen(reason.text), reason.text);
	return false;
}

/* Whole lines that were not printed yet. */
static void print_news(struct scene *scene, enum lab_side side)
{
	struct actor *actor = &scene->actors[side];
	const char *text = program_text(actor->program, PROGRAM_ERRORS) + actor->n_printed;

	while (strchr(text, '\n')) {
		size_t n = strcspn(text, "\n");

		printf(SAYS_FORMAT, (int)n, text);
		text += n + 1;
		actor->n_printed += n + 1;
	}
}

static bool hear(const struct scene *scene, enum lab_side side, enum program_stream stream,
		 const char *words)
{
	return program_wait_text(scene->actors[side].program, stream, words, TIMEOUT_MS) == 0;
}

/* The command that host a prints for the other machine; midair writes its words a line at a time. */
static bool find_command(const struct scene *scene, char command[COMMAND_SIZE])
{
	const char *text = program_text(scene->actors[LAB_A].program, PROGRAM_ERRORS);
	const char *at = strstr(text, COMMAND_LABEL);

	if (!at)
		return false;
	at += strlen(COMMAND_LABEL);
	snprintf(command, COMMAND_SIZE, "%.*s", (int)strcspn(at, "\n"), at);
	return true;
}

/* The server, and the two hosts one after the other, as people do. */
static bool open_pipe(struct scene *scene)
{
	char command[COMMAND_SIZE];

	if (!start(scene, LAB_S, "midair serve --listen " SERVER) ||
	    !hear(scene, LAB_S, PROGRAM_ERRORS, READY))
		return false;
	if (!start(scene, LAB_A, "midair pipe") ||
	    !hear(scene, LAB_A, PROGRAM_ERRORS, COMMAND_LABEL) || !find_command(scene, command))
		return false;
	print_news(scene, LAB_A);
	if (!start(scene, LAB_B, command) || !hear(scene, LAB_B, PROGRAM_ERRORS, PATH_LABEL))
		return false;
	print_news(scene, LAB_B);
	if (!hear(scene, LAB_A, PROGRAM_ERRORS, PATH_LABEL))
		return false;
	printf("  host a\n");
	print_news(scene, LAB_A);
	return true;
}

static bool say(const struct scene *scene, enum lab_side from, const char *line)
{
	enum lab_side to = from == LAB_A ? LAB_B : LAB_A;
	struct program *program = scene->actors[from].program;

	if (program_write(program, line, TIMEOUT_MS) != 0 ||
	    !hear(scene, to, PROGRAM_OUTPUT, line))
		return false;
	printf("  host %c typed, and host %c read: %s", places[from], places[to], line);
	return true;
}

/* A message each way, then both ends close. */
static bool talk(struct scene *scene)
{
	struct program *a = scene->actors[LAB_A].program;
	struct program *b = scene->actors[LAB_B].program;

	putchar('\n');
	if (!say(scene, LAB_A, FROM_A "\n") || !say(scene, LAB_B, FROM_B "\n"))
		return false;
	program_close_input(a);
	program_close_input(b);
	return program_wait(a, TIMEOUT_MS) == 0 && program_wait(b, TIMEOUT_MS) == 0 &&
	       strcmp(program_text(a, PROGRAM_OUTPUT), FROM_B "\n") == 0 &&
	       strcmp(program_text(b, PROGRAM_OUTPUT), FROM_A "\n") == 0;
}

static bool is_servers(const struct wire_record *record)
{
	return record->from == LAB_S || record->to == LAB_S;
}

static void print_traffic(const struct wire_trace *trace)
{
	uint32_t n_packets[2] = {0}, n_bytes[2] = {0}; /* direct, by the server */

	for (uint32_t i = 0; i < trace->n_records; i++) {
		const struct wire_record *record = &trace->records[i];

		if (record->segment.kind != SEGMENT_TCP || record->to == WIRE_NO_END)
			continue;
		n_packets[is_servers(record)]++;
		n_bytes[is_servers(record)] += record->segment.payload_bytes;
	}
	printf("\n  to and from the server: %u packets with %u bytes, the introduction\n"
	       "  between the two NATs:   %u packets with %u bytes, TLS and the messages in it\n",
	       n_packets[true], n_bytes[true], n_packets[false], n_bytes[false]);
}

/* The direct packets, from the first SYN on. True when two SYNs crossed. */
static bool print_ladder(const struct wire_trace *trace)
{
	for (uint32_t i = 0; i < trace->n_records; i++) {
		uint64_t base_ns = trace->records[i].sent_ns;

		if (is_servers(&trace->records[i]) || trace->records[i].to == WIRE_NO_END)
			continue;
		putchar('\n');
		return tour_ladder_print(trace, base_ns, base_ns);
	}
	return false;
}

static void print_failure(struct scene *scene)
{
	for (int side = LAB_A; side <= LAB_S; side++) {
		if (!scene->actors[side].program)
			continue;
		printf("  host %c\n", places[side]);
		print_news(scene, (enum lab_side)side);
	}
	page_text(
		"This is not what was announced: this machine or its kernel does it otherwise.");
}

static bool show(struct scene *scene)
{
	const struct wire_trace *trace = wire_trace(network_wire(scene->network));

	if (!open_pipe(scene) || !talk(scene)) {
		print_failure(scene);
		return false;
	}
	(void)print_ladder(trace);
	print_traffic(trace);
	page_text(
		"Why: each host's NAT gave its connection to the server a port that the rest of the "
		"internet sees, and the server told each of the other's. Both dialled it at once from "
		"the very port that the NAT knew already, so to each NAT the other's SYN belonged to "
		"what had begun inside. The words of the code never reached the server: from them both "
		"machines derived one key (SPAKE2, RFC 9382), with one guess for whoever does not know "
		"them, and the connection that stands has proved that its other end has the same key "
		"(TLS 1.3).");
	return true;
}

static int play(void *context)
{
	struct scene *scene = context;
	struct scenario scenario;
	struct lab_reason reason;
	struct network_config config = {.scenario = &scenario, .seed = 1314};
	bool is_as_announced;

	if (scenario_parse(&scenario, WORLD, NULL) != 0)
		return EXIT_SYSTEM;
	if (network_new(&scene->network, &config, &reason) != 0) {
		printf("  cannot be shown here: %s\n", reason.text);
		return fflush(stdout) == 0 ? EXIT_NOT_HERE : EXIT_SYSTEM;
	}
	printf("  host a behind a NAT that drops a stranger's SYN, host b behind one that resets "
	       "it,\n  41 ms from each other and from the server s, which is in the middle of the "
	       "internet\n\n");
	is_as_announced = show(scene);
	for (int side = LAB_A; side <= LAB_S; side++)
		program_free(scene->actors[side].program);
	network_free(scene->network);
	/* This process does not return to main(), which looks at this otherwise. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_SYSTEM;
	return is_as_announced ? EXIT_DONE : EXIT_NO_CONNECTION;
}

int tour_pipe(void)
{
	struct scene scene = {.self_fd = program_open(NULL)};
	struct lab_reason reason;
	int status;

	page_title("4. Two machines behind NATs, one code, a direct encrypted pipe");
	fflush(stdout);
	if (scene.self_fd < 0) {
		printf("  cannot be shown here: this program does not find itself\n");
		return EXIT_NOT_HERE;
	}
	status = namespace_run(play, &scene, &reason);
	close(scene.self_fd);
	if (status >= 0)
		return status;
	page_text(
		"This scene needs three hosts, and so network namespaces, which this machine does not "
		"allow:");
	printf("  %s\n", reason.text);
	return EXIT_NOT_HERE;
}
