#!/bin/sh
# `opjoule roofline` as a user types it, on a small op log whose figures were worked out by hand, and charts of a deep one.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=roofline

# json EXPRESSION…: each is true of the last output, read as JSON into r, its rows by name in rows.
json() {
	check 'rows = {row["name"]: row for row in r["rows"]}' "$@"
}

# marks FILE.svg: how many points the chart has. The key has one of either colour.
marks() {
	python3 - "$1" <<-'END'
		import re, sys, xml.etree.ElementTree as tree
		colors = ("rgb(0%,35%,70%)", "rgb(80%,36%,0%)")
		count = -2
		for element in tree.parse(sys.argv[1]).iter():
		    if element.tag.endswith("path"):
		        count += any(c in (element.get("style", "") + element.get("fill", "")).replace(" ", "") for c in colors)
		print(count)
	END
}

# conv: 240 FLOPs, 264 bytes, 100 ns; fc: 96 FLOPs, 280 bytes, 20 ns; nothing else is timed.
python3 - "$log" >"$dir/timed.jsonl" <<-'END'
	import json, sys
	for line in open(sys.argv[1]):
	    line = json.loads(line)
	    ns = {0: 100, 3: 20}.get(line.get("i"))
	    print(json.dumps(dict(line, ns=ns) if ns else line))
END
timed=$dir/timed.jsonl

# One roof: the ridge is at 0.5 FLOP/byte.
expect 0 'memory under 0.5 FLOP/byte, compute above' "$timed" --peak-flops '4 GFLOP/s' --peak-bandwidth 8GB/s
has '1 Net.conv 1 240 264 B 0.9091 100 ns 2.400 GFLOP/s 4.000 GFLOP/s 60.0 % compute'
has '2 Net.block.fc 1 96 280 B 0.3429 20 ns 4.800 GFLOP/s 2.743 GFLOP/s 175.0 % memory above all'
has 'Net 2 0 0 B'
has '(outside modules) 2 9 60 B 0.15'
has 'total 7 348 640 B 0.5437 120 ns 2.900 GFLOP/s 4.000 GFLOP/s 72.5 % compute'
has 'Net no FLOPs, no bytes, no measured time'
has 'Net.block no measured time'
has '1 above the roof'
has '5 of 7 ops were not timed'
has 'flop has no rule for 1 of 7 ops'
awk '{ if (length($0) > 400) exit 1 }' "$dir/out" || fail 'a line of the chart is too long'

# Several ceilings, and which comes next.
set -- --peak-flops simd=16e9 --peak-flops scalar=4GFLOPS --peak-bandwidth L1=40GB/s --peak-bandwidth DRAM=8GB/s
expect 0 '"ridge_flop_per_byte"' "$timed" "$@" --memory DRAM --json
json 'r["roof"] == {"compute": "simd", "memory": "DRAM", "ridge_flop_per_byte": 2.0} and r["by"] == "module"' \
	'[c["name"] for c in r["machine"]["compute"]] == ["simd", "scalar"] and r["machine"]["memory"][1] == {"name": "DRAM", "byte_per_s": 8e9}' \
	'list(rows) == ["Net", "Net.conv", "Net.block", "Net.block.fc", "(outside modules)"]' \
	'(rows["Net.conv"]["flops"], rows["Net.conv"]["bytes"], rows["Net.conv"]["time_ns"]) == (240, 264, 100)' \
	'isclose(rows["Net.conv"]["flop_per_byte"], 240 / 264) and rows["Net.conv"]["flop_per_s"] == 2.4e9' \
	'rows["Net.conv"]["attainable"]["name"] == "DRAM" and isclose(rows["Net.conv"]["attainable"]["flop_per_s"], 240 / 264 * 8e9)' \
	'isclose(rows["Net.conv"]["share_of_attainable"], 2.4e9 / (240 / 264 * 8e9))' \
	'rows["Net.conv"]["next_ceiling"] == {"kind": "compute", "name": "scalar", "flop_per_s": 4e9}' \
	'rows["Net.block.fc"]["next_ceiling"]["name"] == "L1" and rows["Net.block.fc"]["attainable"]["kind"] == "memory"' \
	'rows["Net.block"]["lacks"] == ["time"] and rows["Net.block"]["flop_per_s"] is None' \
	'rows["Net"]["lacks"] == ["flops", "bytes", "time"] and rows["Net"]["attainable"] is None' \
	'all(sum(row[k] for row in r["rows"]) == r["total"][k] for k in ("ops", "flops", "bytes"))' \
	'r["total"]["flops"] == 348 and r["untimed_ops"] == 5 and r["uncovered_ops"] == {"flop": 1, "memory": 1}'
expect 0 'share_of_attainable' "$timed" "$@" --compute scalar --format csv
python3 - "$dir/out" <<-'END' || fail 'the CSV is not as it should be'
	import csv, sys
	text = open(sys.argv[1], newline="").read()
	assert text.count("\r\n") == text.count("\n") == 7
	rows = {r["name"]: r for r in csv.DictReader(text.splitlines())}
	conv = rows["Net.conv"]
	assert (conv["flops"], conv["bytes"], conv["time_ns"], conv["bound"]) == ("240", "264", "100", "scalar"), conv
	assert float(conv["flop_per_byte"]) == 240 / 264 and float(conv["share_of_attainable"]) == 0.6
	assert rows["Net"]["lacks"] == "no FLOPs, no bytes, no measured time" and rows["Net"]["bound"] == ""
	assert rows["total"]["row"] == "total" and rows["total"]["ops"] == "7"
END
expect 0 'aten.addmm.default' "$timed" "$@" --by op
has 'aten.relu.default no FLOPs, no bytes, no measured time'
expect 0 'optimizer' "$timed" "$@" --by stage
has '1 forward 5 339 580 B 0.5845 120 ns 2.825 GFLOP/s'
expect 0 'total' "$timed" "$@" --ignore-module _ConvNd
has 'total 6 108 376 B'

# Machines from files; both kinds of sources together.
cat >"$dir/machine.yaml" <<-'END'
	name: Résumé 9
	source: data sheet
	compute:
	  fp32: 16 GFLOP/s
	memory: {DRAM: 8 GB/s}
END
expect 0 'Résumé 9' "$timed" --machine "$dir/machine.yaml" --peak-flops int8=32GFLOP/s
has 'roof DRAM under 4 FLOP/byte, int8 above'
expect 0 'DRAM' "$timed" --machine "$OPJ_SOURCE/docs/examples/machine.yaml"

# wrong LINE MESSAGE: the machine on standard input is refused with that.
wrong() {
	cat >"$dir/bad.yaml"
	expect 1 "bad.yaml:$1: $2" "$timed" --machine "$dir/bad.yaml"
}
printf 'name: a\nflops: 3\n' | wrong 2 'a machine has no "flops"; it has: name, source, compute, memory'
printf 'compute: 5\n' | wrong 1 'compute: not a mapping from names to rates'
printf 'compute:\n  a: 5 GB/s\n' | wrong 2 'compute: "5 GB/s" has the unit "GB/s"; known here: FLOP/s'
printf 'memory:\n  a: 5 kg' | wrong 2 'memory: "5 kg" has the unit "kg"; known here: B/s, kB/s, MB/s, GB/s, TB/s'
printf 'memory:\n  a: 5 Gb/s\n' | wrong 2 'memory: "5 Gb/s" has the unit "Gb/s"'
printf 'memory:\n  a: [1]\n' | wrong 2 'a: the value is no plain text'
printf 'memory:\n  a: 1\n  b: 2\n  a: 3\n' | wrong 4 'a stands there twice'
printf 'memory:\n  a: -1\n' | wrong 2 'memory: "-1" is not between 1 and 1e24 B/s'
printf 'memory:\n  "": 1\n' | wrong 2 'memory: a name of a ceiling'
printf 'memory: {a: 1\n' | wrong 2 ''
printf 'name: [a]\n' | wrong 1 'name: the value is no plain text'
: >"$dir/bad.yaml"
expect 1 'bad.yaml: the file is empty' "$timed" --machine "$dir/bad.yaml"
expect 1 'No such file' "$timed" --machine "$dir/none.yaml"

# Charts: one point for each layer that is timed and has FLOPs and bytes.
expect 0 'total' "$timed" "$@" -o "$dir/two.svg" -o "$dir/two.png"
[ "$(marks "$dir/two.svg")" = 2 ] || fail "two.svg has $(marks "$dir/two.svg") points"
python3 "$OPJ_SOURCE/tests/e2e/deep_log.py" 40 >"$dir/deep.jsonl"
expect 0 'total' "$dir/deep.jsonl" --machine "$OPJ_SOURCE/docs/examples/machine.yaml" -o "$dir/deep.svg" -o "$dir/deep.png"
[ "$(marks "$dir/deep.svg")" = 40 ] || fail "deep.svg has $(marks "$dir/deep.svg") points"
[ "$(grep -c '<use' "$dir/deep.svg")" -gt 960 ] || fail 'the key of deep.svg lacks names: 40 of 24 letters'
for n in $(seq 40); do
	grep -q "[^0-9]$n[^0-9]" "$dir/out" || fail "number $n is not in the text"
done
python3 - "$dir/deep.png" <<-'END' || fail 'deep.png is no PNG of the right size'
	import struct, sys, zlib
	data = open(sys.argv[1], "rb").read()
	assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR"
	width, height, depth, color = struct.unpack(">IIBB", data[16:26])
	assert (width, depth, color) == (1720, 8, 2) and height > 1200, (width, height)
	at, pixels = 8, b""
	while at < len(data):
	    size, kind = struct.unpack(">I4s", data[at:at + 8])
	    assert zlib.crc32(data[at + 4:at + 8 + size]) == struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0]
	    pixels += data[at + 8:at + 8 + size] if kind == b"IDAT" else b""
	    at += 12 + size
	pixels = zlib.decompress(pixels)
	assert len(pixels) == height * (3 * width + 1) and len(set(pixels)) > 50
END
"$OPJOULE" roofline "$dir/deep.jsonl" --machine "$OPJ_SOURCE/docs/examples/machine.yaml" -o "$dir/again.svg" >/dev/null
cmp -s "$dir/deep.svg" "$dir/again.svg" || fail 'the same chart comes out differently'
expect 0 'no measured time' "$log" "$@" -o "$dir/none.svg"
[ "$(marks "$dir/none.svg")" = 0 ] || fail 'what was not timed is drawn'

# Names that would break XML, or a terminal.
sed 's/Net\.conv/Net.<\&\\"\\u001b[31m/g' "$timed" >"$dir/names.jsonl"
expect 0 'Net.<&"?[31m' "$dir/names.jsonl" "$@" -o "$dir/names.svg"
[ "$(marks "$dir/names.svg")" = 2 ] || fail 'names break the chart'
grep -q "$(printf '\033')" "$dir/out" && fail 'a control character reaches the terminal'

# What is wrong is said, before anything is replayed where that can be.
expect 2 'one file is wanted' "$@"
expect 2 'one file is wanted' "$timed" "$timed" "$@"
expect 2 'no peak of compute: --peak-flops RATE' "$timed" --peak-bandwidth 1GB/s
expect 2 'no peak of memory: --peak-bandwidth RATE' "$timed" --peak-flops 1GFLOP/s
expect 2 '--peak-flops: "fast" is no finite number' "$timed" --peak-flops fast
expect 2 '--peak-bandwidth: there are two ceilings of memory called "memory"' "$timed" --peak-bandwidth 1 --peak-bandwidth 2
expect 2 'no ceiling of compute is called "fp8"; there are: simd, scalar' "$timed" "$@" --compute fp8
expect 2 'no ceiling of memory is called "L9"; there are: L1, DRAM' "$timed" "$@" --memory L9
expect 2 '--by takes module, stage or op' "$timed" "$@" --by layer
expect 2 '--format takes text, json or csv, not "xml"' "$timed" "$@" --format xml
expect 2 '--output takes a file that ends in .svg or .png' "$timed" "$@" -o "$dir/chart.pdf"
expect 2 'unrecognized option' "$timed" "$@" --frobnicate
expect 1 "$dir/none.jsonl" "$dir/none.jsonl" "$@"
expect 1 "$dir/no/chart.svg: No such file" "$timed" "$@" -o "$dir/no/chart.svg"
expect 1 "$dir/no/chart.png: No such file" "$timed" "$@" -o "$dir/no/chart.png"
[ "$(find "$dir" -name '*.svg.*' -o -name '*.png.*')" = '' ] || fail 'parts of charts are left'
for chart in full.svg full.png; do
	ln -s /dev/full "$dir/$chart"
	expect 1 "$chart: " "$timed" "$@" -o "$dir/$chart"
done
full_disk roofline "$timed" "$@"
expect 0 'usage: opjoule roofline' --help
