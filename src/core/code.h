/* SPDX-License-Identifier: MIT */
/*
 * code: a room's number and words made for speech, "7-crossover-clockwork". The list has
 * CODE_WORDS words, so each word is 10 bits; no two sound or look alike, and the first four
 * letters tell a word from all others.
 */
#ifndef MIDAIR_CORE_CODE_H
#define MIDAIR_CORE_CODE_H

#include "midair/midair.h"

#define CODE_WORDS 1024
/* 20 bits: with one guess, one stranger in a million gets in. */
#define CODE_WORDS_MIN 2

extern const char *const code_words[CODE_WORDS]; /* sorted */

struct code {
	uint32_t room; /* 1 or more */
	uint32_t n_words;
	uint16_t words[MIDAIR_WORDS_MAX]; /* indices */
};

/* As midair_code_normalise() says: 0, MIDAIR_E_SYNTAX, MIDAIR_E_RANGE. wrong_word may be NULL. */
int code_parse(struct code *code, const char *text, uint32_t *wrong_word);
void code_format(const struct code *code, char text[MIDAIR_CODE_SIZE]);
/* What SPAKE2 takes: the words alone in normal form, "crossover-clockwork"; the room is bound by
 * the context. */
void code_password(const struct code *code, char text[MIDAIR_CODE_SIZE]);
/* Fills in words from random bits (10 for each). n_words: CODE_WORDS_MIN to MIDAIR_WORDS_MAX;
 * random: 2 * n_words bytes. */
void code_choose(struct code *code, uint32_t room, uint32_t n_words, const uint8_t *random);
/* As midair_code_complete(). */
int code_complete(char text[MIDAIR_CODE_SIZE], const char *beginning, uint32_t nth);

#endif
