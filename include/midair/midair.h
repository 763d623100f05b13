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

/* What this build is made with, as one line: "OpenSSL, libmnl, bpf". Static storage. */
const char *midair_features(void);

/* ---- results ------------------------------------------------------------------------------ */

/*
 * X(constant, value, name, text): the name is the stable code in JSON and scripts, the text
 * says what it means and what to do.
 */
#define MIDAIR_RESULTS(X)                                                                              \
	X(MIDAIR_E_NO_EVENT, 1, "no-event", "no event is waiting; poll the descriptor first")          \
	X(MIDAIR_E_CONFIG, 2, "config",                                                                \
	  "the configuration contradicts itself or lacks a part")                                      \
	X(MIDAIR_E_TIMEOUT, 3, "timeout", "the time ran out before the peer and we met")               \
	X(MIDAIR_E_REFUSED, 4, "refused",                                                              \
	  "the peer's side refused, and only one try was allowed")                                     \
	X(MIDAIR_E_SELF, 5, "self-connection", "the connection came back to ourselves")                \
	X(MIDAIR_E_PORT_IN_USE, 6, "port-in-use",                                                      \
	  "the local port is taken by a socket that does not share it (SO_REUSEPORT, same user)")      \
	X(MIDAIR_E_NO_PATH, 7, "no-path",                                                              \
	  "this machine has no way to send to any of the peer's addresses")                            \
	X(MIDAIR_E_NO_SUCH_HOST, 8, "no-such-host", "the name has no address")                         \
	X(MIDAIR_E_RESOLVER, 9, "resolver",                                                            \
	  "the resolver did not answer; try an address instead of a name")                             \
	X(MIDAIR_E_SYNTAX, 10, "syntax", "the text is not of the expected form")                       \
	X(MIDAIR_E_RANGE, 11, "range", "the value is outside what is allowed")                         \
	X(MIDAIR_E_LIMIT, 12, "limit", "more than this build's tables hold")                           \
	X(MIDAIR_E_UNSUPPORTED, 13, "unsupported", "this kernel or this build cannot do it")           \
	X(MIDAIR_E_END, 14, "end", "there is nothing more to read")                                    \
	X(MIDAIR_E_LOST, 15, "lost",                                                                   \
	  "the connection was broken, not closed: data may be missing")                                \
	X(MIDAIR_E_STATE, 16, "state", "the call does not fit the handle's state")                     \
	X(MIDAIR_E_FULL, 17, "full", "every local port to this destination is in use")                 \
	X(MIDAIR_E_NO_PEER, 18, "no-peer",                                                             \
	  "nobody came with the same code; start the other side, with the same server")                \
	X(MIDAIR_E_WRONG_CODE, 19, "wrong-code",                                                       \
	  "the other side has another code or secret; this code is spent, make a new one")             \
	X(MIDAIR_E_SERVER, 20, "server-unreachable",                                                   \
	  "the rendezvous server cannot be reached; look at its address and whether it runs")          \
	X(MIDAIR_E_VERSION, 21, "protocol-version",                                                    \
	  "the server or the other side speaks another version of the protocol; update the older one") \
	X(MIDAIR_E_ROOM_TAKEN, 22, "room-taken",                                                       \
	  "two have already met with this code, or it has been tried; make a new one")                 \
	X(MIDAIR_E_BUSY, 23, "server-busy",                                                            \
	  "the server has reached one of its limits; try again later, or use another server")          \
	X(MIDAIR_E_PROTOCOL, 24, "protocol",                                                           \
	  "the server or the other side does not keep to the protocol")                                \
	X(MIDAIR_E_PEER_LEFT, 25, "peer-left",                                                         \
	  "the other side gave up before there was a connection")                                      \
	X(MIDAIR_E_AUTHENTICATION, 26, "authentication",                                               \
	  "who answered does not have the same secret")                                                \
	X(MIDAIR_E_NO_DIRECT, 27, "no-direct",                                                         \
	  "there is no direct way to the other side, and no relay that may be used")                   \
	X(MIDAIR_E_NO_RELAY, 28, "no-relay",                                                           \
	  "the server forwards nothing (midair serve --relay), or the other side does not want it")    \
	X(MIDAIR_E_PATH_LOST, 29, "path-lost",                                                         \
	  "the path fell silent: a NAT has forgotten the connection, or the other side is gone; "      \
	  "data may be missing")                                                                       \
	X(MIDAIR_E_UNCONFIRMED, 30, "unconfirmed",                                                     \
	  "the other side came and never showed that it has the code: cut off, or a guess; this "      \
	  "code is spent, make a new one")

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
	/* A shared secret, at most MIDAIR_SECRET_MAX bytes, copied and wiped with the session: every
	 * connection must prove that it knows it, and midair_session_take_stream() hands out an
	 * encrypted stream. NULL: anybody at the peer's address will do. */
	const char *secret;
	size_t secret_size;
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
	/* Of a pairing (midair_session_pair()): */
	MIDAIR_EVENT_SERVER, /* remote: the server answers; local; mapped: the address that it saw */
	MIDAIR_EVENT_SERVER_LOST, /* remote, result; tried again after wait_ns */
	MIDAIR_EVENT_CODE,	/* midair_session_code() tells it; wait_ns: until it expires */
	MIDAIR_EVENT_PEER_WAIT, /* in the room, alone; wait_ns: until it expires */
	MIDAIR_EVENT_PEER, /* introduced: remote is what the server saw of the peer, role */
	MIDAIR_EVENT_CANDIDATE, /* remote: one more address of the peer */
	MIDAIR_EVENT_CONFIRMED, /* the peer's code is ours: its sealed message opened */
	MIDAIR_EVENT_UNPROVEN, /* remote, result: a connection whose other end was not the peer */
	MIDAIR_EVENT_AUTHENTICATED, /* remote, elapsed_ns since it landed: CONNECTED follows */
	/* way, reason, is_sure: what follows from what both sides know of their NATs; again when
	 * that changes */
	MIDAIR_EVENT_PLAN,
	/* remote: the server; reason: the relay was asked for; result not 0: there will be none,
	 * and reason, where it is told, is why */
	MIDAIR_EVENT_RELAY,
	/* reason: the code of midair_session_verdict(). Of a pairing alone, its last event: after
	 * FAILED at once, or, where the other side is asked for what it saw, up to 500 ms later, for
	 * as long as midair_session_dispatch() is called. */
	MIDAIR_EVENT_VERDICT,
	/* local, remote: the standing hole is dialled (struct midair_hole), the server only if that
	 * does not lead to the peer within a second */
	MIDAIR_EVENT_HOLE,
};

/* The role that the introduction gave: who came first is A. */
enum midair_role {
	MIDAIR_ROLE_NONE = 0,
	MIDAIR_ROLE_A,
	MIDAIR_ROLE_B,
};

/* How a peer can be reached. */
#define MIDAIR_WAYS(X)                                                                         \
	X(MIDAIR_WAY_PLAIN, "plain", "directly, at once")                                      \
	X(MIDAIR_WAY_ONE_WAY, "one-way", "directly, when the right side dials")                \
	X(MIDAIR_WAY_PREDICT, "predict", "directly, by foreseeing ports")                      \
	X(MIDAIR_WAY_BIRTHDAY, "birthday", "directly, by trying many ports")                   \
	X(MIDAIR_WAY_NONE, "none", "only through a relay")

#define MIDAIR_LIST_ENUM(constant, name, text) constant,
enum midair_way { MIDAIR_WAYS(MIDAIR_LIST_ENUM) };

/* How the bytes go. */
enum midair_path {
	MIDAIR_PATH_NONE = 0,
	MIDAIR_PATH_DIRECT,
	MIDAIR_PATH_RELAYED, /* by the server, encrypted from end to end as on any other path */
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
	struct midair_endpoint mapped;
	enum midair_role role;
	enum midair_way way;
	/* Stable code of why there is no direct way, "none" when there is one (PLAN, FAILED with
	 * NO_DIRECT), or why the relay or none (RELAY, and with path RELAYED); NULL: not said.
	 * midair_reason_text() has words for it. Static storage. */
	const char *reason;
	bool is_sure; /* nothing that matters is unknown */
	enum midair_path
		path; /* LANDED, UNPROVEN, AUTHENTICATED, CONNECTED; remote is the server's */
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
/* In words: "crossed in mid-air", "by RST, ...". */
const char *midair_crossing_text(enum midair_crossing crossing);
const char *midair_refusal_text(enum midair_refusal refusal);
/* "none", "a", "b". */
const char *midair_role_name(enum midair_role role);
/* "none", "direct", "relayed". */
const char *midair_path_name(enum midair_path path);
/* Words for a reason's code, without a full stop; "" for an unknown one. Static storage. */
const char *midair_reason_text(const char *reason);

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
 * a torn stream for a whole one. TCP keep-alive is turned on (after 20 s of silence), so that a
 * NAT does not forget us. A path that falls silent ends the relay: 40 s after the last that was
 * heard, or 25 s after data was sent in vain.
 *
 * Returns 0 on a clean end of both directions, MIDAIR_E_LOST when the connection broke,
 * MIDAIR_E_PATH_LOST when its path fell silent, -EINTR for stop_fd, -EPIPE when out_fd takes no more, or another -errno. *result is always set. No
 * SIGPIPE is raised, whatever the program does with it.
 */
int midair_relay(int in_fd, int out_fd, int fd, int stop_fd, uint32_t flags,
		 struct midair_relay_result *result);

/* ---- a pairing: two machines, one code, a rendezvous server -------------------------------- */

/* The port of a rendezvous server when none is named. */
#define MIDAIR_SERVER_PORT 1314
#define MIDAIR_SERVERS_MAX 8
#define MIDAIR_SECRET_MAX  1024
#define MIDAIR_WORDS_MAX   8
/* Room for any code and its NUL: "4294967295-" and eight words. */
#define MIDAIR_CODE_SIZE 112

/* The result shall be a plain descriptor (midair_session_take_fd()) after the authentication,
 * with keys from midair_session_export(); what goes over it is then the caller's to protect. */
#define MIDAIR_PLAIN (1u << 3)
/* Never by the server's relay: direct or MIDAIR_E_NO_DIRECT. */
#define MIDAIR_DIRECT_ONLY (1u << 4)
/* By the server's relay alone: nothing is dialled, no listener, no address is told to the peer (the
 * server tells it the one that it sees). */
#define MIDAIR_RELAY_ONLY (1u << 5)

/* The router is not asked to let connections in to our port (PCP, NAT-PMP, UPnP-IGD). */
#define MIDAIR_NO_PORTMAP (1u << 6)

#define MIDAIR_HOLE_KEY_BYTES 32

/*
 * A standing hole: where two that have a secret met last. Both dial there, from the same ports as
 * then. While one of them waits its SYN keeps its NAT open, and the other needs no server: one
 * round trip to the connection, one more to the first byte. It takes NATs that show the same port
 * again, and a peer whose address has not changed; otherwise the two meet by the server, a second
 * later.
 */
struct midair_hole {
	struct midair_endpoint local;  /* ours; its address is not bound, it may have changed */
	struct midair_endpoint remote; /* the peer's, as we see it */
	enum midair_role role;
	/* Only these two have it. It stays the same until the next introduction. To be kept as the
	 * secret itself: who has it can pose as either of them. */
	uint8_t key[MIDAIR_HOLE_KEY_BYTES];
};

/* Zero-initialise, set size, then what you need; zero means the default. Everything is copied. */
struct midair_pair_config {
	size_t size;
	/* The server's addresses (midair_resolve()), one is used at a time; the first of each other
	 * family is asked for our address there. */
	const struct midair_endpoint *servers;
	size_t n_servers;
	/*
	 * "7-crossover-clockwork", however separated and capitalised: enters that room, whether the
	 * other side is there already or comes later. NULL, and no secret: asks the server for a
	 * room, makes a code of n_words words and tells it with MIDAIR_EVENT_CODE.
	 */
	const char *code;
	uint32_t n_words; /* 0: 2, which are 20 bits and the least. At most MIDAIR_WORDS_MAX */
	/* Instead of a code: a secret that both sides have for long. */
	const char *secret;
	size_t secret_size;
	/* Local address and port, as in midair_config; port 0: the kernel's choice. */
	struct midair_endpoint local;
	uint32_t wait_ms;    /* for the peer to come; 0: 600,000. At most 86,400,000 */
	uint32_t timeout_ms; /* for the connection after the introduction; 0: 30,000 */
	/* MIDAIR_NO_LISTEN, MIDAIR_PLAIN, MIDAIR_NO_PORTMAP, MIDAIR_DIRECT_ONLY, MIDAIR_RELAY_ONLY */
	uint32_t flags;
	void (*log)(void *context, const char *line);
	void *log_context;
	/* With a secret: from midair_session_hole() of the last time. NULL: none. */
	const struct midair_hole *hole;
};

/*
 * Meets the peer through a rendezvous server: the same handle, descriptor, dispatch and events as
 * midair_session_new(). Both sides call it; who comes first becomes role A. Every connection is
 * authenticated with a key that comes from the code (SPAKE2, RFC 9382), which the server never
 * sees, and encrypted from end to end (TLS 1.3).
 * Meanwhile it looks at what our NAT does to TCP, from ports of its own, and tells the other side.
 * Where a NAT's ports have to be guessed (MIDAIR_EVENT_PLAN: birthday), up to 2,600 descriptors are
 * used for a few seconds, as far as RLIMIT_NOFILE leaves room; 64 stay free.
 * Returns 0, MIDAIR_E_CONFIG, MIDAIR_E_SYNTAX (not a code), MIDAIR_E_RANGE, MIDAIR_E_LIMIT,
 * MIDAIR_E_PORT_IN_USE, -errno. Later failures come as MIDAIR_EVENT_FAILED: NO_PEER, WRONG_CODE,
 * UNCONFIRMED (with a code), SERVER, VERSION, ROOM_TAKEN, BUSY, PROTOCOL, PEER_LEFT, TIMEOUT (no
 * path), NO_PATH, NO_DIRECT, NO_RELAY.
 */
int midair_session_pair(struct midair_session **session,
			const struct midair_pair_config *config);

/* The code, once MIDAIR_EVENT_CODE has told that there is one; "" before. Valid until free. */
const char *midair_session_code(const struct midair_session *session);

/* After MIDAIR_EVENT_CONNECTED of a pairing with a secret: for the next time. Returns 0, or
 * MIDAIR_E_STATE when it has not connected, not directly, or has no secret. */
int midair_session_hole(const struct midair_session *session, struct midair_hole *hole);

/* Room for the text of a hole and its NUL. */
#define MIDAIR_HOLE_TEXT_SIZE 256

/* One line without its end, to be kept where nobody else reads: "midair-hole-1 a
 * 192.168.1.2:40112 203.0.113.7:51820 " and the key in hexadecimal digits. Returns text. */
const char *midair_hole_format(const struct midair_hole *hole,
			       char text[MIDAIR_HOLE_TEXT_SIZE]);

/* Returns 0, or MIDAIR_E_SYNTAX with *hole zero: not written by midair_hole_format(), or no place
 * where anybody could be. */
int midair_hole_parse(struct midair_hole *hole, const char *text);

struct midair_stream;

/* After MIDAIR_EVENT_CONNECTED of an authenticated session: the encrypted stream, the caller's to
 * free. Returns 0, or -EBADF when there is none (any more, or with MIDAIR_PLAIN). */
int midair_session_take_stream(struct midair_session *session, struct midair_stream **stream);

/* With MIDAIR_PLAIN, after CONNECTED: size bytes for the label that both ends get alike and
 * nobody else knows (RFC 8446, 7.5). size at most 255 * 32. Returns 0, MIDAIR_E_STATE, -EIO. */
int midair_session_export(struct midair_session *session, const char *label, void *out,
			  size_t size);

/* Blocking: pair, poll and dispatch until CONNECTED or FAILED, free. As midair_meet(). Give it a code
 * or a secret: of a code that the server would give out nobody could tell the other side. */
int midair_pair(const struct midair_pair_config *config, struct midair_stream **stream,
		struct midair_event *connected);

/* ---- why an attempt has failed ---------------------------------------------------------------- */

/* X(constant, name, text): where it failed. */
#define MIDAIR_SIDES(X)                                                                        \
	X(MIDAIR_SIDE_UNKNOWN, "unknown", "it cannot be told which side")                      \
	X(MIDAIR_SIDE_OURS, "ours", "this side")                                               \
	X(MIDAIR_SIDE_THEIRS, "theirs", "the other side")                                      \
	X(MIDAIR_SIDE_BOTH, "both", "both sides together")                                     \
	X(MIDAIR_SIDE_SERVER, "server", "the rendezvous server")

#define MIDAIR_STEPS(X)                                                                        \
	X(MIDAIR_STEP_START, "start", "on this machine, before anything was sent")             \
	X(MIDAIR_STEP_SERVER, "server", "to the rendezvous server")                            \
	X(MIDAIR_STEP_INTRODUCTION, "introduction", "while waiting for the other side")        \
	X(MIDAIR_STEP_DIAL, "dial", "between the first SYN and a connection")                  \
	X(MIDAIR_STEP_HANDSHAKE, "handshake", "a connection stood, and did not prove itself")  \
	X(MIDAIR_STEP_STREAM, "stream", "after the connection was made")

/* X(constant, bit, name, text): what would help. */
#define MIDAIR_REMEDIES(X)                                                                     \
	X(MIDAIR_REMEDY_RETRY, 0, "retry", "try again")                                        \
	X(MIDAIR_REMEDY_RELAY, 1, "relay",                                                     \
	  "let a server forward the bytes, encrypted from end to end: midair serve --relay")   \
	X(MIDAIR_REMEDY_OPEN_PORT, 2, "open-port",                                             \
	  "open a port on one side's router: allow it UPnP-IGD, NAT-PMP or PCP, or forward "   \
	  "one by hand and name it with --from")                                               \
	X(MIDAIR_REMEDY_IPV6, 3, "ipv6",                                                       \
	  "use IPv6 on both sides: no translation stands in the way there")                    \
	X(MIDAIR_REMEDY_OTHER_PORT, 4, "other-port", "try another port of ours: --from")       \
	X(MIDAIR_REMEDY_OTHER_FIRST, 5, "other-first",                                         \
	  "let the other side dial first, or leave --once out")                                \
	X(MIDAIR_REMEDY_OTHER_NETWORK, 6, "other-network",                                     \
	  "put one side on another network, a telephone's for instance")                       \
	X(MIDAIR_REMEDY_ALLOW, 7, "allow",                                                     \
	  "have the firewall let TCP out to any port, and its answers in")                     \
	X(MIDAIR_REMEDY_CHECK, 8, "check",                                                     \
	  "run midair check on both sides: it names what their NATs do")                       \
	X(MIDAIR_REMEDY_CHECK_SERVER, 9, "check-server",                                       \
	  "look at the server's address, and whether midair serve runs there")                 \
	X(MIDAIR_REMEDY_CHECK_ADDRESS, 10, "check-address",                                    \
	  "look at the address and the port of the other side")                                \
	X(MIDAIR_REMEDY_START_PEER, 11, "start-peer",                                          \
	  "start the other side, with the same code and the same server")                      \
	X(MIDAIR_REMEDY_NEW_CODE, 12, "new-code", "make a new code")                           \
	X(MIDAIR_REMEDY_SAME_SECRET, 13, "same-secret", "use the same secret on both sides")   \
	X(MIDAIR_REMEDY_UPDATE, 14, "update", "update the older midair")                       \
	X(MIDAIR_REMEDY_FREE_PORT, 15, "free-port",                                            \
	  "run midair why: it names who has the port")                                         \
	X(MIDAIR_REMEDY_ALLOW_RELAY, 16, "allow-relay",                                        \
	  "leave --direct out on both sides: this server could forward the bytes, encrypted "  \
	  "from end to end")

enum midair_side { MIDAIR_SIDES(MIDAIR_LIST_ENUM) };
enum midair_step { MIDAIR_STEPS(MIDAIR_LIST_ENUM) };

enum midair_remedy {
#define MIDAIR_REMEDY_ENUM(constant, bit, name, text) constant = 1 << bit,
	MIDAIR_REMEDIES(MIDAIR_REMEDY_ENUM)
#undef MIDAIR_REMEDY_ENUM
};

const char *midair_side_name(enum midair_side side);
const char *midair_side_text(enum midair_side side);
const char *midair_step_name(enum midair_step step);
const char *midair_step_text(enum midair_step step);
/* Of one bit. */
const char *midair_remedy_name(enum midair_remedy remedy);
const char *midair_remedy_text(enum midair_remedy remedy);

#define MIDAIR_BEHAVIOUR_SIZE 320

struct midair_verdict {
	const char *code;	 /* stable; as all of these static storage */
	const char *text;	 /* one line without a full stop */
	const char *explanation; /* some sentences */
	enum midair_side side;
	enum midair_step step;
	uint32_t remedies; /* bits: MIDAIR_REMEDY_* */
	/* What the two sides' NATs do, as far as it is known: "ours: mapping ..., reaction drop;
	 * theirs: ...", in the words of midair_check. "" when nothing is. */
	char behaviour[MIDAIR_BEHAVIOUR_SIZE];
	bool has_theirs;     /* the other side has told what it saw */
	bool is_clock_known; /* the other side's times are on our clock, within clock_error_ns */
	int64_t clock_error_ns;
};

/* Why the attempt has failed; of a pairing complete with MIDAIR_EVENT_VERDICT. Returns 0, or
 * MIDAIR_E_STATE when it has not failed. */
int midair_session_verdict(const struct midair_session *session,
			   struct midair_verdict *verdict);

/* What happened on either side, equal things as one. */
struct midair_moment {
	int64_t time_ns; /* of the first, as in midair_event: on our clock */
	int64_t last_ns;
	uint32_t count;
	bool is_theirs;
	const char *what; /* "dial", "refused", ...: as the events; static storage */
	const char
		*outcome; /* of refused, landed, unproven, plan, failed: a stable code; or "" */
	/* Family NONE: it has none. Of the other side's: as it saw it. */
	struct midair_endpoint remote;
};

/* The nth, in order of time. Returns 0 or MIDAIR_E_END. */
int midair_session_moment(const struct midair_session *session, uint32_t nth,
			  struct midair_moment *moment);

#define MIDAIR_MOMENT_TEXT_SIZE 200

/* One line, "theirs     12.345 ms refused 203.0.113.1:1314 reset, 14 times until 900.000 ms". */
const char *midair_moment_format(const struct midair_moment *moment,
				 char buffer[MIDAIR_MOMENT_TEXT_SIZE]);

/* What a stable code means. One code can be in several lists. Static storage. */
struct midair_explanation {
	const char *list; /* "result", "verdict", "refusal", ... */
	const char *code;
	const char *text;
	const char *more; /* what it comes from, or what to do; "": nothing more */
	uint32_t remedies;
};

/* The nth explanation of that code, or of all when code is NULL. The name of an errno is known too,
 * but not among all. Returns 0 or MIDAIR_E_END. */
int midair_explain(const char *code, uint32_t nth, struct midair_explanation *explanation);

/* ---- codes and secrets ---------------------------------------------------------------------- */

/* Normal form of a code, "7-crossover-clockwork": forgiven are case, what separates the parts, and
 * the letters of a word after its fourth. Returns 0, MIDAIR_E_SYNTAX (no number, fewer than two
 * words, a sign that is in no code), MIDAIR_E_RANGE (not a word of the list, or too many: with the
 * word's place from 1 in *word when that is not NULL; 0: the number is 0 or too large). */
int midair_code_normalise(char code[MIDAIR_CODE_SIZE], const char *text, uint32_t *word);

/* The nth completion (from 0) of a code's beginning, by one word: of "7-cro" it is "7-crossover".
 * Returns 0 or MIDAIR_E_END. */
int midair_code_complete(char code[MIDAIR_CODE_SIZE], const char *beginning, uint32_t nth);

#define MIDAIR_KEY_SIZE 72

/* A new long-lived secret of 256 bits, one line of text without newline. Returns 0 or -EIO. */
int midair_key_generate(char key[MIDAIR_KEY_SIZE]);

/* The port (49152 to 65535) that a secret gives for the slot of period_s seconds that contains
 * the UNIX time; both sides compute the same. Returns 0, MIDAIR_E_RANGE, -errno. */
int midair_secret_port(const char *secret, size_t secret_size, int64_t unix_s,
		       uint32_t period_s, uint16_t *port);

/* ---- an encrypted stream ------------------------------------------------------------------ */

/*
 * TLS 1.3 over a connected descriptor. Nests in a host's loop: poll midair_stream_fd() for
 * midair_stream_events(), for midair_stream_timeout() at most, then read and write until -EAGAIN; read before the first poll, since
 * bytes may have come with the handshake. Nothing blocks.
 *
 * A stream ends whole or not at all: MIDAIR_E_END is only told after the peer's close_notify,
 * everything else that ends it is MIDAIR_E_LOST, or MIDAIR_E_PATH_LOST when nobody answers any
 * more (keep-alive: 40 s; data: TCP's own patience, unless midair_stream_relay() looks). Until it has ended whole, free() sends RST.
 */
int midair_stream_fd(const struct midair_stream *stream);

/* What to poll for (POLLIN, POLLOUT) before the next read or write can do more. */
short midair_stream_events(const struct midair_stream *stream);

/* Milliseconds after which to read in any case, though poll() has not returned; -1: none. Role A may
 * write before the peer has finished its handshake. When it never does, perhaps since somebody has
 * only repeated its first message, the stream is MIDAIR_E_LOST after 5 s and three round trips. */
int midair_stream_timeout(const struct midair_stream *stream);

/* Returns 0 with *n > 0, -EAGAIN, MIDAIR_E_END, MIDAIR_E_LOST, -errno. Also sends what waits. */
int midair_stream_read(struct midair_stream *stream, void *buffer, size_t size, size_t *n);

/* Returns 0 with *n > 0 bytes taken (encrypted, sent or about to be), -EAGAIN, MIDAIR_E_LOST,
 * MIDAIR_E_STATE after shutdown, -errno. */
int midair_stream_write(struct midair_stream *stream, const void *buffer, size_t size,
			size_t *n);

/* Sends what waits. 0: all is with the kernel; -EAGAIN: poll; MIDAIR_E_LOST, -errno. */
int midair_stream_flush(struct midair_stream *stream);

/* Our direction ends: close_notify, then FIN. Reading goes on. 0, -EAGAIN (call again when
 * writable), MIDAIR_E_LOST, -errno. */
int midair_stream_shutdown(struct midair_stream *stream);

/* As midair_session_export(), once the handshake is complete (role A: after the first read). */
int midair_stream_export(struct midair_stream *stream, const char *label, void *out,
			 size_t size);

/* "TLS 1.3, TLS_AES_128_GCM_SHA256". Valid as long as the stream. */
const char *midair_stream_protocol(const struct midair_stream *stream);

/* Closes the descriptor too. */
struct midair_stream *midair_stream_free(struct midair_stream *stream);

/* As midair_relay(), through the stream. */
int midair_stream_relay(int in_fd, int out_fd, struct midair_stream *stream, int stop_fd,
			uint32_t flags, struct midair_relay_result *result);

/* ---- our address as others see it ------------------------------------------------------------ */

/*
 * Blocking: asks a STUN server (RFC 8489, binding over TCP) for the address that it sees, from the
 * local port (0: the kernel's choice, told in *local; shared by SO_REUSEPORT). On success *fd is
 * the connection, which keeps a NAT's mapping alive while it is open; NULL: closed. timeout_ms 0:
 * 5,000. Returns 0, MIDAIR_E_TIMEOUT, MIDAIR_E_PROTOCOL (no STUN server, or it refused),
 * MIDAIR_E_CONFIG, MIDAIR_E_PORT_IN_USE, -errno.
 */
int midair_stun(const struct midair_endpoint *server, struct midair_endpoint *local,
		uint32_t timeout_ms, struct midair_endpoint *mapped, int *fd);

/* ---- what the way to the internet does to TCP ------------------------------------------------- */

/*
 * What boxes between this host and a server do, in the words of RFC 4787 and RFC 5382. Each list:
 * X(constant, name, text), the name being the stable code in JSON.
 */
#define MIDAIR_MAPPINGS(X)                                                                     \
	X(MIDAIR_MAPPING_UNKNOWN, "unknown", "not known")                                      \
	X(MIDAIR_MAPPING_NONE, "none", "none: our address is the one that others see")         \
	X(MIDAIR_MAPPING_ENDPOINT_INDEPENDENT, "endpoint-independent",                         \
	  "endpoint-independent: one outer port for every destination")                        \
	X(MIDAIR_MAPPING_ADDRESS_DEPENDENT, "address-dependent",                               \
	  "address-dependent: another outer port for each address")                            \
	X(MIDAIR_MAPPING_ADDRESS_AND_PORT_DEPENDENT, "address-and-port-dependent",             \
	  "address-and-port-dependent: another outer port for each destination")               \
	X(MIDAIR_MAPPING_NOT_PORT_DEPENDENT, "not-port-dependent",                             \
	  "not port-dependent (the server has one address: it cannot tell more)")

#define MIDAIR_ALLOCATIONS(X)                                                                  \
	X(MIDAIR_ALLOCATION_UNKNOWN, "unknown", "not known")                                   \
	X(MIDAIR_ALLOCATION_PRESERVING, "preserving", "the local port is kept")                \
	X(MIDAIR_ALLOCATION_SEQUENTIAL, "sequential", "in order")                              \
	X(MIDAIR_ALLOCATION_RANDOM, "random", "random")

#define MIDAIR_FILTERINGS(X)                                                                   \
	X(MIDAIR_FILTERING_UNKNOWN, "unknown", "not known")                                    \
	X(MIDAIR_FILTERING_ENDPOINT_INDEPENDENT, "endpoint-independent",                       \
	  "endpoint-independent: a SYN from anybody gets in")                                  \
	X(MIDAIR_FILTERING_ADDRESS_DEPENDENT, "address-dependent",                             \
	  "address-dependent: from any port of an address that was dialled")                   \
	X(MIDAIR_FILTERING_ADDRESS_AND_PORT_DEPENDENT, "address-and-port-dependent",           \
	  "address-and-port-dependent: only from an endpoint that was dialled")                \
	X(MIDAIR_FILTERING_NOT_ENDPOINT_INDEPENDENT, "not-endpoint-independent",               \
	  "not endpoint-independent: a stranger's SYN is refused")

/* To a SYN that is not let in. */
#define MIDAIR_REACTIONS(X)                                                                    \
	X(MIDAIR_REACTION_UNKNOWN, "unknown", "not known")                                     \
	X(MIDAIR_REACTION_NONE, "none", "none, it gets in")                                    \
	X(MIDAIR_REACTION_DROP, "drop", "dropped")                                             \
	X(MIDAIR_REACTION_RESET, "reset", "answered with RST")                                 \
	X(MIDAIR_REACTION_UNREACHABLE, "unreachable", "answered with an ICMP error")

/* The older words, and the numbers that many users know. */
#define MIDAIR_NAT_TYPES(X)                                                                    \
	X(MIDAIR_NAT_UNKNOWN, "unknown", "not known")                                          \
	X(MIDAIR_NAT_OPEN, "open", "open: no NAT, and strangers get in")                       \
	X(MIDAIR_NAT_FIREWALL, "firewall", "no NAT, behind a firewall")                        \
	X(MIDAIR_NAT_1, "nat1", "NAT1, full cone")                                             \
	X(MIDAIR_NAT_2, "nat2", "NAT2, address-restricted cone")                               \
	X(MIDAIR_NAT_3, "nat3", "NAT3, port-restricted cone")                                  \
	X(MIDAIR_NAT_4, "nat4", "NAT4, symmetric")

enum midair_mapping { MIDAIR_MAPPINGS(MIDAIR_LIST_ENUM) };
enum midair_allocation { MIDAIR_ALLOCATIONS(MIDAIR_LIST_ENUM) };
enum midair_filtering { MIDAIR_FILTERINGS(MIDAIR_LIST_ENUM) };
enum midair_reaction { MIDAIR_REACTIONS(MIDAIR_LIST_ENUM) };
enum midair_nat_type { MIDAIR_NAT_TYPES(MIDAIR_LIST_ENUM) };
#undef MIDAIR_LIST_ENUM

enum midair_answer { MIDAIR_UNKNOWN = 0, MIDAIR_YES, MIDAIR_NO };

/* Static storage. */
const char *midair_mapping_name(enum midair_mapping mapping);
const char *midair_mapping_text(enum midair_mapping mapping);
const char *midair_allocation_name(enum midair_allocation allocation);
const char *midair_allocation_text(enum midair_allocation allocation);
const char *midair_filtering_name(enum midair_filtering filtering);
const char *midair_filtering_text(enum midair_filtering filtering);
const char *midair_reaction_name(enum midair_reaction reaction);
const char *midair_reaction_text(enum midair_reaction reaction);
const char *midair_nat_type_name(enum midair_nat_type type);
const char *midair_nat_type_text(enum midair_nat_type type);
const char *midair_way_name(enum midair_way way);
const char *midair_way_text(enum midair_way way);
const char *midair_answer_name(enum midair_answer answer); /* "unknown", "yes", "no" */

#define MIDAIR_REACHES_MAX 8

/* A kind of peer, and how it is reached from here. */
struct midair_reach {
	const char *name;    /* stable code of the peer; static storage, as all of these */
	const char *peer;    /* in words */
	enum midair_way way; /* by a port that the gateway opens, where it speaks of that */
	enum midair_way way_without_port; /* should it open none */
	const char *reason; /* stable code of why there is no direct way; "none" */
	const char *text;   /* the same in words */
	bool is_sure;	    /* nothing that matters is unknown */
};

/* One address family. What could not be measured is UNKNOWN. */
struct midair_nat {
	int result; /* 0; why nothing is known: MIDAIR_E_NO_PATH without a server, -errno, ... */
	struct midair_endpoint server;
	bool is_server_public; /* its address; else nothing was seen of what is beyond it */
	struct midair_endpoint local;
	struct midair_endpoint mapped; /* what the server saw of local */
	bool can_probe;		       /* the server dials back */
	bool has_alternative;	       /* from another address too */
	enum midair_nat_type type;
	enum midair_mapping mapping;
	enum midair_allocation allocation;
	int delta;	    /* SEQUENTIAL */
	uint16_t last_port; /* SEQUENTIAL: the outer port that was given out last */
	enum midair_filtering filtering;
	enum midair_reaction reaction;
	enum midair_answer syn_in;	 /* SYN out, then SYN in from there, gets in */
	enum midair_answer reset_closes; /* a RST ends what a SYN has opened */
	enum midair_answer hairpin;	 /* hosts inside reach each other's outer endpoints */
	int n_layers;			 /* of translation; -1: not known */
	struct midair_endpoint gateway;	 /* the first router; family NONE: none, or not asked */
	/* It speaks this, by which ports are opened on request; NO: it says nothing of use.
	 * UNKNOWN: not in this build, or not for this family. */
	enum midair_answer pcp;
	enum midair_answer nat_pmp;
	enum midair_answer upnp;
	size_t n_reaches;
	struct midair_reach reaches[MIDAIR_REACHES_MAX];
};

/* What this host itself can do. */
struct midair_host {
	enum midair_answer simultaneous_open; /* a socket was connected to itself */
	int self_result;		      /* of that: 0, MIDAIR_E_*, -errno */
	enum midair_answer
		syn_interval;	/* the pause between SYNs can be set (TCP_RTO_MAX_MS) */
	enum midair_answer pin; /* ports can be shared without bind (IP_LOCAL_PORT_RANGE) */
	int syn_retries;	/* net.ipv4.tcp_syn_retries; -1: not to be read */
	uint16_t first_port;	/* net.ipv4.ip_local_port_range */
	uint16_t last_port;
	int clock_result; /* 0: clock is set */
	struct midair_clock_quality clock;
};

struct midair_check_report {
	uint32_t elapsed_ms;
	struct midair_host host;
	struct midair_nat nats[2]; /* IPv4, IPv6 */
};

/* Zero-initialise, set size. Everything is copied. */
struct midair_check_config {
	size_t size;
	/* Of each family the first one is asked; none: only this host is looked at. */
	const struct midair_endpoint *servers;
	size_t n_servers;
	uint32_t
		timeout_ms; /* 0: 4,000. At most 60,000; what is not known by then stays UNKNOWN */
};

struct midair_check;

/*
 * Measures what the boxes on the way to a server (midair serve) do to TCP: from some fresh local
 * ports, with a few dozen packets to the server's addresses and to our own outer address, and the
 * server's dials back to us. Returns 0, MIDAIR_E_CONFIG, MIDAIR_E_RANGE, MIDAIR_E_LIMIT, -errno.
 */
int midair_check_new(struct midair_check **check, const struct midair_check_config *config);
struct midair_check *midair_check_free(struct midair_check *check);

/* As with a session: one descriptor, readable when dispatch has work. */
int midair_check_fd(const struct midair_check *check);
/* Returns 0, MIDAIR_E_END when all is known that will be, -errno. */
int midair_check_dispatch(struct midair_check *check);
/* What is known so far. */
void midair_check_read(const struct midair_check *check, struct midair_check_report *report);

/* Blocking: new, poll and dispatch until MIDAIR_E_END, read, free. Returns 0 or as new. */
int midair_check_run(const struct midair_check_config *config,
		     struct midair_check_report *report);

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
