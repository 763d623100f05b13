/* SPDX-License-Identifier: MIT */
/* reason: the one line that says why a step of the lab failed. */
#ifndef MIDAIR_LAB_REASON_H
#define MIDAIR_LAB_REASON_H

struct lab_reason {
	char text[320];
};

/* Writes "<text>: <the errno's text>" (only the text when error is 0) into reason, which may be
 * NULL, and returns -error; -EINVAL when error is 0. */
int lab_fail(struct lab_reason *reason, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
