/* SPDX-License-Identifier: MIT */
/* stop: Ctrl-C and its like as something to poll for, so that a command can end cleanly. */
#ifndef MIDAIR_CLI_STOP_H
#define MIDAIR_CLI_STOP_H

/* Catches SIGINT, SIGTERM and SIGHUP, ignores SIGPIPE (a write tells). Returns a descriptor that
 * becomes readable with the first one caught, or -errno. */
int stop_catch(void);

/* The signal that was caught, 0 for none. */
int stop_signal(void);

#endif
