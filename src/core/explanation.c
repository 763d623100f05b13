/* SPDX-License-Identifier: MIT */
/* explanation: every stable code that the library has, and what it means. */
#include <string.h>

#include "core/diagnosis.h"
#include "core/plan.h"
#include "core/reason.h"

/* ---- sides, steps, remedies --------------------------------------------------------------- */

struct word {
	const char *name;
	const char *text;
};

#define WORD(constant, name, text)	  [constant] = {name, text},
#define REMEDY(constant, bit, name, text) [bit] = {name, text},
static const struct word sides[] = {MIDAIR_SIDES(WORD)};
static const struct word steps[] = {MIDAIR_STEPS(WORD)};
static const struct word remedies[] = {MIDAIR_REMEDIES(REMEDY)};
#undef REMEDY
#undef WORD

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct word no_word = {"unknown", "not known"};

static const struct word *side_word(enum midair_side side)
{
	return (unsigned)side < N_OF(sides) ? &sides[side] : &no_word;
}

static const struct word *step_word(enum midair_step step)
{
	return (unsigned)step < N_OF(steps) ? &steps[step] : &no_word;
}

static const struct word *remedy_word(enum midair_remedy remedy)
{
	for (uint32_t i = 0; i < N_OF(remedies); i++)
		if ((uint32_t)remedy == UINT32_C(1) << i)
			return &remedies[i];
	return &no_word;
}

const char *midair_side_name(enum midair_side side)
{
	return side_word(side)->name;
}

const char *midair_side_text(enum midair_side side)
{
	return side_word(side)->text;
}

const char *midair_step_name(enum midair_step step)
{
	return step_word(step)->name;
}

const char *midair_step_text(enum midair_step step)
{
	return step_word(step)->text;
}

const char *midair_remedy_name(enum midair_remedy remedy)
{
	return remedy_word(remedy)->name;
}

const char *midair_remedy_text(enum midair_remedy remedy)
{
	return remedy_word(remedy)->text;
}

/* ---- all codes ---------------------------------------------------------------------------- */

struct code {
	const char *list;
	const char *name;
	const char *text; /* NULL: of midair_reason_text() */
	const char *more;
	uint32_t remedies;
};

#define VERDICT(constant, name, text, explanation, side, step, remedies)                       \
	{"verdict", name, text, explanation, remedies},
#define RESULT(constant, value, name, text)	   {"result", name, text, "", 0},
#define CAUSE(constant, value, name, text, remedy) {"cause", name, text, remedy, 0},
#define REASON(constant, name, text)		   {"reason", name, text, "", 0},
#define WAY(constant, name, text)		   {"way", name, text, "", 0},
#define MAPPING(constant, name, text)		   {"mapping", name, text, "", 0},
#define ALLOCATION(constant, name, text)	   {"allocation", name, text, "", 0},
#define FILTERING(constant, name, text)		   {"filtering", name, text, "", 0},
#define REACTION(constant, name, text)		   {"reaction", name, text, "", 0},
#define NAT_TYPE(constant, name, text)		   {"nat", name, text, "", 0},
#define SIDE(constant, name, text)		   {"side", name, text, "", 0},
#define STEP(constant, name, text)		   {"step", name, text, "", 0},
#define REMEDY(constant, bit, name, text)	   {"remedy", name, text, "", 0},

/* clang-format off */
static const struct code codes[] = {
	DIAGNOSES(VERDICT)
	/* MIDAIR_OK is not in the list of what can go wrong. */
	{"result", "ok", "success", "", 0},
	MIDAIR_RESULTS(RESULT)
	PLAN_REASONS(REASON)
	{"reason", REASON_NOT_IN_TIME, NULL, "", 0},
	{"reason", REASON_RELAY_ONLY, NULL, "", 0},
	{"reason", REASON_PEER_ASKED, NULL, "", 0},
	{"reason", REASON_PEER_DIRECT, NULL, "", 0},
	MIDAIR_REMEDIES(REMEDY)
	MIDAIR_SIDES(SIDE)
	MIDAIR_STEPS(STEP)
	MIDAIR_CAUSES(CAUSE)
	MIDAIR_WAYS(WAY)
	{"path", "direct", "from one host to the other, past the server", "", 0},
	{"path", "relayed", "by the server, encrypted from end to end as on any other path", "", 0},
	MIDAIR_NAT_TYPES(NAT_TYPE)
	MIDAIR_MAPPINGS(MAPPING)
	MIDAIR_ALLOCATIONS(ALLOCATION)
	MIDAIR_FILTERINGS(FILTERING)
	MIDAIR_REACTIONS(REACTION)
	{"clock", "good", "the clock is set, and its error is less than the attempt forgives", "",
	 0},
	{"clock", "doubtful", "the clock's error may be more than the attempt forgives", "", 0},
	{"clock", "unsynchronised", "nobody sets this clock", "start a time daemon", 0},
};
/* clang-format on */

static void read_code(uint32_t number, struct midair_explanation *explanation)
{
	const struct code *code = &codes[number];

	*explanation = (struct midair_explanation){
		.list = code->list,
		.code = code->name,
		.text = code->text != NULL ? code->text : midair_reason_text(code->name),
		.more = code->more,
		.remedies = code->remedies,
	};
}

static void read_refusal(uint32_t number, struct midair_explanation *explanation)
{
	*explanation = (struct midair_explanation){
		.list = "refusal",
		.code = midair_refusal_name((enum midair_refusal)number),
		.text = midair_refusal_text((enum midair_refusal)number),
		.more = "",
	};
}

static void read_crossing(uint32_t number, struct midair_explanation *explanation)
{
	*explanation = (struct midair_explanation){
		.list = "crossing",
		.code = midair_crossing_name((enum midair_crossing)number),
		.text = midair_crossing_text((enum midair_crossing)number),
		.more = "",
	};
}

static const struct source {
	uint32_t n_codes;
	void (*read)(uint32_t number, struct midair_explanation *explanation);
} sources[] = {
	{N_OF(codes), read_code},
	{MIDAIR_REFUSED_LOCALLY + 1, read_refusal},
	{MIDAIR_CAUGHT + 1, read_crossing},
};

static bool read_any(uint32_t number, struct midair_explanation *explanation)
{
	for (size_t i = 0; i < N_OF(sources); i++) {
		if (number < sources[i].n_codes) {
			sources[i].read(number, explanation);
			return true;
		}
		number -= sources[i].n_codes;
	}
	return false;
}

/* The largest errno of Linux (asm-generic/errno.h) is 133; the kernel reserves up to 4095. */
#define LAST_ERRNO 4095

static int explain_errno(const char *code, struct midair_explanation *explanation)
{
	if (code[0] != 'E')
		return MIDAIR_E_END;
	for (int i = 1; i <= LAST_ERRNO; i++) {
		const char *name = midair_result_name(-i);

		if (strcmp(name, code) != 0)
			continue;
		*explanation = (struct midair_explanation){
			.list = "errno",
			.code = name,
			.text = midair_strerror(-i),
			.more = "",
		};
		return 0;
	}
	return MIDAIR_E_END;
}

int midair_explain(const char *code, uint32_t nth, struct midair_explanation *explanation)
{
	struct midair_explanation found;
	uint32_t n_found = 0;

	for (uint32_t i = 0; read_any(i, &found); i++) {
		if (code != NULL && strcmp(found.code, code) != 0)
			continue;
		if (n_found++ == nth) {
			*explanation = found;
			return 0;
		}
	}
	return code != NULL && n_found == 0 && nth == 0 ? explain_errno(code, explanation)
							: MIDAIR_E_END;
}
