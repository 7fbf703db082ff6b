#!/bin/sh
# `opjoule run` on bad input: each a message on standard error that names what is wrong, status 1 (or 2 for a wrong command
# line), nothing on standard output. Wrong fields of a NIR file are tests/unit/test_nir.c's.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=run

model=$OPJ_SOURCE/traces/digits_scnn.nir
input=$OPJ_SOURCE/traces/digits_input.npy

# refused STATUS TEXT ARGUMENT…: opjoule run ends with the status, says the text and prints nothing.
refused() {
	expect "$@"
	[ ! -s "$dir/out" ] || fail "output: $(cat "$dir/out")"
}

# npy DESCR SHAPE BYTES: a .npy file with so many zero bytes of elements, at $dir/x.npy.
npy() {
	python3 - "$dir/x.npy" "$1" "$2" "$3" <<'END'
import sys
path, descr, shape, size = sys.argv[1:]
head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
head += b' ' * (-(len(head) + 11) % 64) + b'\n'
open(path, 'wb').write(b'\x93NUMPY\1\0' + len(head).to_bytes(2, 'little') + head + bytes(int(size)))
END
}

# The command line.
refused 2 'one network is wanted, none was given'
refused 2 '--input is missing' "$model"
refused 2 'one network is wanted, none was given' --input "$input"
refused 2 'one network is wanted, 2 were given' "$model" "$model" --input "$input"
refused 2 'unrecognized option' "$model" --input "$input" --loud
refused 2 '--dt takes a length of time in seconds, not "0"' "$model" --input "$input" --dt 0
refused 2 '--dt takes a length of time in seconds, not "1ms"' "$model" --input "$input" --dt 1ms
refused 2 '--reset takes zero or subtract, not "hard"' "$model" --input "$input" --reset hard
refused 2 '--threads takes a whole number from 1 to 1024, not "none"' "$model" --input "$input" --threads none
refused 2 '--name takes a name, not ""' "$model" --input "$input" --name ''

# The model.
refused 1 "$dir/none.nir: No such file" "$dir/none.nir" --input "$input"
refused 1 "$input: not an HDF5 file" "$input" --input "$input"
head -c 50000 "$model" >"$dir/short.nir"
refused 1 "$dir/short.nir: " "$dir/short.nir" --input "$input"
refused 1 "$dir: " "$dir" --input "$input"

# The input.
refused 1 "$dir/none.npy: No such file" "$model" --input "$dir/none.npy"
refused 1 "$model: not a .npy file" "$model" --input "$model"
head -c 1000 "$input" >"$dir/x.npy"
refused 1 "$dir/x.npy: " "$model" --input "$dir/x.npy"
npy '<c16' '(8, 32, 1, 8, 8)' 262144
refused 1 'dtype "<c16"' "$model" --input "$dir/x.npy"
npy '<f4' '(8, 1, 8, 8)' 2048
refused 1 'node "input": shape: [1, 8, 8], but [8, 8] flows in' "$model" --input "$dir/x.npy"
npy '<f4' '(8, 32, 1, 9, 8)' 73728
refused 1 'but [1, 9, 8] flows in' "$model" --input "$dir/x.npy"
npy '<f4' '(0, 32, 1, 8, 8)' 0
refused 1 'no time steps' "$model" --input "$dir/x.npy"
npy '<f4' '(8,)' 32
refused 1 'input: shape [8]' "$model" --input "$dir/x.npy"
npy '<f4' '(4294967296, 4294967296, 4294967296)' 0
refused 1 'overflows' "$model" --input "$dir/x.npy"
refused 1 "$model: dataset /node/nowhere: missing" "$model" --input "$model:/node/nowhere"
refused 1 'node "input": shape: [1, 8, 8], but [3, 3] flows in' "$model" --input "$model:/node/nodes/c1/weight"
refused 1 "$model: dataset /node/edges: does not hold numbers" "$model" --input "$model:/node/edges"

# The output.
refused 1 "$dir/none/y.npy: No such file" "$model" --input "$input" --output "$dir/none/y.npy"
# A pipe or a device as output is written to, not replaced by a file.
mkfifo "$dir/pipe"
cat "$dir/pipe" >"$dir/piped" &
"$OPJOULE" run "$model" --input "$input" --output "$dir/pipe" >/dev/null
wait
[ -p "$dir/pipe" ] || fail "run --output replaced a pipe"
"$OPJOULE" run "$model" --input "$input" --output "$dir/y.npy" >/dev/null
cmp "$dir/piped" "$dir/y.npy"
refused 1 "/dev/full: No space left" "$model" --input "$input" --output /dev/full
[ -c /dev/full ] || fail "run --output replaced a device"
[ "$(id -u)" = 0 ] || { chmod -w "$dir" && refused 1 'Permission denied' "$model" --input "$input" --output "$dir/y.npy"; }
