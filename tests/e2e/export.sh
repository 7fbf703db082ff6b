#!/bin/sh
# `opjoule export` as a user types it: the op log whose figures were worked out by hand, and a trace with time stamps.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=export

# python EXPRESSION…: each is true of the last output, which is in `text`, as JSON in `r` where it is some, as CSV in `rows`.
python() {
	check 'rows = list(csv.DictReader(text.splitlines(keepends=True))) if not r else None' "$@"
}

# CSV: shapes, values and figures of each op; nothing where nobody has a figure.
expect 0 'index,timestamp_ns,duration_ns,stage,scope,op,in_shapes' "$log" -f csv -c flop -c memory -m compute
python 'len(rows) == 7 and text.count("\r\n") == text.count("\n") == 8' \
	'[row["flop"] for row in rows] == ["240", "", "0", "96", "3", "3", "6"]' \
	'list(rows[0])[14:] == ["flop", "memory", "energy[compute:fp32]"]' \
	'abs(float(rows[0]["energy[compute:fp32]"]) - 44 * 0.9) < 1e-12' \
	'abs(sum(float(row["energy[compute:fp32]"] or 0) for row in rows) - 265.8) < 1e-9' \
	'(rows[0]["in_shapes"], rows[0]["in_dtypes"]) == ("[1,2,3,3] [4,2,2,2]", "float32 float32")' \
	'(rows[0]["in_nnz"], rows[0]["in_kinds"], rows[0]["out_shapes"]) == ("5 32", "binary dense", "[1,4,2,2]")' \
	'[row["scope"] for row in rows] == ["Net.conv", "Net", "Net", "Net.block.fc", "Net.block", "", ""]' \
	'[row["stage"] for row in rows] == ["forward"] * 5 + ["loss", "optimizer"]' \
	'all(row["timestamp_ns"] == row["duration_ns"] == "" for row in rows)'
expect 0 'index' "$log" -f csv
python 'len(rows) == 7 and list(rows[0])[-1] == "out_kinds"'
expect 0 'index' "$log" -f csv --ignore-module Net
python '[row["index"] for row in rows] == ["5", "6"]'

# A counter that needs the order of ops has its figures of each as well.
expect 0 'residency.dram_read_bits' "$log" -f csv -c residency
python 'sum(int(row["residency.reg_read_bits"] or 0) for row in rows) == 4224'

# JSON says the same.
expect 0 '"figures"' "$log" -f json -c neuron_state -c flop -m compute:int8
python '[op["index"] for op in r["ops"]] == list(range(7))' \
	'r["figures"][-2:] == [{"name": "flop", "unit": "FLOPs"}, {"name": "energy[compute:int8]", "unit": "pJ"}]' \
	'[op["figures"][-2] for op in r["ops"]] == [240, None, 0, 96, 3, 3, 6]' \
	'r["ops"][0]["in"][0] == {"shape": [1, 2, 3, 3], "dtype": "float32", "nnz": 5, "kind": "binary"}' \
	'len(r["ops"][3]["in"]) == 3 and r["ops"][0]["timestamp_ns"] is None' \
	'r["trace"]["model"] == "Net" and r["trace"]["complete"] is True'
sed 's/,"z":5,"b":1//' "$log" >"$dir/unknown.jsonl"
expect 0 '"kind":"unknown"' "$dir/unknown.jsonl" -f json
python 'r["ops"][0]["in"][0]["nnz"] is None'

# Escapes: a name with everything in it that CSV, JSON and stacks could trip over.
sed 's/Net\.conv/Net.a,\\"b;\\n c é/g' "$log" >"$dir/names.jsonl"
expect 0 'index' "$dir/names.jsonl" -f csv
python 'rows[0]["scope"] == "Net.a,\"b;\n c é"'
sed 's/"Net/"=Net/g; s/"stage":"forward"/"stage":"@f,g"/' "$log" >"$dir/formula.jsonl"
expect 0 'index' "$dir/formula.jsonl" -f csv
python '(rows[0]["scope"], rows[0]["stage"], rows[0]["op"]) == ("'\''=Net.conv", "'\''@f,g", "aten.convolution.default")'
expect 0 '"ops"' "$dir/names.jsonl" -f json
python 'r["ops"][0]["scope"] == "Net.a,\"b;\n c é"'
expect 0 'Net;a,"b:? c é;aten.convolution.default 240' "$dir/names.jsonl" -f folded -w flop
expect 0 'traceEvents' "$dir/names.jsonl" -f chrome
python 'any(e.get("name") == "Net.a,\"b;\n c é" for e in r["traceEvents"])'

# Stacks: each line a stack and a whole number; they add up to the totals of `analyze`, exactly.
expect 0 'Net;block;fc;aten.addmm.default 96' "$log" -f folded --weight flop
says 'flop has no rule for 1 of 7 ops: they weigh nothing'
[ "$(grep -cE '^[^ ;]+(;[^ ;]+)* [0-9]+$' "$dir/out")" = "$(wc -l <"$dir/out")" ] || fail "no folded stacks: $(cat "$dir/out")"
sort -c "$dir/out" || LC_ALL=C sort -c "$dir/out" || fail 'stacks are not in order'
[ "$(awk '{ sum += $NF } END { print sum }' "$dir/out")" = 348 ] || fail 'stacks do not add up to 348 FLOPs'
[ "$(grep -c '^aten' "$dir/out")" = 2 ] || fail 'ops outside modules are no stacks of their own'
expect 0 'Net;conv;aten.convolution.default 39600' "$log" -f folded -w 'energy[compute]'
[ "$(awk '{ sum += $NF } END { print sum }' "$dir/out")" = 265800 ] || fail 'energies do not add up to 265800 fJ'
expect 0 'Net;conv;aten.convolution.default 14667' "$log" -f folded -w 'energy[compute,e_ac_pj=0.33333333]'
# 48 * 4600 + 50 * 333.33333 = 237466.67 fJ, shared out among five stacks
[ "$(awk '{ sum += $NF } END { print sum }' "$dir/out")" = 237467 ] || fail 'rounding loses energy'
expect 0 'aten.add_.Tensor 300000000000000' "$log" -f folded -w 'energy[compute,e_ac_pj=1e14,e_mac_pj=0]'
says 'weights are in pJ'
[ "$(awk '{ sum += $NF } END { printf "%.0f\n", sum }' "$dir/out")" = 5000000000000000 ] || fail 'large energies do not add up'
expect 0 'aten.view.default 1' "$log" -f folded -w ops
[ "$(awk '{ sum += $NF } END { print sum }' "$dir/out")" = 7 ] || fail 'stacks do not add up to 7 ops'
expect 1 'no op of the trace was timed' "$log" -f folded

# A timeline of an op log counts ops.
expect 0 'traceEvents' "$log" -f chrome -c flop
python3 "$OPJ_SOURCE/tests/e2e/trace_events.py" "$dir/out" >"$dir/events" || fail 'no Trace Event Format'
grep -q 'X=7' "$dir/events" || fail "not 7 ops: $(cat "$dir/events")"
grep -qx '],' "$dir/out" || fail 'not one event on each line'
python 'r["otherData"]["time"] == "op index: one op is one microsecond" and r["otherData"]["ops"] == 7' \
	'[(e["ts"], e["dur"]) for e in r["traceEvents"] if e["ph"] == "X"] == [(i, 1) for i in range(7)]' \
	'[e["name"] for e in r["traceEvents"] if e["ph"] == "B"] == ["Net", "Net.conv", "Net.block", "Net.block.fc"]' \
	'[e["args"]["name"] for e in r["traceEvents"] if e.get("name") == "thread_name"] == ["forward", "loss", "optimizer"]' \
	'[e["args"].get("flop") for e in r["traceEvents"] if e["ph"] == "X"] == [240, None, 0, 96, 3, 3, 6]'
expect 0 'traceEvents' "$log" -f chrome -m compute
python 'abs([e for e in r["traceEvents"] if e.get("name") == "energy[compute:fp32] so far"][-1]["args"]["pJ"] - 265.8) < 1e-9' \
	'[e["args"]["zeros"] for e in r["traceEvents"] if e.get("name") == "sparsity of the result"][1] == 1 - 9 / 16'

# Its import has the time stamps of the import, which say nothing of the run.
"$OPJOULE" import --quiet "$log" -o "$dir/hand.opj"
expect 0 'traceEvents' "$dir/hand.opj" -f chrome
python 'r["otherData"]["time"].startswith("op index")'

# A recorded network: measured time, modules around their ops, stacks that add up to what `analyze` says.
# shellcheck disable=SC2086 # a list of arguments
set -- "$OPJ_SOURCE/traces/digits_scnn.nir" --name Digits --input "$OPJ_SOURCE/traces/digits_input.npy" --quiet
"$OPJOULE" record --quiet -o "$dir/digits.opj" -- "$OPJOULE" run "$@" || fail 'nothing was recorded'
"$OPJOULE" export "$dir/digits.opj" -f chrome -m compute -o "$dir/digits.json" || fail 'no timeline'
[ "$(python3 "$OPJ_SOURCE/tests/e2e/trace_events.py" "$dir/digits.json")" = 'B=65 C=948 E=65 M=2 X=316' ] ||
	fail 'no Trace Event Format, or not all of it'
"$OPJOULE" analyze "$dir/digits.opj" --json -c flop -m compute >"$dir/figures"
"$OPJOULE" export "$dir/digits.opj" -f csv -c flop -m compute >"$dir/rows"
python3 - "$dir/digits.json" "$dir/figures" "$dir/rows" <<-'END' || fail 'the timeline does not say what the trace does'
	import csv, json, sys
	timeline, figures = (json.load(open(name)) for name in sys.argv[1:3])
	rows = list(csv.DictReader(open(sys.argv[3], newline="")))
	events = timeline["traceEvents"]
	ops = [e for e in events if e["ph"] == "X"]
	assert timeline["otherData"]["time"] == "measured" and timeline["otherData"]["overlapping_ops"] == 0
	assert ops[0]["ts"] == 0 and len(ops) == len(rows) == 316
	assert sum(e["args"]["duration_ns"] for e in ops) == figures["time"]["total"]
	stamp = int(rows[0]["timestamp_ns"]) - int(rows[0]["duration_ns"])
	for event, row in zip(ops, rows):
	    assert event["name"] == row["op"] and str(event["args"]["duration_ns"]) == row["duration_ns"]
	    assert round(event["dur"] * 1000) == int(row["duration_ns"])
	    assert round((event["ts"] + event["dur"]) * 1000) + stamp == int(row["timestamp_ns"])
	energy = figures["estimates"][0]["energy_total_pj"]
	last = [e for e in events if e.get("name") == "energy[compute:fp32] so far"][-1]["args"]["pJ"]
	assert abs(last - energy) < 1e-9 * energy
	assert sum(int(row["flop"] or 0) for row in rows) == figures["counters"]["flop"]["total"]
	by_op = {}
	for row in rows:
	    by_op[row["op"]] = by_op.get(row["op"], 0) + float(row["energy[compute:fp32]"] or 0)
	assert all(abs(by_op[op] - pj) <= 1e-9 * pj for op, pj in figures["estimates"][0]["by_op_pj"].items())
END
for weight in time flop 'energy[compute]'; do
	"$OPJOULE" export "$dir/digits.opj" -f folded -w "$weight" 2>/dev/null >"$dir/stacks-$weight"
done
python3 - "$dir" <<-'END' || fail 'stacks do not add up'
	import json, sys
	figures = json.load(open(sys.argv[1] + "/figures"))
	def total(weight):
	    return sum(int(line.rsplit(" ", 1)[1]) for line in open(sys.argv[1] + "/stacks-" + weight))
	assert total("time") == figures["time"]["total"]
	assert total("flop") == figures["counters"]["flop"]["total"]
	assert total("energy[compute]") == round(1000 * figures["estimates"][0]["energy_total_pj"])
END
"$OPJOULE" record --quiet -o "$dir/loop.opj" -- "$OPJ_BUILD/tests/e2e/loop_executor" 500 || fail 'nothing was recorded'
expect 0 'traceEvents' "$dir/loop.opj" -f chrome
python 'r["otherData"]["time"] == "measured" and all(e["dur"] == 0 for e in r["traceEvents"] if e["ph"] == "X")'
python3 "$OPJ_SOURCE/tests/e2e/trace_events.py" "$dir/out" >/dev/null || fail 'untimed ops are no Trace Event Format'

# What is wrong is said; a file is written whole or not at all.
expect 2 '--format is missing; it takes csv, json, chrome or folded' "$log"
expect 2 '--format takes csv, json, chrome or folded, not "xml"' "$log" -f xml
expect 2 'one file is wanted' -f csv
expect 2 'stacks have one weight' "$log" -f folded -c flop
expect 2 '--weight is for --format folded' "$log" -f csv -w flop
expect 2 'unrecognized option' "$log" -f csv --frobnicate
expect 1 'there is no counter "flops"; there are: flop' "$log" -f csv -c flops
expect 1 'there is no counter "watts"; there are: flop' "$log" -f folded -w watts
expect 1 'there is no weight "neuron_state"; there are: neuron_state.state_reads' "$log" -f folded -w neuron_state
expect 1 'energy needs a model: energy[compute]' "$log" -f folded -w energy
expect 1 'time has no settings' "$log" -f folded -w time,unit=ms
expect 1 'is too long' "$log" -f folded -w "$(printf '%0400d' 0)"
expect 1 'estimator lemaire prices more than single ops' "$log" -f csv -m lemaire
expect 1 'estimator lemaire prices more than single ops' "$log" -f folded -w 'energy[lemaire]'
expect 1 'op 0 (aten.convolution.default): energy[compute:fp32,e_ac_pj=1e308] is not finite' "$log" -f json -m compute,e_ac_pj=1e308
expect 1 'it has no rule for this op (--strict)' "$log" -f csv -c flop --strict
expect 1 "$dir/none.opj" "$dir/none.opj" -f csv
expect 1 "$dir/no/out.csv: No such file" "$log" -f csv -o "$dir/no/out.csv"
echo before >"$dir/kept.csv"
head -n 9 "$log" >"$dir/cut.jsonl"
expect 1 "$dir/cut.jsonl" "$dir/cut.jsonl" -f csv -o "$dir/kept.csv"
[ "$(cat "$dir/kept.csv")" = before ] || fail 'a failure changes the file that was there'
sed 's/"T":\[16,3\]/"T":[48]/' "$log" >"$dir/malformed.jsonl"
for format in csv json chrome; do
	expect 1 'op 3 (aten.addmm.default, in Net.block.fc), flop: ' "$dir/malformed.jsonl" -f $format -c flop -o "$dir/kept.csv"
done
expect 1 'op 3 (aten.addmm.default' "$dir/malformed.jsonl" -f folded -w flop
[ "$(find "$dir" -name 'kept.csv.*')" = '' ] || fail 'parts of files are left'
"$OPJOULE" export "$dir/cut.jsonl" --partial -f json -o "$dir/kept.csv" || fail 'what there is cannot be had'
grep -q '"complete":false' "$dir/kept.csv" || fail 'the cut is not mentioned'
full_disk export "$log" -f folded -w ops
for format in csv json chrome; do
	full_disk export "$log" -f $format
done
for format in csv json chrome folded; do
	expect 1 'No space left' "$dir/digits.opj" -f $format -o /dev/full
done
expect 0 'usage: opjoule export' --help
