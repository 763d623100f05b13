/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"

#include <inttypes.h>
#include <pwd.h>

#include "cli/exit.h"
#include "cli/row.h"

/* Room for a user's name or number. */
#define USER_TEXT_SIZE 64

int explain_status(enum midair_cause cause)
{
	switch (cause) {
	case MIDAIR_CAUSE_NONE:
		return EXIT_DONE;
	case MIDAIR_CAUSE_TUPLE_LIVE:
		return EXIT_TUPLE_LIVE;
	case MIDAIR_CAUSE_TIME_WAIT:
	case MIDAIR_CAUSE_FIN_WAIT:
		return EXIT_CLOSING;
	case MIDAIR_CAUSE_POOL_FULL:
		return EXIT_POOL_FULL;
	case MIDAIR_CAUSE_PORT_LOCKED:
	case MIDAIR_CAUSE_BOUND_UNSEEN:
	case MIDAIR_CAUSE_LISTENER:
		return EXIT_PORT_HELD;
	case MIDAIR_CAUSE_OTHER_USER:
	case MIDAIR_CAUSE_OPTION_MISSING:
		return EXIT_NOT_SHARED;
	case MIDAIR_CAUSE_RESERVED:
	case MIDAIR_CAUSE_OUT_OF_RANGE:
		return EXIT_PORT_RANGE;
	case MIDAIR_CAUSE_NOT_LOCAL:
	case MIDAIR_CAUSE_NO_ROUTE:
		return EXIT_ADDRESS;
	case MIDAIR_CAUSE_NO_PERMISSION:
		return EXIT_PERMISSION;
	case MIDAIR_CAUSE_UNKNOWN:
		break;
	}
	return EXIT_NO_CAUSE;
}

const char *explain_options(uint32_t flags)
{
	bool has_address = (flags & MIDAIR_WHY_REUSEADDR) != 0;

	if ((flags & MIDAIR_WHY_REUSEPORT) != 0)
		return has_address ? "SO_REUSEADDR and SO_REUSEPORT" : "SO_REUSEPORT";
	return has_address ? "SO_REUSEADDR" : "none";
}

/* Of this machine's own list: a directory service could keep us waiting. */
static const char *user_name(uint32_t uid, char buffer[USER_TEXT_SIZE])
{
	const struct passwd *entry;
	FILE *file = fopen("/etc/passwd", "re");

	snprintf(buffer, USER_TEXT_SIZE, "%" PRIu32, uid);
	while (file != NULL && (entry = fgetpwent(file)) != NULL) {
		if (entry->pw_uid == uid) {
			snprintf(buffer, USER_TEXT_SIZE, "%s", entry->pw_name);
			break;
		}
	}
	if (file != NULL)
		fclose(file);
	return buffer;
}

/* Whose socket, in the sentence "pid 12 (nginx) of user www". */
static void print_process(FILE *to, const struct midair_why *why)
{
	const struct midair_row *row = &why->owner;
	char user[USER_TEXT_SIZE];

	if (row->pid != 0)
		fprintf(to, "pid %" PRId32 " (%s) of user %s", row->pid, row->process,
			user_name(row->uid, user));
	else if (why->is_owner_hidden)
		fprintf(to, "a process of user %s that this user may not look into",
			user_name(row->uid, user));
	else if (row->inode == 0)
		fputs("the kernel alone, no process holds it", to);
	else
		fprintf(to, "user %s", user_name(row->uid, user));
}

static void print_owner(FILE *to, const struct midair_why *why)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	fputs("owner: ", to);
	print_process(to, why);
	fprintf(to, ", %s %s", midair_tcp_state_name(why->owner.state),
		midair_endpoint_format(&why->owner.local, local));
	if (why->owner.remote.port != 0)
		fprintf(to, " to %s", midair_endpoint_format(&why->owner.remote, remote));
	fputc('\n', to);
}

/* How long it lasts; NULL: nothing to say. */
static const char *duration(const struct midair_why *why)
{
	switch (why->cause) {
	case MIDAIR_CAUSE_TUPLE_LIVE:
	case MIDAIR_CAUSE_PORT_LOCKED:
	case MIDAIR_CAUSE_BOUND_UNSEEN:
	case MIDAIR_CAUSE_LISTENER:
	case MIDAIR_CAUSE_OTHER_USER:
	case MIDAIR_CAUSE_OPTION_MISSING:
		return "until that socket is closed";
	case MIDAIR_CAUSE_TIME_WAIT:
		return "at most 60 s";
	case MIDAIR_CAUSE_FIN_WAIT:
		return "until the peer closes too, or the socket's owner ends and "
		       "net.ipv4.tcp_fin_timeout is over";
	case MIDAIR_CAUSE_POOL_FULL:
		return "until connections end, each plus 60 s when it ends in TIME_WAIT here";
	case MIDAIR_CAUSE_RESERVED:
	case MIDAIR_CAUSE_OUT_OF_RANGE:
	case MIDAIR_CAUSE_NOT_LOCAL:
	case MIDAIR_CAUSE_NO_ROUTE:
	case MIDAIR_CAUSE_NO_PERMISSION:
		return "until somebody changes that";
	case MIDAIR_CAUSE_NONE:
	case MIDAIR_CAUSE_UNKNOWN:
		break;
	}
	return NULL;
}

static void print_duration(FILE *to, const struct midair_why *why)
{
	const char *text = duration(why);

	if (why->remaining_ms != 0)
		fprintf(to, "lasts: %.1f s more\n", why->remaining_ms / 1e3);
	else if (text != NULL)
		fprintf(to, "lasts: %s\n", text);
}

void explain_print(FILE *to, const struct midair_why *why)
{
	fprintf(to, "cause: %s (%s)\n", why->text, midair_cause_name(why->cause));
	if (why->has_owner)
		print_owner(to, why);
	print_duration(to, why);
	if (why->was_tried)
		fprintf(to, "tried: %s\n",
			why->tried_result == 0 ? "the call succeeds"
					       : midair_strerror(why->tried_result));
	if (why->cause != MIDAIR_CAUSE_NONE || why->is_past_cliff)
		fprintf(to, "remedy: %s\n", why->remedy);
}

static void add_owner(struct json *json, const struct midair_why *why)
{
	char user[USER_TEXT_SIZE];

	json_open(json, "owner");
	row_add_json(json, &why->owner);
	json_string(json, "user", user_name(why->owner.uid, user));
	json_boolean(json, "is_hidden", why->is_owner_hidden);
	json_close(json);
}

static void add_pool(struct json *json, const struct midair_why *why)
{
	if (why->pool_size == 0)
		return;
	json_integer(json, "pool_in_use", why->pool_in_use);
	json_integer(json, "pool_size", why->pool_size);
	json_boolean(json, "is_past_cliff", why->is_past_cliff);
}

void explain_add_json(struct json *json, const struct midair_why *why)
{
	json_string(json, "cause", midair_cause_name(why->cause));
	json_string(json, "text", why->text);
	json_string(json, "remedy", why->remedy);
	if (why->remaining_ms != 0)
		json_integer(json, "remaining_ms", why->remaining_ms);
	else
		json_null(json, "remaining_ms");
	add_pool(json, why);
	if (why->was_tried) {
		json_string(json, "tried", midair_result_name(why->tried_result));
		json_string(json, "helps", explain_options(why->helpful_flags));
	}
	if (why->has_owner)
		add_owner(json, why);
	else
		json_null(json, "owner");
}

static void print_line(FILE *to, const struct midair_why *why)
{
	fprintf(to, "why: %s", why->text);
	if (why->has_owner) {
		fputs(": ", to);
		print_process(to, why);
	}
	if (why->remaining_ms != 0)
		fprintf(to, ", %.1f s more", why->remaining_ms / 1e3);
	fprintf(to, "; %s\n", why->remedy);
}

void explain_failure(FILE *to, bool is_json, const struct midair_endpoint *local,
		     const struct midair_endpoint *remote, uint32_t flags)
{
	struct midair_why why;
	struct json json;
	int result;

	flags |= MIDAIR_WHY_PROCESS;
	if (remote == NULL)
		result = midair_why_bind(local, flags, &why);
	else
		result = midair_why_connect(local, remote, flags, &why);
	if (result != 0 || why.cause == MIDAIR_CAUSE_NONE)
		return;
	if (!is_json) {
		print_line(to, &why);
		return;
	}
	json_begin(&json, to);
	json_string(&json, "event", "why");
	explain_add_json(&json, &why);
	json_end(&json);
}
