#!/bin/sh
# `opjoule record`: what becomes of the command, of its exit status and of its signals; that everything it recorded is in
# the archive and nothing else; that stock tools open it; that nothing stays behind.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

unset TMPDIR

# expect STATUS TEXT ARGUMENT…: runs opjoule record; what it says stands on standard error.
expect() {
	want=$1 text=$2
	shift 2
	run "$want" record "$@"
	[ -z "$text" ] || says "$text"
}

# is FILE EXPRESSION: the jq expression is true of the manifest.
is() {
	manifest "$1" | jq -e "$2" >/dev/null || fail "$1: not so: $2: $(manifest "$1")"
}

# events FILE COUNT: stock babeltrace2 finds so many events in the unpacked archive, with as many sequence numbers in each
# process.
events() {
	rm -rf unpacked
	mkdir unpacked
	tar --zstd -xf "$1" -C unpacked
	babeltrace2 unpacked >text 2>said || fail "$1: babeltrace2: $(cat said)"
	[ ! -s said ] || fail "$1: babeltrace2 complains: $(cat said)"
	got=$(wc -l <text)
	[ "$got" = "$2" ] || fail "$1: $got events, not $2"
	got=$(awk '{ split($0, rest, " seq = "); n += !seen[$3, rest[2] + 0]++ } END { print n + 0 }' text)
	[ "$got" = "$2" ] || fail "$1: $got sequence numbers, not $2"
}

# nothing_left: neither raw traces nor unfinished archives.
nothing_left() {
	left=$(find . -name '.opjoule-*' -o -name '*.part')
	[ -z "$left" ] || fail "left behind: $left"
}

# A run like most. The recorder writes begin, three definitions or so, the ops and end.
expect 0 'a.opj: 1000 ops' -o a.opj --name night -- "$loop" 1000
is a.opj '.opj == 1 and .ops == 1000 and .lost_events == 0 and .problems == 0 and .complete and .why == ""'
is a.opj '.run == "night" and .model == "Loop" and .framework == "loop 1.0" and .exit == {"status": 0}'
is a.opj ".command == [\"$loop\", \"1000\"] and .host == \"$(uname -n)\" and .kernel == \"Linux $(uname -r)\""
is a.opj '(.started | test("^20..-..-..T..:..:..\\....Z$")) and .started <= .ended and (.cpu | length) > 0'
is a.opj '(.processes | length) == 1 and .processes[0].ended and (.processes[0].chunks | length) == 1'
events a.opj "$(manifest a.opj | jq .events)"
grep -q 'opjoule:end' text || fail "no closing event"
[ ! -s out ] || fail "something on standard output: $(cat out)"
zstd -tqq a.opj || fail "zstd finds an error"
zstd -lv a.opj 2>/dev/null | grep -q 'Check: XXH64' || fail "no checksums"
nothing_left

# What the command prints is its own.
[ "$("$OPJOULE" record -q -o echo.opj -- sh -c "$loop 1; echo hello" 2>err)" = hello ] || fail "standard output is changed"
[ ! -s err ] || fail "--quiet is not: $(cat err)"

# Exit status.
expect 7 'b.opj: 10 ops' -o b.opj "$loop" 10 exit=7
is b.opj '.exit.status == 7 and .complete'
expect 137 'killed by signal 9 (SIGKILL) after 5000 ops' -o c.opj -- "$loop" 5000 signal=9
is c.opj '(.complete | not) and .exit == {"signal": 9} and .ops == 5000 and (.processes[0].ended | not)'
is c.opj '.why == "killed by signal 9 (SIGKILL) after 5000 ops"'
events c.opj "$(manifest c.opj | jq .events)"
expect 0 'did not end its recording' -o d.opj -- "$loop" 10 end=no
is d.opj '(.complete | not) and (.why | test("did not end its recording"))'

# Commands that are none, or do not record.
expect 127 'no such command' -o none.opj -- ./not-there
expect 126 'Permission denied' -o none.opj -- /etc/passwd
expect 125 'no process of the command recorded anything' -o none.opj -- true
expect 1 'no process of the command recorded anything' -o none.opj -- sh -c 'exit 1'
[ ! -e none.opj ] || fail "an archive of nothing"
expect 2 'a command is wanted, none was given' -o none.opj
expect 2 "opjoule record: unrecognized option '--nonsense'" --nonsense -- true
expect 2 '--rotate takes a size (64MiB, 1GiB, or 0 to turn it off), not "many"' --rotate many -- true
expect 2 '--rotate takes a size (64MiB, 1GiB, or 0 to turn it off), not "5 kg"' --rotate '5 kg' -- true
for size in 64KB 64kB 64K 64k 64KiB 64mib 1TiB 1T 0; do # as everywhere: units.md
	expect 125 'no process of the command recorded' --rotate $size -o none.opj -- true
done
expect 0 '' --help
nothing_left

# Where the archive goes.
expect 125 'exists already' -o a.opj -- "$loop" 5
is a.opj '.ops == 1000'
expect 0 '5 ops' -f -o a.opj -- "$loop" 5
is a.opj '.ops == 5'
expect 125 'no/where' -o no/where.opj -- "$loop" 5
mkdir folder
expect 125 'is a folder' -o folder -- "$loop" 5
expect 2 '--output takes a name, not ""' -o '' -- "$loop" 5
mkfifo pipe
expect 125 'is not a regular file' -f -o pipe -- "$loop" 5
[ -p pipe ] || fail "a pipe was replaced"
rm pipe
expect 0 'my.opj: 3 ops' -- "$loop" 3 model=models/my.nir
expect 0 'my-2.opj: 4 ops' -- "$loop" 4 model=models/my.nir
is my.opj '.ops == 3'
nothing_left

# Ctrl-C reaches the whole group, as from a terminal; the trace so far is kept and valid.
interrupt() { # interrupt SIGNAL GROUP|PROCESS FILE
	setsid env --default-signal=INT,TERM "$OPJOULE" record -o "$3" -- "$loop" 100000000 pause-us=1000 2>err &
	pid=$!
	within 60 recording
	sleep 0.5
	if [ "$2" = GROUP ]; then kill -s "$1" -- "-$pid"; else kill -s "$1" "$pid"; fi
	status=0
	wait "$pid" || status=$?
}
interrupt INT GROUP e.opj
[ "$status" = 130 ] || fail "after SIGINT: status $status: $(cat err)"
is e.opj '(.complete | not) and .ops > 0 and (.why | test("^interrupted by signal 2 \\(SIGINT\\) after [0-9]+ ops$"))'
events e.opj "$(manifest e.opj | jq .events)"
run 0 replay e.opj --format jsonl
[ "$(tail -n 1 out | jq .ops)" = "$(manifest e.opj | jq .ops)" ] || fail "replay: not the ops of the manifest"
says 'interrupted by signal 2 (SIGINT)'

# Killed at any moment, in the middle of an event too: the manifest claims what the trace holds, and says what it does not.
for kill in 24000 40000 56000 72000; do
	expect 137 'killed by signal 9' -f -o n.opj -- "$loop" 100000000 kill-us=$kill
	events n.opj "$(manifest n.opj | jq .events)"
	is n.opj ".ops == $(grep -c 'opjoule:op:' text) and (.complete | not)"
	last=$(awk '{ split($0, rest, " seq = "); if (rest[2] + 0 > last) last = rest[2] + 0 } END { print last }' text)
	is n.opj ".lost_events >= $((last + 1 - $(wc -l <text)))"
	run 0 replay --partial --format jsonl n.opj
	got=$(tail -n 1 out | jq .ops)
	if [ "$(manifest n.opj | jq .lost_events)" = 0 ]; then
		is n.opj ".ops == $got"
	else
		is n.opj ".ops >= $got"
		says 'events were lost'
	fi
done
interrupt TERM PROCESS f.opj
[ "$status" = 143 ] || fail "after SIGTERM: status $status: $(cat err)"
is f.opj '(.complete | not) and (.why | test("^interrupted by signal 15 \\(SIGTERM\\) after"))'
nothing_left

# Several processes in one archive, numbered.
expect 0 '300 ops' -o g.opj -- sh -c "$loop 100 & $loop 200; wait"
is g.opj '[.processes[].ops] | sort == [100, 200]'
is g.opj '[.processes[].chunks[].path] == ["trace/1/1", "trace/2/1"]'
events g.opj "$(manifest g.opj | jq .events)"

# Two recordings at a time: each its own processes.
"$OPJOULE" record -q -o h.opj -- "$loop" 20000 pause-us=20000 model=H &
first=$!
"$OPJOULE" record -q -o i.opj -- "$loop" 30000 pause-us=20000 model=I &
second=$!
wait "$first" || fail "the first of two failed"
wait "$second" || fail "the second of two failed"
is h.opj '.ops == 20000 and .model == "H" and (.processes | length) == 1 and .complete'
is i.opj '.ops == 30000 and .model == "I" and (.processes | length) == 1 and .complete'
events h.opj "$(manifest h.opj | jq .events)"
events i.opj "$(manifest i.opj | jq .events)"
nothing_left

# Rotation: whole, in several chunks, and the disk holds little of it at any time.
"$OPJOULE" record -q --rotate 2MiB -o j.opj -- sh -c "$loop 300 & $loop 200000; wait" &
pid=$! most=0
while runs "$pid"; do
	size=$(du -sk .opjoule-*/raw 2>/dev/null | cut -f 1) || true
	[ "${size:-0}" -le "$most" ] || most=$size
	sleep 0.05
done
wait "$pid" || fail "recording with rotation failed"
is j.opj '.ops == 200300 and .complete and .lost_events == 0 and ([.processes[].chunks | length] | max) > 3'
raw=$(manifest j.opj | jq '[.processes[].chunks[].raw_size] | add / 1024 | floor')
[ "$((most * 2))" -lt "$raw" ] || fail "$most KiB on the disk at a time, of $raw KiB in all"
events j.opj "$(manifest j.opj | jq .events)"
nothing_left

# A process that LTTng knows from the first chunk on and that begins to record later has lost nothing before.
run 0 record --rotate 2MiB -o o.opj -- sh -c "$loop 300 after=begin & $loop 200000; touch begin; wait"
is o.opj '.ops == 200300 and .complete and .lost_events == 0 and ([.processes[].ops] | sort) == [300, 200000]'
is o.opj '([.processes[].chunks | length] | min) == 1 and ([.processes[].chunks | length] | max) > 3'
events o.opj "$(manifest o.opj | jq .events)"
nothing_left

# An event that no buffer has room for is lost, and the archive says so.
run 125 record -o p.opj -- "$loop" 100 model-size=2000000
says 'p.opj: the trace is not complete: 1 events or packets were lost'
is p.opj '.ops == 100 and (.complete | not) and .lost_events == 1 and .why == "1 events or packets were lost"'
nothing_left

# The progress line is for terminals.
if command -v script >/dev/null; then
	TERM=xterm script -qec "'$OPJOULE' record -o k.opj -- '$loop' 20000 pause-us=50000" /dev/null >typed </dev/null
	grep -q '[0-9] ops, .*iB of trace, 0:0' typed || fail "no progress on a terminal: $(cat typed)"
else
	echo "record.sh: script(1) is not here: the progress line is not tested" >&2
fi
expect 0 'l.opj' -o l.opj -- "$loop" 20000 pause-us=50000
! grep -q 'of trace' err || fail "progress where there is no terminal"

# Asked to end before the command even runs: nothing stays.
for delay in 0.02 0.1 0.2 0.4; do
	"$OPJOULE" record -q -f -o m.opj -- "$loop" 100000000 pause-us=1000 2>err &
	pid=$!
	sleep "$delay"
	kill -s TERM "$pid"
	wait "$pid" && fail "terminated early, and yet 0"
	nothing_left
done
