#!/bin/sh
# `opjoule diff` as a user types it: variants of the bundled digits network (a wider layer, a renamed one, a removed one,
# several at once), recorded and compared; every figure with what follows from the geometry, every sum with its parts;
# gates that fail and gates that pass; what differs besides the model.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=diff

# variant NAME FROM COMMAND…: $dir/NAME.nir, a copy of a network changed by tests/e2e/nir_variant.c.
variant() {
	name=$1 from=$2
	shift 2
	[ "$name" = "$from" ] || cp "$dir/$from.nir" "$dir/$name.nir"
	"$OPJ_BUILD/tests/e2e/nir_variant" "$dir/$name.nir" "$@" || fail "$name: $*"
}

# record NAME [MODEL]: runs and records $dir/NAME.nir.
record() {
	"$OPJOULE" record --force -o "$dir/$1.opj" -- "$OPJOULE" run "$dir/$1.nir" --name "${2:-Digits}" \
		--input "$OPJ_SOURCE/traces/digits_input.npy" --quiet 2>"$dir/err" || fail "record $1: $(cat "$dir/err")"
}

# json EXPRESSION…: each is true of the last output; r is the object, m the module rows by path in A (in B where A lacks it),
# d(row, metric) a change of figures, o(row, metric) one of own figures.
json() {
	check '
m = {x["a"] or x["b"]: x for x in r["modules"]}
d = lambda x, k: x["figures"][k]["change"]
o = lambda x, k: x["own"][k]["change"]' "$@"
}

# adds_up: own figures of all modules and of what ran outside them are the totals, in A, in B and in the change; so are
# the figures of stages and of ops. Integers exactly; energies, sums of binary fractions, to 1e-12.
adds_up() {
	python3 - "$dir/out" <<'END' || fail "the parts do not add up: $(head -c 2000 "$dir/out")"
import json, sys
r = json.load(open(sys.argv[1]))
def check(what, metric, parts, total):
    for side in ("a", "b", "change"):
        values = [p[metric][side] for p in parts if metric in p and p[metric][side] is not None]
        want = total[side]
        if isinstance(want, int):
            assert all(isinstance(v, int) for v in values), (what, metric, side)
            assert sum(values) == want, (what, metric, side, sum(values), want)
        else:
            scale = max(abs(total["a"]), abs(total["b"]), 1)
            assert abs(sum(values) - want) <= 1e-12 * scale, (what, metric, side, sum(values), want)
counted = 0
for metric, total in r["total"].items():
    if total["change"] is None: # time, where one of the two was not timed
        assert metric == "time" and None in (total["a"], total["b"])
        continue
    assert total["change"] == total["b"] - total["a"]
    check("modules", metric, [x["own"] for x in r["modules"]] + [r["outside"]], total)
    for axis in ("stages", "ops"):
        rows = [x["figures"] for x in r[axis]]
        if any(metric in x for x in rows):
            check(axis, metric, rows, total)
        else: # estimators that give shares of modules and stages only
            assert axis == "ops" and metric.split("[")[1].split(":")[0] in ("lemaire", "neuromc"), (axis, metric)
    counted += 1
assert counted >= 2, counted
for x in r["modules"]:
    for pair in list(x["figures"].values()) + list(x["own"].values()):
        if pair["a"] is not None and pair["b"] is not None:
            assert pair["change"] == pair["b"] - pair["a"]
            assert (pair["relative"] is None) == (pair["a"] == 0 and pair["b"] != 0)
END
}

cp "$OPJ_SOURCE/traces/digits_scnn.nir" "$dir/plain.nir"
for field in c2/weight c2/bias n2/r n2/v_reset n2/v_threshold; do
	variant wide "$([ -e "$dir/wide.nir" ] && echo wide || echo plain)" grow $field 0 48
done
variant wide wide grow c3/weight 1 48
variant renamed plain rename c3 conv3
variant removed plain remove n3
variant several wide rename c2 wider2
variant several several rename n2 q2
variant several several remove n4
record plain
record wide
record renamed
record removed
record several Wide

# A trace and itself, and another recording of the same run: only time may differ, and alone it is no difference.
expect 0 'no difference' "$dir/plain.opj" "$dir/plain.opj"
[ "$(wc -l <"$dir/out")" = 1 ] && [ ! -s "$dir/err" ] || fail "a trace against itself shows something: $(cat "$dir/out")"
cp "$dir/plain.opj" "$dir/first.opj"
record plain
expect 0 'no difference' "$dir/first.opj" "$dir/plain.opj"
expect 0 '"differs": false' --json "$dir/first.opj" "$dir/plain.opj" -m compute -m lemaire -m neuromc -m spikesim -c residency
json 'all(x["status"] == [] for x in r["modules"]) and r["warnings"] == []'

# A wider layer: c2 has 48 output channels in place of 32, so c3 as many inputs.
expect 0 'changed' "$dir/plain.opj" "$dir/wide.opj"
has 'modules: 7 in A and B are the same'
has ' changed Digits.c2 Conv2d out_channels 32 → 48, bias [32] float32 → [48] float32, weight [32, 16, 3, 3]'
has ' changed Digits.c3 Conv2d in_channels 32 → 48, weight [32, 32, 3, 3] float32 → [32, 48, 3, 3] float32'
has 'flop 65.00 M 93.77 M +28.77 M +44.3 %'
has 'Digits.c2 changed 2.585 µJ 3.878 µJ +1.293 µJ +50.0 %'
lacks 'added'
lacks 'warning'
awk '/^module itself/ { getline; getline; print $1; exit }' "$dir/out" | grep -qx 'Digits.c2' || fail 'c2 is not the first row'
expect 0 '"modules"' --json "$dir/plain.opj" "$dir/wide.opj" -m compute -m compute:int8 -c flop -c memory -c mac -c ac
adds_up
json 'm["Digits.c2"]["changes"]["out_channels"] == {"a": "32", "b": "48"}' \
	'[p for p in m if m[p]["status"]] == ["Digits.c2", "Digits.c3"]'
# 8 steps of 32 samples: two operations for each weight and output site; n2 has 7 for each of its neurons.
json 'o(m["Digits.c2"], "flop") == 8 * 32 * 2 * (16 * 9) * 16 * 4 * 4' \
	'o(m["Digits.c3"], "flop") == 8 * 32 * 2 * (16 * 9) * 32 * 2 * 2' \
	'o(m["Digits.n2"], "flop") == 8 * 32 * 7 * 16 * 4 * 4' \
	'sum(d(m[p], "flop") for p in m if p != "Digits") == d(m["Digits"], "flop") == r["total"]["flop"]["change"]' \
	'm["Digits.n2"]["figures"]["sparsity.out"]["change"] < 0 and o(m["Digits.c1"], "flop") == 0' \
	'abs(m["Digits.c2"]["own"]["energy[compute:fp32]"]["relative"] - 0.5) < 1e-12'

# A renamed layer: nothing else.
expect 0 'renamed' "$dir/plain.opj" "$dir/renamed.opj"
has 'renamed Digits.c3 → Digits.conv3 Conv2d'
lacks 'module itself'
expect 0 '"modules"' --json "$dir/plain.opj" "$dir/renamed.opj"
adds_up
json 'r["differs"] and [(x["a"], x["b"]) for x in r["modules"] if x["status"]] == [("Digits.c3", "Digits.conv3")]' \
	'm["Digits.c3"]["status"] == ["renamed"] and m["Digits.c3"]["changes"] == {}' \
	'all(f["change"] == 0 for k, f in r["total"].items() if k != "time")'

# A removed layer: without spikes from n3 the last layer multiplies; n4 fires otherwise.
expect 0 'removed' "$dir/plain.opj" "$dir/removed.opj"
has 'removed Digits.n3 IFNode'
has 'Digits.n3 removed 118.0 nJ 0 pJ -118.0 nJ -100.0 %'
expect 0 '"modules"' --json "$dir/plain.opj" "$dir/removed.opj"
adds_up
json '[(x["a"], x["b"]) for x in r["modules"] if x["status"]] == [("Digits.n3", None)]' \
	'o(m["Digits.n3"], "ops") == -65 == r["total"]["ops"]["change"]' \
	'o(m["Digits.fc"], "mac") == 8 * 32 * 128 * 10 and m["Digits.fc"]["own"]["mac"]["relative"] is None'
expect 0 'added' "$dir/removed.opj" "$dir/plain.opj"
has 'added Digits.n3 IFNode'

# All of it, and another name for the whole.
expect 0 'renamed' "$dir/plain.opj" "$dir/several.opj"
has ' renamed Digits → Wide Wide'
has ' renamed, changed Digits.c2 → Wide.wider2 Conv2d out_channels 32 → 48'
has ' renamed Digits.n2 → Wide.q2 IFNode'
has ' changed Digits.c3 → Wide.c3 Conv2d in_channels 32 → 48'
has ' removed Digits.n4 IFNode'
expect 0 '"modules"' --json "$dir/plain.opj" "$dir/several.opj" -m lemaire -m neuromc -m spikesim -c flop -c synop -c mac -c ac
adds_up
json '{x["a"]: x["b"] for x in r["modules"]} == {"Digits": "Wide", "Digits.c1": "Wide.c1", "Digits.n1": "Wide.n1",
	"Digits.c2": "Wide.wider2", "Digits.n2": "Wide.q2", "Digits.c3": "Wide.c3", "Digits.n3": "Wide.n3",
	"Digits.fc": "Wide.fc", "Digits.n4": None}'

# A stack of blocks, the third of which goes: those behind it move up, each with its own figures.
stack() {
	python3 - "$@" <<'END'
import json, sys
def write(path, blocks):
    rows, ops = [("Net", "Net", {})], []
    for number, width in enumerate(blocks):
        block = f"Net.blocks.{number}"
        rows += [(block, "Block", {}), (block + ".conv", "Conv2d", {"out": width}), (block + ".n", "IFNode", {})]
        ops += [(len(rows) - 3, len(rows) - 2, width), (len(rows) - 3, len(rows) - 1, 10 * width)]
    lines = [{"k": "oplog", "version": 1, "case": "stack", "framework": "pencil 1", "model": "Net"}]
    lines += [{"k": "module", "id": i, "path": p, "cls": c, "bases": [c], "kind": None, "training": False,
               "step_mode": "s", "backend": None, "attrs": a, "params": []} for i, (p, c, a) in enumerate(rows)]
    for i, (block, module, n) in enumerate(ops):
        x = {"T": [n], "d": "float32", "u": 2 * i + 1, "a": 1, "z": n, "b": 0}
        lines.append({"k": "op", "i": i, "op": "aten.add.Tensor", "stage": "forward", "grad": False,
                      "mods": [0, block, module], "parents": ["Global", "Net", rows[block][0], rows[module][0]],
                      "in": [x, x], "out": dict(x, u=2 * i + 2, a=2)})
    lines.append({"k": "end", "ops": len(ops)})
    open(path, "w").write("".join(json.dumps(x) + "\n" for x in lines))
write(sys.argv[1], [1, 2, 3, 4, 5, 6])
write(sys.argv[2], [1, 2, 4, 5, 6])
END
}
stack "$dir/six.jsonl" "$dir/five.jsonl"
expect 0 'modules: 13 in A and B are the same' "$dir/six.jsonl" "$dir/five.jsonl"
has ' removed Net.blocks.2 Block and 2 modules inside'
has ' renamed Net.blocks.3 … 5 → Net.blocks.2 … 4 3 modules'
[ "$(grep -c '^  [a-z]' "$dir/out")" = 2 ] || fail "more than two lines of modules: $(cat "$dir/out")"
expect 0 'added' "$dir/five.jsonl" "$dir/six.jsonl"
has ' added Net.blocks.2 Block and 2 modules inside'
expect 0 '"modules"' --json "$dir/six.jsonl" "$dir/five.jsonl" -c flop
adds_up
json '[p for p in m if o(m[p], "flop")] == ["Net.blocks.2.conv", "Net.blocks.2.n"]' \
	'm["Net.blocks.2"]["figures"]["flop"] == {"a": 33, "b": 0, "change": -33, "relative": -1.0}' \
	'm["Net.blocks.4.conv"]["b"] == "Net.blocks.3.conv" and m["Net.blocks.4.conv"]["status"] == []'

# Gates.
wide="$dir/plain.opj $dir/wide.opj"
expect 0 '' $wide --fail-if 'energy > +14%' --fail-if 'mac != 0'
expect 1 'energy[compute:fp32] of the whole run: 16.26 µJ → 18.42 µJ' $wide --fail-if 'energy[compute] > +5%'
[ -s "$dir/out" ] || fail 'a gate that fails keeps the report back'
expect 1 'failed, because energy > +2uJ' $wide --fail-if 'energy > +2uJ' --fail-if 'energy > +3uJ'
expect 0 '' $wide --fail-if 'energy > +3 µJ'
expect 0 '' $wide --fail-if 'memory > +64MB' --fail-if 'memory > +64M' --fail-if 'memory > +1TiB' --fail-if 'memory > +1 tb'
expect 2 'memory takes no limit in kg; units known here: %, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB' $wide --fail-if 'memory > +5kg'
expect 1 'flop of Digits.c3' $wide --fail-if 'flop @ Digits.c* > +0'
expect 0 '' $wide --fail-if 'flop @ Digits.c1 > +0' --fail-if 'flop @ Digits.fc != 0'
expect 1 'ops of Digits.n3: 65 → 0' "$dir/plain.opj" "$dir/removed.opj" --fail-if 'ops @ *.n3 < 0'
expect 1 'failed, because energy > +5%' $wide --json --fail-if 'energy > +5%' --fail-if 'energy > +14%'
json '[g["failed"] for g in r["fail_if"]] == [True, False]'
expect 1 'time of the whole run is not known in A and B' "$log" "$log" --fail-if 'time > +5%'
expect 2 'there is no metric "enrgy"' $wide --fail-if 'enrgy > +5%'
sed -n 3p "$dir/err" | grep -qx '  ^^^^^' || fail "the metric is not pointed at: $(cat "$dir/err")"
[ ! -s "$dir/out" ] || fail 'a report in spite of a wrong condition'
expect 2 'names several metrics' $wide -m compute -m compute:int8 --fail-if 'energy[compute] > +5%'
expect 1 'energy[compute:int8]' $wide -m compute -m compute:int8 --fail-if 'energy[compute:int8] > +5%'
expect 2 'no module of A or B matches' $wide --fail-if 'flop @ Net.* > 0'
expect 2 'has a sign' "$dir/none.opj" "$dir/none.opj" --fail-if 'flop > 5%'

# Views.
expect 0 'aten.convolution.default' $wide
expect 0 'forward' $wide --by stage
lacks 'aten.convolution.default'
lacks 'module itself'
expect 0 'module itself' $wide --by module
lacks 'aten.convolution.default'
expect 0 'module itself' $wide --wide --by module
has '+18.87 M +50.0 %'

# What differs besides the model is said before anything else; an op log has another framework, input and stages.
expect 0 'warning' "$log" "$dir/plain.opj"
has 'warning frameworks differ: A ran in '
has 'warning inputs differ: '
has 'warning stages differ: only A has stage loss'
awk '/^total/ { exit !seen } /^warning/ { seen = 1 }' "$dir/out" || fail 'no warning before the figures'
expect 0 '"differs": true' "$log" "$dir/plain.opj" --json
adds_up
json 'any("stages differ" in w for w in r["warnings"])'

# Flags of modules: the first that differs, and how many more.
sed 's/"training":false/"training":true/' "$log" >"$dir/training.jsonl"
expect 0 'warning Net and 3 more modules: training in B only' "$log" "$dir/training.jsonl"
expect 0 'warning Net and 3 more modules: training in A only' "$dir/training.jsonl" "$log"
sed '/"path":"Net"/s/"training":false/"training":true/' "$log" >"$dir/root.jsonl"
expect 0 'warning Net: training in B only' "$log" "$dir/root.jsonl"
sed '/"path":"Net.block"/s/"training":false/"training":true/' "$dir/root.jsonl" >"$dir/block.jsonl"
expect 0 'warning Net and 1 more module: training in B only' "$log" "$dir/block.jsonl"

# Wrong command lines and files.
expect 2 'two files are wanted, 1 was given' "$dir/plain.opj"
expect 2 'two files are wanted, 3 were given' "$log" "$log" "$log"
expect 2 '--by takes module, stage or op' "$log" "$log" --by layer
expect 1 'there is no counter "nope"' "$log" "$log" -c nope
expect 1 'none.opj' "$log" "$dir/none.opj"
expect 1 'none.opj' "$dir/none.opj" "$log"
expect 0 'usage: opjoule diff' --help

# Standard output that cannot be written.
full_disk diff "$dir/plain.opj" "$dir/wide.opj"
says 'cannot write to standard output'
