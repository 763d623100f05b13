/* SPDX-License-Identifier: MIT */
/*
 * platform: what the programs share that test how this kernel behaves. A program checks one
 * assumption, exits 0 when it holds, 1 when not, 77 when it cannot be tried here (1 when
 * LAB_REQUIRED=1).
 */
#ifndef MIDAIR_PLATFORM_H
#define MIDAIR_PLATFORM_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "midair/midair.h"

/* Linux's, which has the segment counters that the C library's lacks. */
#include <linux/tcp.h>

/* Ends the program unless the condition holds; the sentence says what should have been. */
#define CHECK(condition, ...) check((condition), __FILE__, __LINE__, __VA_ARGS__)
void check(bool holds, const char *file, int line, const char *sentence, ...)
	__attribute__((format(printf, 4, 5)));

/* Cannot be tried here. */
void skip(const char *why) __attribute__((noreturn));

/* A network of our own with nothing but a loopback interface; skips where that is forbidden. */
void enter_own_network(void);

/* What has no address is NULL or 0 below: any address, a port that the kernel chooses. */
struct sockaddr_in ipv4(const char *address, uint16_t port);
struct sockaddr_in6 ipv6(const char *address, uint16_t port);

#define REUSE_ADDRESS 1u
#define REUSE_PORT    2u
#define BLOCKING      4u
/* A TCP socket with these options set; ends the program when there is none. */
int tcp_socket(int family, unsigned int options);

/* The calls with an IPv4 endpoint; return 0 or -errno. */
int bind_to(int fd, const char *address, uint16_t port);
int connect_to(int fd, const char *address, uint16_t port);

/* connect_to() of a non-blocking socket and its outcome within a second: 0 or -errno. */
int dial(int fd, const char *address, uint16_t port);
/* The outcome of a connect() that was begun: 0 or -errno, -ETIMEDOUT when still undecided. */
int dial_outcome(int fd, int timeout_ms);

/* A listener on 127.0.0.1. */
int listener_on(uint16_t port, unsigned int options);

/* The local port. */
uint16_t port_of(int fd);

/* The kernel's counters. */
struct tcp_info tcp_info_of(int fd);

/* close() with RST. */
void close_with_reset(int fd);

int set_option(int fd, int level, int name, int value);

uint64_t now_ms(void);

/* Waits (for at most a second) until the socket table shows the pair 127.0.0.1:local to
 * 127.0.0.1:remote in this state. A loopback segment may be on its way for a moment. */
struct midair_row await_row(uint16_t local, uint16_t remote, enum midair_tcp_state state);

#endif
