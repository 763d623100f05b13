# SPDX-License-Identifier: MIT
# Sourced by the tests in this folder, which are called with the paths of midair and of the client
# programs. Each runs in a network namespace of its own.
# shellcheck shell=sh disable=SC2034
set -eu
LC_ALL=C
export LC_ALL
unset LD_PRELOAD MIDAIR_PRELOAD_LIBRARY

if [ "${4:-}" != inside ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		if $how true 2>/dev/null; then
			exec $how "$0" "$1" "$2" "$3" inside
		fi
	done
	echo "cannot run here: no right to make a network namespace"
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi

midair=$1
client=$2
client_static=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out
err=$work/err
ip link set lo up

# setting NAME VALUE
setting() {
	echo "$2" >"/proc/sys/net/ipv4/$1"
}

fail() {
	echo "not so: $*"
	echo "--- stdout"; cat "$out"
	echo "--- stderr"; cat "$err"
	exit 1
}

# run STATUS COMMAND...
run() {
	wanted=$1
	shift
	status=0
	timeout 60 "$@" >"$out" 2>"$err" </dev/null || status=$?
	[ "$status" != 77 ] || {
		cat "$out"
		exit 77
	}
	[ "$status" = "$wanted" ] || fail "$*: status $status, not $wanted"
}

# plain ARGUMENT...: the client as it is. pooled OPTIONS -- ARGUMENT...: with the library.
plain() {
	run 0 "$client" "$@"
}

pooled() {
	run 0 "$midair" preload -v "$@"
}

has() {
	grep -qE -- "$2" "$1" || fail "$1 is to have: $2"
}

has_not() {
	! grep -qE -- "$2" "$1" || fail "$1 is not to have: $2"
}

# ends_with TEXT: the last line of standard output
ends_with() {
	[ "$(tail -n 1 "$out")" = "$1" ] || fail "the last line is to be: $1"
}
