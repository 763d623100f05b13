/* SPDX-License-Identifier: MIT */
#include "os/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "os/cleanup.h"
#include "os/clock.h"

#define HOST_SIZE 256

/* Shared by the caller and the thread; whoever leaves last frees it. */
struct lookup {
	pthread_mutex_t mutex;
	pthread_cond_t done;
	bool is_done;
	bool is_abandoned;
	char host[HOST_SIZE];
	uint16_t port;
	int result;
	size_t count;
	struct midair_endpoint endpoints[RESOLVE_MAX];
};

static int result_of(int status)
{
	switch (status) {
	case 0:
		return 0;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return MIDAIR_E_NO_SUCH_HOST;
	case EAI_MEMORY:
		return -ENOMEM;
	default:
		return MIDAIR_E_RESOLVER;
	}
}

static bool is_known(const struct lookup *lookup, const struct midair_endpoint *endpoint)
{
	for (size_t i = 0; i < lookup->count; i++)
		if (midair_endpoint_equal(&lookup->endpoints[i], endpoint))
			return true;
	return false;
}

static void collect(struct lookup *lookup, const struct addrinfo *list)
{
	for (const struct addrinfo *info = list; info != NULL; info = info->ai_next) {
		struct midair_endpoint endpoint;

		if (lookup->count == RESOLVE_MAX)
			return;
		if (midair_endpoint_from_sockaddr(&endpoint, info->ai_addr, info->ai_addrlen) !=
		    0)
			continue;
		endpoint.port = lookup->port;
		if (!is_known(lookup, &endpoint))
			lookup->endpoints[lookup->count++] = endpoint;
	}
}

static void lookup_free(struct lookup *lookup)
{
	pthread_cond_destroy(&lookup->done);
	pthread_mutex_destroy(&lookup->mutex);
	free(lookup);
}

static void *work(void *argument)
{
	struct lookup *lookup = argument;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int status = getaddrinfo(lookup->host, NULL, &hints, &list);
	bool is_abandoned;

	pthread_mutex_lock(&lookup->mutex);
	lookup->result = result_of(status);
	if (status == 0) {
		collect(lookup, list);
		freeaddrinfo(list);
	}
	lookup->is_done = true;
	is_abandoned = lookup->is_abandoned;
	pthread_cond_signal(&lookup->done);
	pthread_mutex_unlock(&lookup->mutex);
	if (is_abandoned)
		lookup_free(lookup);
	return NULL;
}

static struct lookup *lookup_new(const char *host, uint16_t port)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	pthread_condattr_t attributes;

	if (lookup == NULL)
		return NULL;
	memcpy(lookup->host, host, strlen(host) + 1);
	lookup->port = port;
	pthread_mutex_init(&lookup->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&lookup->done, &attributes);
	pthread_condattr_destroy(&attributes);
	return lookup;
}

/* Signals stay with the caller's threads: a handler must not run in a thread it knows not of. */
static int start_thread(struct lookup *lookup)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	int result;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, &attributes, work, lookup);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -result;
}

/* Waits until done or the deadline. True when the thread has finished with the memory. */
static bool wait_done(struct lookup *lookup, uint32_t timeout_ms)
{
	uint64_t end_ns = clock_now_ns() + UINT64_C(1000000) * timeout_ms;
	struct timespec end = {
		.tv_sec = (time_t)(end_ns / 1000000000),
		.tv_nsec = (long)(end_ns % 1000000000),
	};
	int status = 0;

	pthread_mutex_lock(&lookup->mutex);
	while (!lookup->is_done && status == 0)
		status = pthread_cond_timedwait(&lookup->done, &lookup->mutex, &end);
	lookup->is_abandoned = !lookup->is_done;
	status = lookup->is_done;
	pthread_mutex_unlock(&lookup->mutex);
	return status != 0;
}

int resolve_host(const char *host, uint16_t port, uint32_t timeout_ms,
		 struct midair_endpoint *endpoints, size_t *count)
{
	struct lookup *lookup;
	int result;

	if (strlen(host) >= HOST_SIZE)
		return MIDAIR_E_NO_SUCH_HOST;
	lookup = lookup_new(host, port);
	if (lookup == NULL)
		return -ENOMEM;
	result = start_thread(lookup);
	if (result != 0) {
		lookup_free(lookup);
		return result;
	}
	if (!wait_done(lookup, timeout_ms))
		return MIDAIR_E_RESOLVER;
	result = lookup->result;
	if (result == 0 && lookup->count == 0)
		result = MIDAIR_E_NO_SUCH_HOST;
	if (result == 0) {
		memcpy(endpoints, lookup->endpoints, lookup->count * sizeof(*endpoints));
		*count = lookup->count;
	}
	lookup_free(lookup);
	return result;
}
