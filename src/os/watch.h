/* SPDX-License-Identifier: MIT */
/* watch: epoll for a server's worker. Each descriptor has a 64-bit tag. Returns 0 or -errno. */
#ifndef MIDAIR_OS_WATCH_H
#define MIDAIR_OS_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

#define WATCH_BATCH 256

int watch_new(void);

/* A listener that several workers share: one of them is woken. */
int watch_listener(int watch, int fd, uint64_t tag);
/* Told once for each change, of input and of the other end's FIN. */
int watch_connection(int watch, int fd, uint64_t tag);
/* The same, and of room to write. */
int watch_both_ways(int watch, int fd, uint64_t tag);
/* Tells again what is there. */
int watch_again(int watch, int fd, uint64_t tag);
/* Told as long as there is something to read. */
int watch_level(int watch, int fd, uint64_t tag);
/* A dial, told once when it is decided. */
int watch_dial(int watch, int fd, uint64_t tag);
int watch_forget(int watch, int fd);

/* At most timeout_ms. Returns the number of events or -errno. */
int watch_wait(int watch, struct epoll_event events[WATCH_BATCH], int timeout_ms);

#endif
