#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed zsh completion, at work: a zsh on a terminal of its own, in which keys are typed.
# ZSH: another zsh than the one in PATH.
set -eu
prefix=$1
zsh=${ZSH:-zsh}
command -v "$zsh" >/dev/null || {
	echo 'zsh is not installed'
	exit 77
}
ZDOTDIR=$(mktemp -d)
trap 'rm -rf "$ZDOTDIR"' EXIT
export ZDOTDIR
# No prompt and no colours; ^X prints the line as it stands, between marks.
cat >"$ZDOTDIR/.zshrc" <<END
fpath=($prefix/share/zsh/site-functions \$fpath)
path=($prefix/bin \$path)
autoload -Uz compinit
compinit -u -d "$ZDOTDIR/dump"
setopt no_beep
PS1=
print-line() { print -r -- "[[\$BUFFER]]"; BUFFER=; }
zle -N print-line
bindkey '^X' print-line
print READY
END
"$zsh" -f -s "$zsh" <<'END'
zmodload zsh/zpty || { print 'this zsh has no zpty'; exit 77 }
failed=0

# Until the pattern has come; what has come is in $text.
await() {
	local piece
	local -F end=$((SECONDS + 20))
	text=
	while [[ $text != *$~1* ]]; do
		((SECONDS < end)) || { print -r "no $1 in: $text"; return 1 }
		zpty -r -t shell piece && text+=$piece || sleep 0.01
	done
}

# completes TYPED LINE: a tab after TYPED makes LINE of it.
completes() {
	local text
	zpty -w -n shell "$1"$'\t\x18'
	await '\[\[*\]\]' || { failed=1; return }
	text=${${text##*\[\[}%%\]\]*}
	[[ $text == "$2" ]] || {
		print -r "'$1' is completed to '$text', not to '$2'"
		failed=1
	}
}

typeset -F SECONDS
zpty -b shell "TERM=dumb $1 -i"
await READY || exit 1
completes 'midair pipe 7-crossov' 'midair pipe 7-crossover'
completes 'midair pipe 7-crossover-clockw' 'midair pipe 7-crossover-clockwork'
completes 'midair pipe 12-CLOCKW' 'midair pipe 12-clockwork'
completes 'midair pipe 7-zzz' 'midair pipe 7-zzz'
completes 'midair pip' 'midair pipe '
completes 'midair explain not-in-t' 'midair explain not-in-time '
completes 'midair pipe --relay-o' 'midair pipe --relay-only '
zpty -d shell
exit $failed
END
