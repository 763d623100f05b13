/* SPDX-License-Identifier: MIT */
#include "cli/row.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for "PID/process". */
#define OWNER_TEXT_SIZE (MIDAIR_PROCESS_NAME_SIZE + 16)

static const char *protocol_name(const struct midair_row *row)
{
	return row->local.family == MIDAIR_IPV6 ? "tcp6" : "tcp";
}

/* The port 0 of a socket without a peer is shown as "*". */
static const char *format_endpoint(const struct midair_endpoint *endpoint,
				   char buffer[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	midair_endpoint_format(endpoint, buffer);
	if (endpoint->port == 0) {
		char *colon = strrchr(buffer, ':');

		if (colon != NULL)
			colon[1] = '*';
	}
	return buffer;
}

static const char *format_owner(const struct midair_row *row, char buffer[OWNER_TEXT_SIZE])
{
	if (row->pid == 0)
		snprintf(buffer, OWNER_TEXT_SIZE, "-");
	else
		snprintf(buffer, OWNER_TEXT_SIZE, "%" PRId32 "/%s", row->pid, row->process);
	return buffer;
}

void row_print_header(FILE *file)
{
	fprintf(file, "%-5s %6s %6s %-23s %-23s %-11s %s\n", "Proto", "Recv-Q", "Send-Q",
		"Local Address", "Foreign Address", "State", "PID/Program name");
}

void row_print(FILE *file, const struct midair_row *row)
{
	char local[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];
	char owner[OWNER_TEXT_SIZE];

	fprintf(file, "%-5s %6" PRIu32 " %6" PRIu32 " %-23s %-23s %-11s %s\n",
		protocol_name(row), row->receive_queue_bytes, row->send_queue_bytes,
		format_endpoint(&row->local, local), format_endpoint(&row->remote, remote),
		midair_tcp_state_name(row->state), format_owner(row, owner));
}

void row_add_json(struct json *json, const struct midair_row *row)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	json_string(json, "protocol", protocol_name(row));
	json_string(json, "local", midair_endpoint_format(&row->local, text));
	if (row->remote.port == 0)
		json_null(json, "remote");
	else
		json_string(json, "remote", midair_endpoint_format(&row->remote, text));
	json_string(json, "state", midair_tcp_state_name(row->state));
	json_integer(json, "receive_queue_bytes", row->receive_queue_bytes);
	json_integer(json, "send_queue_bytes", row->send_queue_bytes);
	json_integer(json, "uid", row->uid);
	json_integer(json, "inode", (int64_t)row->inode);
	json_integer(json, "cookie", (int64_t)row->cookie);
	if (row->pid == 0) {
		json_null(json, "pid");
		json_null(json, "process");
	} else {
		json_integer(json, "pid", row->pid);
		json_string(json, "process", row->process);
	}
}

void row_claim(struct midair_row *row, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || row->inode == 0 || status.st_ino != row->inode)
		return;
	row->pid = (int32_t)getpid();
	snprintf(row->process, sizeof(row->process), "%.*s", (int)sizeof(row->process) - 1,
		 program_invocation_short_name);
}
