#!/bin/sh
# `opjoule sweep` as a user types it: its figures beside those of `opjoule analyze`, for every setting of every estimator;
# the same output whatever the number of threads; grid files that are wrong.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=sweep

equal=$OPJ_SOURCE/tests/e2e/sweep_equal.py

# refused STATUS TEXT ARGUMENT…: `opjoule sweep` says so and writes no row.
refused() {
	expect "$@"
	[ ! -s out ] || fail "sweep: wrote something: $(head -c 1000 out)"
}

# grid LINE…: writes bad.yaml.
grid() {
	printf '%s\n' "$@" >bad.yaml
}

# An inference run with calls, states and spike statistics; a training run where the reference collection is at hand.
"$OPJOULE" record --quiet -o run.opj -- "$OPJ_BUILD/tests/bench/gen_ops" 2000
traces="run.opj $log"
training=${OPJ_SHARED:-$OPJ_SOURCE/../shared}/golden/train_sgd_momentum/ops.jsonl
[ ! -f "$training" ] || traces="$traces $training"

# Every setting of every estimator at two values or more, each in a grid of its own, so that one that is a price in name
# only shows.
python3 - "$OPJOULE" >each.yaml <<'PYTHON'
import re
import subprocess
import sys

values = {"xbar_size": "[16, 64, 256]", "sparse_zero_ratio_threshold": "[0, 0.9, 1]", "mapping_entries": "[0, 1000]"}
print("estimators:")
for model in ("compute", "lemaire", "neuromc", "spikesim"):
    listing = subprocess.run([sys.argv[1], "models", model], capture_output=True, text=True, check=True).stdout
    settings = re.findall(r"^    ([a-z]\w*)=(\S+)(?: \((.*)\))?$", listing, re.M)
    assert settings, listing
    for key, default, choices in settings:
        if choices:
            tried = "[" + ", ".join(choices.split("|")) + "]"
        elif default in ("true", "false"):
            tried = "[true, false]"
        elif re.search(r"[A-Z]i?B$", default):
            tried = f"[{default}, 17{re.sub('[0-9]', '', default)}]"
        else:
            tried = f"[{default}, {float(default) * 1.7 + 1}]"
        print(f"  - {{estimator: {model}, {key}: {values.get(key, tried)}}}")
PYTHON
grep -q 'lemaire, memory1_bytes: \[8KiB, 17KiB\]' each.yaml || fail "each.yaml: $(cat each.yaml)"
# Figures of reports that a grid asks for, several presets and settings at once, what cannot be repriced, counters.
cat >several.yaml <<'YAML'
estimators:
  - {estimator: compute, preset: [fp32, int8], e_ac_pj: {from: 30 fJ, to: 0.9 pJ, steps: 3, scale: log}}
  - estimator: lemaire
    preset: [int8, fp16]
    sparse: [true, false]
    memory1_bytes: {from: 1 KiB, to: 16 KiB, steps: 3, scale: log}
    memory3_bytes: [256KiB, 1MiB]
    figures: [counts.mac, memory_cost_pj_per_byte.params]
    objectives: [energy_pj, memory1_bytes, max memory3_bytes]
  - {estimator: spikesim, activity_mode: [dense, event], xbar_size: [32, 64], device: [rram, sram]}
  - {estimator: neuromc, sram_fp_conv_in_w_size_bits: {from: 0, to: 20000, steps: 3}, mapping_entries: [2, 1000]}
counters:
  - counter: residency
    reg: [16KiB, 64KiB]
    sram: {from: 64KiB, to: 4MiB, steps: 3, scale: log}
    figures: level_rw_bits.dram.total_bits
    objectives: [min reg, sram, dram_read_bits]
  - {counter: flop}
YAML
sed '/spikesim/d' several.yaml >nospikes.yaml
sed -e '/xbar_size/s/\[16, 64, 256\]/[64]/' -e '/activity_mode/s/, event//' each.yaml >each_nospikes.yaml
for trace in $traces; do
	# What was not recorded with spike statistics has none to price events with.
	if [ "$trace" = run.opj ]; then
		python3 "$equal" "$OPJOULE" "$trace" several.yaml 1 --jobs 3
		python3 "$equal" "$OPJOULE" "$trace" each.yaml
	else
		python3 "$equal" "$OPJOULE" "$trace" nospikes.yaml 1 --jobs 2
		python3 "$equal" "$OPJOULE" "$trace" each_nospikes.yaml
	fi
done

# The same bytes from any number of threads, in both formats; -o writes what standard output would have got.
for format in csv json; do
	"$OPJOULE" sweep run.opj --grid several.yaml --format $format --jobs 1 >one 2>one.err
	for jobs in 2 5 64; do
		"$OPJOULE" sweep run.opj -g several.yaml -f $format -j $jobs >some 2>some.err
		cmp one some || fail "$jobs threads write other $format than one"
		cmp one.err some.err || fail "$jobs threads give other warnings than one"
	done
	"$OPJOULE" sweep run.opj -g several.yaml -o out.$format >printed 2>/dev/null
	cmp one out.$format || fail "-o out.$format has other $format"
	[ ! -s printed ] || fail "-o prints rows as well"
done
grep -q 'warning: Estimators price different things' one.err && fail 'warnings of the JSON stand on standard error too'
"$OPJOULE" sweep run.opj -g several.yaml 2>err >/dev/null
grep -q 'warning: Estimators price different things' err || fail "no warning: $(cat err)"
grep -q 'warning of 4 configurations: activity_mode=event' err || fail "no warning of events: $(cat err)"

# CSV and JSON hold the same.
"$OPJOULE" sweep run.opj -g several.yaml -o out.csv 2>/dev/null
python3 - <<'PYTHON'
import csv
import json

rows = json.load(open("out.json"))["rows"]
table = list(csv.DictReader(open("out.csv", newline="")))
assert len(rows) == len(table) == 6 + 24 + 8 + 6 + 6 + 1, len(rows)
for row, line in zip(rows, table):
    assert [line["configuration"], line["model"], line["preset"]] == [str(row["configuration"]), row["model"],
                                                                     row["preset"] or ""]
    assert line["pareto"] == {True: "1", False: "0", None: ""}[row["pareto"]]
    named = {**row["config"], **row["figures"]}
    for key, cell in line.items():
        if key in ("configuration", "model", "preset", "pareto"):
            continue
        assert cell == "" if key not in named else cell in (str(named[key]), json.dumps(named[key])) or \
            float(cell) == named[key], (key, cell)
    assert set(row["figures"]) <= set(line)
PYTHON
# Values as they were worked out by hand: 48 MACs, 50 ACs; the last setting runs fastest.
cat >hand.yaml <<'YAML'
estimators: [{estimator: compute, e_mac_pj: [1, 2], e_ac_pj: {from: 1, to: 3, steps: 3}}]
YAML
cat >expected.csv <<'CSV'
configuration,model,preset,e_mac_pj,e_ac_pj,energy_pj,breakdown_pj.mac_pj,breakdown_pj.ac_pj,pareto
1,compute,fp32,1.0,1.0,98.0,48.0,50.0,1
2,compute,fp32,1.0,2.0,148.0,48.0,100.0,0
3,compute,fp32,1.0,3.0,198.0,48.0,150.0,0
4,compute,fp32,2.0,1.0,146.0,96.0,50.0,0
5,compute,fp32,2.0,2.0,196.0,96.0,100.0,0
6,compute,fp32,2.0,3.0,246.0,96.0,150.0,0
CSV
"$OPJOULE" sweep "$log" --grid hand.yaml >out
tr -d '\r' <out | cmp - expected.csv || fail "hand.yaml: $(cat out)"
# Cost files as presets; classes left out; plugins, whose estimators need not know of sweeps.
"$OPJOULE" models compute:fp16 >"my costs.yaml"
grid 'estimators:' ' - {estimator: compute, preset: ["my costs.yaml", int8]}' ' - {estimator: skip, e_skip_pj: [1, 2]}' \
	'counters: [{counter: zeros}]'
"$OPJOULE" sweep "$log" -g bad.yaml --plugin "$OPJ_BUILD/analyze/plugin_counter.so" --ignore-module Linear >out 2>err
cat >expected.csv <<'CSV'
configuration,model,preset,e_skip_pj,energy_pj,breakdown_pj.mac_pj,breakdown_pj.ac_pj,total,pareto
1,compute,my costs.yaml,,20.0,0.0,20.0,,0
2,compute,int8,,1.5,0.0,1.5,,1
3,skip,default,1.0,13.0,,,,1
4,skip,default,2.0,26.0,,,,0
5,zeros,,,,,,13,
CSV
tr -d '\r' <out | cmp - expected.csv || fail "$(cat out err)"
grep -q '1 op inside modules that were to be ignored' err || fail "$(cat err)"

# Ops that the first and only estimator's counters leave out are warned of, in both formats.
half=$OPJ_SOURCE/tests/golden/logs/looked_at_half.jsonl
grid 'estimators: [{estimator: compute}]'
"$OPJOULE" sweep "$half" -g bad.yaml >out 2>err || fail "$(cat err)"
grep -q 'warning: counter ac leaves ops out, the first of them op 0: the trace does not say' err || fail "$(cat err)"
"$OPJOULE" sweep "$half" -g bad.yaml --format json >out 2>err || fail "$(cat err)"
grep -q 'counter ac leaves ops out' out || fail "$(cat out)"

# Grid files that are wrong: file, line, what there is.
grid 'estimators:' '- {estimator: compute, e_mac: 1}'
refused 1 'bad.yaml:2: compute has no setting "e_mac"; there are: e_mac_pj, e_ac_pj; and for every grid: estimator, preset' \
	"$log" -g bad.yaml
grid 'estimators:' '- {estimator: compote}'
refused 1 'bad.yaml:2: there is no estimator "compote"; there are: compute' "$log" -g bad.yaml
grid 'counters:' '- {counter: residency, sram: [1 KiB, 2 parsecs]}'
refused 1 'bad.yaml:2: residency: sram: "2 parsecs" has the unit "parsecs"' "$log" -g bad.yaml
grid 'estimators:' '- estimator: lemaire' '  memory1_bytes: [8KiB, 32KiB]'
refused 1 'bad.yaml:2: lemaire,memory1_bytes=32KiB: memory2_bytes must be above memory1_bytes' "$log" -g bad.yaml
grid 'estimators:' '- {estimator: compute, preset: [fp32, fp33]}'
refused 1 'bad.yaml:2: compute:fp33: estimator compute has no preset "fp33"; there are: fp32' "$log" -g bad.yaml
grid 'estimators:' '- {estimator: compute, objectives: [energy_pj, beauty]}'
refused 1 'objectives: compute has neither a setting nor a figure "beauty"' "$log" -g bad.yaml
grid 'estimators:' '- {estimator: compute, figures: [energy_total_pj, breakdown_pj.beauty]}'
refused 1 'bad.yaml:2: figures: compute has no figure "breakdown_pj.beauty"' "$log" -g bad.yaml
grid 'estimators:' '- {estimator: compute, e_mac_pj: {from: 1, to: 2, steps: 1000}, e_ac_pj: {from: 1, to: 2, steps: 1000}}'
refused 1 'bad.yaml:2: with this grid the file has more than 100000 configurations' "$log" -g bad.yaml
refused 1 'none.yaml: No such file' "$log" -g none.yaml
refused 1 'none.opj: No such file' none.opj -g hand.yaml
refused 1 'no/such/folder/out.csv: No such file' "$log" -g hand.yaml -o no/such/folder/out.csv
refused 2 '--grid is missing' "$log"
refused 2 'stands in the grid file' "$log" -g hand.yaml -m compute
refused 2 '--jobs takes a whole number from 1 to 1024, not "0"' "$log" -g hand.yaml -j 0
refused 2 '--format takes csv or json' "$log" -g hand.yaml -f xml
refused 2 'one file is wanted' -g hand.yaml

# A trace that is wrong: the message is the same however many threads there are; one thread knows the line besides.
"$OPJOULE" replay --format jsonl run.opj | sed '1202s/"op":"[a-zA-Z._]*"/"op":"aten.mm.default"/' >wrong.jsonl
cat >order.yaml <<'YAML'
counters: [{counter: residency, sram: [1MiB, 2MiB, 4MiB]}, {counter: flop}, {counter: memory}]
estimators: [{estimator: lemaire, sparse: [true, false]}]
YAML
message='op 974 (aten.mm.default, in Net.neuron0), flop: argument 1 (right operand) is missing or no tensor'
refused 1 "wrong.jsonl:1202: $message" wrong.jsonl -g order.yaml -j 1
for jobs in 2 3 5 7; do
	refused 1 "wrong.jsonl: $message" wrong.jsonl -g order.yaml -j $jobs
done
head -n 900 wrong.jsonl >cut.jsonl
refused 1 'cut short' cut.jsonl -g order.yaml
"$OPJOULE" sweep cut.jsonl -g order.yaml --partial >out 2>err || fail "$(cat err)"
grep -q 'warning: The trace was cut short' err || fail "no warning of a trace cut short: $(cat err)"
refused 1 '/dev/full: cannot be written' "$log" -g hand.yaml -o /dev/full
"$OPJOULE" sweep --help | grep -q 'usage: opjoule sweep' || fail 'no --help'
