#!/bin/sh
# `opjoule replay` and `opjoule info`: what they print of a trace, their filters, and how they fail.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

logs=$OPJ_SOURCE/tests/golden/logs
mkdir "$dir/tmp"
TMPDIR=$dir/tmp
export TMPDIR

# lines COUNT ARGUMENT…: replay prints so many lines, to out.
lines() {
	count=$1
	shift
	run 0 replay "$@"
	got=$(wc -l <out)
	[ "$got" = "$count" ] || fail "replay $*: $got lines, not $count: $(cat out)"
}

"$OPJOULE" import --quiet "$logs/everything.jsonl" -o all.opj

# Text: one line per op.
for file in all.opj "$logs/everything.jsonl"; do
	lines 5 "$file"
	has 'Net.conv  aten.convolution.default  (float32[1,2,4,4] 15.6% binary, float32[3,2,3,3] 100%) -> (float32[1,3,4,4] 83.3%)  1.500 us'
	has 'bool[] 100% binary) -> (float32[1,3,4,4] 100% integral)'
	lines 2 "$file" --stage forward
	lines 2 "$file" --stage backward_t1
	lines 0 "$file" --stage backward
	lines 3 "$file" --module Net
	lines 1 "$file" --module Net.neuron
	lines 0 "$file" --module Net.neu
	lines 1 "$file" --op aten.bmm.default
	lines 2 "$file" --op 'aten.*mm.default'
	lines 1 "$file" --op 'aten.*mm.default' -n 1
	lines 1 "$file" --module Net --op 'aten.*' --stage forward --count 1
done

# What the filters leave over as an op log is an op log: 5 lines besides ops and calls.
lines 8 all.opj --format jsonl --stage forward
mv out part.jsonl
lines 2 part.jsonl
expect 1 'x.opj: No such file' replay x.opj
lines 6 all.opj --format jsonl -n 1
mv out part.jsonl
lines 1 part.jsonl
lines 6 all.opj --format jsonl --op aten.item
has '{"k":"op","i":0,"op":"aten.item","stage":null'

# info
"$OPJOULE" info all.opj >out || fail "info"
has 'recorded   5 ops, 2 calls of modules, 2 optimizer steps; 0 events lost'
has 'complete   yes'
has '  conv    Conv2d                   55        1   15.62% binary     83.33% dense     in_channels=2 kernel_size=(3,3)'
has '           2  backward_t1'
has 'aten.bmm.default                          backward_t1 1'
"$OPJOULE" info --json all.opj >out || fail "info --json"
jq -e '.trace.ops == 5 and .trace.complete and .trace.model == "Net \"x\"\\y" and (.modules | length) == 3
	and .modules[1].inputs == {tensors: 1, nonzero: 5, elements: 32, unseen: 0, kind: "binary"}
	and .modules[1].attrs.kernel_size == [3, 3] and .stages.forward == 2
	and .ops["aten.addmm.default"] == {count: 1, duration_ns: 0, by_stage: {backward_t1: 1}}' out >/dev/null ||
	fail "info --json: $(cat out)"

# An unpacked trace is as good as the archive.
mkdir unpacked
tar --zstd -xf all.opj -C unpacked
folder=$(dirname "$(find unpacked -name metadata)")
lines "$(wc -l <"$logs/everything.jsonl")" "$folder" --format jsonl
diff "$logs/everything.jsonl" out || fail "unpacked: came back otherwise"

# Several processes: one must be named.
"$OPJOULE" record --quiet -o two.opj -- sh -c "'$loop' 10 && '$loop' 20" || fail "record"
expect 1 '2 processes were recorded, name one of them (--process N): 1: loop_executor' replay two.opj
expect 1 'there is no process 3 among 2' info two.opj --process 3
lines 10 two.opj --process 1
lines 20 two.opj --process 2

# A killed process: what there is, when asked for.
"$OPJOULE" record --quiet -o killed.opj -- sh -c "'$loop' 1000000000 & sleep 1; kill -9 \$!" >/dev/null 2>&1 || true
[ -s killed.opj ] || fail "nothing was kept of a killed process"
expect 1 'cut short after' replay killed.opj --format jsonl
"$OPJOULE" replay --partial killed.opj -n 3 >out 2>err || fail "--partial: $(cat err)"
grep -q 'warning: killed.opj: the trace is not complete' err || fail "no warning: $(cat err)"

# Writing fails: a full disk is reported; a reader that goes away ends the command as any other.
for command in replay info; do
	full_disk $command all.opj
	says 'cannot write to standard output'
done
"$OPJOULE" record --quiet -o long.opj -- "$loop" 100000
"$OPJOULE" replay long.opj 2>err | head -n 1 >out
has 'aten.'
[ ! -s err ] || fail "a closed pipe is nothing to speak of: $(cat err)"

# Command lines and files that are wrong.
expect 2 '--format takes text or jsonl' replay all.opj --format xml
expect 2 '--count takes a whole number' replay all.opj -n 0
expect 2 '--process takes a whole number' info all.opj --process one
expect 2 'one file is wanted, none was given' replay
expect 2 'one file is wanted, 2 were given' info all.opj all.opj
expect 2 '--help' replay all.opj --fast
head -c 100 all.opj >cut.opj
expect 1 'cut.opj' replay cut.opj
expect 1 'cut.opj' info cut.opj
printf 'hello\n' >hello.opj
expect 1 'hello.opj: neither an opjoule archive nor an op log' info hello.opj
"$OPJOULE" replay --help | grep -q '^usage: opjoule replay' || fail "replay --help"
"$OPJOULE" info --help | grep -q '^usage: opjoule info' || fail "info --help"

# Floats come out as Python writes them: the fewest digits that read back equal, at powers of two as well.
python3 - >"$dir/floats.jsonl" <<-'END'
	import json, random
	random.seed(1)
	floats = [2.0**k for k in range(-1074, 1024, 5)] + [random.random() * 10.0**k for k in range(-300, 300)]
	floats += [5e-324, 1.5e-323, 2.2250738585072014e-308, 0.1, 1e22, 1e23, 999999999999999.9, 1e16, -0.0001]
	lines = [{"k": "oplog", "version": 1, "case": "floats", "framework": "pencil 1", "model": ""}]
	lines.append({"k": "op", "i": 0, "op": "aten.x.default", "stage": "forward", "grad": False, "mods": [],
	              "parents": ["Global"], "in": [floats], "out": None})
	lines.append({"k": "end", "ops": 1})
	print("\n".join(json.dumps(line, separators=(",", ":")) for line in lines))
END
"$OPJOULE" replay "$dir/floats.jsonl" --format jsonl | cmp - "$dir/floats.jsonl" || fail 'floats come out differently'

left=$(find "$TMPDIR" -mindepth 1)
[ -z "$left" ] || fail "left behind: $left"
