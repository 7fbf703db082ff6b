#!/bin/sh
# Every log of the reference collection becomes a trace and comes back from it byte for byte.
set -eu

golden=${OPJ_SHARED:-$OPJ_SOURCE/../shared}/golden
if [ ! -d "$golden" ]; then
	echo "import_shared.sh: SKIPPED: there is no $golden" >&2
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for log in "$golden"/*/ops.jsonl; do
	name=$(basename "$(dirname "$log")")
	"$OPJOULE" import --quiet "$log" -o "$dir/$name.opj"
	"$OPJOULE" replay --format jsonl "$dir/$name.opj" >"$dir/back.jsonl"
	cmp "$log" "$dir/back.jsonl" || {
		echo "import_shared.sh: $name came back otherwise" >&2
		exit 1
	}
	echo "$name: $(wc -l <"$log") lines"
done
