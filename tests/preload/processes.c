/* SPDX-License-Identifier: MIT */
/* Threads, children, signals. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "client.h"

#define N_THREADS  4
#define N_CHILDREN 3

static uint16_t server_port = 5000;

static unsigned int churn(unsigned int count)
{
	unsigned int n_failed = 0;

	for (unsigned int i = 0; i < count; i++) {
		int fd = tcp_socket(AF_INET, BLOCKING);

		n_failed += connect_to(fd, "127.0.0.1", server_port) != 0;
		close(fd);
	}
	return n_failed;
}

static void *churn_in_thread(void *context)
{
	unsigned int *count = context;

	*count = churn(*count);
	return NULL;
}

/* Takes connections until it is killed. */
static pid_t start_server(void)
{
	int server = open_server(AF_INET, server_port);
	pid_t pid = fork();

	CHECK(pid >= 0, "the server is a child");
	while (pid == 0)
		close(take_connection(server));
	close(server);
	return pid;
}

static void stop_server(pid_t pid)
{
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "the server ends");
}

/* threads COUNT: each of four threads connects and closes so often. */
static int threads(int argc, char **argv)
{
	unsigned int counts[N_THREADS], n_failed = 0;
	pthread_t made[N_THREADS];
	pid_t server = start_server();

	for (size_t i = 0; i < N_THREADS; i++) {
		counts[i] = number(argc, argv, 0, 100);
		CHECK(pthread_create(&made[i], NULL, churn_in_thread, &counts[i]) == 0,
		      "a thread starts");
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		CHECK(pthread_join(made[i], NULL) == 0, "a thread ends");
		n_failed += counts[i];
	}
	stop_server(server);
	printf("%u failed\n", n_failed);
	return 0;
}

/* forks COUNT: the parent holds connections that its children close, and all of them go on. */
static int forks(int argc, char **argv)
{
	unsigned int count = number(argc, argv, 0, 100), n_failed = 0;
	int held[8];
	pid_t server = start_server();
	pid_t children[N_CHILDREN];

	for (size_t i = 0; i < 8; i++) {
		held[i] = tcp_socket(AF_INET, BLOCKING);
		CHECK(connect_to(held[i], "127.0.0.1", server_port) == 0, "it connects");
	}
	for (size_t i = 0; i < N_CHILDREN; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		for (size_t fd = 0; fd < 8; fd++)
			close(held[fd]);
		_exit(churn(count) == 0 ? 0 : 1);
	}
	n_failed = churn(count);
	for (size_t i = 0; i < N_CHILDREN; i++) {
		int status;

		CHECK(waitpid(children[i], &status, 0) == children[i], "a child ends");
		n_failed += status != 0;
	}
	for (size_t i = 0; i < 8; i++)
		close(held[i]);
	n_failed += churn(count);
	stop_server(server);
	printf("%u failed\n", n_failed);
	return 0;
}

static volatile sig_atomic_t n_signals;

static void connect_in_handler(int number_of_signal)
{
	int saved = errno;

	(void)number_of_signal;
	n_signals = n_signals + 1;
	churn(1);
	errno = saved;
}

/* signals COUNT: a timer's handler connects and closes while the program does so. */
static int signals(int argc, char **argv)
{
	unsigned int count = number(argc, argv, 0, 1000), n_failed = 0;
	struct sigaction action = {.sa_handler = connect_in_handler, .sa_flags = SA_RESTART};
	const struct itimerspec often = {.it_interval.tv_nsec = 200000,
					 .it_value.tv_nsec = 200000};
	timer_t timer;
	pid_t server = start_server();

	CHECK(sigaction(SIGALRM, &action, NULL) == 0, "a handler is set");
	CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0 &&
		      timer_settime(timer, 0, &often, NULL) == 0,
	      "a timer runs");
	n_failed = churn(count);
	timer_delete(timer);
	stop_server(server);
	CHECK(n_signals > 0, "signals came");
	printf("%u failed\n", n_failed);
	return 0;
}

static void *hold_in_thread(void *context)
{
	int *fd = context;

	/* Nobody answers: the connection waits until the thread is cancelled. */
	(void)connect_to(*fd, "127.0.0.1", server_port);
	return NULL;
}

/* cancel: a thread is cancelled in connect(); its tuple comes back when its socket is closed. The
 * pool has one port. */
static int cancel(int argc, char **argv)
{
	int server = open_server(AF_INET, 5001);
	int fd = tcp_socket(AF_INET, BLOCKING);
	pthread_t thread;
	void *result = NULL;

	(void)argc;
	(void)argv;
	server_port = 5001;
	/* A queue that is full swallows SYNs. */
	CHECK(listen(server, 0) == 0, "the queue is short");
	int filler = tcp_socket(AF_INET, BLOCKING);
	CHECK(bind_to(filler, "127.0.0.2", 0) == 0, "the filler has its own end");
	CHECK(connect_to(filler, "127.0.0.1", 5001) == 0, "the queue is full");
	CHECK(pthread_create(&thread, NULL, hold_in_thread, &fd) == 0, "a thread starts");
	uint64_t end_ms = now_ms() + 2000;
	while (tcp_info_of(fd).tcpi_state != MIDAIR_TCP_SYN_SENT && now_ms() < end_ms)
		;
	CHECK(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0, "it ends");
	CHECK(result == PTHREAD_CANCELED, "in connect()");
	int next = tcp_socket(AF_INET, 0);
	CHECK(connect_to(next, "127.0.0.1", 5001) == -EADDRNOTAVAIL, "the tuple is in use");
	close(fd);
	CHECK(connect_to(next, "127.0.0.1", 5001) == -EINPROGRESS, "it is free again");
	puts("as it should be");
	return 0;
}

const struct scene scenes_of_processes[] = {
	{"threads", threads}, {"forks", forks}, {"signals", signals},
	{"cancel", cancel},   {NULL, NULL},
};
