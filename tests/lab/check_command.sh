#!/bin/sh
# SPDX-License-Identifier: MIT
# check_command.sh MIDAIR SOURCE: what the documents show of `midair check` is what it prints. Behind
# the lab's NAT that answers with RST, 50 ms from a server: the README's output, but for what each
# machine and each run has of its own; every label stands in midair(1), and every key of the JSON in
# docs/events.md. And a gateway that never answers costs no more than it should. With a third argument, "show", it prints the README's lines.
set -u
midair=$1
source=$2
n_failed=0

fail() {
	echo "failed: $*"
	n_failed=$((n_failed + 1))
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cat >"$work/list" <<'LIST'
readme a=rst b=public rtt=50ms server=50ms expect=connect
silent a=drop/port-mapping b=public rtt=50ms server=50ms expect=connect
LIST
cat >"$work/serve" <<'SERVE'
midair=$1
# A server that has locked itself down cannot be looked into by the leak checker.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
$MIDAIR_LAB_ON_SERVER "$midair" serve --listen 192.0.2.1 --alt 192.0.2.2 2>"$2/log" &
n=0
until grep -q 'midair serve: ready' "$2/log"; do
	n=$((n + 1))
	[ $n -lt 200 ] || exit 1
	sleep 0.05
done
SERVE
cat >"$work/inside" <<'INSIDE'
. "$2/serve"
"$midair" check --server 192.0.2.1 >"$2/text" || exit 1
"$midair" check --server 192.0.2.1 --json >"$2/json" || exit 1
kill $!
INSIDE
cat >"$work/silence" <<'SILENCE'
$MIDAIR_LAB_ON_BOX nft 'add table inet hush
	add chain inet hush input { type filter hook input priority -10; }
	add rule inet hush input iifname "lan" drop' || exit 1
"$1" check --server 192.0.2.1 --json >"$2/json" 2>/dev/null
[ $? -eq 7 ] || exit 1
. "$2/serve"
"$midair" check --server 192.0.2.1 --timeout 0.4 --json >>"$2/json" || exit 1
"$midair" check --server 192.0.2.1 --json >>"$2/json" || exit 1
kill $!
SILENCE
"$midair" lab --file "$work/list" --shell readme -- sh "$work/inside" "$midair" "$work"
status=$?
if [ $status -eq 77 ]; then
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi
[ $status -eq 0 ] || {
	cat "$work/log"
	fail "it ended with $status"
}

sed -i 's/^  \* Server: .*/  * Server: host.example/' "$work/text"
if [ "${3:-}" = show ]; then
	sed 's/^/    /' "$work/text"
	exit
fi

# Ports, times, and what this kernel is like.
mask() {
	sed -E -e 's/(in|is|was) [0-9.]+ s:/\1 TIME:/' -e 's/:[0-9]{4,5}/:PORT/g' \
		-e 's/^( +(SYN timer|SYN retries|Shared ports|Automatic ports|Clock)) .*/\1/' "$1"
}
awk '/^    \$ midair check --server host.example/ { is_in = 1; next }
	is_in && !/^    / { exit }
	is_in { sub(/^    /, ""); print }' "$source/README.md" >"$work/readme"
mask "$work/readme" >"$work/readme.masked"
mask "$work/text" >"$work/text.masked"
diff "$work/readme.masked" "$work/text.masked" || fail 'the README shows something else'

sed -n '/^\.Sh CHECK/,/^\.Sh KEY/p' "$source/man/midair.1" | grep '^\.It' >"$work/man"
sed -n -E 's/^ {6}([A-Z][A-Za-z, -]*[A-Za-z]) *( .*)?$/\1/p' "$work/text" | cut -c 1-22 |
	sed 's/  .*//' | sort -u >"$work/labels"
[ "$(wc -l <"$work/labels")" -ge 15 ] || fail "too few labels: $(cat "$work/labels")"
while read -r label; do
	grep -qF -e "$label" "$work/man" || fail "midair(1) does not explain: $label"
done <"$work/labels"

sed -n '/^## check/,/^## lab/p' "$source/docs/events.md" >"$work/events"
grep -o '"[a-z0-9_-]*":' "$work/json" | tr -d '":' | sort -u >"$work/keys"
[ "$(wc -l <"$work/keys")" -ge 30 ] || fail "too few keys: $(cat "$work/keys")"
while read -r key; do
	grep -qF -e "\`$key\`" "$work/events" || fail "docs/events.md does not explain: $key"
done <"$work/keys"
grep -q '"verdict":"every kind of peer can be reached directly"' "$work/json" ||
	fail 'the JSON has no verdict'

# Without a server, with little time, with the usual time.
if [ -x /usr/sbin/miniupnpd ]; then
	"$midair" lab --file "$work/list" --shell silent -- sh "$work/silence" "$midair" "$work" ||
		fail "with a silent gateway it ended with $?"
	sed -E 's/.*"elapsed_ms":([0-9]+).*/\1/' "$work/json" | {
		read -r refused && read -r short && read -r usual || exit 1
		echo "with a silent gateway: refused in $refused ms, given up in $short, done in $usual"
		[ "$refused" -lt 1000 ] && [ "$short" -lt 1000 ] && [ "$usual" -lt 3000 ]
	} || fail 'with a silent gateway it took too long'
fi

[ $n_failed -eq 0 ]
