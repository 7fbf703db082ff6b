#!/usr/bin/env python3
"""A spiking CNN in plain torch, run as it is under `opjoule record … python3 -m opjoule`: the recorded ops are those of an
op log that a plain TorchDispatchMode writes (stream/plain_log.py), tensor by tensor; all counters and estimators say the
same of both; and five counters are what their definitions give (stream/figures.py)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent / "stream"
sys.path.insert(0, str(HERE))
import figures  # noqa: E402

OPJOULE = os.environ.get("OPJOULE", "opjoule")
COUNTERS = ["flop", "memory", "synop", "mac", "ac", "neuron_state", "addressing", "residency"] + [
    f"neuromc_{name}" for name in ("add", "mul", "cmp", "mux", "sqrt")
]
ESTIMATES = ["compute:fp32", "compute:int8", "lemaire", "neuromc", "spikesim", "spikesim,activity_mode=event"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Renaming:
    """Storages by order of appearance: two logs agree when the same ones are the same."""

    def __init__(self, without):
        self.ids = {}
        self.without = without

    def tensor(self, tensor):
        kept = {k: int(v) if k == "s" else v for k, v in tensor.items() if k not in self.without}
        return kept | {"u": self.ids.setdefault(tensor["u"], len(self.ids))}

    def tree(self, value):
        if isinstance(value, list):
            return [self.tree(v) for v in value]
        if isinstance(value, dict):
            return self.tensor(value) if "T" in value else {k: self.tree(v) for k, v in value.items()}
        return value

    def op(self, line):
        kept = {k: line.get(k) for k in ("op", "stage", "phase", "grad", "parents", "mods", "spike")}
        kept["spike"] = {k: v for k, v in (kept["spike"] or {}).items() if k != "effective"} or None
        kept["suspended"] = line.get("suspended", False)
        kept["parents"] = sorted(kept["parents"])
        for part in ("in", "kw", "out"):
            kept[part] = self.tree(line.get(part, {}))
        kept["states"] = sorted(self.ids[u] for u in line.get("states", []))
        return kept

    def call(self, line):
        kept = {k: line.get(k) for k in ("dir", "mod", "stage", "suspended", "phase", "grad", "states")}
        return kept | {part: self.tree(line[part]) for part in ("in", "out")}


def stream(log, without):
    names = Renaming(without)
    ops = [names.op(line) for line in log if line["k"] == "op"]
    calls = [names.call(line) for line in log if line["k"] == "call"]
    return ops, calls


class Stream(unittest.TestCase):
    maxDiff = 3000

    def case(self, case, script="net.py", figures=True, recorded=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            plain, trace = folder / "plain.jsonl", folder / "run.opj"
            run(sys.executable, HERE / "plain_log.py", plain, "IFNode,LIFNode", HERE / script, case)
            run(OPJOULE, "record", "-o", trace, "--", sys.executable, "-m", "opjoule", "--neuron", "IFNode:v",
                "--neuron", "LIFNode:v", HERE / script, recorded or case)  # fmt: skip
            expected = lines(plain.read_text())
            without = "aru" if recorded is None else "arug"  # views in inference mode require no gradient
            self.compare(expected, lines(run(OPJOULE, "replay", trace, "--format", "jsonl")), without)
            if figures:
                self.compare_figures(expected, plain, trace)

    def compare(self, expected, recorded, without):
        for kind in ("module", "optimizer"):
            self.assertEqual([l for l in recorded if l["k"] == kind], [l for l in expected if l["k"] == kind])
        (ops, calls), (expected_ops, expected_calls) = stream(recorded, without), stream(expected, without)
        for i, (one, other) in enumerate(zip(ops, expected_ops)):
            self.assertEqual(one, other, f"op {i}")
        self.assertEqual(len(ops), len(expected_ops))
        self.assertEqual(sorted(map(json.dumps, calls)), sorted(map(json.dumps, expected_calls)))

    def compare_figures(self, expected, plain, trace):
        question = ["--json"] + [f"-c{name}" for name in COUNTERS] + [f"-m{name}" for name in ESTIMATES]
        of_log = json.loads(run(OPJOULE, "analyze", plain, *question))
        of_trace = json.loads(run(OPJOULE, "analyze", trace, *question))
        for part in ("counters", "estimates"):
            self.assertTrue(of_trace[part])
            self.assertEqual(of_trace[part], of_log[part])
        ops = [line for line in expected if line["k"] == "op"]
        checked = 0
        for name in ("flop", "memory", "synop", "mac", "ac"):
            said = of_trace["counters"][name]["by_scope"]["Global"]
            known = {op for op in said if op.removeprefix("aten.") in figures.RULES}
            self.assertEqual({op: n for op, n in said.items() if n and op not in known}, {}, name)
            computed = figures.totals(ops, known).get(name, {})
            self.assertEqual({op: said[op] for op in known}, {op: computed.get(op, 0) for op in known}, name)
            checked += sum(1 for op in known if said[op])
        self.assertGreater(checked, 20)
        energy = of_trace["estimates"][0]["energy_total_pj"]
        totals = {name: of_trace["counters"][name]["total"] for name in ("mac", "ac")}
        self.assertAlmostEqual(energy, 4.6 * totals["mac"] + 0.9 * totals["ac"], delta=1e-9 * energy)
        self.assertGreater(totals["ac"], 0)

    def test_inference(self):
        self.case("inference")

    def test_inference_mode_gives_the_same(self):
        self.case("inference", recorded="inference_mode")

    def test_training_with_sgd(self):
        self.case("sgd")

    def test_training_with_adam(self):
        self.case("adam")

    def test_every_write_is_seen(self):
        self.case("writes", "writes.py", figures=False)

    def test_every_write_is_seen_in_inference_mode(self):
        self.case("inference_mode", "writes.py", figures=False)

    def test_lists_of_tensors_are_written(self):
        self.case("foreach", "writes.py", figures=False)


if __name__ == "__main__":
    unittest.main()
