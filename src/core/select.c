/* SPDX-License-Identifier: MIT */
#include "core/select.h"

#include <string.h>

#include "core/endpoint.h"

#define STATE(state)	  (UINT32_C(1) << (state))
#define ALL_STATES	  UINT32_C(0x3ffe)
#define SYN_RECV_STATES	  (STATE(MIDAIR_TCP_SYN_RECV) | STATE(MIDAIR_TCP_NEW_SYN_RECV))
#define ADDRESS_TEXT_SIZE 64

static uint8_t address_bits(const struct midair_endpoint *endpoint)
{
	return endpoint->family == MIDAIR_IPV4 ? 32 : 128;
}

uint32_t select_states(uint32_t flags, const struct midair_selection *selection)
{
	uint32_t states = STATE(MIDAIR_TCP_ESTABLISHED);

	if (selection->states != 0) {
		states = selection->states & ALL_STATES;
		/* One state to the user, two kinds of sockets to the kernel. */
		if ((states & SYN_RECV_STATES) != 0)
			states |= SYN_RECV_STATES;
		return states;
	}
	if ((flags & MIDAIR_TABLE_ALL_STATES) != 0)
		states |= ALL_STATES & ~STATE(MIDAIR_TCP_LISTEN);
	if ((flags & MIDAIR_TABLE_LISTENING) != 0)
		states |= STATE(MIDAIR_TCP_LISTEN);
	return states;
}

bool select_prefix_has(const struct midair_prefix *prefix,
		       const struct midair_endpoint *endpoint)
{
	size_t n_bytes = prefix->n_bits / 8;
	unsigned int n_bits_left = prefix->n_bits % 8;

	if (prefix->address.family == MIDAIR_FAMILY_NONE)
		return true;
	if (prefix->address.family != endpoint->family ||
	    memcmp(prefix->address.address, endpoint->address, n_bytes) != 0)
		return false;
	if (prefix->address.scope_id != 0 && prefix->address.scope_id != endpoint->scope_id)
		return false;
	if (n_bits_left == 0)
		return true;
	unsigned int differing =
		(unsigned int)(prefix->address.address[n_bytes] ^ endpoint->address[n_bytes]);
	return differing >> (8 - n_bits_left) == 0;
}

static bool has_ports(const struct midair_selection *selection, const struct midair_row *row)
{
	uint16_t local = row->local.port;
	uint16_t remote = row->remote.port;

	if (selection->port != 0 && selection->port != local && selection->port != remote)
		return false;
	if (selection->local_port != 0 && selection->local_port != local)
		return false;
	return selection->remote_port == 0 || selection->remote_port == remote;
}

bool select_row(const struct midair_selection *selection, const struct midair_row *row)
{
	if (!has_ports(selection, row))
		return false;
	if (selection->states != 0 && (select_states(0, selection) & STATE(row->state)) == 0)
		return false;
	if (selection->is_self_connected && !midair_endpoint_equal(&row->local, &row->remote))
		return false;
	/* A listener's remote is no address. */
	if (selection->remote.address.family != MIDAIR_FAMILY_NONE && row->remote.port == 0)
		return false;
	return select_prefix_has(&selection->local, &row->local) &&
	       select_prefix_has(&selection->remote, &row->remote);
}

bool select_needs_owner(const struct midair_selection *selection)
{
	return selection->pid != 0 || selection->process != NULL;
}

bool select_owner(const struct midair_selection *selection, int32_t pid, const char *process)
{
	if (selection->pid != 0 && selection->pid != pid)
		return false;
	if (selection->process == NULL)
		return true;
	return pid != 0 && strcmp(selection->process, process) == 0;
}

static bool is_one_address(const struct midair_prefix *prefix)
{
	return prefix->address.family != MIDAIR_FAMILY_NONE &&
	       prefix->n_bits == address_bits(&prefix->address);
}

bool select_is_pair(const struct midair_selection *selection, struct midair_endpoint *local,
		    struct midair_endpoint *remote)
{
	/* The scope of a link-local address may have been left out. */
	if (!is_one_address(&selection->local) || !is_one_address(&selection->remote) ||
	    selection->local_port == 0 || selection->remote_port == 0 ||
	    selection->local.address.family != MIDAIR_IPV4)
		return false;
	*local = selection->local.address;
	*remote = selection->remote.address;
	local->port = selection->local_port;
	remote->port = selection->remote_port;
	return true;
}

/* Reads the number of bits, one to three digits. */
static int parse_bits(const char *text, uint8_t n_bits_max, uint8_t *n_bits)
{
	unsigned int number = 0;
	size_t length = strlen(text);

	if (length < 1 || length > 3 || strspn(text, "0123456789") != length)
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < length; i++)
		number = number * 10 + (unsigned int)(text[i] - '0');
	if (number > n_bits_max)
		return MIDAIR_E_RANGE;
	*n_bits = (uint8_t)number;
	return 0;
}

static int parse_address(struct midair_endpoint *address, const char *text, size_t length)
{
	char copy[ADDRESS_TEXT_SIZE];

	if (length >= sizeof(copy))
		return MIDAIR_E_SYNTAX;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return endpoint_parse_address(address, copy);
}

int midair_prefix_parse(struct midair_prefix *prefix, const char *text)
{
	struct midair_prefix parsed = {.n_bits = 0};
	size_t length = strcspn(text, "/");
	bool is_mapped = memchr(text, ':', length) != NULL;
	int result = parse_address(&parsed.address, text, length);

	if (result != 0)
		return result;
	is_mapped = is_mapped && parsed.address.family == MIDAIR_IPV4;
	parsed.n_bits = address_bits(&parsed.address);
	if (text[length] == '/')
		result = parse_bits(text + length + 1, is_mapped ? 128 : parsed.n_bits,
				    &parsed.n_bits);
	if (result != 0)
		return result;
	/* ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
	if (is_mapped && text[length] == '/') {
		if (parsed.n_bits < 96)
			return MIDAIR_E_RANGE;
		parsed.n_bits = (uint8_t)(parsed.n_bits - 96);
	}
	*prefix = parsed;
	return 0;
}
