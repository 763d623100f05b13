/* SPDX-License-Identifier: MIT */
#include "cli/explain_code.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/json.h"
#include "cli/quote.h"
#include "cli/usage.h"
#include "midair/midair.h"

#define N_REMEDIES     32
#define NUMBER_SIZE    16
#define STATUS_HIGHEST 255

static const char usage[] =
	"usage: midair explain [--json] [CODE]\n"
	"What a code means that a command has told in brackets or in JSON, an exit status, or the name\n"
	"of an errno. Without CODE it lists all of them.\n"
	"      --json             one JSON object for each meaning\n";

enum { JSON = 256 };

static const struct option long_options[] = {
	{"json", no_argument, NULL, JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct {
	int value;
	const char *text;
} statuses[] = {
#define STATUS_ROW(constant, value, text) {value, text},
	EXIT_STATUSES(STATUS_ROW)
#undef STATUS_ROW
};

#define N_STATUSES (sizeof(statuses) / sizeof(statuses[0]))

static void print_words(const struct midair_explanation *explanation)
{
	printf("%s (%s): %s\n", explanation->code, explanation->list, explanation->text);
	if (explanation->more[0] != '\0')
		printf("  %s\n", explanation->more);
	for (uint32_t i = 0; i < N_REMEDIES; i++)
		if ((explanation->remedies & UINT32_C(1) << i) != 0)
			printf("  helps: %s\n",
			       midair_remedy_text((enum midair_remedy)(UINT32_C(1) << i)));
}

static void print_json(const struct midair_explanation *explanation)
{
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "list", explanation->list);
	json_string(&json, "code", explanation->code);
	json_string(&json, "text", explanation->text);
	json_string(&json, "more", explanation->more);
	json_open_list(&json, "remedies");
	for (uint32_t i = 0; i < N_REMEDIES; i++)
		if ((explanation->remedies & UINT32_C(1) << i) != 0)
			json_item_string(&json, midair_remedy_name((enum midair_remedy)(
							UINT32_C(1) << i)));
	json_close_list(&json);
	json_end(&json);
}

/* In the list a line is enough. */
static void print_line(const struct midair_explanation *explanation)
{
	printf("%-10s %-26s %s\n", explanation->list, explanation->code, explanation->text);
}

static void print(const struct midair_explanation *explanation, bool is_json, bool is_list)
{
	if (is_json)
		print_json(explanation);
	else if (is_list)
		print_line(explanation);
	else
		print_words(explanation);
}

static bool explain_status(const char *code, bool is_json, bool is_list)
{
	bool is_known = false;

	for (size_t i = 0; i < N_STATUSES; i++) {
		char number[NUMBER_SIZE];
		struct midair_explanation explanation = {
			.list = "status", .code = number, .text = statuses[i].text, .more = ""};

		snprintf(number, sizeof(number), "%d", statuses[i].value);
		if (code != NULL && strcmp(code, number) != 0)
			continue;
		print(&explanation, is_json, is_list);
		is_known = true;
	}
	return is_known;
}

/* 130 is 128 and SIGINT. */
static bool explain_signal(const char *code, bool is_json)
{
	char text[64];
	struct midair_explanation explanation = {
		.list = "status", .code = code, .text = text, .more = ""};

	for (int status = EXIT_SIGNAL + 1; status <= STATUS_HIGHEST; status++) {
		char number[NUMBER_SIZE];
		const char *name = sigabbrev_np(status - EXIT_SIGNAL);

		snprintf(number, sizeof(number), "%d", status);
		if (name == NULL || strcmp(code, number) != 0)
			continue;
		snprintf(text, sizeof(text), "ended by SIG%s", name);
		print(&explanation, is_json, false);
		return true;
	}
	return false;
}

static int explain(const char *code, bool is_json)
{
	struct midair_explanation explanation;
	bool is_list = code == NULL;
	bool is_known = false;
	char text[QUOTE_SIZE];

	for (uint32_t i = 0; midair_explain(code, i, &explanation) == 0; i++) {
		print(&explanation, is_json, is_list);
		is_known = true;
	}
	is_known |= explain_status(code, is_json, is_list);
	if (!is_known)
		is_known = explain_signal(code, is_json);
	if (is_known)
		return EXIT_DONE;
	fprintf(stderr, "midair explain: \"%s\" is no code; midair explain lists them\n",
		quote(code, text));
	return EXIT_USAGE;
}

int explain_code_main(int argc, char **argv)
{
	bool is_json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option != JSON)
			return usage_bad_option("explain", option, argv, JSON);
		is_json = true;
	}
	if (argc - optind > 1)
		return usage_tell("explain", "one code at a time, not", argv[optind + 1]);
	return explain(argv[optind], is_json);
}
