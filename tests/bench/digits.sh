#!/bin/sh
# What recording costs a small network: the simulation time that `opjoule run` prints for the digits network, plain and
# under `opjoule record`, in turn. Other work on the machine can only add time, so the shortest runs are compared.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OPENBLAS_NUM_THREADS=1 # its idle threads poll

run="$OPJOULE run $OPJ_SOURCE/traces/digits_scnn.nir --name Digits --input $OPJ_SOURCE/traces/digits_input.npy"
milliseconds() { sed -n '1s/.*, \([0-9.]*\) ms.*/\1/p'; }

i=0
while [ $i -lt "${RUNS:-30}" ]; do
	$run | milliseconds >>"$scratch/plain"
	"$OPJOULE" record --force --quiet -o "$scratch/digits.opj" -- $run | milliseconds >>"$scratch/recorded"
	i=$((i + 1))
done
plain=$(sort -n "$scratch/plain" | head -n 1)
recorded=$(sort -n "$scratch/recorded" | head -n 1)
awk -v plain="$plain" -v recorded="$recorded" 'BEGIN {
	printf "digits, 8 steps: plain %.2f ms, recorded %.2f ms, ratio %.2f (at most 1.15)\n", plain, recorded, recorded / plain
}'
