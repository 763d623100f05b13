/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/secret.h"

/* The signals that would leave the terminal mute. They stay pending while it is, and act when it
 * is restored. */
static int hold_signals(sigset_t *before)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&held, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &held, before) < 0)
		return -errno;
	return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A line; -EINTR when a signal is pending. */
static long read_line(int tty_fd, int signal_fd, char *bytes, size_t size)
{
	struct pollfd fds[] = {
		{.fd = tty_fd, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};
	size_t n_bytes = 0;

	while (n_bytes < size) {
		ssize_t n;

		if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
			return -EINTR;
		n = read(tty_fd, bytes + n_bytes, size - n_bytes);
		if (n < 0)
			return -errno;
		n_bytes += (size_t)n;
		if (n == 0 || bytes[n_bytes - 1] == '\n')
			break;
	}
	return (long)n_bytes;
}

static long ask(int tty_fd, int signal_fd, char *bytes, size_t size)
{
	struct termios before;
	struct termios silent;
	long n;

	if (tcgetattr(tty_fd, &before) < 0)
		return -errno;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL | ICANON | ISIG;
	/* What was typed too early was seen by everybody: not taken. */
	if (tcsetattr(tty_fd, TCSAFLUSH, &silent) < 0)
		return -errno;
	(void)!write(tty_fd, "secret: ", 8);
	n = read_line(tty_fd, signal_fd, bytes, size);
	tcsetattr(tty_fd, TCSAFLUSH, &before);
	return n;
}

long secret_prompt(char *bytes, size_t size)
{
	int tty_fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	sigset_t before;
	int signal_fd;
	long n;

	if (tty_fd < 0)
		return -ENXIO;
	signal_fd = hold_signals(&before);
	n = signal_fd < 0 ? signal_fd : ask(tty_fd, signal_fd, bytes, size);
	if (signal_fd >= 0) {
		close(signal_fd);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	close(tty_fd);
	return n;
}
