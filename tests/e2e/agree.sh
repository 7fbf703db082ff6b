#!/bin/sh
# What several commands say of one trace is the same: how sparse the tensors were, over those that were looked at, and
# which module an op belongs to.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

logs=$OPJ_SOURCE/tests/golden/logs

# shows TEXT ARGUMENT…: the command's standard output has it.
shows() {
	text=$1
	shift
	run 0 "$@"
	has "$text"
}

# json EXPRESSION ARGUMENT…: true of the command's output, read as JSON into r.
json() {
	expression=$1
	shift
	run 0 "$@"
	check '' "($expression)"
}

# 5 of 10 elements are not zero, and of 90 more nobody knows; or 50 of all 100.
half=$logs/looked_at_half.jsonl all=$logs/looked_at_all.jsonl
shows 'Net Net 0 1 50.00% binary' info "$half"
shows 'Nobody looked at 90 elements of inputs and 0 of outputs' info "$half"
shows 'Net Net 0 1 50.00% binary' info "$all"
json '[m["inputs"][k] for m in r["modules"] for k in ("nonzero", "elements", "unseen")] == [5, 10, 90]' info --json "$half"
shows 'binary, over 1 call of Net, 50.0 % of 10 elements nonzero (sparsity 50.0 %), 90 more not looked at' analyze "$half"
shows 'binary, over 1 call of Net, 50.0 % of 100 elements nonzero (sparsity 50.0 %)' analyze "$all"
for format in markdown latex; do
	shows 'sparsity 50.0 ' analyze "$half" --format "$format" --methods
	shows ', 90 more not looked at' analyze "$half" --format "$format" --methods
done
shows ',50.0,90,1,' analyze "$half" "$all" --by model --format csv -m compute
shows ',50.0,0,1,' analyze "$half" "$all" --by model --format csv -m compute
input='{"kind": "binary", "elements": 10, "nonzero": 5, "unseen": 90}'
json "r['modules'][0]['in'] == $input" analyze --json "$half"
json "r['estimates'][0]['input'] == {'module': 'Net', 'sparsity': 0.5, **$input}" analyze --json "$half"
"$OPJOULE" diff "$half" "$all" --fail-if 'sparsity.in @ Net != 0' >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
shows 'sparsities of A leave out 90 elements of 1 module: nobody looked at them' diff "$half" "$all"
json 'r["modules"][0]["figures"]["sparsity.in"] == {"a": 0.5, "b": 0.5, "change": 0, "relative": 0}' diff --json "$half" "$all"

# Outputs that nobody looked at have a column of their own, where there are any.
sed 's/"z":90,"b":0//; s/"a":3,}/"a":3}/g' "$half" >"$dir/no_outputs.jsonl"
sed 's/"a":3,"z":90,"b":0}\]/"a":3},{"T":[4],"d":"float32","u":9,"a":9,"z":1,"b":1}]/' "$half" >"$dir/some_outputs.jsonl"
shows 'out_elements,out_nonzero,out_unseen' analyze --format csv "$dir/some_outputs.jsonl"
shows ',4,1,90' analyze --format csv "$dir/some_outputs.jsonl"
shows 'nonzero out unseen out' analyze "$dir/some_outputs.jsonl"
shows '25.0 % 90' analyze "$dir/some_outputs.jsonl"
json '[m["out"]["kind"] for m in r["modules"]] == [None]' analyze --json "$dir/no_outputs.jsonl"
! "$OPJOULE" analyze --format csv "$half" | grep -q unseen || fail 'a column of nothing'

# The deepest module is the op's own; of equally deep ones the last of the model; dots in a root's name are no depth.
log=$logs/innermost.jsonl
printf '%s\n' Net.a.b Net.longername Net.a - >"$dir/want"
same() {
	cmp -s "$dir/want" "$dir/got" || fail "$1: $(cat "$dir/got")"
}
"$OPJOULE" replay "$log" | awk '{ print $4 }' >"$dir/got"
same replay
"$OPJOULE" export "$log" --format csv | tail -n +2 | cut -d, -f5 | sed 's/^$/-/' >"$dir/got"
same 'export --format csv'
"$OPJOULE" export "$log" --format json | python3 -c 'import json, sys
for op in json.load(sys.stdin)["ops"]: print(op["scope"] or "-")' >"$dir/got"
same 'export --format json'
"$OPJOULE" export "$log" --format folded -w ops >"$dir/out"
printf '%s;aten.relu.default 1\n' 'Net;a' 'Net;a;b' 'Net;longername' >"$dir/stacks"
echo 'aten.relu.default 1' >>"$dir/stacks"
cmp -s "$dir/stacks" "$dir/out" || fail "export --format folded: $(cat "$dir/out")"
json '[(m["a"], m["own"]["ops"]["a"]) for m in r["modules"]] == [("Net", 0), ("Net.a", 1), ("Net.a.b", 1),
	("Net.longername", 1), ("my.own.Head", 0)]' diff --json "$log" "$log"
for skip in 0 1 2 3; do # an error names the same module, "no module" outside all of them
	sed "s/\"i\":$skip,\"op\":\"aten.relu.default\"/\"i\":$skip,\"op\":\"aten.nope.x\"/; s/aten.relu/aten.add/" \
		"$log" >"$dir/strict.jsonl"
	sed -i 's/"op":"aten.add.default"/"op":"aten.add.Tensor"/' "$dir/strict.jsonl"
	want=$(sed -n "$((skip + 1))p" "$dir/want" | sed 's/^-$/no module/')
	if "$OPJOULE" analyze "$dir/strict.jsonl" --strict -c flop >"$dir/out" 2>&1; then
		fail "--strict passes op $skip"
	fi
	grep -qF "op $skip (aten.nope.x, in $want)" "$dir/out" || fail "--strict, op $skip: $(cat "$dir/out")"
done
