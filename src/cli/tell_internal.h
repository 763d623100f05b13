/* SPDX-License-Identifier: MIT */
/* tell_internal: tell.c has the sentences of an attempt, tell_pair.c those of a pairing by a
 * server, tell_json.c the objects of both. */
#ifndef MIDAIR_CLI_TELL_INTERNAL_H
#define MIDAIR_CLI_TELL_INTERNAL_H

#include "cli/tell.h"

/* tell.c */
void say_refused(struct tell *tell, const struct midair_event *event, const char *remote);
void say_stranger(struct tell *tell, const char *remote);
void say_unproven(struct tell *tell, const struct midair_event *event, const char *remote);

/* tell_pair.c */
void say_pairing(struct tell *tell, const struct midair_event *event);

/* tell_json.c */
void json_event(const struct midair_event *event);
void json_code(const struct midair_event *event, const char *code, const char *command);
/* mapped: family NONE when it is not known. */
void json_path(const struct midair_event *connected, const struct midair_endpoint *mapped,
	       const char *protocol);
void json_mapped(const char *server, const struct midair_endpoint *local,
		 const struct midair_endpoint *mapped, int result);

#endif
