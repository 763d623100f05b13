/* SPDX-License-Identifier: MIT */
/*
 * Assumption: sock_diag shows the sockets of this network namespace to any user, with inode and
 * cookie; sockets that are only bound too (Linux 6.8; the program says when they are missing);
 * a connection that nobody accepted yet has inode 0.
 * Relied on by: src/os/diag_netlink.c, src/lib/table.c.
 */
#include <sys/stat.h>

#include "os/diag.h"
#include "platform.h"

struct seen {
	struct midair_row rows[16];
	size_t n_rows;
};

static int remember(void *context, const struct midair_row *row)
{
	struct seen *seen = context;

	CHECK(seen->n_rows < 16, "a namespace of our own is quiet");
	seen->rows[seen->n_rows++] = *row;
	return 0;
}

static const struct midair_row *find(const struct seen *seen, uint16_t local, uint16_t remote)
{
	for (size_t i = 0; i < seen->n_rows; i++) {
		if (seen->rows[i].local.port == local && seen->rows[i].remote.port == remote)
			return &seen->rows[i];
	}
	return NULL;
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	CHECK(fstat(fd, &status) == 0, "a socket has a status");
	return status.st_ino;
}

static void check_rows(int listener, int dialled, int bound)
{
	struct seen seen = {.n_rows = 0};
	int result = diag_walk(DIAG_STATES_ALL, remember, &seen);

	if (result == -ENOENT || result == -EPROTONOSUPPORT)
		skip("this kernel has no sock_diag for TCP");
	CHECK(result == 0, "any user may read the table (%s)", strerror(-result));
	const struct midair_row *row = find(&seen, 2001, 0);
	CHECK(row != NULL && row->state == MIDAIR_TCP_LISTEN, "the listener has a row");
	CHECK(row->inode == inode_of(listener), "with its inode");
	row = find(&seen, 1500, 2001);
	CHECK(row != NULL && row->state == MIDAIR_TCP_ESTABLISHED, "the connection has a row");
	CHECK(row->inode == inode_of(dialled) && row->cookie != 0, "with inode and cookie");
	row = find(&seen, 2001, 1500);
	CHECK(row != NULL && row->inode == 0, "its unaccepted end has inode 0");
	row = find(&seen, 1501, 0);
	if (row == NULL)
		puts("this kernel does not show sockets that are only bound");
	else
		CHECK(row->state == MIDAIR_TCP_BOUND_INACTIVE && row->inode == inode_of(bound),
		      "the bound socket has a row");
}

int main(void)
{
	enter_own_network();
	if (diag_feature()[0] == '\0')
		skip("built without libmnl");
	int listener = listener_on(2001, 0);
	int dialled = tcp_socket(AF_INET, 0);
	int bound = tcp_socket(AF_INET, 0);
	CHECK(bind_to(dialled, "127.0.0.1", 1500) == 0, "1500 is free");
	CHECK(dial(dialled, "127.0.0.1", 2001) == 0, "it connects");
	CHECK(bind_to(bound, "127.0.0.1", 1501) == 0, "1501 is free");
	check_rows(listener, dialled, bound);
	/* The namespace's creator has rights in it; another user has none. */
	if (geteuid() == 0 && setuid(65534) == 0)
		check_rows(listener, dialled, bound);
	return EXIT_SUCCESS;
}
