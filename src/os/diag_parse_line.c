/* SPDX-License-Identifier: MIT */
/*
 * One line of /proc/net/tcp:
 *
 *	sl  local:port remote:port st tx_queue:rx_queue tr:when retrnsmt uid timeout inode ...
 *
 * Numbers are hexadecimal up to retrnsmt and decimal from uid on. An address is one (IPv4) or
 * four (IPv6) words, each printed as a native integer of the bytes in memory. Pure.
 */
#include <ctype.h>
#include <string.h>

#include "core/endpoint.h"
#include "os/diag.h"

struct cursor {
	const char *at;
	const char *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
}

static bool skip_character(struct cursor *cursor, char character)
{
	if (cursor->at == cursor->end || *cursor->at != character)
		return false;
	cursor->at++;
	return true;
}

static int digit_value(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	return -1;
}

/* Reads 1 to n_digits_max digits; stops in front of anything else. */
static bool take_number(struct cursor *cursor, unsigned int base, size_t n_digits_max,
			uint64_t *number)
{
	size_t n_digits = 0;

	*number = 0;
	for (; cursor->at < cursor->end && n_digits < n_digits_max; cursor->at++, n_digits++) {
		int digit = digit_value(*cursor->at);

		if (digit < 0 || (unsigned int)digit >= base)
			break;
		*number = *number * base + (unsigned int)digit;
	}
	return n_digits > 0;
}

static bool take_endpoint(struct cursor *cursor, struct midair_endpoint *endpoint)
{
	uint32_t words[4];
	size_t n_words = 0;
	uint64_t number;

	skip_blanks(cursor);
	while (n_words < 4 && take_number(cursor, 16, 8, &number))
		words[n_words++] = (uint32_t)number;
	if ((n_words != 1 && n_words != 4) || !skip_character(cursor, ':') ||
	    !take_number(cursor, 16, 4, &number))
		return false;
	*endpoint = (struct midair_endpoint){
		.family = n_words == 1 ? MIDAIR_IPV4 : MIDAIR_IPV6,
		.port = (uint16_t)number,
	};
	memcpy(endpoint->address, words, n_words * sizeof(words[0]));
	endpoint_unmap(endpoint);
	return true;
}

static bool take_field(struct cursor *cursor, unsigned int base, size_t n_digits_max,
		       uint64_t *number)
{
	skip_blanks(cursor);
	return take_number(cursor, base, n_digits_max, number);
}

/* "00000000:00000000", the second number may be unwanted. */
static bool take_pair(struct cursor *cursor, uint64_t *first, uint64_t *second)
{
	return take_field(cursor, 16, 8, first) && skip_character(cursor, ':') &&
	       take_number(cursor, 16, 8, second);
}

/* The file counts in hundredths of a second (USER_HZ), whatever the kernel's clock does. */
static uint32_t timer_ms(uint64_t ticks)
{
	return ticks < UINT32_MAX / 10 ? (uint32_t)ticks * 10 : UINT32_MAX;
}

static bool take_columns(struct cursor *cursor, struct midair_row *row)
{
	uint64_t state, send_queue, receive_queue, timer, ticks, uid, inode, unused;

	if (!take_field(cursor, 10, 10, &unused) || !skip_character(cursor, ':') ||
	    !take_endpoint(cursor, &row->local) || !take_endpoint(cursor, &row->remote) ||
	    !take_field(cursor, 16, 2, &state) ||
	    !take_pair(cursor, &send_queue, &receive_queue) ||
	    !take_pair(cursor, &timer, &ticks) || !take_field(cursor, 16, 8, &unused) ||
	    !take_field(cursor, 10, 10, &uid) || !take_field(cursor, 10, 10, &unused) ||
	    !take_field(cursor, 10, 19, &inode))
		return false;
	if (state < MIDAIR_TCP_ESTABLISHED || state > MIDAIR_TCP_NEW_SYN_RECV)
		return false;
	row->state = (enum midair_tcp_state)state;
	row->send_queue_bytes = (uint32_t)send_queue;
	row->receive_queue_bytes = (uint32_t)receive_queue;
	row->uid = (uint32_t)uid;
	row->inode = inode;
	if (timer != MIDAIR_TIMER_NONE && timer <= MIDAIR_TIMER_PROBE) {
		row->timer = (enum midair_timer)timer;
		row->timer_ms = timer_ms(ticks);
	}
	return true;
}

int diag_parse_line(const char *line, size_t n_bytes, struct midair_row *row)
{
	struct cursor cursor = {.at = line, .end = line + n_bytes};
	struct midair_row parsed = {.local = {.family = MIDAIR_FAMILY_NONE}};

	skip_blanks(&cursor);
	if (cursor.at < cursor.end && isalpha((unsigned char)*cursor.at))
		return MIDAIR_E_UNSUPPORTED;
	if (!take_columns(&cursor, &parsed))
		return MIDAIR_E_SYNTAX;
	*row = parsed;
	return 0;
}
