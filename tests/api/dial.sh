#!/bin/sh
# SPDX-License-Identifier: MIT
# midair dial as a user meets it, in a network namespace of its own: dial.sh MIDAIR SERVER
set -eu
LC_ALL=C
export LC_ALL

if [ "${3:-}" != inside ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		if $how true 2>/dev/null; then
			exec $how "$0" "$1" "$2" inside
		fi
	done
	echo "cannot run here: no right to make a network namespace"
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi

midair=$1
server=$2
work=$(mktemp -d)
out=$work/out
err=$work/err
ip link set lo up

# The servers live until the other end of their standard input is closed, by us or our end.
mkfifo "$work/life"
for what in 'hold 9000' 'close 9001' 'echo 9002'; do
	# shellcheck disable=SC2086
	"$server" $what <"$work/life" >>"$work/ready" 2>&1 &
done
exec 9>"$work/life"
keeper=
trap 'rm -rf "$work"' EXIT

fail() {
	echo "not so: $*"
	echo "--- stdout"; head -c 4000 "$out"
	echo "--- stderr"; head -c 4000 "$err"
	[ -z "$keeper" ] || kill "$keeper" || true
	exit 1
}

# Waits, for 10 seconds at most, until the command succeeds.
await() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || fail "in 10 seconds: $*"
		sleep 0.01
	done
}

three_ready() { [ "$(grep -c ready "$work/ready")" = 3 ]; }
await three_ready

# run STATUS ARGUMENT... with nothing on standard input
run() {
	wanted=$1
	shift
	status=0
	"$midair" dial "$@" </dev/null >"$out" 2>"$err" || status=$?
	[ "$status" = "$wanted" ] || fail "midair dial $*: status $status, not $wanted"
}

has() { grep -qE -- "$2" "$1"; }
must_have() { has "$1" "$2" || fail "$1 is to have: $2"; }
n_rows() { grep -c ESTABLISHED "$out" || true; }
rows_are() { [ "$(n_rows)" = "$1" ]; }

# keep N ARGUMENT...: starts a command that keeps N connections, and waits for them
keep() {
	n_wanted=$1
	shift
	: >"$out"
	"$midair" dial "$@" </dev/null >"$out" 2>"$err" &
	keeper=$!
	await rows_are "$n_wanted"
}

# let_go STATUS: what Ctrl-C does (a shell's background jobs ignore SIGINT)
let_go() {
	status=0
	kill -TERM "$keeper"
	wait "$keeper" || status=$?
	keeper=
	[ "$status" = "$1" ] || fail "interrupted: status $status, not $1"
}

# ---- bad input: one clear line, exit 2 ----
bad() {
	run 2 "$@"
	[ ! -s "$out" ] || fail "midair dial $*: nothing goes to standard output"
	[ "$(wc -l <"$err")" = 1 ] || fail "midair dial $*: an error is one line"
	must_have "$err" '^midair dial: '
}
bad
bad --nonsense 127.0.0.1:1
bad --from
for destination in 127.0.0.1 127.0.0.1: :80 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:http \
	127.0.0.1:-1 127.0.0.1:99999999999 '' ::1:80 '[::1:80' '[::1]80' '127.0.0.1,:80' \
	'127.0.0.2-127.0.0.1:80' '127.0.0.1-[::1]:80' '127.0.0.1,[::1]:80' '127.0.0.1:81-80' \
	'127.0.0.1:80-' '127.0.0.1-:80' '0.0.0.0-9.9.9.9:80' 'no-such-host.invalid:80'; do
	bad -- "$destination"
done
for from in 0 65536 -1 x '' 1- 2-1 4000-70000 127.0.0.1 127.0.0.1:0 '127.0.1.1-127.0.3.1:80' \
	localhost:80 '127.0.0.1:1:2'; do
	bad --from="$from" 127.0.0.1:80
done
for n in 0 -1 x '' 1x 99999999999999999999; do
	bad --count="$n" 127.0.0.1:80
	bad --parallel="$n" 127.0.0.1:80
	bad --timeout="$n" 127.0.0.1:80
done
bad --exact 127.0.0.1:80
bad --from 127.0.0.1:4000 '[::1]:80'
bad -6 127.0.0.1:80
bad --count 16777216 127.0.0.1:80-81
run 0 --help
must_have "$out" '^usage: midair dial'

# ---- one local port, several destinations ----
keep 4 --from 40000 127.0.0.1-127.0.0.3:9000 '[::1]:9000'
for remote in '127\.0\.0\.[123]:9000' '\[::1\]:9000'; do
	must_have "$out" "^[^ ]+:40000 +$remote +ESTABLISHED +[0-9]+\.[0-9]{3} ms\$"
done
must_have "$out" '^Local Address +Foreign Address +State +Time$'
must_have "$err" '^4 of 4 connected in [0-9.]+ s, [0-9]+ a second; connect time median [0-9.]+ ms, p99 '
# another process cannot have the same two ends, and is told who has them
first_out=$out
out=$work/out2
run 5 --from 40000 127.0.0.1:9000
must_have "$err" '^midair dial: 127\.0\.0\.1:9000 from port 40000: Cannot assign requested address$'
must_have "$err" "^why: .*pid $keeper \(midair\)"
out=$first_out
let_go 0

# ---- a set of addresses and ports ----
keep 200 --count 200 --from 127.0.0.1-127.0.0.3,127.0.0.9:41000-41049 127.0.0.1:9000
[ "$(awk '/ESTABLISHED/ {print $1}' "$out" | sort -u | wc -l)" = 200 ] || fail 'each tuple once'
[ "$(awk '/ESTABLISHED/ {print $1}' "$out" |
	grep -cE '^127\.0\.0\.[1239]:410[0-4][0-9]$')" = 200 ] || fail 'only tuples of the set'
let_go 0
run 1 -q --count 7 --timeout 0.2 --from 127.0.0.77:42000-42004 127.0.0.1:9001 --close --exact \
	127.0.0.1:9
must_have "$err" '^7 failed: Connection refused'

# ---- full ----
: >"$out"
keep 5 --count 8 --from 127.0.0.5:43000-43004 127.0.0.1:9000
await has "$err" '^3 failed: every local port to this destination is in use \(full\)$'
let_go 5

# ---- JSON: every line is an object of a known form ----
keep 3 --json --count 4 --from 127.0.0.6:43000-43002 127.0.0.1:9000
await has "$out" '"event":"summary"'
let_go 5
endpoint='"127\.0\.0\.[0-9]+:[0-9]+"'
number='[0-9]+(\.[0-9]+)?'
connected="\{\"event\":\"connected\",\"local\":$endpoint,\"remote\":$endpoint,\"time_ms\":$number,\"state\":\"ESTABLISHED\"\}"
failed="\{\"event\":\"failed\",\"local\":(null|$endpoint),\"remote\":$endpoint,\"code\":\"[A-Za-z-]+\",\"text\":\"[^\"]+\",\"n\":1\}"
summary="\{\"event\":\"summary\",\"connected\":3,\"failed\":1,\"not_tried\":0,\"elapsed_ms\":$number,\"per_second\":$number,\"median_ms\":$number,\"p99_ms\":$number,\"failures\":\{\"full\":1\},\"stopped\":null\}"
if grep -qvE "^($connected|$failed|$summary)\$" "$out"; then
	fail 'only lines of the known forms'
fi
[ "$(wc -l <"$out")" = 5 ] || fail 'three connections, a failure and the summary'
[ ! -s "$err" ] || fail 'JSON says it all on standard output'

# ---- churn: more connections than ports, we close first ----
run 0 -q --close --count 500 --from 44000-44007 127.0.0.1:9001
must_have "$err" '^500 of 500 connected '
run 0 -q --close --exact --count 500 --from 44000-44007 127.0.0.1:9001
must_have "$err" '^500 of 500 connected '

# ---- more than one process may have ----
(
	ulimit -n 100
	keep 150 --count 150 --from 45000-45199 127.0.0.1:9000
	[ "$(awk '/ESTABLISHED/ {print $1}' "$out" | sort -u | wc -l)" = 150 ] ||
		fail 'each tuple once, in three processes'
	[ "$("$midair" table | grep -c '/midair$')" = 150 ] || fail 'all stand'
	let_go 0
) || exit 1
! "$midair" table | grep '/midair$' || fail 'no process is left'

# ---- out of descriptors: named, and what stands stays ----
(
	ulimit -n 64
	# a leak checker needs a descriptor of its own
	ASAN_OPTIONS=detect_leaks=0
	export ASAN_OPTIONS
	: >"$out"
	"$server" crowd 26 "$midair" dial --count 32 --from 46000-46099 127.0.0.1:9000 \
		</dev/null >"$out" 2>"$err" &
	keeper=$!
	await has "$err" 'not tried: Too many open files \(EMFILE\)$'
	must_have "$err" '^midair dial: no more can be opened: Too many open files'
	[ "$("$midair" table | grep -c '/midair$')" = "$(n_rows)" ] || fail 'what stands stays'
	[ "$(n_rows)" -gt 10 ] || fail 'some stand'
	let_go 5
) || exit 1

# ---- the ends ----
run 0 127.0.0.1:9001
must_have "$out" '127\.0\.0\.1:9001 +ESTABLISHED'
run 1 127.0.0.1:9
must_have "$err" '^midair dial: 127\.0\.0\.1:9: Connection refused$'
run 1 --from 47000 127.0.0.1:47000
must_have "$err" 'came back to ourselves'
# a name has several addresses: one that answers is enough
run 0 localhost:9001

# ---- one destination and a pipe: bytes, nothing else ----
head -c 1000003 /dev/urandom >"$work/sent"
"$midair" dial --from 47001 127.0.0.1:9002 <"$work/sent" >"$out" 2>"$err" || fail "nc: $?"
cmp -s "$work/sent" "$out" || fail 'the same bytes come back'
[ ! -s "$err" ] || fail 'nothing else is said'
# shellcheck disable=SC2002
cat "$work/sent" | "$midair" dial --json '[::1]:9002' >"$out" 2>"$err" || fail "nc: $?"
cmp -s "$work/sent" "$out" || fail 'the same bytes come back'
must_have "$err" '^\{"event":"connected",.*\}$'
status=0
echo lost | "$midair" dial 127.0.0.1:9 >"$out" 2>"$err" || status=$?
[ "$status" = 1 ] || fail "refused with a pipe: $status"
must_have "$err" 'Connection refused'
exec 9>&-
wait
