/* SPDX-License-Identifier: MIT */
/* The pool of local ports over real sockets. */
#include <sys/wait.h>

#include "tests/api/dial_world.h"

#define FIRST	41000
#define N_PORTS 64u

static int fds[4096];
static struct midair_endpoint locals[4096];

static struct midair_pool_config pool_config(const char *remote, uint16_t first, uint32_t n)
{
	return (struct midair_pool_config){
		.size = sizeof(struct midair_pool_config),
		.first_port = first,
		.last_port = (uint16_t)(first + n - 1),
		.remote = endpoint_of(remote),
	};
}

static struct midair_pool *new_pool(const struct midair_pool_config *config)
{
	struct midair_pool *pool = NULL;
	int result = midair_pool_new(&pool, config);

	CHECK(result == 0, "a pool can be made (%s)", midair_strerror(result));
	return pool;
}

static struct midair_pool_state state_of(const struct midair_pool *pool)
{
	struct midair_pool_state state;

	midair_pool_read(pool, &state);
	CHECK(state.n_free + state.n_taken + state.n_time_wait + state.n_held == state.n_tuples,
	      "every tuple is in one state");
	return state;
}

static void dial_one(struct midair_pool *pool, uint32_t i)
{
	int result = midair_pool_dial(pool, &fds[i], &locals[i]);

	CHECK(result == 0, "dial %u: %s", i, midair_strerror(result));
	result = midair_dial_finish(fds[i]);
	CHECK(result == 0, "dial %u connects: %s", i, midair_strerror(result));
	CHECK(port_of(fds[i]) == locals[i].port, "from the port it says");
}

static void reset_all(struct midair_pool *pool, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		close_with_reset(fds[i]);
		midair_pool_give(pool, &locals[i], MIDAIR_POOL_FREE);
	}
}

static void fills_to_the_last_port_and_says_full(const char *remote, uint8_t family)
{
	struct midair_pool_config config = pool_config(remote, FIRST, N_PORTS);
	struct midair_pool *pool = new_pool(&config);
	struct midair_endpoint untouched = {.port = 7};
	bool is_seen[N_PORTS] = {false};
	int listener = listener_everywhere(family, 9000);
	int fd = -7;

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N_PORTS; i++) {
			dial_one(pool, i);
			is_seen[locals[i].port - FIRST] ^= true;
		}
		CHECK(midair_pool_dial(pool, &fd, &untouched) == MIDAIR_E_FULL, "full");
		CHECK(midair_pool_take(pool, &untouched) == MIDAIR_E_FULL, "full");
		CHECK(fd == -7 && untouched.port == 7, "a failure leaves the output alone");
		CHECK(state_of(pool).n_taken == N_PORTS, "all are taken");
		reset_all(pool, N_PORTS);
		CHECK(state_of(pool).n_free == N_PORTS, "all are free");
		for (uint32_t i = 0; i < N_PORTS; i++)
			CHECK(is_seen[i] == (round == 0), "port %u comes once a round", i);
	}
	midair_pool_free(pool);
	close(listener);
}

static void several_sources_multiply_the_ports(void)
{
	struct midair_endpoint sources[200];
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST, 5);
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	uint8_t n_seen[200][5] = {{0}};

	for (uint8_t i = 0; i < 200; i++) {
		sources[i] = endpoint_of("127.0.9.1:1");
		sources[i].address[3] = (uint8_t)(i + 1);
	}
	config.sources = sources;
	config.n_sources = 200;
	struct midair_pool *pool = new_pool(&config);

	for (uint32_t i = 0; i < 1000; i++) {
		dial_one(pool, i);
		struct midair_endpoint used = local_of(fds[i]);
		CHECK(midair_endpoint_equal(&used, &locals[i]), "the address, too");
		n_seen[used.address[3] - 1][used.port - FIRST]++;
	}
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(n_seen[i / 5][i % 5] == 1, "each tuple once");
	CHECK(midair_pool_take(pool, &locals[1000]) == MIDAIR_E_FULL, "full");
	reset_all(pool, 1000);
	CHECK(state_of(pool).n_free == 1000, "all come back");
	midair_pool_free(pool);
	close(listener);
}

/* More connections than ports, and we close first every time. */
static void time_wait_is_no_obstacle(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST + 100, 16);
	struct midair_pool *pool = new_pool(&config);
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	bool is_strict = set_sysctl("tcp_tw_reuse", "0");

	for (uint32_t i = 0; i < 500; i++) {
		dial_one(pool, 0);
		close(fds[0]);
		CHECK(accept_and_close(listener) == 1, "the other end closes, too");
		midair_pool_give(pool, &locals[0], MIDAIR_POOL_TIME_WAIT);
	}
	CHECK(state_of(pool).n_time_wait == 16, "all are in TIME_WAIT");
	CHECK(!is_strict || set_sysctl("tcp_tw_reuse", "2"), "as before");
	midair_pool_free(pool);
	close(listener);
}

/* A kernel without timestamps keeps the tuple for its 60 seconds, so the pool does. */
static void without_timestamps_time_wait_is_waited_for(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST + 150, 1);
	struct midair_endpoint local;

	if (!set_sysctl("tcp_timestamps", "0"))
		return;
	struct midair_pool *pool = new_pool(&config);

	CHECK(midair_pool_take(pool, &local) == 0, "one is taken");
	midair_pool_give(pool, &local, MIDAIR_POOL_TIME_WAIT);
	CHECK(midair_pool_take(pool, &local) == MIDAIR_E_FULL, "it is not to be had");
	CHECK(set_sysctl("tcp_timestamps", "1"), "as before");
	midair_pool_free(pool);
	pool = new_pool(&config);
	CHECK(midair_pool_take(pool, &local) == 0, "one is taken");
	midair_pool_give(pool, &local, MIDAIR_POOL_TIME_WAIT);
	CHECK(midair_pool_take(pool, &local) == 0, "it is to be had at once");
	midair_pool_free(pool);
}

static void seed_knows_what_others_have(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST + 200, 50);
	struct midair_pool *first = new_pool(&config);
	struct midair_pool *second = new_pool(&config);
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	struct midair_pool_state state;

	for (uint32_t i = 0; i < 30; i++)
		dial_one(first, i);
	CHECK(accept_and_close(listener) == 30, "the other ends are closed");
	for (uint32_t i = 0; i < 5; i++)
		close_with_reset(fds[i]);
	for (uint32_t i = 5; i < 10; i++)
		close(fds[i]); /* the listener's side closed first: nothing stays here */
	CHECK(midair_pool_seed(second) == 0, "the kernel's table can be read");
	state = state_of(second);
	CHECK(state.n_held == 20, "20 are held, not %u", state.n_held);
	CHECK(state.n_free + state.n_time_wait == 30, "the rest can be had");
	for (uint32_t i = 30; i < 60; i++)
		dial_one(second, i);
	CHECK(midair_pool_dial(second, &fds[60], &locals[60]) == MIDAIR_E_FULL,
	      "now it is full");
	CHECK(state_of(second).n_held == 20, "and nothing was tried in vain");
	for (uint32_t i = 10; i < 60; i++)
		close_with_reset(fds[i]);
	/* Held tuples are looked at again: the first after POOL_HELD_MS, then all. */
	uint64_t end_ms = now_ms() + 2000;
	uint32_t n_dialled = 0;

	while (n_dialled < 20 && now_ms() < end_ms)
		if (midair_pool_dial(second, &fds[0], &locals[0]) == 0) {
			close_with_reset(fds[0]);
			n_dialled++;
		}
	CHECK(n_dialled == 20, "what was held is found again (%u)", n_dialled);
	midair_pool_free(first);
	midair_pool_free(second);
	close(listener);
}

/* Dials 500 of 1000 ports without a look at what the other one has. */
static void compete(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST + 1000, 1000);
	struct midair_pool *pool = new_pool(&config);

	for (uint32_t i = 0; i < 500; i++)
		dial_one(pool, i);
	/* At most one try in vain for each tuple of the other one. */
	CHECK(state_of(pool).n_held <= 500, "no more were held than the other one has");
}

static void two_processes_share_a_range_and_fill_it(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST + 1000, 1000);
	int listener = listener_everywhere(MIDAIR_IPV4, 9000);
	int ends[2], hold[2];
	pid_t children[2];
	char byte;

	CHECK(pipe(ends) == 0 && pipe(hold) == 0, "pipes");
	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		CHECK(children[i] >= 0, "a process can fork");
		if (children[i] == 0) {
			close(hold[1]);
			compete();
			CHECK(write(ends[1], "", 1) == 1, "it says so");
			_exit(read(hold[0], &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
	close(ends[1]);
	CHECK(read(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1,
	      "both have their 500");
	struct midair_pool *pool = new_pool(&config);

	CHECK(midair_pool_dial(pool, &fds[0], &locals[0]) == MIDAIR_E_FULL,
	      "together they have all");
	CHECK(state_of(pool).n_held == 1000, "each was tried once");
	close(hold[1]);
	for (int i = 0; i < 2; i++) {
		int status;

		CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0,
		      "the child is content");
	}
	midair_pool_free(pool);
	close(ends[0]);
	close(hold[0]);
	close(listener);
}

static void reserved_ports_and_ourselves_are_left_out(void)
{
	struct midair_pool_config config = pool_config("127.0.0.1:41001", FIRST, 4);
	struct midair_pool *pool = new_pool(&config);

	CHECK(state_of(pool).n_tuples == 3, "a tuple that is its own remote is none");
	midair_pool_free(pool);
	config.remote = endpoint_of("127.0.0.1:9000");
	config.first_port = 0;
	config.last_port = 0;
	if (!set_sysctl("ip_local_port_range", "41000 41009") ||
	    !set_sysctl("ip_local_reserved_ports", "41003,41005-41006"))
		return;
	pool = new_pool(&config);
	CHECK(state_of(pool).n_tuples == 7, "ten ports, three reserved");
	CHECK(set_sysctl("ip_local_reserved_ports", "\n"), "as before");
	CHECK(set_sysctl("ip_local_port_range", "32768 60999"), "as before");
	midair_pool_free(pool);
}

static void what_is_wrong_is_told(void)
{
	struct midair_endpoint sources[MIDAIR_POOL_SOURCES_MAX + 1];
	const struct midair_pool_config good = pool_config("127.0.0.1:9000", FIRST, 4);
	struct midair_pool *pool = NULL;
	struct midair_pool_config bad = good;

	for (size_t i = 0; i < MIDAIR_POOL_SOURCES_MAX + 1; i++)
		sources[i] = endpoint_of("127.0.0.1:1");
	bad.size = 0;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_CONFIG, "no size");
	bad = good;
	bad.first_port = 0;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_RANGE, "half a range");
	bad = good;
	bad.last_port = FIRST - 1;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_RANGE, "backwards");
	bad = good;
	bad.remote.port = 0;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_CONFIG, "no remote");
	bad = good;
	bad.sources = sources;
	bad.n_sources = 2;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_CONFIG, "one address twice");
	bad.n_sources = MIDAIR_POOL_SOURCES_MAX + 1;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_LIMIT, "too many addresses");
	sources[0] = endpoint_of("[::1]:1");
	bad.n_sources = 1;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_CONFIG, "another family");
	sources[0] = endpoint_of("0.0.0.0:1");
	bad.n_sources = 2;
	CHECK(midair_pool_new(&pool, &bad) == MIDAIR_E_CONFIG, "any address beside another");
	sources[0] = endpoint_of("192.0.2.1:1");
	CHECK(midair_pool_new(&pool, &bad) == -EADDRNOTAVAIL, "an address that is not ours");
	CHECK(pool == NULL, "a failure leaves the output alone");
	CHECK(midair_pool_free(NULL) == NULL, "nothing can be freed");
}

static void foreign_tuples_are_not_taken_back(void)
{
	static const char *const foreign[] = {"127.0.0.1:40999", "127.0.0.1:41004",
					      "[::1]:41001", "127.0.0.2:41001",
					      "127.0.0.1:41001"};
	struct midair_endpoint source = endpoint_of("127.0.0.1:1");
	struct midair_pool_config config = pool_config("127.0.0.1:9000", FIRST, 4);
	struct midair_endpoint taken;

	config.sources = &source;
	config.n_sources = 1;
	struct midair_pool *pool = new_pool(&config);

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		struct midair_endpoint local = endpoint_of(foreign[i]);

		midair_pool_give(pool, &local, MIDAIR_POOL_HELD);
	}
	CHECK(state_of(pool).n_free == 4, "nothing has changed");
	CHECK(midair_pool_take(pool, &taken) == 0, "one is taken");
	midair_pool_give(pool, &taken, (enum midair_pool_fate)3);
	CHECK(state_of(pool).n_taken == 1, "an unknown fate is none");
	midair_pool_free(pool);
}

/* An error that has nothing to do with the tuple leaves it free. */
static void other_errors_pass_through(void)
{
	struct midair_pool_config config = pool_config("192.0.2.1:9000", FIRST, 4);
	struct midair_pool *pool = new_pool(&config);

	CHECK(midair_pool_dial(pool, &fds[0], &locals[0]) == -ENETUNREACH, "no route");
	CHECK(state_of(pool).n_free == 4, "all are free");
	midair_pool_free(pool);
}

static void unprivileged_it_is_the_same(void)
{
	drop_rights();
	fills_to_the_last_port_and_says_full("127.0.0.1:9000", MIDAIR_IPV4);
	seed_knows_what_others_have();
	time_wait_is_no_obstacle();
}

int main(void)
{
	enter_own_network();
	fills_to_the_last_port_and_says_full("127.0.0.1:9000", MIDAIR_IPV4);
	fills_to_the_last_port_and_says_full("[::1]:9000", MIDAIR_IPV6);
	several_sources_multiply_the_ports();
	time_wait_is_no_obstacle();
	without_timestamps_time_wait_is_waited_for();
	seed_knows_what_others_have();
	two_processes_share_a_range_and_fill_it();
	reserved_ports_and_ourselves_are_left_out();
	what_is_wrong_is_told();
	foreign_tuples_are_not_taken_back();
	other_errors_pass_through();
	in_child(unprivileged_it_is_the_same);
	return EXIT_SUCCESS;
}
