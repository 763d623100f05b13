/* SPDX-License-Identifier: MIT */
/* tour: what midair can do, shown live with real sockets. One file for each scene. */
#ifndef MIDAIR_CLI_TOUR_H
#define MIDAIR_CLI_TOUR_H

/* midair tour [SCENE...] */
int tour_main(int argc, char **argv);

/* Each scene prints itself to standard output and returns an exit status: EXIT_DONE,
 * EXIT_NO_CONNECTION when something was not as announced, EXIT_NOT_HERE. */
int tour_shared_port(void);
int tour_crossing(void);
int tour_self(void);
int tour_pipe(void);

#endif
