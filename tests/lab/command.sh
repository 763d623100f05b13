#!/bin/sh
# SPDX-License-Identifier: MIT
# command.sh MIDAIR: the command "midair lab" as a user meets it.
set -u
midair=$1
n_failed=0

fail() {
	echo "failed: $*"
	n_failed=$((n_failed + 1))
}

# expect STATUS TEXT COMMAND...: the exit status, and a text in the output of both streams.
expect() {
	status=$1
	text=$2
	shift 2
	output=$("$@" 2>&1 </dev/null)
	seen=$?
	[ $seen -eq "$status" ] || fail "$* ended with $seen instead of $status: $output"
	case $output in
	*"$text"*) ;;
	*) fail "$* did not say '$text': $output" ;;
	esac
}

list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
cat >"$list" <<'LIST'
quick    a=drop b=drop rtt=20ms expect=connect within=rtt+30ms
wrong    a=drop b=drop rtt=20ms expect=refused
icmp     a=icmp b=eif rtt=20ms expect=connect
late     a=rst b=rst rtt=20ms skew=60ms expect=connect
LIST

"$midair" lab --file "$list" --shell quick -- true 2>/dev/null
case $? in
0) ;;
77)
	[ "${LAB_REQUIRED:-}" = 1 ] || exit 77
	fail "the lab must run here"
	;;
*) fail "true in the lab" ;;
esac

expect 0 'usage: midair lab' "$midair" lab --help
expect 0 'drop-drop-at-once' "$midair" lab --list
expect 0 'round trip 20ms' "$midair" lab --list --file "$list"
expect 0 'to the server 40ms from a and 40ms from b' "$midair" lab --list
expect 2 'which scenario' "$midair" lab
expect 2 'no scenario "nonsense"' "$midair" lab nonsense
expect 2 'there is no option' "$midair" lab --nonsense
expect 2 'unexpected argument' "$midair" lab --all quick
expect 2 'a number from 1 to 512' "$midair" lab quick --runs 513
expect 2 'a number from 1 to 512' "$midair" lab quick --runs -1
expect 2 'value is missing' "$midair" lab quick --runs
expect 2 'cannot open' "$midair" lab --file /nonexistent --list
expect 0 'tcp reset' "$midair" lab --rules rst-rst-rtt-80ms-1s
expect 0 'played by the wire' "$midair" lab --file "$list" --rules icmp

expect 0 'SYN-ACK' "$midair" lab --file "$list" quick
expect 0 '5 of 5 runs as expected' "$midair" lab --file "$list" quick --runs 5
expect 1 'seen: connect' "$midair" lab --file "$list" wrong
# What one plain connect() cannot do and the engine can.
expect 0 'seen: connect' "$midair" lab --file "$list" late
expect 1 'seen: refused' "$midair" lab --file "$list" late --plain
expect 0 '"seen":"connect"' "$midair" lab --file "$list" quick --json
expect 1 '4 scenarios, 1 not as expected' "$midair" lab --file "$list" --all
expect 1 '"as_expected":false' "$midair" lab --file "$list" --all --json

expect 7 '' "$midair" lab --file "$list" --shell quick -- sh -c 'exit 7'
expect 127 'cannot run' "$midair" lab --file "$list" --shell quick -- /nonexistent
expect 0 'a 203.0.113.1 198.51.100.1' "$midair" lab --file "$list" --shell quick -- \
	sh -c 'echo "$MIDAIR_LAB_SIDE $MIDAIR_LAB_PEER $MIDAIR_LAB_SELF"'
expect 0 'b 198.51.100.1' "$midair" lab --file "$list" --shell -b quick -- \
	sh -c 'echo "$MIDAIR_LAB_SIDE $MIDAIR_LAB_PEER"'
expect 0 '192.0.2.1:1314' "$midair" lab --shell pair-drop--drop -- \
	sh -c 'echo "$MIDAIR_SERVER"'
# A shell that reads its commands from a pipe, with the banner.
output=$(echo 'echo "I am $MIDAIR_LAB_SIDE"' |
	SHELL=/bin/sh "$midair" lab --file "$list" --shell quick 2>&1)
case $output in
*"peer's address is 203.0.113.1"*"I am a"*) ;;
*) fail "the shell said: $output" ;;
esac

# The article's script, from both hosts of the lab at once.
output=$("$midair" lab --file "$list" --shell quick -- sh -c '
	[ -n "${MIDAIR_LAB_ON_PEER:-}" ] || { echo "a: no way to b"; exit 0; }
	echo "I love you." | $MIDAIR_LAB_ON_PEER '"$midair"' meet "$MIDAIR_LAB_SELF:1314" \
		--timeout 10 -q | sed "s/^/b: /" &
	echo "I love you." | '"$midair"' meet "$MIDAIR_LAB_PEER:1314" --timeout 10 -q |
		sed "s/^/a: /"
	wait' 2>&1 </dev/null)
case $output in
*"no way to b"*) ;;
*"a: I love you."*"b: I love you."* | *"b: I love you."*"a: I love you."*) ;;
*) fail "two hosts said: $output" ;;
esac

[ $n_failed -eq 0 ]
