/* SPDX-License-Identifier: MIT */
#include "core/scenario.h"

#include <assert.h>
#include <string.h>

#include "core/scenario_internal.h"

#define MILLISECOND_NS UINT64_C(1000000)
#define SECOND_NS      UINT64_C(1000000000)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One line on its way: the values by key, since "within" must wait for "rtt". */
struct line {
	const char *start;
	size_t *column;
	struct span values[SCENARIO_N_KEYS];
};

static int fail(const struct line *line, const char *where, int result)
{
	if (line->column)
		*line->column = (size_t)(where - line->start);
	return result;
}

/* The next word, up to a blank or a comment. n is 0 at the end. */
static struct span next_word(const char **text)
{
	struct span word = {*text, 0};

	while (is_blank(*word.text))
		word.text++;
	while (word.text[word.n] != '\0' && word.text[word.n] != '#' &&
	       !is_blank(word.text[word.n]))
		word.n++;
	*text = word.text + word.n;
	return word;
}

static bool is_name(struct span word)
{
	for (size_t i = 0; i < word.n; i++) {
		char c = word.text[i];
		bool is_allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
				  c == '-' || c == '.';

		if (!is_allowed)
			return false;
	}
	return word.n > 0 && word.n < SCENARIO_NAME_SIZE;
}

static int take_word(struct line *line, struct span word)
{
	struct span value = word;
	struct span name;

	if (!span_cut(&value, '=', &name) || !value.text)
		return fail(line, word.text, MIDAIR_E_SYNTAX);
	for (size_t i = 0; i < SCENARIO_N_KEYS; i++) {
		if (!span_is(name, scenario_key_name((enum scenario_key)i)))
			continue;
		if (line->values[i].text)
			return fail(line, word.text, MIDAIR_E_SYNTAX);
		line->values[i] = value;
		return 0;
	}
	return fail(line, word.text, MIDAIR_E_SYNTAX);
}

static int parse_values(const struct line *line, struct scenario *scenario)
{
	static_assert(SCENARIO_KEY_WITHIN > SCENARIO_KEY_RTT,
		      "within is parsed when rtt is known");

	for (size_t i = 0; i < SCENARIO_N_KEYS; i++) {
		int result;

		if (!line->values[i].text)
			continue;
		result = scenario_read_value(scenario, (enum scenario_key)i, line->values[i]);
		if (result)
			return fail(line, line->values[i].text, result);
	}
	return 0;
}

int scenario_parse(struct scenario *scenario, const char *text, size_t *column)
{
	struct line line = {.start = text, .column = column};
	struct scenario parsed = {
		.a = {.is_public = true},
		.b = {.is_public = true},
		.rtt_ns = 80 * MILLISECOND_NS,
		.family = MIDAIR_IPV4,
		.timeout_ns = 10 * SECOND_NS,
		.flags = MIDAIR_NO_LISTEN,
	};
	struct span word = next_word(&text);
	int result;

	if (word.n == 0)
		return MIDAIR_E_NO_EVENT;
	if (!is_name(word))
		return fail(&line, word.text, MIDAIR_E_SYNTAX);
	memcpy(parsed.name, word.text, word.n);
	for (word = next_word(&text); word.n > 0; word = next_word(&text)) {
		result = take_word(&line, word);
		if (result)
			return result;
	}
	if (!line.values[SCENARIO_KEY_EXPECT].text)
		return fail(&line, word.text, MIDAIR_E_SYNTAX);
	result = parse_values(&line, &parsed);
	/* The simulator has no server. */
	if (parsed.has_server)
		parsed.engine = SCENARIO_LAB;
	if (!result)
		*scenario = parsed;
	return result;
}

bool scenario_next_line(const char **text, char *buffer, size_t buffer_size)
{
	size_t n = strcspn(*text, "\n");

	if (**text == '\0')
		return false;
	if (n < buffer_size) {
		memcpy(buffer, *text, n);
		buffer[n] = '\0';
	} else {
		memcpy(buffer, "!", buffer_size < 2 ? 0 : 2);
	}
	*text += n;
	if (**text == '\n')
		(*text)++;
	return true;
}
