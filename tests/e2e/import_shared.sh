#!/bin/sh
# Every log of the reference collection becomes a trace and comes back from it byte for byte.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

golden=${OPJ_SHARED:-$OPJ_SOURCE/../shared}/golden
[ -d "$golden" ] || skip "there is no $golden"

for log in "$golden"/*/ops.jsonl; do
	name=$(basename "$(dirname "$log")")
	"$OPJOULE" import --quiet "$log" -o "$dir/$name.opj"
	"$OPJOULE" replay --format jsonl "$dir/$name.opj" >"$dir/back.jsonl"
	cmp "$log" "$dir/back.jsonl" || fail "$name came back otherwise"
	echo "$name: $(wc -l <"$log") lines"
done
