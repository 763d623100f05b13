/* SPDX-License-Identifier: MIT */
#include "cli/row.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a line of all columns. */
#define LINE_SIZE 512

static const char *protocol_name(const struct midair_row *row)
{
	return row->local.family == MIDAIR_IPV6 ? "tcp6" : "tcp";
}

/* ---- lines -------------------------------------------------------------------------------- */

/* A line that grows to the right. The table may have hundreds of thousands: printf() is slow. */
struct line {
	char text[LINE_SIZE];
	size_t length;
};

static void fill(struct line *line, size_t column)
{
	while (line->length < column)
		line->text[line->length++] = ' ';
}

/* Text in a column of this width, and a blank. */
static void add_text(struct line *line, const char *text, size_t width)
{
	size_t start = line->length;
	size_t length = strlen(text);

	memcpy(line->text + start, text, length);
	line->length += length;
	fill(line, start + width);
	line->text[line->length++] = ' ';
}

static size_t format_number(char digits[24], uint64_t number)
{
	char reversed[24];
	size_t n_digits = 0;

	do
		reversed[n_digits++] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	for (size_t i = 0; i < n_digits; i++)
		digits[i] = reversed[n_digits - 1 - i];
	digits[n_digits] = '\0';
	return n_digits;
}

/* A number at the right end of its column, and a blank. */
static void add_number(struct line *line, uint64_t number, size_t width)
{
	char digits[24];
	size_t n_digits = format_number(digits, number);

	if (n_digits < width)
		fill(line, line->length + width - n_digits);
	add_text(line, digits, n_digits);
}

/* Thousandths with one decimal: "12.3". */
static void add_tenths(struct line *line, uint64_t thousandths, size_t width)
{
	char digits[32];
	size_t n_digits = format_number(digits, thousandths / 1000);

	digits[n_digits++] = '.';
	digits[n_digits++] = (char)('0' + thousandths / 100 % 10);
	digits[n_digits] = '\0';
	if (n_digits < width)
		fill(line, line->length + width - n_digits);
	add_text(line, digits, n_digits);
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

static void add_owner(struct line *line, const struct midair_row *row, size_t width)
{
	char text[MIDAIR_PROCESS_NAME_SIZE + 32];

	if (row->pid == 0) {
		add_text(line, "-", width);
		return;
	}
	size_t length = format_number(text, (uint64_t)row->pid);

	text[length++] = '/';
	memcpy(text + length, row->process, strnlen(row->process, sizeof(row->process)) + 1);
	add_text(line, text, width);
}

/* ---- columns ------------------------------------------------------------------------------ */

static void add_timer(struct line *line, const struct midair_row *row)
{
	static const char *const reuse_names[] = {"-", "addr", "port", "addr,port"};
	size_t reuse = (size_t)(row->has_reuse_address ? 1 : 0) +
		       (size_t)(row->has_reuse_port ? 2 : 0);

	if (row->timer == MIDAIR_TIMER_NONE) {
		add_text(line, "-", 19);
	} else {
		add_text(line, midair_timer_name(row->timer), 10);
		add_tenths(line, row->timer_ms, 8);
	}
	add_text(line, row->is_reuse_known ? reuse_names[reuse] : "?", 9);
}

static void add_facts(struct line *line, const struct midair_row *row)
{
	if (!row->has_facts) {
		add_text(line, "-", 1);
		return;
	}
	add_tenths(line, row->facts.round_trip_us, 8);
	add_tenths(line, row->facts.round_trip_variation_us, 8);
	add_number(line, row->facts.congestion_window, 6);
	add_number(line, row->facts.n_retransmitted, 7);
	add_number(line, row->facts.bytes_sent, 12);
	add_number(line, row->facts.bytes_received, 12);
}

void row_print_wide(FILE *file, const struct midair_row *row, unsigned int columns)
{
	struct line line;
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	line.length = 0;
	add_text(&line, protocol_name(row), 5);
	add_number(&line, row->receive_queue_bytes, 6);
	add_number(&line, row->send_queue_bytes, 6);
	add_text(&line, format_endpoint(&row->local, text), 23);
	add_text(&line, format_endpoint(&row->remote, text), 23);
	add_text(&line, midair_tcp_state_name(row->state), 11);
	add_owner(&line, row, columns == 0 ? 0 : 20);
	if ((columns & ROW_TIMER) != 0)
		add_timer(&line, row);
	if ((columns & ROW_FACTS) != 0)
		add_facts(&line, row);
	while (line.text[line.length - 1] == ' ')
		line.length--;
	line.text[line.length++] = '\n';
	fwrite_unlocked(line.text, 1, line.length, file);
}

void row_print_wide_header(FILE *file, unsigned int columns)
{
	fprintf(file, "%-5s %6s %6s %-23s %-23s %-11s ", "Proto", "Recv-Q", "Send-Q",
		"Local Address", "Foreign Address", "State");
	fprintf(file, columns == 0 ? "%s" : "%-20s", "PID/Program name");
	if ((columns & ROW_TIMER) != 0)
		fprintf(file, (columns & ROW_FACTS) != 0 ? " %-10s %8s %-9s" : " %-10s %8s %s",
			"Timer", "left/s", "Reuse");
	if ((columns & ROW_FACTS) != 0)
		fprintf(file, " %8s %8s %6s %7s %12s %12s", "RTT/ms", "+-/ms", "Window",
			"Retrans", "Sent", "Received");
	fputc('\n', file);
}

void row_print_header(FILE *file)
{
	row_print_wide_header(file, 0);
}

void row_print(FILE *file, const struct midair_row *row)
{
	row_print_wide(file, row, 0);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void add_timer_json(struct json *json, const struct midair_row *row)
{
	if (row->timer == MIDAIR_TIMER_NONE)
		json_null(json, "timer");
	else
		json_string(json, "timer", midair_timer_name(row->timer));
	json_integer(json, "timer_ms", row->timer_ms);
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
	add_timer_json(json, row);
	if (row->pid == 0) {
		json_null(json, "pid");
		json_null(json, "process");
	} else {
		json_integer(json, "pid", row->pid);
		json_string(json, "process", row->process);
	}
}

static void add_facts_json(struct json *json, const struct midair_tcp_facts *facts)
{
	json_open(json, "tcp");
	json_integer(json, "round_trip_us", facts->round_trip_us);
	json_integer(json, "round_trip_variation_us", facts->round_trip_variation_us);
	if (facts->round_trip_min_us == UINT32_MAX)
		json_null(json, "round_trip_min_us");
	else
		json_integer(json, "round_trip_min_us", facts->round_trip_min_us);
	json_integer(json, "congestion_window", facts->congestion_window);
	json_integer(json, "segment_bytes", facts->segment_bytes);
	json_integer(json, "retransmitted", facts->n_retransmitted);
	json_integer(json, "bytes_sent", (int64_t)facts->bytes_sent);
	json_integer(json, "bytes_acknowledged", (int64_t)facts->bytes_acknowledged);
	json_integer(json, "bytes_received", (int64_t)facts->bytes_received);
	json_close(json);
}

void row_add_wide_json(struct json *json, const struct midair_row *row, unsigned int columns)
{
	row_add_json(json, row);
	if ((columns & ROW_TIMER) != 0 && row->is_reuse_known) {
		json_boolean(json, "reuse_address", row->has_reuse_address);
		json_boolean(json, "reuse_port", row->has_reuse_port);
	} else if ((columns & ROW_TIMER) != 0) {
		json_null(json, "reuse_address");
		json_null(json, "reuse_port");
	}
	if ((columns & ROW_FACTS) != 0 && row->has_facts)
		add_facts_json(json, &row->facts);
	else if ((columns & ROW_FACTS) != 0)
		json_null(json, "tcp");
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
