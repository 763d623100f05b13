#!/bin/sh
# SPDX-License-Identifier: MIT
# The systemd unit is valid and locks the server in: unit_file.sh UNIT MIDAIR.
set -u
command -v systemd-analyze >/dev/null || {
	echo 'no systemd-analyze'
	exit 77
}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
unit=$folder/midair.service
# systemd wants to see the command, which is not installed yet.
sed "s|^ExecStart=/usr/bin/midair |ExecStart=$2 |" "$1" >"$unit"
grep -q "^ExecStart=$2 serve" "$unit" || {
	echo 'no ExecStart with midair serve'
	exit 1
}
complaints=$(systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>&1)
status=$?
case $complaints in
*'Failed to '*' bus'* | *'not been booted'* | *'Failed to initialize manager'*)
	echo "cannot run here: $complaints"
	exit 77
	;;
esac
printf '%s\n' "$complaints" | grep -F midair.service && exit 1
[ $status -eq 0 ] || {
	printf '%s\n' "$complaints"
	exit 1
}
# 0 is perfect, 10 is none; in tenths.
systemd-analyze security --offline=yes --threshold=20 --no-pager "$unit" >"$folder/report" 2>&1 || {
	cat "$folder/report"
	exit 1
}
tail -n 1 "$folder/report"
