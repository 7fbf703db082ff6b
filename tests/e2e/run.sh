#!/bin/sh
# `opjoule run` as a user types it: the bundled network, and the published ones of shared/models against their simulation;
# options; the same run recorded, with the figures of golden/digits.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

shared=${OPJ_SHARED:-$OPJ_SOURCE/../shared}
digits="$OPJ_SOURCE/traces/digits_scnn.nir --input $OPJ_SOURCE/traces/digits_input.npy"

# is FILE EXPRESSION: the jq expression is true of the file's JSON.
is() {
	jq -e "$2" "$1" >/dev/null || fail "$1: not so: $2: $(head -c 2000 "$1")"
}

# The summary.
"$OPJOULE" run $digits >"$dir/text"
tr -s ' ' <"$dir/text" >"$dir/squeezed"
for line in '^digits_scnn: 8 steps, batch 32, ' '^ n1 IF 44968 spikes 17.15 %$' '^ n2 IF 26461 spikes ' \
	'^ n3 IF 9150 spikes ' '^ n4 IF 246 spikes ' '^ output \[8, 32, 10\], sum 246$'; do
	grep -q "$line" "$dir/squeezed" || fail "no \"$line\" in: $(cat "$dir/text")"
done
[ -z "$("$OPJOULE" run $digits --quiet)" ] || fail '--quiet is not quiet'

# Labels, read from the output file: 30 of 32 digits are right.
"$OPJOULE" run $digits --quiet --output "$dir/y.npy"
python3 - "$dir/y.npy" "$OPJ_SOURCE/traces/digits_labels.npy" <<'END' || fail 'wrong digits'
import struct, sys
y, labels = open(sys.argv[1], 'rb').read(), open(sys.argv[2], 'rb').read()
assert b"'shape': (8, 32, 10)" in y
y = struct.unpack('<2560f', y[-2560 * 4:])
labels = struct.unpack('<32q', labels[-32 * 8:])
counts = [[sum(y[(t * 32 + n) * 10 + k] for t in range(8)) for k in range(10)] for n in range(32)]
sys.exit(sum(c.index(max(c)) == l for c, l in zip(counts, labels)) != 30)
END

# More threads, same spikes.
"$OPJOULE" run $digits --threads 2 --json >"$dir/threads"
is "$dir/threads" '.spikes == {n1: 44968, n2: 26461, n3: 9150, n4: 246}'
is "$dir/threads" '.steps == 8 and .batch == 32 and .output_shape == [8, 32, 10] and (.output_sum | flatten | add) == 246'
# Another rule, other spikes.
"$OPJOULE" run $digits --reset subtract --json >"$dir/subtract"
is "$dir/subtract" '.spikes.n1 > 44968'

# Recorded, with the model's name in the scopes.
if [ -d "$shared/golden/digits" ]; then
	"$OPJOULE" record -o "$dir/digits.opj" -- "$OPJOULE" run $digits --name Digits --json >"$dir/recorded" 2>"$dir/err" ||
		fail "$(cat "$dir/err")"
	is "$dir/recorded" '.spikes == {n1: 44968, n2: 26461, n3: 9150, n4: 246}'
	if "$OPJOULE" analyze --help >/dev/null 2>&1; then
		"$OPJOULE" analyze "$dir/digits.opj" --json >"$dir/figures"
		is "$dir/figures" '.trace.input == "float32[8,32,1,8,8]"'
		for counter in flop memory synop mac ac; do
			jq -S ".counters.$counter | [.total, .by_scope]" "$dir/figures" >"$dir/own"
			jq -S ".counters.$counter | [.total, .by_scope]" "$shared/golden/digits/expected.json" >"$dir/peer"
			diff -u "$dir/peer" "$dir/own" || fail "$counter differs from the peer's"
		done
	fi
fi

[ -f "$shared/models/nir_expected.json" ] || skip "the published networks: $shared/models is not there"
expected=$shared/models/nir_expected.json
for case in $(jq -r 'keys[]' "$expected"); do
	jq ".[\"$case\"]" "$expected" >"$dir/case"
	"$OPJOULE" run "$shared/models/$(jq -r .model "$dir/case")" --input "$shared/models/$(jq -r .input "$dir/case")" \
		--dt "$(jq -r .dt "$dir/case")" --reset "$(jq -r .reset "$dir/case")" --json >"$dir/out"
	jq -S '[.spikes_per_node, .output_shape, .time_steps, .batch]' "$dir/case" >"$dir/want"
	jq -S '[.spikes, .output_shape, .steps, .batch]' "$dir/out" >"$dir/got"
	diff -u "$dir/want" "$dir/got" || fail "$case"
	jq -n --slurpfile a "$dir/case" --slurpfile b "$dir/out" -e '[$a[0].output_sum, $b[0].output_sum | flatten] |
		transpose | all(.[0] - .[1] | fabs < 1e-4)' >/dev/null || fail "$case: output_sum"
done
