#!/bin/sh
# From a fresh clone to an energy report: installs what is needed, builds, records the bundled spiking CNN while it
# classifies handwritten digits, and prints what every layer costs.
set -eu
cd "$(dirname "$0")/.."

sh docs/install-debian.sh
[ -d build ] || meson setup build -Dtests=false >/dev/null
meson compile -C build

./build/opjoule record --force -o build/digits.opj -- \
	./build/opjoule run traces/digits_scnn.nir --name Digits --input traces/digits_input.npy --quiet
./build/opjoule analyze build/digits.opj
