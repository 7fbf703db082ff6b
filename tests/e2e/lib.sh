# tests/e2e/lib.sh: what end-to-end tests begin with: `. "$OPJ_SOURCE/tests/e2e/lib.sh"`.
#
# Leaves $dir, an empty folder that is the current one and is gone when the test ends, however it ends. A test that has
# more to clean up defines end(). The program is run by `run` and `expect`; what it printed last is in $dir/out (standard
# output) and $dir/err (standard error), at which the other functions look. Each looks at one of the two, so that a figure
# on the wrong stream is missed where it belongs.
set -eu

me=$(basename "$0")
loop=$OPJ_BUILD/tests/e2e/loop_executor
log=$OPJ_SOURCE/tests/golden/cases/by_hand/ops.jsonl
verb= # the command of opjoule that `expect` runs; empty where the arguments begin with it

end() { :; }

dir=$(mktemp -d)
trap 'end; cd /; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir"

# Once past whatever launches Python on this host: tests start it often.
python=$(python3 -c 'import sys; print(sys.executable)')
python3() { "$python" "$@"; }

fail() {
	echo "$me: $*" >&2
	exit 1
}

skip() { # skip REASON…: ends the test; meson counts status 77 as skipped
	echo "$me: SKIPPED: $*" >&2
	exit 77
}

# run STATUS ARGUMENT…: runs opjoule, which must end with that status, and with a message where it is not 0.
run() {
	want=$1 status=0
	shift
	"$OPJOULE" "$@" >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" = "$want" ] || fail "opjoule $*: status $status, not $want: $(head -c 3000 "$dir/err")"
	[ "$status" = 0 ] || [ -s "$dir/err" ] || fail "opjoule $*: failed without a message"
}

# expect STATUS TEXT ARGUMENT…: runs opjoule $verb. TEXT stands on standard output where STATUS is 0, and otherwise on
# standard error; an empty one is not looked for.
expect() {
	want=$1 text=$2
	shift 2
	run "$want" ${verb:+"$verb"} "$@"
	if [ -z "$text" ]; then return; elif [ "$want" = 0 ]; then has "$text"; else says "$text"; fi
}

# says TEXT: standard error has it.
says() {
	grep -qF -e "$1" "$dir/err" || fail "no \"$1\" on standard error: $(head -c 3000 "$dir/err")"
}

# has TEXT: standard output has it, as it stands or with runs of blanks squeezed.
has() {
	grep -qF -e "$1" "$dir/out" || tr -s ' ' <"$dir/out" | grep -qF -e "$1" ||
		fail "no \"$1\" on standard output: $(head -c 4000 "$dir/out")"
}

# lacks TEXT: standard output does not have it.
lacks() {
	! tr -s ' ' <"$dir/out" | grep -qF -e "$1" || fail "\"$1\" on standard output: $(head -c 4000 "$dir/out")"
}

# silent: nothing on standard error.
silent() {
	[ ! -s "$dir/err" ] || fail "standard error: $(cat "$dir/err")"
}

# check PROGRAM EXPRESSION…: every Python expression is true of standard output, which is in `text`, and in `r` where it
# is JSON, after PROGRAM has run.
check() {
	python3 - "$dir/out" "$@" <<'END' || fail "standard output is not as it should be"
import csv, io, json, re, sys
from math import isclose
text = open(sys.argv[1], newline="", encoding="utf-8").read()
r = json.loads(text) if text.startswith("{") else None
exec(sys.argv[2])
for expression in sys.argv[3:]:
    if not eval(expression):
        sys.exit(f"not so: {expression}: {text[:3000]}")
END
}

# json EXPRESSION…: the same without a program.
json() {
	check '' "$@"
}

# manifest FILE: the manifest of an archive, as stock tar gives it.
manifest() {
	tar --zstd -xOf "$1" manifest.json
}

# full_disk ARGUMENT…: opjoule, whose standard output cannot be written, says so and fails.
full_disk() {
	status=0
	"$OPJOULE" "$@" >/dev/full 2>"$dir/err" || status=$?
	[ "$status" = 1 ] && [ -s "$dir/err" ] || fail "opjoule $*: a full disk went unnoticed: status $status: $(cat "$dir/err")"
}

# within SECONDS COMMAND…: tries the command every 20 ms until it succeeds; fails when it has not by then, however slow
# the machine is: only tries are counted.
within() {
	tries=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "never came true: $*"
		sleep 0.02
	done
}

# runs PID: the process is there and is no zombie that waits for its parent.
runs() {
	grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

# recording: an `opjoule record` in this folder has a process that records.
recording() {
	ls .opjoule-*/status/*
}
