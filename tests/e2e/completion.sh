#!/bin/sh
# Completion in bash and zsh, on real command lines; and that what the program takes is what its --help, its man pages
# and its completion say. Both completions ask the program itself, so this test asks the program's source.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

bin=$(dirname "$OPJOULE")
completion=$OPJ_SOURCE/docs/completion

"$OPJOULE" help --as words >"$dir/all" || fail 'help --as words'
cut -f 1 "$dir/all" >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 7 ] || fail 'no list of commands'

# Every command: one form of --help, and its options there, in its man page and in what completions are told.
for command in $(cat "$dir/commands"); do
	"$OPJOULE" "$command" --help >"$dir/help" || fail "$command --help"
	"$OPJOULE" help "$command" | cmp -s - "$dir/help" || fail "help $command is not $command --help"
	head -n 1 "$dir/help" | grep -q "^usage: opjoule $command" || fail "$command --help: does not begin with the usage"
	grep -q '^examples:$' "$dir/help" || fail "$command --help: no examples"
	[ "$(sed '1,/^examples:$/d' "$dir/help" | grep -c '^  .*[a-z]')" -ge 2 ] || fail "$command --help: not two examples"
	grep -q '^  -h, --help  ' "$dir/help" || fail "$command --help: --help itself is not in it"
	if LC_ALL=C.UTF-8 grep -n '.\{101,\}' "$dir/help"; then fail "$command --help: a line longer than 100 columns"; fi
	"$OPJOULE" help --as words "$command" >"$dir/words" || fail "help --as words $command"
	grep -o '^--[a-z0-9-]*' "$dir/words" >"$dir/$command.options" || fail "$command: no options"
	[ "$(sort "$dir/$command.options" | uniq -d)" = '' ] || fail "$command has options of one name"
	[ "$(cut -f 2 "$dir/words" | grep '^-.' | sort | uniq -d)" = '' ] || fail "$command has options of one letter"
	sed -nE 's/^  (-[a-zA-Z],|   ) (--[a-z0-9-]+)($|[ ].*)/\2/p' "$dir/help" | cmp -s - "$dir/$command.options" ||
		fail "$command --help: other options than: $(cat "$dir/$command.options")"
	while read -r option; do
		sed '/^$/q' "$dir/help" | grep -qE -- "$option([] ]|$)" || [ "$option" = --help ] ||
			fail "$command --help: the usage does not show $option"
	done <"$dir/$command.options"
	sh "$OPJ_SOURCE/docs/man/fill.sh" "$OPJOULE" "$OPJ_SOURCE/docs/man/opjoule-$command.1.scd" cat >"$dir/man" ||
		fail "no man page of $command"
	sed -n '/^# OPTIONS/,/^# EXIT/s/^\(\*-[a-zA-Z]\*, \)\{0,1\}\*\(--[a-z0-9-]*\)\*.*/\2/p' "$dir/man" |
		cmp -s - "$dir/$command.options" || fail "opjoule-$command(1): other options than $command has"
	grep -q "^\*opjoule $command\* " "$dir/man" || fail "opjoule-$command(1): no synopsis"
done
sh "$OPJ_SOURCE/docs/man/fill.sh" "$OPJOULE" "$OPJ_SOURCE/docs/man/opjoule.1.scd" cat >"$dir/man"
"$OPJOULE" --help >"$dir/help"
for command in $(cat "$dir/commands"); do
	grep -q "^\*opjoule-$command\*(1)" "$dir/man" || fail "opjoule(1) does not list $command"
	grep -q "^  $command " "$dir/help" || fail "opjoule --help does not list $command"
done

mkdir "$dir/files"
cd "$dir/files"
mkdir folder
touch run.opj ops.jsonl model.nir x.npy costs.yaml mine.so notes.txt

# What each shell must offer: a command line, and candidates that have to be among those offered; "!" what must not be.
# bash leaves out what stands before the last : or =, so candidates are compared by how they end.
cat >"$dir/cases" <<'CASES'
opjoule ana|analyze|!record
opjoule |record analyze models replay info import|!ana
opjoule analyze --f|--format|!--json
opjoule analyze -m |compute lemaire neuromc spikesim|!flop
opjoule analyze -m compute:|fp32 fp16 int8|!notes.txt
opjoule analyze -m compute:int8,e_|e_mac_pj e_ac_pj|!sram
opjoule analyze -c |flop memory residency|!compute
opjoule analyze -c residency,|reg sram identity|!e_mac_pj
opjoule analyze --by |module stage op model|!text
opjoule analyze --format |text markdown latex csv json|!module
opjoule analyze --plugin |mine.so folder|!run.opj
opjoule analyze |run.opj ops.jsonl folder|!notes.txt
opjoule analyze --methods run.opj -|--by --strict|!run.opj
opjoule models comp|compute compute:fp32|!flop
opjoule models --names |counters estimators presets settings|!flop
opjoule replay -f |text jsonl|!csv
opjoule replay --module |!run.opj
opjoule info |run.opj|!x.npy
opjoule import |ops.jsonl|!run.opj
opjoule run |model.nir|!x.npy
opjoule run model.nir --input |x.npy|!model.nir
opjoule run model.nir --reset |zero subtract|!x.npy
opjoule run model.nir -i |x.npy|!model.nir
opjoule roofline run.opj --machine |costs.yaml|!run.opj
opjoule export -f |csv json chrome folded|!text
opjoule export -c |flop memory|!compute
opjoule sweep -f |csv json|!chrome
opjoule report --plugin |mine.so|!run.opj
opjoule help |analyze record help|!run.opj
opjoule help --as |options words|!analyze
opjoule record --|--output --rotate|!--format
opjoule record -o a.opj -- opjoule run |model.nir|!x.npy
opjoule record -o a.opj opjoule run model.nir --|--input --threads|!--rotate
opjoule record -o a.opj opjou|opjoule|!run
CASES

# Every option of every command as well.
for command in $(cat "$dir/commands"); do
	echo "opjoule $command --|$(tr '\n' ' ' <"$dir/$command.options")|"
done >>"$dir/cases"
cut -d'|' -f1 "$dir/cases" >"$dir/lines"

# all SHELL: holds what offer_SHELL offers for each line, up to END OF OFFER, against the cases.
all() {
	"offer_$1" <"$dir/lines" >"$dir/offered"
	python3 - "$dir/cases" "$dir/offered" <<'PYTHON' || fail "$1"
import re, sys
cases = open(sys.argv[1]).read().splitlines()
offers = open(sys.argv[2]).read().split("END OF OFFER\n")
assert len(offers) == len(cases) + 1 and offers[-1] == "", (len(offers), len(cases))
for case, offer in zip(cases, offers):
    line, *lists = case.split("|")
    wanted = [word for part in lists if not part.startswith("!") for word in part.split()]
    unwanted = [part[1:] for part in lists if part.startswith("!")]
    words = [re.sub(r"[= ]*$", "", word) for word in offer.splitlines()]
    ends = [re.sub(r".*[:,]", "", re.sub(r"/$", "", word)) for word in words]
    for word in wanted:
        if word.rsplit(":", 1)[-1] not in ends:
            sys.exit(f'"{line}" does not offer {word} but: {words}')
    for word in unwanted:
        if word in words:
            sys.exit(f'"{line}" offers {word}')
PYTHON
}

PATH=$bin:$PATH
export PATH
offer_bash() {
	bash --norc -c '. "$1"
		while IFS= read -r line; do
			COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
			_opjoule </dev/null
			printf "%s\n" "${COMPREPLY[@]}" "END OF OFFER"
		done' bash "$completion/opjoule.bash"
}
bash --norc -c '. "$1"; complete -p opjoule' bash "$completion/opjoule.bash" | grep -q -- '-F _opjoule opjoule' ||
	fail 'bash: nothing is registered'
all bash

# zsh completes in its editor only, so one is run in a pseudo-terminal, and what compadd is given is printed.
cat >"$dir/offer.zsh" <<'ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= PS2=; unset zle_bracketed_paste; fpath=($1 \$fpath); autoload -Uz compinit && compinit -u -D"
zpty -w shell 'compadd () {
	local -a hits
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	builtin compadd -A hits "$@"
	local hit
	for hit in $hits; do print -r -- "HIT $IPREFIX$hit"; done
	builtin compadd "$@"
}
offer () { print; zle complete-word; print -r -- "END OF OFFER"; }
zle -C complete-word complete-word _main_complete
zle -N offer
bindkey "^I" offer
print READ""Y'
zpty -r shell answer '*READY*'
while IFS= read -r line; do
	zpty -n -w shell "$line"$'\t'
	zpty -r shell answer '*END OF OFFER*'
	print -r -- "$answer" | tr -d '\r' | sed -n 's/^HIT //p'
	print END OF OFFER
	zpty -n -w shell $'\025' # Ctrl-U: the line is gone
done
zpty -d shell
ZSH
offer_zsh() {
	zsh -f "$dir/offer.zsh" "$completion"
}
if command -v zsh >/dev/null; then
	all zsh
else
	echo 'SKIPPED in part: no zsh'
fi
