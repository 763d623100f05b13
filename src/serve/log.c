/* SPDX-License-Identifier: MIT */
#include "serve/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"

/* What events of connections together may write at once. */
#define LOG_BURST 1000u

void log_init(struct log *log, bool is_json, bool has_addresses, uint32_t lines_per_minute)
{
	memset(log, 0, sizeof(*log));
	log->is_json = is_json;
	log->has_addresses = has_addresses;
	atomic_init(&log->lines_per_minute, lines_per_minute);
	pthread_mutex_init(&log->lock, NULL);
}

__attribute__((format(printf, 2, 3))) static void add(struct log_line *line, const char *format,
						      ...)
{
	/* Room for the end of the line is kept. */
	size_t room = sizeof(line->text) - line->size - 2;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line->text + line->size, room, format, arguments);
	va_end(arguments);
	if (n > 0 && (size_t)n < room)
		line->size += (size_t)n;
	else
		line->text[line->size] = '\0';
}

void log_begin(struct log_line *line, struct log *log, const char *event)
{
	line->log = log;
	line->size = 0;
	add(line, log->is_json ? "{\"event\":\"%s\"" : "midair serve: %s", event);
}

/* Printable ASCII without quotes and backslashes: the same in both forms. */
static void clean(char out[128], const char *text)
{
	size_t size = 0;

	for (; *text != '\0' && size < 127; text++)
		out[size++] = *text < ' ' || *text > '~' || *text == '"' || *text == '\\'
				      ? '?'
				      : *text;
	out[size] = '\0';
}

void log_text(struct log_line *line, const char *key, const char *text)
{
	char cleaned[128];

	clean(cleaned, text);
	if (line->log->is_json)
		add(line, ",\"%s\":\"%s\"", key, cleaned);
	else
		add(line, strchr(cleaned, ' ') ? " %s=\"%s\"" : " %s=%s", key, cleaned);
}

void log_number(struct log_line *line, const char *key, uint64_t number)
{
	add(line, line->log->is_json ? ",\"%s\":%llu" : " %s=%llu", key,
	    (unsigned long long)number);
}

void log_endpoint(struct log_line *line, const char *key,
		  const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	log_text(line, key,
		 line->log->has_addresses ? midair_endpoint_format(endpoint, text) : "-");
}

/* Whole or not at all: a pipe takes 4,096 bytes without blocking when it polls writable. */
static bool write_line(const struct log_line *line)
{
	struct pollfd one = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0 &&
	       write(STDERR_FILENO, line->text, line->size) == (ssize_t)line->size;
}

static void finish_line(struct log_line *line)
{
	line->text[line->size] = '\0';
	line->size +=
		(size_t)snprintf(line->text + line->size, 3, line->log->is_json ? "}\n" : "\n");
}

static void tell_untold(struct log *log)
{
	struct log_line line;

	log_begin(&line, log, "lines-dropped");
	log_number(&line, "count", log->n_untold);
	finish_line(&line);
	if (write_line(&line))
		log->n_untold = 0;
}

void log_end(struct log_line *line)
{
	struct log *log = line->log;

	finish_line(line);
	pthread_mutex_lock(&log->lock);
	if (bucket_take(&log->bucket, clock_coarse_ms(),
			atomic_load_explicit(&log->lines_per_minute, memory_order_relaxed),
			LOG_BURST)) {
		if (log->n_untold > 0)
			tell_untold(log);
		if (write_line(line)) {
			pthread_mutex_unlock(&log->lock);
			return;
		}
	}
	log->n_untold++;
	pthread_mutex_unlock(&log->lock);
	atomic_fetch_add_explicit(&log->n_dropped, 1, memory_order_relaxed);
}

void log_end_always(struct log_line *line)
{
	finish_line(line);
	(void)!write(STDERR_FILENO, line->text, line->size);
}
