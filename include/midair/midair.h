/* SPDX-License-Identifier: MIT */
/*
 * midair: TCP connections opened from both ends at once.
 *
 * Conventions, true for every function below:
 *
 *   Returns    0 is success. A negative value is -errno, a system failure passed up unchanged.
 *              A positive value is a MIDAIR_E_* condition that the direct caller handles.
 *              midair_strerror() has a text for all of them.
 *   Outputs    are untouched when a function fails.
 *   Ownership  handles come from midair_*_new() or _open() and go back to the matching
 *              midair_*_free(), which takes NULL and returns NULL. Every other struct is a plain
 *              value. A file descriptor that is handed out belongs to the caller.
 *   Descriptors are close-on-exec; connected ones are non-blocking.
 *   Threads    the library starts none, keeps no global state and installs no signal handler.
 *              One handle belongs to one thread at a time. (midair_resolve() is the one
 *              exception: the C library's resolver has no deadline, so it runs in a thread.)
 *   Time       monotonic unless said otherwise; the unit is in the name.
 */
#ifndef MIDAIR_MIDAIR_H
#define MIDAIR_MIDAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr;
struct sockaddr_storage;

/* ---- version ------------------------------------------------------------------------------ */

#define MIDAIR_VERSION_MAJOR 0
#define MIDAIR_VERSION_MINOR 1
#define MIDAIR_VERSION_PATCH 0
#define MIDAIR_VERSION	     "0.1.0"

/* The version of the library that is linked at run time, "0.1.0". Static storage. */
const char *midair_version(void);

/* The optional parts this build has, as one line: "libmnl". Static storage. */
const char *midair_features(void);

/* ---- results ------------------------------------------------------------------------------ */

/*
 * X(constant, value, name, text): the name is the stable code in JSON and scripts, the text
 * says what it means and what to do.
 */
#define MIDAIR_RESULTS(X)                                                                         \
	X(MIDAIR_E_NO_EVENT, 1, "no-event", "no event is waiting; poll the descriptor first")     \
	X(MIDAIR_E_CONFIG, 2, "config",                                                           \
	  "the configuration contradicts itself or lacks a part")                                 \
	X(MIDAIR_E_TIMEOUT, 3, "timeout", "the time ran out before the peer and we met")          \
	X(MIDAIR_E_REFUSED, 4, "refused",                                                         \
	  "the peer's side refused, and only one try was allowed")                                \
	X(MIDAIR_E_SELF, 5, "self-connection", "the connection came back to ourselves")           \
	X(MIDAIR_E_PORT_IN_USE, 6, "port-in-use",                                                 \
	  "the local port is taken by a socket that does not share it (SO_REUSEPORT, same user)") \
	X(MIDAIR_E_NO_PATH, 7, "no-path",                                                         \
	  "this machine has no way to send to any of the peer's addresses")                       \
	X(MIDAIR_E_NO_SUCH_HOST, 8, "no-such-host", "the name has no address")                    \
	X(MIDAIR_E_RESOLVER, 9, "resolver",                                                       \
	  "the resolver did not answer; try an address instead of a name")                        \
	X(MIDAIR_E_SYNTAX, 10, "syntax", "the text is not of the expected form")                  \
	X(MIDAIR_E_RANGE, 11, "range", "the value is outside what is allowed")                    \
	X(MIDAIR_E_LIMIT, 12, "limit", "more than this build's tables hold")                      \
	X(MIDAIR_E_UNSUPPORTED, 13, "unsupported", "this kernel or this build cannot do it")      \
	X(MIDAIR_E_END, 14, "end", "there is nothing more to read")                               \
	X(MIDAIR_E_LOST, 15, "lost",                                                              \
	  "the connection was broken, not closed: data may be missing")

enum midair_result {
	MIDAIR_OK = 0,
#define MIDAIR_RESULT_ENUM(constant, value, name, text) constant = value,
	MIDAIR_RESULTS(MIDAIR_RESULT_ENUM)
#undef MIDAIR_RESULT_ENUM
};

/* Text of a result (0, -errno or MIDAIR_E_*), one line without a full stop. Static storage;
 * for -errno the C library's own string. */
const char *midair_strerror(int result);

/* Stable short code of a result: "ok", "timeout", ..., or the errno's name ("ECONNREFUSED").
 * Static storage. */
const char *midair_result_name(int result);

/* ---- endpoints ---------------------------------------------------------------------------- */

enum midair_family {
	MIDAIR_FAMILY_NONE = 0,
	MIDAIR_IPV4 = 4,
	MIDAIR_IPV6 = 6,
};

/* An IP address and a TCP port. IPv4 uses the first four bytes of address, network order;
 * the rest are zero. port is in host order. A v4-mapped IPv6 address is always stored as IPv4. */
struct midair_endpoint {
	uint8_t address[16];
	uint32_t scope_id;
	uint16_t port;
	uint8_t family; /* enum midair_family */
	uint8_t reserved;
};

/* Room for any formatted endpoint and its final NUL: "[ipv6%4294967295]:65535". */
#define MIDAIR_ENDPOINT_TEXT_SIZE 72

/* Parses "192.0.2.1:1314", "[2001:db8::1]:1314", "[fe80::1%3]:1314" (scope as a number).
 * No names, no look-ups. Returns 0, MIDAIR_E_SYNTAX, or MIDAIR_E_RANGE for a port outside
 * 1-65535. */
int midair_endpoint_parse(struct midair_endpoint *endpoint, const char *text);

/* Writes the same form into buffer and returns buffer. */
const char *midair_endpoint_format(const struct midair_endpoint *endpoint,
				   char buffer[MIDAIR_ENDPOINT_TEXT_SIZE]);

/* True when family, address, scope and port are the same. */
bool midair_endpoint_equal(const struct midair_endpoint *a, const struct midair_endpoint *b);

/* Conversion from and to what the socket calls take. from: 0 or MIDAIR_E_UNSUPPORTED for other
 * families; v4-mapped becomes IPv4. to: returns the length to pass on, 0 for family NONE. */
int midair_endpoint_from_sockaddr(struct midair_endpoint *endpoint,
				  const struct sockaddr *address, size_t length);
size_t midair_endpoint_to_sockaddr(const struct midair_endpoint *endpoint,
				   struct sockaddr_storage *address);

/*
 * Looks up "host:port", "[v6]:port" or a numeric endpoint. count: room in, number found out.
 * Duplicates are removed, IPv6 first. Blocks for at most timeout_ms.
 * Returns 0, MIDAIR_E_SYNTAX, MIDAIR_E_RANGE, MIDAIR_E_LIMIT (no room), MIDAIR_E_NO_SUCH_HOST,
 * MIDAIR_E_RESOLVER, -errno.
 */
int midair_resolve(const char *text, uint32_t timeout_ms, struct midair_endpoint *endpoints,
		   size_t *count);

/* ---- time --------------------------------------------------------------------------------- */

/* What the kernel says of CLOCK_REALTIME (adjtimex). */
struct midair_clock_quality {
	bool synchronised;
	int64_t estimated_error_us;
	int64_t maximum_error_us;
};

/* Returns 0 or -errno. */
int midair_clock_read(struct midair_clock_quality *quality);

/* Whether an agreed instant can be kept by such a clock. */
enum midair_clock_verdict {
	MIDAIR_CLOCK_GOOD = 0,
	MIDAIR_CLOCK_DOUBTFUL,	     /* the maximum error is more than the attempt forgives */
	MIDAIR_CLOCK_UNSYNCHRONISED, /* nobody sets this clock */
};

/* flags: the session's. MIDAIR_ONCE forgives 10 ms, half of a typical one-way delay; a session
 * that redials 500 ms. */
enum midair_clock_verdict midair_clock_judge(const struct midair_clock_quality *quality,
					     uint32_t flags);

/* "good", "doubtful", "unsynchronised". Static storage. */
const char *midair_clock_verdict_name(enum midair_clock_verdict verdict);

/* An agreed instant. period_ms is not zero when the text was "next PERIOD". */
struct midair_instant {
	struct timespec start; /* CLOCK_REALTIME; when to dial */
	struct timespec until; /* CLOCK_REALTIME; keep trying at least this long */
	uint64_t period_ms;
	bool near_edge; /* a neighbouring slot is covered too */
};

/*
 * Parses the text of --at against now (CLOCK_REALTIME) and the local time zone:
 * "2026-12-24 22:14:30", "22:14:30" (today, tomorrow when past), RFC 3339, "@UNIX[.fraction]",
 * "+SECONDS[.fraction]", "next PERIOD" (10s, 5m, 1h).
 * Returns 0, MIDAIR_E_SYNTAX, or MIDAIR_E_RANGE (does not exist, or lies in the past).
 */
int midair_instant_parse(struct midair_instant *instant, const char *text,
			 const struct timespec *now);

/* ---- meeting a peer ----------------------------------------------------------------------- */

#define MIDAIR_PEERS_MAX 16

/* No listener: only our own SYN and the peer's may meet. */
#define MIDAIR_NO_LISTEN (1u << 0)
/* One SYN per address: the first refusal ends that address's attempt. */
#define MIDAIR_ONCE (1u << 1)
/* The listener also takes the named address when it comes from another port. */
#define MIDAIR_ANY_PORT (1u << 2)

/*
 * Zero-initialise, set size = sizeof(struct midair_config), then what you need; zero means
 * the default. Everything is copied.
 */
struct midair_config {
	size_t size;
	const struct midair_endpoint *peers; /* the peer's addresses, 1 to MIDAIR_PEERS_MAX */
	size_t n_peers;
	/* Local address and port. Family NONE: any address of each family that peers use.
	 * Port 0: the first peer's port number. */
	struct midair_endpoint local;
	/* CLOCK_REALTIME instant of the first SYN; zero: at once. An instant in the past: at once. */
	struct timespec start;
	/* How long to try, counted from the first SYN. 0: 60,000. At most 86,400,000. */
	uint32_t timeout_ms;
	uint32_t flags; /* MIDAIR_NO_LISTEN | ... */
	/* Called from midair_session_dispatch() with one line of the engine's trace. May be NULL. */
	void (*log)(void *context, const char *line);
	void *log_context;
};

/* How an established connection came about. */
enum midair_crossing {
	MIDAIR_CROSSING_UNKNOWN = 0, /* the kernel's counters allow no statement */
	MIDAIR_CROSSED,	    /* the SYNs crossed in mid-air: both ends sent SYN and SYN-ACK */
	MIDAIR_MET_BY_PEER, /* the peer's SYN met our waiting SYN_SENT socket */
	MIDAIR_ANSWERED,    /* our SYN was answered with a SYN-ACK */
	MIDAIR_CAUGHT,	    /* the listener caught the peer's SYN */
};

/* Who or what ended a dial. */
enum midair_refusal {
	MIDAIR_REFUSAL_NONE = 0,
	MIDAIR_REFUSED_BY_RESET, /* RST (or ICMP port unreachable): peer's host or its NAT */
	MIDAIR_REFUSED_BY_UNREACHABLE, /* ICMP net, host or protocol unreachable: a router */
	MIDAIR_REFUSED_BY_FILTER,      /* ICMP administratively prohibited: a firewall */
	MIDAIR_REFUSED_BY_SILENCE,     /* the SYN timer gave up */
	MIDAIR_REFUSED_BY_SELF,	       /* the guard closed a connection to ourselves */
	MIDAIR_REFUSED_LOCALLY,	       /* this machine could not send: see result */
};

enum midair_event_type {
	MIDAIR_EVENT_NONE = 0,
	MIDAIR_EVENT_BOUND,	/* local: the address and port that are ours now */
	MIDAIR_EVENT_LISTENING, /* local: the catching listener */
	MIDAIR_EVENT_WAITING,	/* until the agreed instant: wait_ns */
	MIDAIR_EVENT_DIAL,	/* a SYN went out: local, remote, try */
	MIDAIR_EVENT_REFUSED, /* remote, refusal, result (-errno), try, elapsed_ns since that SYN */
	MIDAIR_EVENT_STRANGER, /* remote: somebody else connected, closed with RST */
	MIDAIR_EVENT_LANDED,   /* remote: a connection stands, a better one may follow */
	MIDAIR_EVENT_CONNECTED, /* local, remote, crossing, elapsed_ns, round_trip_us, try: take it */
	MIDAIR_EVENT_FAILED, /* result: the attempt is over */
};

/* A plain value. Fields that a type's comment does not name are zero. */
struct midair_event {
	enum midair_event_type type;
	/* Nanoseconds since the attempt's first instant; negative before the agreed instant. */
	int64_t time_ns;
	struct midair_endpoint local;
	struct midair_endpoint remote;
	int result;
	enum midair_refusal refusal;
	enum midair_crossing crossing;
	uint32_t try_number; /* 1 is the first SYN to this remote */
	uint32_t round_trip_us;
	int64_t elapsed_ns;
	int64_t wait_ns;
};

/* Room for the text of one event. */
#define MIDAIR_EVENT_TEXT_SIZE 320

/* The event as one line of the engine's trace, the same text that midair -v prints and the
 * tests compare. Returns buffer. */
const char *midair_event_format(const struct midair_event *event,
				char buffer[MIDAIR_EVENT_TEXT_SIZE]);

/* Stable lower-case names for JSON: "bound", "crossed", "reset". Static storage. */
const char *midair_event_type_name(enum midair_event_type type);
const char *midair_crossing_name(enum midair_crossing crossing);
const char *midair_refusal_name(enum midair_refusal refusal);

struct midair_session;

/*
 * Binds the local port and starts the attempt. Returns 0, MIDAIR_E_CONFIG, MIDAIR_E_RANGE,
 * MIDAIR_E_LIMIT, MIDAIR_E_PORT_IN_USE, or -errno (EADDRNOTAVAIL: the local address is not ours;
 * EACCES: a port below 1024 without the right).
 */
int midair_session_new(struct midair_session **session, const struct midair_config *config);

/* Ends the attempt, closes everything that was not taken. */
struct midair_session *midair_session_free(struct midair_session *session);

/* One descriptor that is readable when midair_session_dispatch() has work. Owned by the session;
 * nests in poll, epoll, libuv, glib. */
int midair_session_fd(const struct midair_session *session);

/*
 * Does the work that is due, never blocks. (For the agreed instant it spins for at most the
 * last 300 us, to send on time.) Returns 0 or -errno of a failure that ends the session.
 */
int midair_session_dispatch(struct midair_session *session);

/* Moves the oldest waiting event out. Returns 0 or MIDAIR_E_NO_EVENT. */
int midair_session_next_event(struct midair_session *session, struct midair_event *event);

/*
 * After MIDAIR_EVENT_CONNECTED: hands over the connected descriptor. Returns it (>= 0), or
 * -EBADF when there is none (any more). The session may then be freed.
 */
int midair_session_take_fd(struct midair_session *session);

/*
 * Blocking: new, poll and dispatch until CONNECTED or FAILED, free. On success *fd is the
 * connection and *connected (may be NULL) the facts. Returns 0, what midair_session_new()
 * returns, or the result of MIDAIR_EVENT_FAILED (MIDAIR_E_TIMEOUT, ...).
 */
int midair_meet(const struct midair_config *config, int *fd, struct midair_event *connected);

/* ---- self-connection ---------------------------------------------------------------------- */

/* 1 when the connected socket fd is connected to itself, 0 when not, -errno. */
int midair_is_self_connected(int fd);

/*
 * Connects one socket to itself on address local (port 0: the kernel chooses). *fd is
 * non-blocking, and close() sends RST and leaves no TIME_WAIT (after shutdown() one stays).
 * Returns 0, MIDAIR_E_PORT_IN_USE, MIDAIR_E_UNSUPPORTED when the kernel does not do simultaneous
 * open, -errno.
 */
int midair_self_connect(const struct midair_endpoint *local, int *fd);

/* ---- moving bytes ------------------------------------------------------------------------- */

struct midair_relay_result {
	uint64_t sent_bytes;	 /* from in_fd to the connection */
	uint64_t received_bytes; /* from the connection to out_fd */
};

/* out_fd is closed as soon as the peer's direction has ended, so that whoever reads its other end
 * sees that end at once, even while our direction goes on. */
#define MIDAIR_RELAY_CLOSE_OUT (1u << 0)

/*
 * Blocking: copies in_fd to the connection fd and the connection to out_fd until both
 * directions have ended, keeping half-close: end of file on in_fd shuts down only the sending
 * side. stop_fd (or -1): becomes readable to end early. fd stays open, and in_fd, and out_fd
 * unless flags say otherwise.
 *
 * Only a clean end closes cleanly: while it runs, and after a failure, SO_LINGER is on with a
 * time of 0, so that close(), or the death of the process, sends RST and the peer does not take
 * a torn stream for a whole one. TCP keep-alive is turned on (after 30 s of silence): a peer
 * that has vanished ends the relay after about two minutes, and a NAT does not forget us.
 *
 * Returns 0 on a clean end of both directions, MIDAIR_E_LOST when the connection broke, -EINTR
 * for stop_fd, -EPIPE when out_fd takes no more, or another -errno. *result is always set. No
 * SIGPIPE is raised, whatever the program does with it.
 */
int midair_relay(int in_fd, int out_fd, int fd, int stop_fd, uint32_t flags,
		 struct midair_relay_result *result);

/* ---- the socket table --------------------------------------------------------------------- */

enum midair_tcp_state {
	MIDAIR_TCP_ESTABLISHED = 1,
	MIDAIR_TCP_SYN_SENT,
	MIDAIR_TCP_SYN_RECV,
	MIDAIR_TCP_FIN_WAIT1,
	MIDAIR_TCP_FIN_WAIT2,
	MIDAIR_TCP_TIME_WAIT,
	MIDAIR_TCP_CLOSE,
	MIDAIR_TCP_CLOSE_WAIT,
	MIDAIR_TCP_LAST_ACK,
	MIDAIR_TCP_LISTEN,
	MIDAIR_TCP_CLOSING,
	MIDAIR_TCP_NEW_SYN_RECV,
	MIDAIR_TCP_BOUND_INACTIVE,
};

/* netstat's word: "ESTABLISHED", "SYN_SENT", "LISTEN", ... and "BOUND". Static storage. */
const char *midair_tcp_state_name(enum midair_tcp_state state);

#define MIDAIR_PROCESS_NAME_SIZE 32

struct midair_row {
	struct midair_endpoint local;
	struct midair_endpoint remote; /* port 0: none */
	enum midair_tcp_state state;
	uint32_t receive_queue_bytes;
	uint32_t send_queue_bytes;
	uint32_t uid;
	uint64_t inode;	 /* 0: no file belongs to it (TIME_WAIT, not yet accepted) */
	uint64_t cookie; /* the kernel's identity of the socket */
	int32_t pid;	 /* 0: nobody's, or not to be seen by this user */
	char process[MIDAIR_PROCESS_NAME_SIZE];
};

struct midair_table;

/* Look up process ids too: costs a scan of /proc. */
#define MIDAIR_TABLE_PROCESSES (1u << 0)
/* Listening sockets as well. */
#define MIDAIR_TABLE_LISTENING (1u << 1)
/* Everything but ESTABLISHED is left out unless this is set. */
#define MIDAIR_TABLE_ALL_STATES (1u << 2)

/*
 * Reads the TCP sockets of this network namespace, IPv4 and IPv6, by sock_diag (or, in a build
 * without libmnl, from /proc/net: without cookies and sockets that are only bound). Where /proc
 * does not tell the processes, the rows come without them and the table is partial. Returns 0,
 * MIDAIR_E_LIMIT, MIDAIR_E_UNSUPPORTED, or -errno.
 */
int midair_table_open(struct midair_table **table, uint32_t flags);

/* The next row, sorted by local, then remote endpoint. Returns 0 or MIDAIR_E_END. */
int midair_table_next(struct midair_table *table, struct midair_row *row);

/* True when some sockets belong to processes that this user may not look into. */
bool midair_table_is_partial(const struct midair_table *table);

struct midair_table *midair_table_free(struct midair_table *table);

/* The row of one tuple, without a dump and without its process; remote port 0: the listener.
 * Returns 0, -ENOENT, or as midair_table_open(). */
int midair_table_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		      struct midair_row *row);

#ifdef __cplusplus
}
#endif

#endif
