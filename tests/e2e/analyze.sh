#!/bin/sh
# `opjoule analyze` and `opjoule models` as a user types them, on a small op log whose figures were worked out by hand.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

# The report.
expect 0 'compute:fp32' analyze "$log"
has 'model Net, run by_hand'
has 'ops 7, stages forward, loss, optimizer'
has 'Net Net 5 339 580 B 44 48 47 263.1 pJ 99.0 %'
has ' conv Conv2d 1 240 264 B 44 0 44 39.60 pJ 14.9 %'
has ' fc Linear 1 96 280 B 0 48 0 220.8 pJ 83.1 %'
has 'total 7 348 640 B 44 48 50 265.8 pJ 100.0 %'
has 'costs from Horowitz'
has 'leaves out memory'
has 'flop 1 op of 1 kind: aten.relu.default ×1'
has 'binary, as the first op sees it, 27.8 % of 18 elements nonzero (sparsity 72.2 %)'
expect 0 'forward' analyze "$log" --by stage
has 'optimizer 1 6 36 B 0 0 3 2.700 pJ'
expect 0 'aten.relu.default' analyze "$log" --by op
awk '/^aten/ { print $1; exit }' "$dir/out" | grep -q addmm || fail 'the costliest op does not come first'
expect 0 'neither add up nor' analyze "$log" -m compute -m compute:int8

# JSON.
expect 0 '"counters"' analyze --json "$log"
json 'list(r) == ["format", "version", "trace", "modules", "time", "counters", "estimates", "warnings"]'
json 'r["format"] == "opjoule-report" and r["version"] == 1' \
	'list(r["counters"]) == ["flop", "memory", "synop", "mac", "ac"]' \
	'r["counters"]["ac"]["by_stage"]["optimizer"] == {"aten.add_.Tensor": 3}' \
	'r["estimates"][0]["model"] == "compute" and r["estimates"][0]["preset"] == "fp32"' \
	'r["estimates"][0]["config"] == {"e_mac_pj": 4.6, "e_ac_pj": 0.9}' \
	'r["trace"]["model"] == "Net" and r["trace"]["ops"] == 7'
has '"e_mac_pj": 4.6,' # in the fewest digits, as everywhere
has '"e_ac_pj": 0.9'
python3 -c 'import json,sys; json.load(open(sys.argv[1]), parse_float=lambda s: s == repr(float(s)) or sys.exit(s))' \
	"$dir/out" || fail "a number has more digits than it needs"
expect 0 'fp16' analyze "$log" --json -m compute:fp16,e_ac_pj=1pJ -m compute -c flop
json '[e["preset"] for e in r["estimates"]] == ["fp16", "fp32"]' \
	'r["estimates"][0]["energy_total_pj"] == 48 * 1.5 + 50' \
	'list(r["counters"])[-1] == "flop" and len(r["counters"]) == 4'

# Leaving out, strictness.
expect 0 'left out' analyze "$log" --ignore-module Linear --ignore-module _ConvNd
has 'total 5 12 96 B 0 0 6'
expect 1 'op 1 (aten.relu.default, in Net), counter flop: it has no rule' analyze "$log" --strict -c flop
expect 0 'total' analyze "$log" --strict -m compute

# Every estimator's total has one name; one of anything is no plural.
expect 0 'neither add up' analyze "$log" --json --methods -m compute -m lemaire -m neuromc -m spikesim
json 'all(e["energy_total_pj"] == m["energy_total_pj"] for e, m in zip(r["estimates"], r["methods"]["estimates"]))'
json 'not any("total_pj" in e for e in r["estimates"])'
expect 0 'and has 1 op in stage forward' analyze "$OPJ_SOURCE/tests/golden/logs/looked_at_all.jsonl" --methods
expect 0 '1 op inside modules that were to be ignored' analyze "$log" --ignore-module Conv2d -c flop
expect 0 '1 op inside modules that were to be ignored is left out' analyze "$log" --format markdown --ignore-module Conv2d

# Cost files.
"$OPJOULE" models compute:fp16 >"$dir/costs.yaml"
expect 0 'costs.yaml' analyze "$log" --json -m compute:"$dir/costs.yaml"
json 'r["estimates"][0]["energy_total_pj"] == 92 and "16-bit" in r["estimates"][0]["cost_source"]'
printf 'preset: int8\ne_ac_pj: 1000 fJ\n' >"$dir/mine.yaml"
expect 0 'mine.yaml' analyze "$log" --json -m compute:"$dir/mine.yaml"
json 'r["estimates"][0]["config"] == {"e_mac_pj": 0.23, "e_ac_pj": 1.0}'
printf '# a comment\ne_mac: 4\n' >"$dir/bad.yaml"
expect 1 'bad.yaml:2: compute has no setting "e_mac"; there are: e_mac_pj, e_ac_pj' analyze "$log" -m compute:"$dir/bad.yaml"
printf 'e_mac_pj: 4 kg\n' >"$dir/bad.yaml"
expect 1 'bad.yaml:1: compute: e_mac_pj: "4 kg" has the unit "kg"; known here: fJ, pJ, nJ' analyze "$log" -m compute:"$dir/bad.yaml"

printf 'e_ac_pj: 1\n---\ne_ac_pj: 2\n' >"$dir/bad.yaml"
expect 1 'bad.yaml:3: a second document' analyze "$log" -m compute:"$dir/bad.yaml"
expect 1 "$dir/: Is a directory" analyze "$log" -m compute:"$dir"/

# A report tells costs of a preset from one's own.
printf 'e_ac_pj: 2\n' >"$dir/mine.yaml"
expect 0 'mine.yaml; what it does not set: Horowitz' analyze "$log" --json -m compute:"$dir/mine.yaml"
expect 0 '8-bit integers; changed: e_ac_pj=10fJ' analyze "$log" -m compute:int8 -m compute:int8,e_ac_pj=10fJ
has 'compute:int8 share compute:int8,e_ac_pj=10fJ share'

# Stages covered and the input stand in the JSON report too; ops in no stage have an empty name there.
expect 0 'neither add up nor' analyze "$log" --json -m compute -m lemaire -m spikesim
json '[e["stages"] for e in r["estimates"]] == [["forward", "loss", "optimizer"], ["forward", "loss"], ["forward"]]' \
	'r["estimates"][0]["input"] == {"module": None, "kind": "binary", "elements": 18, "nonzero": 5, "unseen": 0, "sparsity": 1 - 5 / 18}'
sed 's/"stage":"loss"/"stage":""/' "$log" >"$dir/nameless.jsonl"
expect 0 '(no stage)' analyze "$dir/nameless.jsonl" --by stage
has 'stages forward, (no stage), optimizer'
expect 0 '"stages"' analyze "$dir/nameless.jsonl" --json
json 'r["counters"]["flop"]["by_stage"][""] == {"aten.mul.Tensor": 3}'
expect 0 '5 ops inside' analyze "$log" --json --ignore-module Net
json 'r["warnings"] == ["5 ops inside modules that were to be ignored are left out"]'

# Every counter has a name of its own, whatever the order; settings stand beside the figures.
expect 0 '"residency"' analyze "$log" --json -c residency,reg=64B -c residency -c residency,reg=1KiB
json '[c["config"]["reg"] for c in r["counters"].values()] == [64, 262144, 1024]' \
	'list(r["counters"]) == ["residency", "residency#2", "residency,reg=1KiB"]'
expect 0 'reg = 64' analyze "$log" -c residency,reg=64B
expect 0 '' analyze "$log" --json -c residency,reg=64KB,sram=1TiB -c residency,reg=64K,sram=1T -c residency,reg=64kib,sram=2MB
json '[(c["config"]["reg"], c["config"]["sram"]) for c in r["counters"].values()] == [
	(64000, 2**40), (65536, 2**40), (65536, 2000000)]'
expect 1 'reg: "5kg" has the unit "kg"; known here: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB' analyze "$log" -c residency,reg=5kg

# More columns than a word has bits.
# shellcheck disable=SC2046 # forty arguments
expect 0 'compute:fp32' analyze "$log" $(i=0; while [ $((i += 1)) -le 40 ]; do echo "-m compute"; done)
has 'total 7 48 50 44 348 265.8 pJ 100.0 %'

# Every preset is shipped as a file.
expect 0 'compute:fp32' models
sed -n 's/^    \([a-z0-9]*\):\([a-z0-9_]*\) .*/\1-\2.yaml/p' "$dir/out" | sort >"$dir/listed"
for preset in $(cat "$dir/listed"); do
	[ -s "$OPJ_BUILD/analyze/presets/$preset" ] || fail "$preset is not among the files of analyze/presets"
done
expect 0 'e_mac_pj=4.6' models compute
expect 1 'no preset "fp8"' models compute:fp8
expect 0 'estimator: spikesim' models spikesim:default
expect 0 'spikesim:default, rules of' analyze "$log" -m spikesim:default
expect 1 'no counter or estimator "flops"' models flops
expect 2 'one name is wanted at most' models a b

# Plugins.
plugin=$OPJ_BUILD/analyze/plugin_counter.so
expect 0 '"zeros"' analyze "$log" --json --plugin "$plugin" -c zeros -m skip:optimist,e_skip_pj=2
json 'r["counters"]["zeros"]["total"] == 18 - 5 + 16 - 9' \
	'r["estimates"][0]["energy_total_pj"] == 40 and r["estimates"][0]["preset"] == "optimist"'
expect 1 'there are: flop, memory' analyze "$log" -c zeros
expect 1 'a counter was built for layout' analyze "$log" --plugin "$OPJ_BUILD/tests/e2e/plugin_other_layout.so"
expect 1 'counter families has rules by family' analyze "$log" --plugin "$OPJ_BUILD/tests/e2e/plugin_by_family.so"
expect 1 'broken: setting 0 has no key or no default' analyze "$log" --plugin "$OPJ_BUILD/tests/e2e/plugin_no_default.so"
total=$OPJ_BUILD/tests/e2e/plugin_no_total.so
expect 0 'estimator silent states no total (opj_report_total): it has no energy in tables' analyze "$log" --plugin "$total" -m silent
expect 1 'states no total' analyze "$log" --plugin "$total" -m silent --strict
expect 1 'energy_total_pj: a total is stated by opj_report_total' analyze "$log" --plugin "$total" -m magic
expect 1 'report: "warnings" is a key of every report, not a field to set' analyze "$log" --plugin "$total" -m taken
expect 1 'cannot open shared object' analyze "$log" --plugin "$dir/none.so"
expect 1 'plugin' analyze "$log" --plugin "$log"

# What is wrong is said.
expect 2 'a file is wanted, none was given' analyze
expect 2 '--by takes' analyze "$log" --by layer
expect 2 '--process takes a whole number from 1, not "0"' analyze "$log" --process 0
expect 2 'unrecognized option' analyze "$log" --frobnicate
expect 1 'there is no counter "flops"; there are: flop, memory, synop' analyze "$log" -c flops
expect 1 'there is no estimator "horowitz"; there are: compute' analyze "$log" -m horowitz
expect 1 'there are: fp32, fp16, int8' analyze "$log" -m compute:bf16
expect 1 "$dir/none.opj" analyze "$dir/none.opj"
: >"$dir/empty"
expect 1 "$dir/empty" analyze "$dir/empty"
head -n 9 "$log" >"$dir/cut.jsonl"
expect 1 "$dir/cut.jsonl" analyze "$dir/cut.jsonl"
expect 0 'cut short' analyze "$dir/cut.jsonl" --partial
grep -q 'cut short.*)$' "$dir/out" || fail 'a parenthesis is open'
expect 0 'The trace was cut short' analyze "$dir/cut.jsonl" --partial --json
sed 's/"T":\[16,3\]/"T":[48]/' "$log" >"$dir/malformed.jsonl"
expect 1 'malformed.jsonl:9: op 3 (aten.addmm.default, in Net.block.fc), flop: argument 2 (right operand) has 1 dimensions, not 2' \
	analyze "$dir/malformed.jsonl"
full_disk analyze "$log"
expect 0 'usage: opjoule analyze' analyze --help
