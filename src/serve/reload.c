/* SPDX-License-Identifier: MIT */
#include "serve/reload.h"

#include <errno.h>
#include <string.h>

#include "os/service_socket.h"
#include "os/text_file.h"

static int complain(struct log *log, const char *path, uint32_t line_number, int result)
{
	struct log_line line;

	log_begin(&line, log, "limits-refused");
	log_text(&line, "file", path);
	if (line_number > 0)
		log_number(&line, "line", line_number);
	log_text(&line, "why",
		 line_number > 0 && result == -ENOENT ? "there is no limit of that name"
						      : midair_strerror(result));
	log_end_always(&line);
	return result;
}

int reload_read(struct log *log, const char *path, struct serve_limits *limits)
{
	char text[SERVE_FILE_MAX + 1];
	uint32_t line_number = 0;
	size_t size;
	int result = text_file_read(path, text, sizeof(text), &size);

	if (result == 0)
		result = serve_limits_read(limits, text, size, &line_number);
	return result == 0 ? 0 : complain(log, path, line_number, result);
}

void reload(struct server *server)
{
	struct serve_limits limits = server->config.limits;
	struct log_line line;

	if (!server->config.limits_path) {
		log_begin(&line, &server->log, "limits-kept");
		log_text(&line, "why", "no --config FILE was given");
		log_end_always(&line);
		return;
	}
	if (reload_read(&server->log, server->config.limits_path, &limits) != 0)
		return;
	pthread_mutex_lock(&server->lock);
	server->rendezvous.config.limits = limits;
	pthread_mutex_unlock(&server->lock);
	atomic_store(&server->log.lines_per_minute, limits.log_lines_per_minute);
	for (size_t i = 0; i < server->n_listeners; i++)
		(void)service_socket_set_output(server->listeners[i], limits.output_bytes);
	log_begin(&line, &server->log, "limits-read");
	log_text(&line, "file", server->config.limits_path);
	log_end_always(&line);
}
