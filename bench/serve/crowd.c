/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "bench/serve/client.h"
#include "bench/serve/measures.h"
#include "os/cleanup.h"

#define FIRST_ROOM UINT64_C(0x1000000000)

static int introduce(struct process *process, struct client *waiting, uint64_t room)
{
	struct client second;
	int result = client_open(&second, process->port, room);

	if (result != 0)
		return result;
	result = client_wait(&second, WIRE_PEER);
	if (result == 0)
		result = client_wait(waiting, WIRE_PEER);
	client_close(&second);
	client_close(waiting);
	return result;
}

static int gather(struct process *process, struct client *clients, uint32_t n_peers)
{
	for (uint32_t i = 0; i < n_peers; i++) {
		int result = client_open(&clients[i], process->port, FIRST_ROOM + i);

		if (result == 0)
			result = client_wait(&clients[i], WIRE_ROOM);
		if (result != 0)
			return result;
	}
	return 0;
}

int measure_crowd(struct process *process, uint32_t n_peers, struct crowd *crowd)
{
	_cleanup_free_ struct client *clients = calloc(n_peers, sizeof(*clients));
	int64_t before = process_resident_bytes(process);
	int result = clients ? gather(process, clients, n_peers) : -ENOMEM;
	int64_t after = process_resident_bytes(process);

	crowd->n_introduced = 0;
	crowd->bytes_each = (double)(after - before) / n_peers;
	for (uint32_t i = 0; result == 0 && i < n_peers; i++) {
		result = introduce(process, &clients[i], FIRST_ROOM + i);
		if (result == 0)
			crowd->n_introduced++;
	}
	return result;
}
