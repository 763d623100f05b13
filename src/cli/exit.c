/* SPDX-License-Identifier: MIT */
#include "cli/exit.h"

#include <errno.h>

#include "midair/midair.h"

static int status_of_condition(int result)
{
	switch (result) {
	case MIDAIR_E_SYNTAX:
	case MIDAIR_E_RANGE:
	case MIDAIR_E_LIMIT:
	case MIDAIR_E_CONFIG:
	case MIDAIR_E_NO_SUCH_HOST:
		return EXIT_USAGE;
	case MIDAIR_E_LOST:
		return EXIT_LOST;
	case MIDAIR_E_WRONG_CODE:
	case MIDAIR_E_UNCONFIRMED:
	case MIDAIR_E_AUTHENTICATION:
		return EXIT_WRONG_CODE;
	case MIDAIR_E_PORT_IN_USE:
	case MIDAIR_E_UNSUPPORTED:
		return EXIT_SYSTEM;
	case MIDAIR_E_NO_PEER:
		return EXIT_NO_PEER;
	case MIDAIR_E_SERVER:
		return EXIT_NO_SERVER;
	case MIDAIR_E_VERSION:
	case MIDAIR_E_PROTOCOL:
		return EXIT_PROTOCOL;
	case MIDAIR_E_ROOM_TAKEN:
	case MIDAIR_E_BUSY:
	case MIDAIR_E_NO_RELAY:
		return EXIT_SERVER_REFUSED;
	case MIDAIR_E_PATH_LOST:
		return EXIT_PATH_LOST;
	case MIDAIR_E_NO_DIRECT:
		return EXIT_NO_DIRECT;
	default: /* timeout, refused, no-path, peer-left, ... */
		return EXIT_NO_CONNECTION;
	}
}

int exit_status_of(int result)
{
	switch (result) {
	case 0:
		return EXIT_DONE;
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -ECONNREFUSED:
	case -ETIMEDOUT:
		return EXIT_NO_CONNECTION;
	default:
		return result < 0 ? EXIT_SYSTEM : status_of_condition(result);
	}
}
