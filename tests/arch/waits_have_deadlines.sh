#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule 4: every wait has a deadline. A call that can block without a time limit of its own stands
# in the list below, with what ends it; any other is a violation, and so is a line of the list
# that has no call any more.
. "$(dirname "$0")/common.sh"

# file, call, what ends it
list() {
	cat <<-'LIST'
		src/lib/meet.c poll the session's timer, armed for the deadline, is in its descriptor
		src/cli/pipe.c poll the session's timer; its other descriptor is for signals
		src/cli/secret_prompt.c poll a person types; a signal ends it
		src/cli/dial_workers.c waitpid children whose pipe has ended: they are on their way out
		src/cli/tour_host.c poll the session's timer
		src/os/resolve.c getaddrinfo in a thread of its own; the caller waits with a timeout
		src/serve/serve.c pthread_join workers, which look once a second whether the server is over
		lab/namespace.c waitpid children that were killed or have ended, and the lab as a whole, whose runs have deadlines
		examples/meet_poll.c poll the session's timer
		examples/meet_epoll.c epoll_wait the session's timer
		examples/pair.c poll the session's timer
		examples/pair_plain.c poll the session's timer
	LIST
}

always='select|pselect|accept|nanosleep|clock_nanosleep|pause|wait|waitpid|waitid|wait4|sem_wait|pthread_join|pthread_cond_wait|getaddrinfo|getnameinfo|flock|sigwait|sigwaitinfo|sigsuspend'
timed='poll|ppoll|epoll_wait|epoll_pwait'

# file:line:call of each call without a time limit
waits() {
	for file in $(tree_files | grep -E '^(src|lab|examples)/.*\.c$'); do
		strip_c "$root/$file" | grep -nE \
			-e "(^|[^[:alnum:]_.>])($always)[[:space:]]*\(" \
			-e "(^|[^[:alnum:]_.>])($timed)[[:space:]]*\(.*, *(-1|NULL)(, *NULL)?\)" |
			grep -vE 'WNOHANG|LOCK_NB' |
			sed -E "s#^([0-9]+):(.*[^[:alnum:]_.>])?($always|$timed)[[:space:]]*\(.*#$file:\1:\3#"
	done
}

check() {
	found=$(waits)
	printf '%s\n' "$found" | grep . | while IFS=: read -r file line call; do
		list | grep -q "^$file $call " ||
			echo "$file:$line: $call() can wait for ever; what ends it?"
	done
	list | while read -r file call _; do
		[ ! -e "$root/$file" ] ||
			printf '%s\n' "$found" | grep -q "^$file:[0-9]*:$call\$" ||
			echo "$file: no $call() without a limit any more: take it off the list"
	done
}

self_test() {
	echo 'int a = poll(fds, 1, timeout_ms) + epoll_wait(fd, e, 8, 0);' | sample src/os/a.c
	echo 'while (poll(&one, 1, -1) < 0) {}' | sample src/lib/meet.c
	echo 'waitpid(pid, &status, WNOHANG);' | sample lab/a.c
	expect_nothing
	echo 'if (poll(&one, 1, -1) < 0) {}' | sample src/os/a.c
	expect 'src/os/a.c:1: poll() can wait for ever'
	echo 'n = epoll_wait(loop->fd, events, 8, -1);' | sample lab/a.c
	expect 'lab/a.c:1: epoll_wait() can wait for ever'
	echo 'clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL);' | sample src/cli/a.c
	expect 'src/cli/a.c:1: clock_nanosleep() can wait for ever'
	echo 'waitpid(pid, &status, 0);' | sample src/cli/a.c
	expect 'src/cli/a.c:1: waitpid() can wait for ever'
	echo 'int a;' | sample src/lib/meet.c
	expect 'take it off the list'
}

run_test "$@"
