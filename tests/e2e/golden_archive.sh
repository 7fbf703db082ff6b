#!/bin/sh
# Known figures through real archives: the digits network recorded natively, and every golden case by way of import.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

shared=${OPJ_SHARED:-$OPJ_SOURCE/../shared}
[ -d "$shared/golden" ] || skip "there is no $shared/golden; set OPJ_SHARED to where golden/ is"

export OPJ_SHARED="$shared"
status=0

compare() { # compare TRACE CASE
	python3 "$OPJ_SOURCE/tests/golden/golden.py" --shared --trace "$1" "$2" >"$dir/out" 2>&1 || {
		status=1
		cat "$dir/out"
	}
}

# The scope of the whole network is called after its file; in the golden case it is Digits.
if "$OPJOULE" run --help >/dev/null 2>&1; then
	cp "$OPJ_SOURCE/traces/digits_scnn.nir" "$dir/Digits.nir"
	"$OPJOULE" record -o "$dir/native.opj" -- \
		"$OPJOULE" run "$dir/Digits.nir" --input "$OPJ_SOURCE/traces/digits_input.npy" >"$dir/log" 2>&1 || {
		cat "$dir/log"
		exit 1
	}
	compare "$dir/native.opj" digits
fi

cases=0
for log in "$shared"/golden/*/ops.jsonl; do
	name=$(basename "$(dirname "$log")")
	"$OPJOULE" import "$log" -o "$dir/$name.opj" >"$dir/log" 2>&1 || {
		cat "$dir/log"
		exit 1
	}
	compare "$dir/$name.opj" "$name"
	cases=$((cases + 1))
done
[ "$cases" -gt 0 ] || exit 1
echo "$cases cases imported and compared"
exit "$status"
