/* SPDX-License-Identifier: MIT */
/*
 * sandbox_calls: the seccomp filter.
 *
 * Theory of operation
 *
 * What a running server needs is allowed: to accept, read, write and close what it has, memory
 * that is not executable, threads, time. What only an intruder would try (another program,
 * another process's memory) ends the process. Everything else, also a call that a later libc
 * may prefer, is refused with EPERM, and clone3() with ENOSYS, so that libc takes clone(), whose
 * flags a filter can see.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#define ARCHITECTURE 0
#endif

/* x86-64: numbers from here on are the x32 interface's, other names for the same calls. */
#define X32_BIT 0x40000000u

/* Linux 4.14; the first to end the whole process. */
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_rseq
#define SYS_rseq SYS_futex
#endif

/* The type without SOCK_CLOEXEC and SOCK_NONBLOCK. */
#define SOCKET_TYPE_MASK 0xfu
#define FAMILY_BIT	 8

#define FILTER_SIZE 256

/* The frequent ones first: the filter is a list. */
static const uint16_t allowed[] = {
	SYS_recvfrom,
	SYS_sendto,
	SYS_epoll_ctl,
	SYS_close,
	SYS_accept4,
	SYS_shutdown,
	SYS_futex,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_epoll_pwait,
	SYS_write,
	SYS_read,
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_getsockname,
	SYS_clock_gettime,
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_fstat,
	SYS_newfstatat,
	SYS_lseek,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigaction,
	SYS_sigaltstack,
	SYS_gettid,
	SYS_getpid,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_getrandom,
	SYS_restart_syscall,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_exit,
	SYS_exit_group,
};

static const uint16_t deadly[] = {
	SYS_execve,	 SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_init_module, SYS_bpf,
};

struct program {
	uint16_t size; /* instructions */
	struct sock_filter code[FILTER_SIZE];
};

static void add(struct program *program, struct sock_filter instruction)
{
	program->code[program->size++] = instruction;
}

static void load(struct program *program, uint32_t offset)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void finish(struct program *program, uint32_t verdict)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void verdict_for(struct program *program, uint32_t call, uint32_t verdict)
{
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
	finish(program, verdict);
}

/* (argument & mask) is value. The low half of an argument comes first on the little-endian machines
 * above. */
struct condition {
	uint32_t argument;
	uint32_t mask;
	uint32_t value;
};

#define CONDITION_SIZE 3u /* instructions */

static void check_condition(struct program *program, const struct condition *condition,
			    uint32_t n_to_refusal)
{
	load(program, (uint32_t)offsetof(struct seccomp_data, args) + 8 * condition->argument);
	add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition->mask));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition->value,
						  0, (uint8_t)n_to_refusal));
}

/* Allows the call when all of them hold; refuses it otherwise. */
static void allow_if(struct program *program, uint32_t call, const struct condition *conditions,
		     uint32_t n)
{
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0,
						  (uint8_t)(CONDITION_SIZE * n + 2)));
	for (uint32_t i = 0; i < n; i++)
		check_condition(program, &conditions[i], CONDITION_SIZE * (n - 1 - i) + 1);
	finish(program, SECCOMP_RET_ALLOW);
	finish(program, SECCOMP_RET_ERRNO | EPERM);
}

static void allow_masked(struct program *program, uint32_t call, uint32_t argument,
			 uint32_t mask, uint32_t value)
{
	const struct condition condition = {argument, mask, value};

	allow_if(program, call, &condition, 1);
}

/* AF_INET or AF_INET6: they differ in one bit. */
static_assert((AF_INET ^ AF_INET6) == FAMILY_BIT, "one mask for both");

static void allow_tcp_sockets(struct program *program)
{
	const struct condition conditions[] = {
		{0, ~(uint32_t)FAMILY_BIT, AF_INET & AF_INET6},
		{1, SOCKET_TYPE_MASK, SOCK_STREAM},
		{2, UINT32_MAX, IPPROTO_TCP},
	};

	allow_if(program, SYS_socket, conditions, 3);
}

static void write_program(struct program *program, uint32_t flags)
{
	load(program, offsetof(struct seccomp_data, arch));
	add(program,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	finish(program, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	finish(program, SECCOMP_RET_ERRNO | EPERM);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		verdict_for(program, allowed[i], SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		verdict_for(program, deadly[i], SECCOMP_RET_KILL_PROCESS);
	verdict_for(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	allow_masked(program, SYS_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
	/* raise() and abort(), of ourselves alone */
	allow_masked(program, SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid());
	allow_masked(program, SYS_mmap, 2, PROT_EXEC, 0);
	allow_masked(program, SYS_mprotect, 2, PROT_EXEC, 0);
	if ((flags & SANDBOX_MAY_OPEN) != 0)
		allow_masked(program, SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE,
			     O_RDONLY);
	if ((flags & SANDBOX_MAY_FORWARD) != 0) {
		verdict_for(program, SYS_splice, SECCOMP_RET_ALLOW);
		verdict_for(program, SYS_pipe2, SECCOMP_RET_ALLOW);
		allow_masked(program, SYS_fcntl, 1, UINT32_MAX, F_SETPIPE_SZ);
	}
	if ((flags & SANDBOX_MAY_DIAL) != 0) {
		allow_tcp_sockets(program);
		verdict_for(program, SYS_bind, SECCOMP_RET_ALLOW);
		verdict_for(program, SYS_connect, SECCOMP_RET_ALLOW);
	}
	finish(program, SECCOMP_RET_ERRNO | EPERM);
}

int sandbox_no_calls(uint32_t flags)
{
	struct program program = {.size = 0};

	if (ARCHITECTURE == 0)
		return -EOPNOTSUPP;
	write_program(&program, flags);
	const struct sock_fprog filter = {.len = program.size, .filter = program.code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0 ? -errno : 0;
}
