#!/bin/sh
# How far long work is: said on a terminal, on standard error only, with the name of the file; nothing of it stays.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

python3 - "$log" >long.jsonl <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
op = next(line for line in lines if line['k'] == 'op' and line['op'] == 'aten.relu.default')
for line in lines:
    if line['k'] not in ('op', 'end'):
        print(json.dumps(line))
text = json.dumps(dict(op, i=-1), separators=(',', ':'))
for i in range(500000):
    print(text.replace('-1', str(i), 1))
print('{"k":"end","ops":500000}')
PY
sed 's/"ops":500000/"ops":1/' long.jsonl >bad.jsonl
echo 'estimators: [{estimator: compute, e_mac_pj: [1, 2]}]' >grid.yaml

run 0 analyze long.jsonl
has '500.0 k'
silent
cp out plain

command -v script >/dev/null || skip 'no script(1) to make a terminal with'
escape=$(printf '\033')
on_terminal() { # on_terminal TERM COMMAND: standard error goes to a terminal, and what stands there to out
	TERM=$1 script -qec "$OPJOULE $2 >printed" /dev/null </dev/null >out || true
}
for command in "analyze $dir/long.jsonl" "info $dir/long.jsonl" "sweep $dir/long.jsonl -g grid.yaml"; do
	on_terminal xterm "$command"
	grep -q "$escape\[Klong.jsonl  \[.* ops, " out || fail "$command: no progress line: $(cat -v out)"
	if sed "s/.*$escape\[K//" out | grep -q ' ops, '; then fail "$command: a progress line stays: $(cat -v out)"; fi
	[ -s printed ] || fail "$command: nothing is printed"
	[ "$command" != "analyze $dir/long.jsonl" ] || cp printed analyzed
done
sed "s,$dir/,," analyzed | cmp - plain || fail 'progress in the output'

on_terminal xterm 'analyze bad.jsonl'
tail -n 1 out | tr -d '\r' | sed "s/.*$escape\[K//" | grep -q '^opjoule analyze: ' ||
	fail "a message behind a progress line: $(cat -v out)"
on_terminal dumb 'analyze long.jsonl'
[ ! -s out ] || fail "progress on a dumb terminal: $(cat -v out)"
