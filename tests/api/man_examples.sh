#!/bin/sh
# SPDX-License-Identifier: MIT
# What the manual pages show works as it stands there: the examples of midair(1) that need no other
# machine, and both programs of midair(3). In a network namespace of their own.
if [ "${2:-}" != inside ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		if $how --pid --fork --kill-child true 2>/dev/null; then
			exec $how --pid --fork --kill-child "$0" "$1" inside
		fi
	done
	echo "cannot run here: no right to make a network namespace"
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi
. "$(dirname "$0")/common.sh"

ip link set lo up
PATH=$prefix/bin:$PATH
# A server that has locked itself down cannot be looked into by the leak checker.
ASAN_OPTIONS=detect_leaks=0
export PATH ASAN_OPTIONS
page1=$(find "$prefix/share/man" -name midair.1)
page3=$(find "$prefix/share/man" -name midair.3)

# shown PAGE TEXT: the literal block that follows the line of text, without prompts.
shown() {
	awk -v text="$2" '
		index($0, text) == 1 { is_near = 1 }
		is_near && /^\.Bd -literal/ { is_in = 1; next }
		is_in && /^\.Ed/ { exit }
		is_in { sub(/^\$ /, ""); gsub(/\\e/, "\\"); print }
	' "$1"
}

# runs TEXT OUTPUT...: what is shown there prints these lines, in any order.
runs() {
	shown "$page1" "$1" >"$work/script"
	[ -s "$work/script" ] || {
		echo "midair(1) has no example after: $1"
		exit 1
	}
	echo 'wait $!' >>"$work/script"
	shift
	printf '%s\n' "$@" | sort >"$work/wanted"
	timeout 30 $in_a_net sh -e "$work/script" >"$work/printed" 2>"$work/said" || {
		echo "failed:"; cat "$work/script" "$work/said"
		exit 1
	}
	sort "$work/printed" | diff -u "$work/wanted" - || {
		cat "$work/said"
		exit 1
	}
}

# Both want port 1314 of 127.0.0.1.
cat >"$work/in_a_net" <<'SH'
#!/bin/sh
ip link set lo up
exec "$@"
SH
chmod +x "$work/in_a_net"
in_a_net="unshare -n $work/in_a_net"
runs 'Two ends on one machine, to try it:' one two
in_a_net=
runs 'The same on one machine, to try it:' one two

# builds NAME TEXT: the program that follows the text.
builds() {
	shown "$page3" "$2" >"$work/$1.c"
	# shellcheck disable=SC2046,SC2086
	"${CC:-cc}" $strict -D_DEFAULT_SOURCE ${SANITIZE:-} "$work/$1.c" -o "$work/$1" \
		$(pkg-config --cflags --libs midair)
}

# meets LEFT-COMMAND RIGHT-COMMAND: each prints what the other was given.
meets() {
	echo one | timeout 30 sh -c "$1" >"$work/left" 2>"$work/said" &
	left=$!
	echo two | timeout 30 sh -c "$2" >"$work/right"
	wait $left
	[ "$(cat "$work/left" "$work/right")" = "two
one" ] || {
		echo "not so: $1, $2"
		exit 1
	}
}

builds meet 'Meets the peer'
builds pair 'Meets whoever has the code'
meets "$work/meet 127.0.0.1:1400 127.0.0.2:1400" "$work/meet 127.0.0.2:1400 127.0.0.1:1400"
# the server of the first example still runs
meets "$work/pair 127.0.0.1:1314 8-crossover-clockwork" \
	"$work/pair 127.0.0.1:1314 8-crossover-clockwork"
