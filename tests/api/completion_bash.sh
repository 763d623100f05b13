#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The installed bash completion, at work: a bash on a terminal of its own, in which keys are typed.
set -u
prefix=$1
command -v script >/dev/null || {
	echo 'no script(1), so no terminal'
	exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# ^T prints the line as it stands, between marks, and empties it.
cat >"$folder/bashrc" <<END
PATH=$prefix/bin:\$PATH
PS1=
. "$prefix/share/bash-completion/completions/midair"
bind 'set bell-style none'
bind -x '"\C-t": printf "[[%s]]\n" "\$READLINE_LINE"; READLINE_LINE='
echo READY
END
export TERM=dumb INPUTRC=/dev/null
coproc shell { exec script -qec "bash --rcfile '$folder/bashrc' -i" /dev/null 2>&1; }

# Until the text has come; what has come is in $text.
await() {
	local piece
	text=
	while [[ $text != *"$1"* ]]; do
		IFS= read -r -t 20 piece <&"${shell[0]}" || {
			echo "no '$1' in: $text"
			return 1
		}
		text+=$piece
	done
}

failed=0
# completes TYPED LINE: a tab after TYPED makes LINE of it.
completes() {
	printf '%s\t\x14' "$1" >&"${shell[1]}"
	await ']]' || {
		failed=1
		return
	}
	text=${text##*\[\[}
	text=${text%%\]\]*}
	[[ $text == "$2" ]] || {
		echo "'$1' is completed to '$text', not to '$2'"
		failed=1
	}
}

await READY || exit 1
completes 'midair pipe 7-crossov' 'midair pipe 7-crossover'
completes 'midair pipe 7-crossover-clockw' 'midair pipe 7-crossover-clockwork'
completes 'midair pipe 12-CLOCKW' 'midair pipe 12-clockwork'
completes 'midair pipe 7-zzz' 'midair pipe 7-zzz'
completes 'midair pip' 'midair pipe '
completes 'midair explain not-in-t' 'midair explain not-in-time '
completes 'midair pipe --relay-o' 'midair pipe --relay-only '
printf 'exit\n' >&"${shell[1]}"
exit $failed
