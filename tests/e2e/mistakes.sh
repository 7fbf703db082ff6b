#!/bin/sh
# The same mistake gets the same words in every command: their options, as `opjoule help --as words` lists them, are
# mistyped, left without their word, given words they do not take; and operands left out. Nothing is recorded or read.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

tab=$(printf '\t')

# wrong COMMAND MESSAGE ARGUMENT…: the command line is wrong, and nothing else is said than what and where help is.
wrong() {
	command=$1 message=$2 status=0
	shift
	shift
	"$OPJOULE" "$command" "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
	printf '%s\n' "opjoule $command: $message" "\`opjoule $command --help\` explains the command" >"$dir/want"
	cmp -s "$dir/want" "$dir/err" || fail "opjoule $command $*: $(cat "$dir/err"), not: $message"
	[ "$status" = 2 ] || fail "opjoule $command $*: status $status"
	[ ! -s "$dir/out" ] || fail "opjoule $command $*: something on standard output"
}

# listed "CHOICE…": "a, b or c"
listed() {
	echo "$1" | sed 's/ /, /g; s/, \([^,]*\)$/ or \1/'
}

# option COMMAND NAME LETTER WORD WHAT: all that can be wrong with one.
option() {
	command=$1 name=$2 letter=$3 word=$4 what=$5
	doubled=$(echo "$name" | sed 's/^--\(.\)/--\1\1/')
	wrong "$command" "unrecognized option '$doubled'; did you mean '$name'?" "$doubled"
	if [ "$word" = - ]; then
		wrong "$command" "option '$name' doesn't allow an argument" "$name=3"
		return
	fi
	choices=
	case $what in
	choices*) choices=$(listed "${what#choices }") ;;
	esac
	wrong "$command" "option '$name' requires an argument${choices:+: $choices}" "$name"
	[ "$letter" = - ] || wrong "$command" "option '$name' requires an argument${choices:+: $choices}" "$letter"
	[ -z "$choices" ] || wrong "$command" "$name takes $choices, not \"?\"" "$name" '?'
	case $command$name in
	*--process | replay--count) numbers='a whole number from 1' ;;
	*--jobs | *--threads) numbers='a whole number from 1 to 1024' ;;
	*) return 0 ;;
	esac
	for number in abc 0 -1 1x '' 99999999999999999999; do
		wrong "$command" "$name takes $numbers, not \"$number\"" "$name=$number"
	done
}

# operands COMMAND NAME: too few and too many; what is required stands behind them.
operands() {
	case $1 in
	record | analyze | report) wrong "$1" "a $2 is wanted, none was given" ;;
	diff)
		wrong diff 'two files are wanted, none was given'
		wrong diff 'two files are wanted, 1 was given' a
		wrong diff 'two files are wanted, 3 were given' a b c
		;;
	models | help) wrong "$1" "one $2 is wanted at most, 3 were given" a b c ;;
	*)
		wrong "$1" "one $2 is wanted, none was given"
		wrong "$1" "one $2 is wanted, 2 were given" a b
		;;
	esac
}

"$OPJOULE" help --as words | cut -f 1 >"$dir/commands"
walked=0
while read -r command; do
	"$OPJOULE" help --as words "$command" >"$dir/words"
	while IFS=$tab read -r name letter word what rest; do
		if [ "$name" = operands ]; then
			operands "$command" "$word"
		else
			option "$command" "$name" "$letter" "$word" "$what"
		fi
		walked=$((walked + 1))
	done <"$dir/words"
	wrong "$command" "unrecognized option '--no-such-option'" --no-such-option
	wrong "$command" "invalid option -- '?'" '-?'
done <"$dir/commands"
[ "$walked" -gt 80 ] || fail "only $walked options were walked"

# What has to be given.
wrong run '--input is missing' net.nir
wrong sweep '--grid is missing' run.opj
wrong export '--format is missing; it takes csv, json, chrome or folded' run.opj
wrong analyze "option '--p' is ambiguous; possibilities: '--plugin' '--partial' '--process'" --p run.opj

# Commands.
unknown() {
	status=0
	"$OPJOULE" "$1" >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" = 2 ] || fail "opjoule $1: status $status"
	[ "$(cat "$dir/err")" = "opjoule: no command \"$1\"; $2" ] || fail "opjoule $1: $(cat "$dir/err")"
}
unknown anlyze 'did you mean "analyze"?'
unknown ropofline 'did you mean "roofline"?'
unknown xyzzy "\`opjoule --help\` lists them"
wrong help 'no command "dif"; did you mean "diff"?' dif
