#!/bin/sh
# SPDX-License-Identifier: MIT
# A client that tries a dead port of the ephemeral range again and again connects to itself, and
# never does with the guard.
. "$(dirname "$0")/common.sh"

setting ip_local_port_range '40000 40099'
for mode in '' nonblocking; do
	# shellcheck disable=SC2086
	{
		plain selfloop 40050 5000 $mode
		has "$out" '^connected to itself at try '
		run 0 "$midair" preload -v --guard -- "$client" selfloop 40050 5000 $mode
		ends_with never
		# it did happen, but did not show
		has "$err" 'self-connections refused: [1-9]'
		run 0 "$midair" self --guard -- "$client" selfloop 40050 5000 $mode
		ends_with never
		[ ! -s "$err" ] || fail 'nothing is told without -v'
		# the pool does not offer that end in the first place
		pooled -- "$client" selfloop 40050 5000 $mode
		ends_with never
		has "$err" 'self-connections refused: 0'
	}
done
pooled --share 40050 -- "$client" selfloop 40050 10
ends_with never
has "$err" 'self-connections refused: 10'
