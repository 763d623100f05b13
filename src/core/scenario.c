/* SPDX-License-Identifier: MIT */
#include "core/scenario.h"

#include <assert.h>
#include <string.h>

#include "core/duration.h"

#define MILLISECOND_NS UINT64_C(1000000)
#define SECOND_NS      UINT64_C(1000000000)
/* Longer than any test should take; keeps sums in range. */
#define SPAN_MAX_NS (3600 * SECOND_NS)
#define MILLION	    1000000u

struct span {
	const char *text;
	size_t n;
};

static bool is_equal(struct span span, const char *text)
{
	return strlen(text) == span.n && memcmp(span.text, text, span.n) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- values --------------------------------------------------------------------------------- */

static int parse_span(uint64_t *span_ns, struct span value)
{
	int result = duration_parse(span_ns, value.text, value.n);

	if (!result && *span_ns > SPAN_MAX_NS)
		return MIDAIR_E_RANGE;
	return result;
}

static int parse_rtt(struct scenario *scenario, struct span value)
{
	return parse_span(&scenario->rtt_ns, value);
}

static int parse_jitter(struct scenario *scenario, struct span value)
{
	return parse_span(&scenario->jitter_ns, value);
}

static int parse_timeout(struct scenario *scenario, struct span value)
{
	int result = parse_span(&scenario->timeout_ns, value);

	return !result && scenario->timeout_ns == 0 ? MIDAIR_E_RANGE : result;
}

static int parse_skew(struct scenario *scenario, struct span value)
{
	bool is_negative = value.n > 0 && value.text[0] == '-';
	uint64_t skew_ns;
	int result;

	if (is_negative) {
		value.text++;
		value.n--;
	}
	result = parse_span(&skew_ns, value);
	if (!result)
		scenario->skew_ns = is_negative ? -(int64_t)skew_ns : (int64_t)skew_ns;
	return result;
}

/* "5%", "0.5%": in millionths. */
static int parse_percentage(uint32_t *ppm, struct span value)
{
	uint32_t whole = 0;
	uint32_t fraction_unit = MILLION / 100;
	bool has_point = false;

	if (value.n < 2 || value.text[value.n - 1] != '%' || value.text[0] == '.')
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < value.n - 1; i++) {
		char c = value.text[i];

		if (c == '.' && !has_point) {
			has_point = true;
		} else if (c < '0' || c > '9') {
			return MIDAIR_E_SYNTAX;
		} else if (has_point) {
			fraction_unit /= 10;
			whole += (uint32_t)(c - '0') * fraction_unit;
		} else {
			whole = whole * 10 + (uint32_t)(c - '0') * fraction_unit;
		}
		if (whole > MILLION)
			return MIDAIR_E_RANGE;
	}
	*ppm = whole;
	return 0;
}

static int parse_loss(struct scenario *scenario, struct span value)
{
	return parse_percentage(&scenario->loss_ppm, value);
}

static int parse_reorder(struct scenario *scenario, struct span value)
{
	return parse_percentage(&scenario->reorder_ppm, value);
}

/* "10mbit", "512kbit", "1gbit". */
static int parse_rate(struct scenario *scenario, struct span value)
{
	static const struct {
		const char *unit;
		uint64_t bits;
	} units[] = {{"bit", 1}, {"kbit", 1000}, {"mbit", MILLION}, {"gbit", SECOND_NS}};
	uint64_t number = 0;
	size_t i = 0;

	for (; i < value.n && value.text[i] >= '0' && value.text[i] <= '9'; i++) {
		number = number * 10 + (uint64_t)(value.text[i] - '0');
		if (number > SECOND_NS)
			return MIDAIR_E_RANGE;
	}
	if (i == 0)
		return MIDAIR_E_SYNTAX;
	value = (struct span){value.text + i, value.n - i};
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!is_equal(value, units[i].unit))
			continue;
		if (number == 0)
			return MIDAIR_E_RANGE;
		scenario->rate_bit_per_s = number * units[i].bits;
		return 0;
	}
	return MIDAIR_E_SYNTAX;
}

static int parse_a(struct scenario *scenario, struct span value)
{
	return nat_behavior_parse_bytes(&scenario->a, value.text, value.n);
}

static int parse_b(struct scenario *scenario, struct span value)
{
	return nat_behavior_parse_bytes(&scenario->b, value.text, value.n);
}

static int parse_family(struct scenario *scenario, struct span value)
{
	if (is_equal(value, "ipv4"))
		scenario->family = MIDAIR_IPV4;
	else if (is_equal(value, "ipv6"))
		scenario->family = MIDAIR_IPV6;
	else
		return MIDAIR_E_SYNTAX;
	return 0;
}

static int parse_flag(struct scenario *scenario, struct span flag)
{
	if (is_equal(flag, "once"))
		scenario->flags |= MIDAIR_ONCE;
	else if (is_equal(flag, "listen"))
		scenario->flags &= ~MIDAIR_NO_LISTEN;
	else if (is_equal(flag, "any-port"))
		scenario->flags |= MIDAIR_ANY_PORT;
	else
		return MIDAIR_E_SYNTAX;
	return 0;
}

/* Cuts the part before the separator off the rest. False when there is no rest. */
static bool cut(struct span *rest, char separator, struct span *part)
{
	const char *end;

	if (!rest->text)
		return false;
	end = memchr(rest->text, separator, rest->n);
	*part = *rest;
	if (!end) {
		rest->text = NULL;
		return true;
	}
	part->n = (size_t)(end - rest->text);
	rest->text = end + 1;
	rest->n -= part->n + 1;
	return true;
}

static int parse_flags(struct scenario *scenario, struct span value)
{
	struct span flag;

	while (cut(&value, ',', &flag)) {
		int result = parse_flag(scenario, flag);

		if (result)
			return result;
	}
	return 0;
}

static int parse_engine(struct scenario *scenario, struct span value)
{
	if (is_equal(value, "any"))
		scenario->engine = SCENARIO_ANY;
	else if (is_equal(value, "sim"))
		scenario->engine = SCENARIO_SIM;
	else if (is_equal(value, "lab"))
		scenario->engine = SCENARIO_LAB;
	else
		return MIDAIR_E_SYNTAX;
	return 0;
}

static const char *const expectation_words[] = {
	[SCENARIO_CONNECT] = "connect",
	[SCENARIO_REFUSED] = "refused",
	[SCENARIO_TIMEOUT] = "timeout",
	[SCENARIO_FAILED] = "failed",
};
static_assert(sizeof(expectation_words) / sizeof(expectation_words[0]) == SCENARIO_FAILED + 1,
	      "each expectation has a word");

const char *scenario_expectation_name(enum scenario_expectation expectation)
{
	return expectation_words[expectation];
}

static int parse_expect(struct scenario *scenario, struct span value)
{
	for (size_t i = 0; i <= SCENARIO_FAILED; i++) {
		if (is_equal(value, expectation_words[i])) {
			scenario->expectation = (enum scenario_expectation)i;
			return 0;
		}
	}
	return MIDAIR_E_SYNTAX;
}

/* "rtt", "2rtt", "50ms". Called when the line's rtt is known. */
static int parse_term(const struct scenario *scenario, struct span term, uint64_t *term_ns)
{
	const size_t n_rtt = strlen("rtt");
	uint64_t factor = 1;

	if (term.n < n_rtt || memcmp(term.text + term.n - n_rtt, "rtt", n_rtt) != 0)
		return parse_span(term_ns, term);
	if (term.n > n_rtt + 1)
		return MIDAIR_E_SYNTAX;
	if (term.n == n_rtt + 1) {
		if (term.text[0] < '1' || term.text[0] > '9')
			return MIDAIR_E_SYNTAX;
		factor = (uint64_t)(term.text[0] - '0');
	}
	*term_ns = factor * scenario->rtt_ns;
	return 0;
}

static int parse_within(struct scenario *scenario, struct span value)
{
	struct span term;
	uint64_t sum_ns = 0;

	while (cut(&value, '+', &term)) {
		uint64_t term_ns;
		int result = parse_term(scenario, term, &term_ns);

		if (result)
			return result;
		sum_ns += term_ns;
		if (sum_ns > 9 * SPAN_MAX_NS)
			return MIDAIR_E_RANGE;
	}
	if (sum_ns == 0)
		return MIDAIR_E_RANGE;
	scenario->within_ns = sum_ns;
	return 0;
}

/* ---- lines ---------------------------------------------------------------------------------- */

enum key {
	KEY_A,
	KEY_B,
	KEY_RTT,
	KEY_SKEW,
	KEY_JITTER,
	KEY_LOSS,
	KEY_REORDER,
	KEY_RATE,
	KEY_FAMILY,
	KEY_TIMEOUT,
	KEY_FLAGS,
	KEY_ENGINE,
	KEY_EXPECT,
	KEY_WITHIN,
	N_KEYS,
};

static const struct {
	const char *name;
	int (*parse)(struct scenario *scenario, struct span value);
} keys[N_KEYS] = {
	[KEY_A] = {"a", parse_a},
	[KEY_B] = {"b", parse_b},
	[KEY_RTT] = {"rtt", parse_rtt},
	[KEY_SKEW] = {"skew", parse_skew},
	[KEY_JITTER] = {"jitter", parse_jitter},
	[KEY_LOSS] = {"loss", parse_loss},
	[KEY_REORDER] = {"reorder", parse_reorder},
	[KEY_RATE] = {"rate", parse_rate},
	[KEY_FAMILY] = {"family", parse_family},
	[KEY_TIMEOUT] = {"timeout", parse_timeout},
	[KEY_FLAGS] = {"flags", parse_flags},
	[KEY_ENGINE] = {"engine", parse_engine},
	[KEY_EXPECT] = {"expect", parse_expect},
	[KEY_WITHIN] = {"within", parse_within},
};

/* One line on its way: the values by key, since "within" must wait for "rtt". */
struct line {
	const char *start;
	size_t *column;
	struct span values[N_KEYS];
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

	if (!cut(&value, '=', &name) || !value.text)
		return fail(line, word.text, MIDAIR_E_SYNTAX);
	for (size_t i = 0; i < N_KEYS; i++) {
		if (!is_equal(name, keys[i].name))
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
	static_assert(KEY_WITHIN > KEY_RTT, "within is parsed when rtt is known");

	for (size_t i = 0; i < N_KEYS; i++) {
		int result;

		if (!line->values[i].text)
			continue;
		result = keys[i].parse(scenario, line->values[i]);
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
	if (!line.values[KEY_EXPECT].text)
		return fail(&line, word.text, MIDAIR_E_SYNTAX);
	result = parse_values(&line, &parsed);
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
