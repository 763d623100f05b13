#!/bin/sh
# SPDX-License-Identifier: MIT
# midair table with its selections, and midair self --scan and --odds, as a user meets them, in a
# network namespace of their own.
set -eu
LC_ALL=C
export LC_ALL

if [ "${2:-}" != inside ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		if $how true 2>/dev/null; then
			exec $how "$0" "$1" inside
		fi
	done
	echo "cannot run here: no right to make a network namespace"
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi

midair=$1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
out=$work/out
err=$work/err
ip link set lo up

fail() {
	echo "not so: $*"
	echo "--- stdout"; cat "$out"
	echo "--- stderr"; cat "$err"
	exit 1
}

# run STATUS ARGUMENT...
run() {
	wanted=$1
	shift
	status=0
	"$midair" "$@" >"$out" 2>"$err" </dev/null || status=$?
	[ "$status" = "$wanted" ] || fail "midair $*: status $status, not $wanted"
}

has() {
	grep -qE -- "$2" "$1" || fail "$1 is to have: $2"
}

lines() {
	[ "$(wc -l <"$1")" = "$2" ] || fail "$1 is to have $2 lines"
}

# What is no option, no value, no selection: one line, nothing on standard output.
refused() {
	run 2 "$@"
	[ ! -s "$out" ] || fail "midair $*: nothing goes to standard output"
	lines "$err" 1
}
for port in 0 65536 -1 +1 ' 1' http 1e3 99999999999999999999 ''; do
	refused table --port "$port"
	refused table --local-port "$port"
	refused table --remote-port "$port"
	refused self --odds "$port"
done
for address in '' 10 10.0.0.0/33 ::/129 localhost 10.0.0.0/ 10.0.0.1:80; do
	refused table --from "$address"
	refused table --to "$address"
done
for state in '' ESTAB NONSENSE UNKNOWN; do
	refused table --state "$state"
done
for value in 0 -1 x 2147483648 99999999999; do
	refused table --pid "$value"
done
for value in 0 -1 x 86401 1.5; do
	refused table --watch="$value"
done
refused table --port
refused table --nonsense
refused table --kill
refused table --kill --yes
refused table --kill -a
refused table --kill --port 1 --watch
refused table --kill --port 1 --json
refused self --odds
refused self --scan 1
refused self --odds 1 2

# A connection to itself is held open by its unfinished output.
mkfifo "$work/pipe"
exec 9<>"$work/pipe"
message=$(head -c 120000 /dev/zero | tr '\0' x)
"$midair" self 1314 -m "$message" >"$work/pipe" 2>/dev/null &
pid=$!
tries=0
while run 0 table --json; do
	[ -s "$out" ] && break
	tries=$((tries + 1))
	[ $tries -lt 500 ] || fail 'the connection is to be there within 500 looks'
done

row='"protocol":"tcp","local":"127\.0\.0\.1:1314","remote":"127\.0\.0\.1:1314","state":"ESTABLISHED","receive_queue_bytes":[0-9]+,"send_queue_bytes":[0-9]+,"uid":[0-9]+,"inode":[0-9]+,"cookie":[0-9]+,"timer":("[a-z-]+"|null),"timer_ms":[0-9]+,"pid":'$pid',"process":"midair"'
facts='"tcp":\{"round_trip_us":[0-9]+,"round_trip_variation_us":[0-9]+,"round_trip_min_us":([0-9]+|null),"congestion_window":[0-9]+,"segment_bytes":[0-9]+,"retransmitted":[0-9]+,"bytes_sent":[0-9]+,"bytes_acknowledged":[0-9]+,"bytes_received":[0-9]+\}'
reuse='"reuse_address":(true|false|null),"reuse_port":(true|false|null)'
run 0 table --json
has "$out" "^\{$row\}\$"
run 0 table --json -i
has "$out" "^\{$row,$facts\}\$"
run 0 table --json -o -i
has "$out" "^\{$row,$reuse,$facts\}\$"
run 0 table --json -o --no-bpf
has "$out" "^\{$row,\"reuse_address\":null,\"reuse_port\":null\}\$"
run 0 self --scan --json
has "$out" "^\{$row\}\$"
lines "$out" 1

run 0 self --scan
has "$out" "^tcp .* 127\.0\.0\.1:1314 +127\.0\.0\.1:1314 +ESTABLISHED $pid/midair\$"
lines "$out" 2

# Selections that the row fits, and that it does not.
for selection in '--self' '--port 1314' '--local-port 1314' '--remote-port 1314' \
	'--from 127.0.0.1' '--to 127.0.0.0/8' '--state ESTABLISHED' '--state established' \
	"--pid $pid" '--process midair' '--local-port 1314 --remote-port 1314 --to 127.0.0.1'; do
	# The words of a selection are words on purpose.
	# shellcheck disable=SC2086
	run 0 table $selection
	lines "$out" 3
done
for selection in '--port 1315' '--from 10.0.0.0/8' '--to ::/0' '--state TIME_WAIT' '--pid 1' \
	'--process midai' '--shared' '--bound' '-l'; do
	# shellcheck disable=SC2086
	run 0 table $selection --json
	[ ! -s "$out" ] || fail "$selection selects nothing"
done
run 0 table -o -i
has "$out" 'PID/Program name +Timer +left/s Reuse +RTT/ms'
run 0 table -v --no-bpf
has "$err" '^read without BPF'

# Watching ends with the signal, and says so.
status=0
timeout -s TERM 0.5 "$midair" table --watch=1 >"$out" 2>"$err" </dev/null || status=$?
[ "$status" = 124 ] || fail "--watch goes on until the signal, not $status"
has "$out" '127\.0\.0\.1:1314'

# Without a terminal nothing is killed unless --yes says so; without a victim nothing is to do.
run 2 table --kill --self
has "$err" 'nothing was ended'
run 1 table --kill --yes --port 9
run 0 table --kill --yes --self
has "$err" '^1 ended$'
run 0 table --self --json
[ ! -s "$out" ] || fail 'it is gone'
kill "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
pid=

# Odds: even ports of the default range by connect(), odd ones by bind().
sysctl -qw net.ipv4.ip_local_port_range='32768 60999' 2>/dev/null || exit 0
run 0 self --odds 40000
has "$out" 'connect\(\) alone +one try in 14116: '
has "$out" 'bind\(\) to port 0, connect\(\) +never'
run 0 self --odds 40001
has "$out" 'connect\(\) alone +never'
run 0 self --odds 80
has "$out" 'never: the kernel takes no port outside its range'
run 0 self --odds 40000 --json
lines "$out" 3
has "$out" '^\{"port":40000,"choice":"connect","possible":true,"in_range":true,"reserved":false,"wrong_parity":false,"first_port":32768,"last_port":60999,"candidates":14116,"median_tries":[0-9]+,"mean_tries":[0-9]+,"p99_tries":[0-9]+\}$'
sysctl -qw net.ipv4.ip_local_reserved_ports=40000 2>/dev/null || exit 0
run 0 self --odds 40000
has "$out" 'connect\(\) alone +never: the port is reserved'
