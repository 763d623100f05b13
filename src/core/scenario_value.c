/* SPDX-License-Identifier: MIT */
/* What stands behind the "=" of a scenario's keys. */
#include <assert.h>
#include <string.h>

#include "core/duration.h"
#include "core/scenario_internal.h"

#define SECOND_NS UINT64_C(1000000000)
/* Longer than any test should take; keeps sums in range. */
#define SPAN_MAX_NS (3600 * SECOND_NS)
#define MILLION	    1000000u

bool span_is(struct span span, const char *text)
{
	return strlen(text) == span.n && memcmp(span.text, text, span.n) == 0;
}

bool span_cut(struct span *rest, char separator, struct span *part)
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

/* "100ms" of both, "100ms,60ms" of a and of b. */
static int parse_server(struct scenario *scenario, struct span value)
{
	struct span a, b;
	int result;

	span_cut(&value, ',', &a);
	if (!span_cut(&value, ',', &b))
		b = a;
	if (value.text)
		return MIDAIR_E_SYNTAX;
	result = parse_span(&scenario->server_rtt_a_ns, a);
	if (!result)
		result = parse_span(&scenario->server_rtt_b_ns, b);
	/* As people use it, with the listener. */
	scenario->has_server = true;
	scenario->flags &= ~MIDAIR_NO_LISTEN;
	return result;
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
		if (!span_is(value, units[i].unit))
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
	if (span_is(value, "ipv4"))
		scenario->family = MIDAIR_IPV4;
	else if (span_is(value, "ipv6"))
		scenario->family = MIDAIR_IPV6;
	else
		return MIDAIR_E_SYNTAX;
	return 0;
}

static int parse_flag(struct scenario *scenario, struct span flag)
{
	if (span_is(flag, "once"))
		scenario->flags |= MIDAIR_ONCE;
	else if (span_is(flag, "listen"))
		scenario->flags &= ~MIDAIR_NO_LISTEN;
	else if (span_is(flag, "no-listen"))
		scenario->flags |= MIDAIR_NO_LISTEN;
	else if (span_is(flag, "any-port"))
		scenario->flags |= MIDAIR_ANY_PORT;
	else if (span_is(flag, "ask-code") && scenario->has_server)
		scenario->asks_for_code = true;
	else
		return MIDAIR_E_SYNTAX;
	return 0;
}

static int parse_flags(struct scenario *scenario, struct span value)
{
	struct span flag;

	while (span_cut(&value, ',', &flag)) {
		int result = parse_flag(scenario, flag);

		if (result)
			return result;
	}
	return 0;
}

/* What the two are allowed, and how they must come together. */
static int parse_via(struct scenario *scenario, struct span value)
{
	scenario->is_via_relay = span_is(value, "relay");
	if (!scenario->has_server || (!scenario->is_via_relay && !span_is(value, "direct")))
		return MIDAIR_E_SYNTAX;
	return 0;
}

static int parse_engine(struct scenario *scenario, struct span value)
{
	if (span_is(value, "any"))
		scenario->engine = SCENARIO_ANY;
	else if (span_is(value, "sim"))
		scenario->engine = SCENARIO_SIM;
	else if (span_is(value, "lab"))
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
		if (span_is(value, expectation_words[i])) {
			scenario->expectation = (enum scenario_expectation)i;
			return 0;
		}
	}
	return MIDAIR_E_SYNTAX;
}

/*
 * When the later side's and the earlier side's introductions have both come, from the later side's
 * start: TCP to the server takes each a round trip, what they say then half of one, and the way
 * back half of the longer one.
 */
static uint64_t introduction_ns(const struct scenario *scenario)
{
	bool is_a_later = scenario->skew_ns < 0;
	uint64_t later_ns = is_a_later ? scenario->server_rtt_a_ns : scenario->server_rtt_b_ns;
	uint64_t early_ns = is_a_later ? scenario->server_rtt_b_ns : scenario->server_rtt_a_ns;
	uint64_t skew_ns = (uint64_t)(is_a_later ? -scenario->skew_ns : scenario->skew_ns);
	uint64_t heard_ns = later_ns + later_ns / 2;
	uint64_t early_heard_ns = early_ns + early_ns / 2;

	if (early_heard_ns > skew_ns && early_heard_ns - skew_ns > heard_ns)
		heard_ns = early_heard_ns - skew_ns;
	return heard_ns + (later_ns > early_ns ? later_ns : early_ns) / 2;
}

uint64_t scenario_soonest_ns(const struct scenario *scenario)
{
	if (!scenario->has_server)
		return scenario->rtt_ns;
	return introduction_ns(scenario) + 2 * scenario->rtt_ns;
}

/* "intro", "rtt", "2rtt", "50ms". Called when what they count from is known. */
static int parse_term(const struct scenario *scenario, struct span term, uint64_t *term_ns)
{
	const size_t n_rtt = strlen("rtt");
	uint64_t factor = 1;

	if (span_is(term, "intro") && scenario->has_server) {
		*term_ns = introduction_ns(scenario);
		return 0;
	}
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

	while (span_cut(&value, '+', &term)) {
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

/* ---- keys ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*parse)(struct scenario *scenario, struct span value);
} keys[] = {
	[SCENARIO_KEY_A] = {"a", parse_a},
	[SCENARIO_KEY_B] = {"b", parse_b},
	[SCENARIO_KEY_RTT] = {"rtt", parse_rtt},
	[SCENARIO_KEY_SERVER] = {"server", parse_server},
	[SCENARIO_KEY_SKEW] = {"skew", parse_skew},
	[SCENARIO_KEY_JITTER] = {"jitter", parse_jitter},
	[SCENARIO_KEY_LOSS] = {"loss", parse_loss},
	[SCENARIO_KEY_REORDER] = {"reorder", parse_reorder},
	[SCENARIO_KEY_RATE] = {"rate", parse_rate},
	[SCENARIO_KEY_FAMILY] = {"family", parse_family},
	[SCENARIO_KEY_TIMEOUT] = {"timeout", parse_timeout},
	[SCENARIO_KEY_FLAGS] = {"flags", parse_flags},
	[SCENARIO_KEY_VIA] = {"via", parse_via},
	[SCENARIO_KEY_ENGINE] = {"engine", parse_engine},
	[SCENARIO_KEY_EXPECT] = {"expect", parse_expect},
	[SCENARIO_KEY_WITHIN] = {"within", parse_within},
};
static_assert(sizeof(keys) / sizeof(keys[0]) == SCENARIO_N_KEYS, "each key has a parser");

const char *scenario_key_name(enum scenario_key key)
{
	return keys[key].name;
}

int scenario_read_value(struct scenario *scenario, enum scenario_key key, struct span value)
{
	return keys[key].parse(scenario, value);
}
