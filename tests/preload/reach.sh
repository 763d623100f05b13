#!/bin/sh
# SPDX-License-Identifier: MIT
# What cannot be reached is said; the command's own status is passed on; what makes no sense is
# refused with one line.
. "$(dirname "$0")/common.sh"

# complains STATUS TEXT ARGUMENT...: of midair preload; nothing was run
complains() {
	wanted=$1
	text=$2
	shift 2
	run "$wanted" "$midair" preload "$@"
	[ ! -s "$out" ] || fail 'nothing goes to standard output'
	[ "$(wc -l <"$err")" = 1 ] || fail 'an error is one line'
	has "$err" "$text"
}

# the command's status, also by signal
run 0 "$midair" preload true
run 1 "$midair" preload false
run 42 "$midair" preload -- sh -c 'exit 42'
run 137 sh -c "\"$midair\" preload -- sh -c 'kill -9 \$\$'"
run 42 "$midair" self --guard sh -c 'exit 42'
run 7 "$midair" self --guard -- sh -c 'exit 7'
# options behind the command are the command's
run 0 "$midair" preload sh -c 'echo "$1"' x -v
[ "$(cat "$out")" = '-v' ] || fail 'the command has its options'

# static
complains 20 'cannot reach into .*preload_client_static: it is linked statically' "$client_static"
run 20 "$midair" self --guard "$client_static"
run 23 "$midair" preload --anyway "$client_static"
has "$err" '^midair preload: warning: no reach into .*linked statically'
[ "$(wc -l <"$err")" = 1 ] || fail 'a warning is one line'

# scripts count as their interpreter
for line in "#!$client_static" "#! $client_static -x" "#!/usr/bin/env -S A=b $client_static"; do
	printf '%s\\n' "$line" | sed 's/\\n$//' >"$work/script"
	chmod +x "$work/script"
	complains 20 'linked statically' "$work/script"
	printf '#!%s\n' "$work/script" >"$work/script of a script"
	chmod +x "$work/script of a script"
	complains 20 'linked statically' "$work/script of a script"
done
printf '#!/bin/sh\nexit 9\n' >"$work/script"
run 9 "$midair" preload "$work/script"
printf '#!%s\n' "$work/script" >"$work/script"
complains 126 'Too many levels' "$work/script"
printf '#!/nonexistent/interpreter\n' >"$work/script"
complains 127 'No such file' "$work/script"

# a Go program: its note makes it one
cp "$client" "$work/go"
chmod +x "$work/go"
if command -v objcopy >/dev/null; then
	# owner "Go", type 4, as the compiler writes it, over the build id's note
	note=$(readelf -lW "$work/go" | awk '$1 == "NOTE" { print $2; exit }')
	printf '\003\000\000\000\004\000\000\000\004\000\000\000Go\000\000text' |
		dd of="$work/go" bs=1 seek=$((note)) conv=notrunc 2>/dev/null
	complains 20 'Go program' "$work/go"
fi

# another processor, another C library, and files that are no programs or broken ones
cp "$client" "$work/other"
printf '\363' | dd of="$work/other" bs=1 seek=18 conv=notrunc 2>/dev/null
complains 20 'another kind of processor' "$work/other"
cp "$client" "$work/musl"
loader=$(readelf -lW "$client" | awk '$1 == "INTERP" { print $2; exit }')
printf '/lib/ld-musl-any.so.1\000' |
	dd of="$work/musl" bs=1 seek=$((loader)) conv=notrunc 2>/dev/null
complains 20 'another C library' "$work/musl"
for length in 0 1 4 20 63 64 100 200; do
	head -c $length "$client" >"$work/short"
	chmod +x "$work/short"
	status=0
	"$midair" preload "$work/short" >"$out" 2>"$err" || status=$?
	[ $status -lt 128 ] || fail "a file of $length bytes is survived"
done

# set-user-ID
if [ "$(id -u)" = 0 ] && cp "$client" "$work/privileged" && chown 65534 "$work/privileged" 2>/dev/null &&
	chmod u+s "$work/privileged"; then
	complains 20 'set-user-ID' "$work/privileged"
fi

# commands that are none
# (a directory of PATH that may not be searched would make it 126, as execvp() has it)
(
	PATH=/usr/bin:/bin
	complains 127 'No such file' nonexistent-command
)
complains 127 'No such file' /nonexistent/command
complains 127 'No such file' ''
complains 126 'Permission denied' /etc
complains 126 'Permission denied' "$out"

# bad input
complains 2 'a command is missing'
complains 2 'a command is missing' -v --
complains 2 'there is no option' -x true
complains 2 'there is no option' --nonsense true
for option in --from --ports --share; do
	complains 2 'a value is missing' $option
done
for from in '' ',' '127.0.0.1,' 127.0.0 1.2.3.4.5 127.0.0.1:80 127.0.0.2-127.0.0.1 ::1-127.0.0.1 \
	127.0.0.1-::1 '[::1' localhost 127.0.0.1- "$(seq -s, -f 127.0.1.%g 1 257)" \
	127.0.0.1-127.0.2.1; do
	complains 2 '' --from "$from" true
done
for ports in '' 0 0-1 1-0 65535-65536 65536 -1 1- a 1-2-3 '1 2' 1.2.3.4:5; do
	complains 2 '' --ports "$ports" true
	complains 2 '' --share "$ports" true
done
complains 2 'takes one port' --share 1-2 true
complains 2 'either' --share 1 --ports 2-3 true
for option in '--from 127.0.0.1' '--ports 1-2' '--share 1' --late-bind; do
	# shellcheck disable=SC2086
	complains 2 'guard' --guard $option true
done
complains 5 'cannot be a local address' --from 192.0.2.1 true
run 2 "$midair" self --guard
run 2 "$midair" self --guard --

# the library: named, missing, in a place that the loader cannot take
library=$(dirname "$midair")/libmidair-preload.so
MIDAIR_PRELOAD_LIBRARY=/nonexistent
export MIDAIR_PRELOAD_LIBRARY
complains 5 'MIDAIR_PRELOAD_LIBRARY' true
mkdir "$work/a b"
cp "$library" "$work/a b/library.so"
MIDAIR_PRELOAD_LIBRARY="$work/a b/library.so"
complains 5 'a blank or a colon' true
unset MIDAIR_PRELOAD_LIBRARY

# by hand, with values that make no sense: a line, and the guard
for setting in FROM=x FROM=127.0.0.1:1 PORTS=5 PORTS=2-1 PORTS=0-5 SHARE=0 SHARE=65536 SHARE=1-2; do
	run 0 env LD_PRELOAD="$library" "MIDAIR_PRELOAD_$setting" "$client" hold 5000 1
	[ "$(wc -l <"$err")" = 1 ] || fail 'one line'
	has "$err" "^midair preload: MIDAIR_PRELOAD_$setting makes no sense"
done

# a program without standard error
run 0 "$midair" preload -v -- sh -c "exec 2>&-; exec '$client' hold 5000 1"
ends_with '1 held, none refused'
