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
	  "the connection was broken, not closed: data may be missing")                           \
	X(MIDAIR_E_STATE, 16, "state", "the call does not fit the handle's state")                \
	X(MIDAIR_E_FULL, 17, "full", "every local port to this destination is in use")

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

/* ---- dialling ----------------------------------------------------------------------------- */

enum midair_dial_policy {
	/*
	 * Share the local port: with IP_LOCAL_PORT_RANGE, which binds nothing, where the kernel has
	 * it (Linux 6.3) and the port lies inside net.ipv4.ip_local_port_range, because elsewhere
	 * the kernel ignores it silently; otherwise, and when the kernel says EADDRNOTAVAIL (the
	 * port is bound by somebody, or the tuple in TIME_WAIT), as MIDAIR_DIAL_EXACT. Local port 0:
	 * the kernel's choice.
	 */
	MIDAIR_DIAL_SHARE = 0,
	/* SO_REUSEPORT and bind: O(1), takes a tuple out of TIME_WAIT whatever tcp_tw_reuse says
	 * (with TCP timestamps), but hides the port from every automatic choice meanwhile. */
	MIDAIR_DIAL_EXACT,
};

/* Zero-initialise, set size = sizeof(struct midair_dial_config), then what you need. */
struct midair_dial_config {
	size_t size;
	/* Family NONE or address "any": the route's choice. Port 0: the kernel's choice. */
	struct midair_endpoint local;
	struct midair_endpoint remote;
	enum midair_dial_policy policy;
	uint32_t timeout_ms; /* midair_dial() only; 0: 30,000. -ETIMEDOUT */
	uint32_t pin_range;  /* midair_dial_prepare() sets it; 0: each dial reads the range */
};

/* For many dials: reads what is the same for all of them, the namespace's port range and whether
 * the kernel can pin, into config->pin_range. Saves each dial three system calls. 0 or -errno. */
int midair_dial_prepare(struct midair_dial_config *config);

/*
 * Sends the SYN, never blocks. *fd polls writable (or in error) when midair_dial_finish() has an
 * answer. The port is the one asked for: that is verified. Returns 0, MIDAIR_E_PORT_IN_USE,
 * MIDAIR_E_CONFIG, -errno (EADDRNOTAVAIL: this tuple exists, or the address is not ours).
 */
int midair_dial_start(const struct midair_dial_config *config, int *fd);

/*
 * 0: connected, and not to itself. -EINPROGRESS: not decided. MIDAIR_E_SELF: the connection came
 * back to ourselves, and was reset: nobody listens there. -errno: refused and the like. In every
 * case fd stays the caller's to close.
 */
int midair_dial_finish(int fd);

/* Blocking: start, wait, finish; closes what fails. */
int midair_dial(const struct midair_dial_config *config, int *fd);

/* ---- the pool of local ports -------------------------------------------------------------- */

/*
 * The tuples (local addresses x local ports) to one remote endpoint, handed out in O(1) however
 * full it is. 12 bytes for each tuple. One pool belongs to one thread; pools of several threads
 * or processes may have the same ports: what another one took costs one try in vain.
 */
struct midair_pool;

#define MIDAIR_POOL_SOURCES_MAX 256

struct midair_pool_config {
	size_t size;
	/* Local addresses (their ports are ignored); none: the route's choice. Copied. */
	const struct midair_endpoint *sources;
	size_t n_sources;
	/* 0, 0: net.ipv4.ip_local_port_range without ip_local_reserved_ports. */
	uint16_t first_port;
	uint16_t last_port;
	struct midair_endpoint remote;
	uint64_t seed; /* of the order; 0: random */
};

/* Returns 0, MIDAIR_E_CONFIG, MIDAIR_E_RANGE, MIDAIR_E_LIMIT, -EADDRNOTAVAIL when a source is not
 * an address of this machine, -errno. */
int midair_pool_new(struct midair_pool **pool, const struct midair_pool_config *config);
struct midair_pool *midair_pool_free(struct midair_pool *pool);

/* Marks what one look at the kernel's sockets shows as held or in TIME_WAIT. Without it, each of
 * these costs one try in vain. Returns 0, MIDAIR_E_UNSUPPORTED or -errno. */
int midair_pool_seed(struct midair_pool *pool);

/* Hands out a tuple; dial it with MIDAIR_DIAL_EXACT, or SHARE, which falls back on it. Returns 0
 * or MIDAIR_E_FULL. */
int midair_pool_take(struct midair_pool *pool, struct midair_endpoint *local);

enum midair_pool_fate {
	MIDAIR_POOL_FREE = 0, /* never connected, closed with RST, or the peer closed first */
	MIDAIR_POOL_TIME_WAIT, /* we closed first: the kernel keeps the tuple for 60 s; an explicit
				* bind may use it at once, where TCP timestamps are on */
	MIDAIR_POOL_HELD,      /* EADDRNOTAVAIL: somebody else has it; tried again later */
};

/* Takes a tuple back, with its fate. What was not handed out is left alone. */
void midair_pool_give(struct midair_pool *pool, const struct midair_endpoint *local,
		      enum midair_pool_fate fate);

/*
 * take and midair_dial_start(), past tuples that others hold, each of which costs one try. *local
 * goes back with midair_pool_give() when the connection is closed or failed. Returns 0,
 * MIDAIR_E_FULL, -errno.
 */
int midair_pool_dial(struct midair_pool *pool, int *fd, struct midair_endpoint *local);

struct midair_pool_state {
	uint32_t n_tuples; /* the sum of the others */
	uint32_t n_free;
	uint32_t n_taken;
	uint32_t n_time_wait;
	uint32_t n_held; /* when last tried, or seeded */
};

void midair_pool_read(const struct midair_pool *pool, struct midair_pool_state *state);

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

/* How a program gets its local port. */
enum midair_port_choice {
	MIDAIR_CHOICE_CONNECT = 0, /* connect() alone */
	MIDAIR_CHOICE_BIND,	   /* bind() with port 0, then connect() */
	MIDAIR_CHOICE_RANGE, /* connect() with IP_LOCAL_PORT_RANGE set to the whole range */
};

/* How soon a client that tries again and again meets itself. */
struct midair_self_odds {
	bool is_possible;
	bool is_in_range;      /* of net.ipv4.ip_local_port_range */
	bool is_reserved;      /* net.ipv4.ip_local_reserved_ports */
	bool has_wrong_parity; /* this choice takes every second port, and not this one */
	uint16_t first_port;   /* of the range */
	uint16_t last_port;
	uint32_t n_candidates; /* ports that are as likely */
	uint32_t median_tries; /* when tried without pause */
	uint32_t mean_tries;
	uint32_t p99_tries;
};

/*
 * The odds that connect() to a local port where nobody listens connects to itself, as long as
 * no other connection uses the ports. Returns 0, MIDAIR_E_RANGE for port 0, or -errno.
 */
int midair_self_odds_read(uint16_t port, enum midair_port_choice choice,
			  struct midair_self_odds *odds);

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

/* What a socket's timer waits for. */
enum midair_timer {
	MIDAIR_TIMER_NONE = 0,
	MIDAIR_TIMER_RETRANSMIT, /* an answer to what was sent */
	MIDAIR_TIMER_KEEPALIVE,	 /* silence (SO_KEEPALIVE), or the end of FIN_WAIT2 */
	MIDAIR_TIMER_TIME_WAIT,	 /* the end of TIME_WAIT */
	MIDAIR_TIMER_PROBE,	 /* the peer's closed window */
};

/* "none", "retransmit", "keepalive", "time-wait", "probe". Static storage. */
const char *midair_timer_name(enum midair_timer timer);

/* Of TCP_INFO. */
struct midair_tcp_facts {
	uint32_t round_trip_us; /* smoothed; 0: not measured */
	uint32_t round_trip_variation_us;
	uint32_t round_trip_min_us; /* UINT32_MAX: not measured */
	uint32_t congestion_window; /* segments */
	uint32_t segment_bytes;
	uint32_t n_retransmitted;
	uint64_t bytes_sent;
	uint64_t bytes_acknowledged;
	uint64_t bytes_received;
};

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
	enum midair_timer timer;
	uint32_t timer_ms;	/* until it ends */
	bool is_reuse_known;	/* only BPF shows the next two */
	bool has_reuse_address; /* SO_REUSEADDR */
	bool has_reuse_port;	/* SO_REUSEPORT */
	bool is_ipv6_only;	/* of a listening or bound IPv6 socket, by sock_diag */
	bool has_facts;		/* MIDAIR_TABLE_FACTS, of a connection that lives */
	struct midair_tcp_facts facts;
};

struct midair_table;

/* Look up process ids too: costs a scan of /proc. */
#define MIDAIR_TABLE_PROCESSES (1u << 0)
/* Listening sockets as well. */
#define MIDAIR_TABLE_LISTENING (1u << 1)
/* Everything but ESTABLISHED is left out unless this is set. */
#define MIDAIR_TABLE_ALL_STATES (1u << 2)
/* The facts of TCP_INFO too. */
#define MIDAIR_TABLE_FACTS (1u << 3)
/* Read by BPF even where the table is so small that loading the programs takes longer than
 * they save: the reuse options are wanted. */
#define MIDAIR_TABLE_BPF (1u << 4)
/* Never by BPF. */
#define MIDAIR_TABLE_NO_BPF (1u << 5)

/*
 * Reads the TCP sockets of this network namespace, IPv4 and IPv6: a large table by BPF iterators
 * where this build has them and this process may load them, else by sock_diag, with the same
 * result (in a build without libmnl from /proc/net: without cookies and sockets that are only
 * bound). Where /proc does not tell the processes, the rows come without them and the table is
 * partial. Returns 0, MIDAIR_E_LIMIT, MIDAIR_E_UNSUPPORTED, or -errno.
 */
int midair_table_open(struct midair_table **table, uint32_t flags);

/* All addresses whose first n_bits are these; the port is not used. */
struct midair_prefix {
	struct midair_endpoint address; /* family NONE: every address */
	uint8_t n_bits;
};

/* Parses "10.0.0.0/8", "2001:db8::/32", or an address alone. Returns 0, MIDAIR_E_SYNTAX, or
 * MIDAIR_E_RANGE for more bits than the address has. */
int midair_prefix_parse(struct midair_prefix *prefix, const char *text);

/* What a row must have, all of it; zero means any. Zero-initialise, set size. */
struct midair_selection {
	size_t size;
	uint32_t states; /* bit 1 << enum midair_tcp_state; not 0: instead of the flags */
	uint16_t port;	 /* local or remote */
	uint16_t local_port;
	uint16_t remote_port;
	bool is_self_connected; /* local and remote are the same */
	bool is_shared;		/* the local endpoint is that of another selected row too */
	struct midair_prefix local;
	struct midair_prefix remote;
	int32_t pid;
	const char *process; /* its whole name; NULL: any */
};

/* As midair_table_open(), with the selected rows only. pid and process need
 * MIDAIR_TABLE_PROCESSES, MIDAIR_E_CONFIG without. */
int midair_table_select(struct midair_table **table, uint32_t flags,
			const struct midair_selection *selection);

/* The number of rows. */
size_t midair_table_count(const struct midair_table *table);

/* The next row, sorted by local, then remote endpoint. Returns 0 or MIDAIR_E_END. */
int midair_table_next(struct midair_table *table, struct midair_row *row);

/* Rows with one local endpoint. */
struct midair_group {
	struct midair_endpoint local;
	uint32_t n_rows;
	uint32_t n_established;
	uint32_t n_time_wait;
	uint32_t n_processes; /* 2: two or more */
	int32_t pid;	      /* of the first row that has one */
	char process[MIDAIR_PROCESS_NAME_SIZE];
};

/* The next rows of one local endpoint, as one. Returns 0 or MIDAIR_E_END. */
int midair_table_next_group(struct midair_table *table, struct midair_group *group);

/* True when some sockets belong to processes that this user may not look into. */
bool midair_table_is_partial(const struct midair_table *table);

/* 0: read by BPF. Else why not: MIDAIR_E_UNSUPPORTED (not in this build), MIDAIR_E_STATE (not
 * worth it, or not wanted), or -errno (-EPERM: not permitted). */
int midair_table_bpf_result(const struct midair_table *table);

/*
 * Ends the connection or listener of a row (SOCK_DESTROY): a connection's peer gets RST, its
 * process ECONNABORTED; a TIME_WAIT's pair is free at once. The cookie makes sure that it is the
 * same socket. Returns 0, -ENOENT when it is gone, -EPERM without CAP_NET_ADMIN,
 * MIDAIR_E_UNSUPPORTED (this kernel cannot, a row without cookie, or a socket that is only
 * bound), -errno.
 */
int midair_table_kill(const struct midair_row *row);

struct midair_table *midair_table_free(struct midair_table *table);

/* The row of one tuple, without a dump and without its process; remote port 0: the listener.
 * Returns 0, -ENOENT, or as midair_table_open(). */
int midair_table_find(const struct midair_endpoint *local, const struct midair_endpoint *remote,
		      struct midair_row *row);

/* ---- why a port cannot be had -------------------------------------------------------------- */

/*
 * X(constant, value, name, text, remedy): the name is the stable code in JSON and scripts. What
 * midair_why.text and .remedy say is more particular where more is known.
 */
#define MIDAIR_CAUSES(X)                                                                       \
	X(MIDAIR_CAUSE_NONE, 0, "none", "nothing stands in the way", "none is needed")         \
	X(MIDAIR_CAUSE_TUPLE_LIVE, 1, "tuple-live",                                            \
	  "a connection between exactly these two ends exists",                                \
	  "use another local port or address, or close that connection")                       \
	X(MIDAIR_CAUSE_TIME_WAIT, 2, "time-wait", "a closed connection is still in TIME_WAIT", \
	  "wait, or use another local port")                                                   \
	X(MIDAIR_CAUSE_FIN_WAIT, 3, "fin-wait",                                                \
	  "a connection between these two ends is being closed and not yet gone",              \
	  "wait, or use another local port; close() with SO_LINGER 0 sends RST and leaves "    \
	  "nothing")                                                                           \
	X(MIDAIR_CAUSE_POOL_FULL, 4, "pool-full", "every local port is in use",                \
	  "spread over more source addresses or destinations, or widen "                       \
	  "net.ipv4.ip_local_port_range")                                                      \
	X(MIDAIR_CAUSE_PORT_LOCKED, 5, "port-locked", "another socket holds the port",         \
	  "set SO_REUSEPORT on both sockets before bind(), or use another port")               \
	X(MIDAIR_CAUSE_BOUND_UNSEEN, 6, "bound-unseen",                                        \
	  "a socket that is bound but not connected holds the port; netstat and /proc do not " \
	  "show it",                                                                           \
	  "set SO_REUSEPORT on both sockets before bind(), or close that socket")              \
	X(MIDAIR_CAUSE_RESERVED, 7, "reserved",                                                \
	  "the port is in net.ipv4.ip_local_reserved_ports, so no automatic choice takes it",  \
	  "bind the port explicitly, or take it off that list")                                \
	X(MIDAIR_CAUSE_OUT_OF_RANGE, 8, "out-of-range",                                        \
	  "the port is outside net.ipv4.ip_local_port_range: the kernel ignores the pin and "  \
	  "takes another port",                                                                \
	  "bind the port explicitly, or pin one inside the range")                             \
	X(MIDAIR_CAUSE_NOT_LOCAL, 9, "not-local", "the local address is not of this machine",  \
	  "use an address that \"ip address\" shows, or none")                                 \
	X(MIDAIR_CAUSE_OTHER_USER, 10, "other-user",                                           \
	  "another user's socket holds the port; SO_REUSEPORT shares only within one user",    \
	  "run both as one user, or use another port")                                         \
	X(MIDAIR_CAUSE_OPTION_MISSING, 11, "option-missing",                                   \
	  "the socket that holds the port lacks the reuse option that ours has",               \
	  "set the same option on the other socket too; it counts even after its bind()")      \
	X(MIDAIR_CAUSE_NO_ROUTE, 12, "no-route", "there is no route to the destination",       \
	  "look at \"ip route get\" for this destination and source")                          \
	X(MIDAIR_CAUSE_LISTENER, 13, "listener", "a listening socket holds the port",          \
	  "use another port; only SO_REUSEPORT on both sockets, of one user, shares with a "   \
	  "listener")                                                                          \
	X(MIDAIR_CAUSE_NO_PERMISSION, 14, "no-permission",                                     \
	  "the port is privileged and this user has no CAP_NET_BIND_SERVICE",                  \
	  "use a higher port, or lower net.ipv4.ip_unprivileged_port_start")                   \
	X(MIDAIR_CAUSE_UNKNOWN, 15, "unknown", "the cause is not in what the kernel tells",    \
	  "try another port; midair why --try tells what the kernel answers")

enum midair_cause {
#define MIDAIR_CAUSE_ENUM(constant, value, name, text, remedy) constant = value,
	MIDAIR_CAUSES(MIDAIR_CAUSE_ENUM)
#undef MIDAIR_CAUSE_ENUM
};

/* Stable short code: "none", "time-wait", ... Static storage. */
const char *midair_cause_name(enum midair_cause cause);

/* Really make the call, and compare. A connect sends a SYN, and what comes of it is reset. */
#define MIDAIR_WHY_TRY (1u << 0)
/* Look up the owner's process and its socket options: costs a scan of /proc. */
#define MIDAIR_WHY_PROCESS (1u << 1)
/* What the failing program sets on its socket before bind(): */
#define MIDAIR_WHY_REUSEADDR (1u << 2)
#define MIDAIR_WHY_REUSEPORT (1u << 3)
#define MIDAIR_WHY_IPV6_ONLY (1u << 4)
/* It does not bind the port, but pins it by IP_LOCAL_PORT_RANGE. */
#define MIDAIR_WHY_PIN (1u << 5)

#define MIDAIR_WHY_TEXT_SIZE 256

/* The answer, a plain value. */
struct midair_why {
	enum midair_cause cause;
	bool has_owner;	      /* owner is the socket that stands in the way */
	bool is_owner_hidden; /* its process is not to be seen by this user */
	bool is_past_cliff; /* half of the pool is in use: each automatic choice walks ports */
	bool was_tried;
	struct midair_row owner;
	uint32_t remaining_ms; /* until the cause passes by itself; 0: unknown or never */
	/* With no local port: ports of the kernel's range, reserved ones left out. 0, 0 else. */
	uint32_t pool_in_use;
	uint32_t pool_size;
	int tried_result; /* 0 or -errno of the call */
	/* Reuse options with which a failed bind() worked when tried; 0: none. */
	uint32_t helpful_flags;
	char text[MIDAIR_WHY_TEXT_SIZE];   /* one line without a full stop */
	char remedy[MIDAIR_WHY_TEXT_SIZE]; /* the same */
};

/*
 * Why a connection from local to remote cannot have its local port, or that nothing stands in
 * the way. local may be NULL, of family NONE, an "any" address, or have port 0: what is left
 * open is the kernel's choice. Says nothing of what the peer would answer.
 * Returns 0, MIDAIR_E_CONFIG (families differ, no remote port), MIDAIR_E_UNSUPPORTED, -errno.
 */
int midair_why_connect(const struct midair_endpoint *local,
		       const struct midair_endpoint *remote, uint32_t flags,
		       struct midair_why *why);

/* The same for bind() alone; port 0: bind()'s own choice, which no two sockets share. */
int midair_why_bind(const struct midair_endpoint *local, uint32_t flags,
		    struct midair_why *why);

/* ---- how full the ports are ---------------------------------------------------------------- */

struct midair_ports;

/* The ports that the kernel gives out by itself. */
struct midair_ports_state {
	uint16_t first_port; /* net.ipv4.ip_local_port_range */
	uint16_t last_port;
	uint32_t n_reserved; /* of the range, by net.ipv4.ip_local_reserved_ports */
	uint32_t pool_size;  /* the range without them */
	/* Ports of the pool that any socket uses: the limit of bind() with port 0. */
	uint32_t n_in_use;
	/* Ports that a listening or merely bound socket keeps from every automatic choice. */
	uint32_t n_locked;
	uint32_t n_connections; /* from a port of the pool, in any state */
	uint32_t n_time_wait;	/* of those, in TIME_WAIT */
	uint32_t n_pairs;	/* source addresses x destinations: the rows */
	int time_wait_reuse;	/* net.ipv4.tcp_tw_reuse; -1: not to be read */
	bool has_timestamps;	/* net.ipv4.tcp_timestamps */
};

/* The pool of one source address to one destination. */
struct midair_ports_row {
	struct midair_endpoint source; /* port 0 */
	struct midair_endpoint remote;
	uint32_t n_in_use; /* ports, locked ones included */
	uint32_t n_connections;
	uint32_t n_time_wait;
	uint32_t pool_size;
	bool is_past_cliff; /* half is in use: each automatic choice walks over used ports */
};

/*
 * Reads the socket table once and counts. to: only connections to this destination, port 0: to
 * every port of the address; NULL: all. Returns 0, MIDAIR_E_LIMIT, MIDAIR_E_UNSUPPORTED, -errno.
 */
int midair_ports_open(struct midair_ports **ports, const struct midair_endpoint *to);

void midair_ports_read(const struct midair_ports *ports, struct midair_ports_state *state);

/* The next row, the fullest first. Returns 0 or MIDAIR_E_END. */
int midair_ports_next(struct midair_ports *ports, struct midair_ports_row *row);

struct midair_ports *midair_ports_free(struct midair_ports *ports);

#ifdef __cplusplus
}
#endif

#endif
