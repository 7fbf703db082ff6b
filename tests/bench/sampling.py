"""Where this process spends its time: samples of sampler.c by library and, for the recorder's, by function."""

import bisect
import collections
import ctypes
import os
import re
import subprocess

# What code is for: library, start of the function's name, part; the first that fits.
PARTS = [
    (
        r"libopjoule-record",
        r"binary_|ternary_|nonzero_|whole_|weigh_|scan_|opj_scan_|opj_tensor_|opj_layout_",
        "scans of values",
    ),
    (
        r"libopjoule-record",
        r"planes_|pixels_|count_|reach_|lay_out|opj_conv_|opj_spike_|matrix_|read_line|__popcount",
        "spike statistics",
    ),
    (r"libopjoule-record", r"lttng_", "tracepoints"),
    (r"libopjoule-record", r"", "signatures, contexts, cache"),
    (r"liblttng|liburcu", r"", "tracepoints"),
    (r"_opjoule\.", r"", "tree walk"),
    (r"/python3[.\d]*$|libpython", r"", "Python"),
    (r"libtorch_python", r"", "torch, between Python and its ops"),
    (r"libtorch|libopenblas|libdnnl|libgomp|libblas", r"", "torch's ops"),
]
REST = "libc, kernel and others"


class _Symbols:
    """Names of a file's functions by their place in it."""

    def __init__(self, path):
        listing = subprocess.run(["nm", "-n", "--defined-only", path], capture_output=True, text=True).stdout
        functions = [line.split() for line in listing.splitlines() if re.search(r" [tTwWi] ", line)]
        self.places = [int(fields[0], 16) for fields in functions]
        self.names = [fields[2] for fields in functions]

    def name(self, place):
        at = bisect.bisect_right(self.places, place) - 1
        return self.names[at] if at >= 0 else ""


def _mapped_code():
    """(begin, end, offset in the file, path) of all mapped code."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            fields = line.split(None, 5)
            if "x" in fields[1] and len(fields) == 6:
                begin, end = (int(text, 16) for text in fields[0].split("-"))
                yield begin, end, int(fields[2], 16), fields[5].strip()


class Samples:
    """A context: code that runs inside is sampled. May be entered again and again."""

    def __init__(self):
        self.sampler = ctypes.CDLL(os.path.join(os.environ["OPJ_BUILD"], "tests/bench/sampler.so"))
        self.room = (ctypes.c_size_t * 100000)()
        self.taken = []

    def __enter__(self):
        self.sampler.sampler_start(self.room, ctypes.c_size_t(len(self.room)), ctypes.c_long(1000))

    def __exit__(self, *exception):
        self.taken += self.room[: self.sampler.sampler_stop()]

    def shares(self):
        """(part, share of all samples), the largest first."""
        code = sorted(_mapped_code())
        begins = [begin for begin, *_ in code]
        symbols = {}
        parts = collections.Counter()
        for address in self.taken:
            at = bisect.bisect_right(begins, address) - 1
            begin, end, offset, path = code[at] if at >= 0 else (0, 0, 0, "")
            name = ""
            if address < end and "libopjoule-record" in path:
                if path not in symbols:
                    symbols[path] = _Symbols(path)
                name = symbols[path].name(address - begin + offset)
            parts[_part(path if address < end else "", name)] += 1
        return [(part, count / len(self.taken)) for part, count in parts.most_common()]


def _part(path, name):
    for library, function, part in PARTS:
        if re.search(library, path) and re.match(function, name):
            return part
    return REST
