/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/duration.h"
#include "core/nat.h"

#define SYN_TIMEOUT_DEFAULT_NS (UINT64_C(120) * 1000000000)
/* Linux's nf_conntrack_tcp_timeout_established. */
#define ESTABLISHED_TIMEOUT_DEFAULT_NS (UINT64_C(120) * 3600 * 1000000000)

/* More would leave nothing to predict. */
#define BACKGROUND_LIMIT 10000u

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const mapping_words[] = {
	[NAT_MAPPING_ENDPOINT_INDEPENDENT] = "eim",
	[NAT_MAPPING_ADDRESS_DEPENDENT] = "adm",
	[NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT] = "apdm",
};
static_assert(COUNT(mapping_words) == NAT_MAPPING_ADDRESS_AND_PORT_DEPENDENT + 1, "all named");

static const char *const filtering_words[] = {
	[NAT_FILTERING_ENDPOINT_INDEPENDENT] = "eif",
	[NAT_FILTERING_ADDRESS_DEPENDENT] = "adf",
	[NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT] = "apdf",
};
static_assert(COUNT(filtering_words) == NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT + 1,
	      "all named");

static const char *const allocation_words[] = {
	[NAT_ALLOCATION_PRESERVING] = "preserve",
	[NAT_ALLOCATION_SEQUENTIAL] = "sequential",
	[NAT_ALLOCATION_RANDOM] = "random",
};
static_assert(COUNT(allocation_words) == NAT_ALLOCATION_RANDOM + 1, "all named");

static const char *const reaction_words[] = {
	[NAT_REACTION_DROP] = "drop",
	[NAT_REACTION_RESET] = "rst",
	[NAT_REACTION_UNREACHABLE] = "icmp",
	[NAT_REACTION_KERNEL] = "kernel-rst",
};
static_assert(COUNT(reaction_words) == NAT_REACTION_KERNEL + 1, "all named");

/* The kinds of word; each may be given once. */
enum word_kind {
	WORD_PUBLIC,
	WORD_FIREWALL,
	WORD_MAPPING,
	WORD_FILTERING,
	WORD_ALLOCATION,
	WORD_REACTION,
	WORD_REFUSE_SYN_IN,
	WORD_KEEP_ON_RESET,
	WORD_LIBERAL,
	WORD_HAIRPIN,
	WORD_SYN_TIMEOUT,
	WORD_ESTABLISHED_TIMEOUT,
	WORD_BACKGROUND,
	WORD_PORT_MAPPING,
	WORD_UNKNOWN,
};

/* WORD_MAPPING to WORD_REACTION have several words each and are looked up in their tables. */
static const char *const single_words[WORD_UNKNOWN] = {
	[WORD_PUBLIC] = "public",
	[WORD_FIREWALL] = "firewall",
	[WORD_REFUSE_SYN_IN] = "refuse-syn-in",
	[WORD_KEEP_ON_RESET] = "keep-on-reset",
	[WORD_LIBERAL] = "liberal",
	[WORD_HAIRPIN] = "hairpin",
	[WORD_SYN_TIMEOUT] = "syn-timeout",
	[WORD_ESTABLISHED_TIMEOUT] = "established-timeout",
	[WORD_BACKGROUND] = "background",
	[WORD_PORT_MAPPING] = "port-mapping",
};

struct word {
	const char *text;
	size_t n_text;
	const char *argument; /* after the colon; NULL for none */
	size_t n_argument;
};

static struct word split_word(const char *text, size_t n_bytes)
{
	const char *colon = memchr(text, ':', n_bytes);
	struct word word = {.text = text, .n_text = n_bytes};

	if (colon) {
		word.n_text = (size_t)(colon - text);
		word.argument = colon + 1;
		word.n_argument = n_bytes - word.n_text - 1;
	}
	return word;
}

static bool is_word(const struct word *word, const char *text)
{
	return strlen(text) == word->n_text && memcmp(text, word->text, word->n_text) == 0;
}

/* Returns the index of the word, or -1. */
static int find_word(const struct word *word, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		if (words[i] && is_word(word, words[i]))
			return (int)i;
	}
	return -1;
}

static enum word_kind find_kind(const struct word *word, int *index)
{
	int kind = find_word(word, single_words, COUNT(single_words));

	if (kind >= 0)
		return (enum word_kind)kind;
	*index = find_word(word, mapping_words, COUNT(mapping_words));
	if (*index >= 0)
		return WORD_MAPPING;
	*index = find_word(word, filtering_words, COUNT(filtering_words));
	if (*index >= 0)
		return WORD_FILTERING;
	*index = find_word(word, allocation_words, COUNT(allocation_words));
	if (*index >= 0)
		return WORD_ALLOCATION;
	*index = find_word(word, reaction_words, COUNT(reaction_words));
	return *index >= 0 ? WORD_REACTION : WORD_UNKNOWN;
}

static bool takes_argument(enum word_kind kind, int index)
{
	return kind == WORD_SYN_TIMEOUT || kind == WORD_ESTABLISHED_TIMEOUT ||
	       kind == WORD_BACKGROUND ||
	       (kind == WORD_ALLOCATION && index == NAT_ALLOCATION_SEQUENTIAL);
}

static int parse_number(uint32_t *number, const struct word *word, uint32_t limit)
{
	uint32_t value = 0;

	if (word->n_argument == 0 || word->n_argument > 5)
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < word->n_argument; i++) {
		char c = word->argument[i];

		if (c < '0' || c > '9')
			return MIDAIR_E_SYNTAX;
		value = value * 10 + (uint32_t)(c - '0');
	}
	if (value == 0 || value > limit)
		return MIDAIR_E_RANGE;
	*number = value;
	return 0;
}

static int parse_delta(uint16_t *delta, const struct word *word)
{
	uint32_t value = 0;
	int result = parse_number(&value, word, UINT16_MAX);

	if (result == 0)
		*delta = (uint16_t)value;
	return result;
}

static int parse_timeout(uint64_t *timeout_ns, const struct word *word)
{
	uint64_t value_ns;
	int result = duration_parse(&value_ns, word->argument, word->n_argument);

	if (result)
		return result;
	if (value_ns == 0)
		return MIDAIR_E_RANGE;
	*timeout_ns = value_ns;
	return 0;
}

static int apply_word(struct nat_behavior *behavior, const struct word *word,
		      enum word_kind kind, int index)
{
	switch (kind) {
	case WORD_PUBLIC:
		behavior->is_public = true;
		return 0;
	case WORD_FIREWALL:
		behavior->is_firewall = true;
		return 0;
	case WORD_MAPPING:
		behavior->mapping = (enum nat_mapping)index;
		return 0;
	case WORD_FILTERING:
		behavior->filtering = (enum nat_filtering)index;
		return 0;
	case WORD_ALLOCATION:
		behavior->allocation = (enum nat_allocation)index;
		if (behavior->allocation == NAT_ALLOCATION_SEQUENTIAL)
			return parse_delta(&behavior->allocation_delta, word);
		return 0;
	case WORD_REACTION:
		behavior->reaction = (enum nat_reaction)index;
		return 0;
	case WORD_REFUSE_SYN_IN:
		behavior->refuses_syn_in = true;
		return 0;
	case WORD_KEEP_ON_RESET:
		behavior->keeps_on_reset = true;
		return 0;
	case WORD_LIBERAL:
		behavior->is_liberal = true;
		return 0;
	case WORD_HAIRPIN:
		behavior->hairpins = true;
		return 0;
	case WORD_SYN_TIMEOUT:
		return parse_timeout(&behavior->syn_timeout_ns, word);
	case WORD_ESTABLISHED_TIMEOUT:
		return parse_timeout(&behavior->established_timeout_ns, word);
	case WORD_BACKGROUND:
		return parse_number(&behavior->background_per_s, word, BACKGROUND_LIMIT);
	case WORD_PORT_MAPPING:
		behavior->opens_ports = true;
		return 0;
	case WORD_UNKNOWN:
		break;
	}
	return MIDAIR_E_SYNTAX;
}

static int parse_word(struct nat_behavior *behavior, const char *text, size_t n_bytes,
		      uint32_t *seen)
{
	struct word word = split_word(text, n_bytes);
	int index = -1;
	enum word_kind kind = find_kind(&word, &index);

	if (kind == WORD_UNKNOWN || *seen & 1u << kind)
		return MIDAIR_E_SYNTAX;
	if ((word.argument != NULL) != takes_argument(kind, index))
		return MIDAIR_E_SYNTAX;
	*seen |= 1u << kind;
	return apply_word(behavior, &word, kind, index);
}

static bool is_consistent(uint32_t seen)
{
	const uint32_t translating =
		1u << WORD_MAPPING | 1u << WORD_ALLOCATION | 1u << WORD_HAIRPIN;

	if (seen & 1u << WORD_PUBLIC)
		return seen == 1u << WORD_PUBLIC;
	return !(seen & 1u << WORD_FIREWALL) || !(seen & translating);
}

int nat_behavior_parse_bytes(struct nat_behavior *behavior, const char *text, size_t n_bytes)
{
	struct nat_behavior parsed = {
		.mapping = NAT_MAPPING_ENDPOINT_INDEPENDENT,
		.filtering = NAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
		.allocation = NAT_ALLOCATION_PRESERVING,
		.reaction = NAT_REACTION_DROP,
		.syn_timeout_ns = SYN_TIMEOUT_DEFAULT_NS,
		.established_timeout_ns = ESTABLISHED_TIMEOUT_DEFAULT_NS,
	};
	const char *end = text + n_bytes;
	uint32_t seen = 0;

	for (;;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		const char *word_end = slash ? slash : end;
		int result = parse_word(&parsed, text, (size_t)(word_end - text), &seen);

		if (result)
			return result;
		if (!slash)
			break;
		text = slash + 1;
	}
	if (!is_consistent(seen) ||
	    (parsed.is_firewall && parsed.reaction == NAT_REACTION_KERNEL))
		return MIDAIR_E_SYNTAX;
	*behavior = parsed;
	return 0;
}

int nat_behavior_parse(struct nat_behavior *behavior, const char *text)
{
	return nat_behavior_parse_bytes(behavior, text, strlen(text));
}

/* Appends one word, with a slash before all but the first. */
static void append(char buffer[NAT_BEHAVIOR_TEXT_SIZE], const char *word, const char *argument)
{
	size_t used = strlen(buffer);

	snprintf(buffer + used, NAT_BEHAVIOR_TEXT_SIZE - used, "%s%s%s%s", used ? "/" : "",
		 word, argument ? ":" : "", argument ? argument : "");
}

static void append_timeout(char buffer[NAT_BEHAVIOR_TEXT_SIZE], const char *word,
			   uint64_t timeout_ns, uint64_t default_ns)
{
	char text[DURATION_TEXT_SIZE];

	if (timeout_ns != default_ns)
		append(buffer, word, duration_format(timeout_ns, text));
}

static void append_options(const struct nat_behavior *behavior,
			   char buffer[NAT_BEHAVIOR_TEXT_SIZE])
{
	char number[12];

	if (behavior->refuses_syn_in)
		append(buffer, single_words[WORD_REFUSE_SYN_IN], NULL);
	if (behavior->keeps_on_reset)
		append(buffer, single_words[WORD_KEEP_ON_RESET], NULL);
	if (behavior->is_liberal)
		append(buffer, single_words[WORD_LIBERAL], NULL);
	if (behavior->hairpins)
		append(buffer, single_words[WORD_HAIRPIN], NULL);
	append_timeout(buffer, single_words[WORD_SYN_TIMEOUT], behavior->syn_timeout_ns,
		       SYN_TIMEOUT_DEFAULT_NS);
	append_timeout(buffer, single_words[WORD_ESTABLISHED_TIMEOUT],
		       behavior->established_timeout_ns, ESTABLISHED_TIMEOUT_DEFAULT_NS);
	if (behavior->background_per_s) {
		snprintf(number, sizeof(number), "%u",
			 (unsigned int)behavior->background_per_s);
		append(buffer, single_words[WORD_BACKGROUND], number);
	}
	if (behavior->opens_ports)
		append(buffer, single_words[WORD_PORT_MAPPING], NULL);
}

const char *nat_behavior_format(const struct nat_behavior *behavior,
				char buffer[NAT_BEHAVIOR_TEXT_SIZE])
{
	bool is_sequential = behavior->allocation == NAT_ALLOCATION_SEQUENTIAL;
	char delta[8];

	buffer[0] = '\0';
	if (behavior->is_public) {
		append(buffer, single_words[WORD_PUBLIC], NULL);
		return buffer;
	}
	snprintf(delta, sizeof(delta), "%u", (unsigned int)behavior->allocation_delta);
	append(buffer,
	       behavior->is_firewall ? single_words[WORD_FIREWALL]
				     : mapping_words[behavior->mapping],
	       NULL);
	append(buffer, filtering_words[behavior->filtering], NULL);
	if (!behavior->is_firewall)
		append(buffer, allocation_words[behavior->allocation],
		       is_sequential ? delta : NULL);
	append(buffer, reaction_words[behavior->reaction], NULL);
	append_options(behavior, buffer);
	return buffer;
}
