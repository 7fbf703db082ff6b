#!/usr/bin/env python3
"""docs/pytorch-tutorial.md, typed: its files written, its commands run in their order, its figures compared with sums made
by hand and, for the models that it shares with the golden cases, with those ($OPJ_SHARED)."""

import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust"))
import run

SOURCE = os.environ.get("OPJ_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BLOCK = re.compile(r"^```(\w+)( \w+)?\n(.*?)^```$", re.M | re.S)


def blocks():
    with open(os.path.join(SOURCE, "docs", "pytorch-tutorial.md")) as file:
        for language, needs, text in BLOCK.findall(file.read()):
            yield language, needs.strip(), text


class Tutorial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = run.folder(cls)
        cls.printed = {}
        for language, needs, text in blocks():
            if language == "python":
                name = text.split("\n", 1)[0].removeprefix("# ")
                run.script(cls.folder, text, name)
            elif language == "sh":
                cls.type(needs, text)

    @classmethod
    def addCleanup(cls, *arguments):
        cls.addClassCleanup(*arguments)

    @classmethod
    def type(cls, needs, text):
        env = {}
        if needs == "spikingjelly":
            if not os.environ.get("OPJ_SPIKINGJELLY"):
                print("test_tutorial.py: SKIPPED: the section on SpikingJelly: OPJ_SPIKINGJELLY is not set", file=sys.stderr)
                return
            env["PYTHONPATH"] = os.environ["OPJ_SPIKINGJELLY"] + ":" + os.environ.get("PYTHONPATH", "")
        for line in text.splitlines():
            ran = run.plain(["sh", "-c", f"cd '{cls.folder}' && {line}"], env)
            if ran.status:
                raise AssertionError(f"{line}\nstatus {ran.status}: {ran.err}{ran.out}")
            cls.printed[line] = ran.out

    def analyze(self, trace, *options):
        path = os.path.join(self.folder, trace)
        return json.loads(run.opjoule("analyze", path, "--json", *options))

    def total(self, trace, counter):
        return self.analyze(trace, "-c", counter)["counters"][counter]["total"]

    def spikes(self, trace, layer):
        """(nonzero inputs, outputs per input) of the products of a linear layer."""
        path = os.path.join(self.folder, trace)
        log = [json.loads(line) for line in run.opjoule("replay", path, "--format", "jsonl").splitlines()]
        return [
            op["in"][0]["z"] * op["out"]["T"][-1]
            for op in log
            if op["k"] == "op" and op["op"] == "aten.mm.default" and layer in op["parents"]
        ]

    def golden(self, case):
        shared = os.environ.get("OPJ_SHARED")
        path = os.path.join(shared or "", "golden", case, "expected.json")
        if not shared or not os.path.exists(path):
            self.skipTest("SKIPPED: OPJ_SHARED does not say where the golden cases are")
        with open(path) as file:
            return json.load(file)

    def test_every_command_printed_something(self):
        for line, out in self.printed.items():
            if line.startswith(("opjoule info", "opjoule replay", "opjoule analyze")) and ">" not in line:
                self.assertTrue(out, line)

    def test_synops_are_what_spikes_meet(self):
        first, second = self.spikes("net.opj", "Net.fc1"), self.spikes("net.opj", "Net.fc2")
        self.assertEqual((len(first), len(second)), (4, 4))
        self.assertEqual(self.total("net.opj", "synop"), sum(first) + sum(second))
        self.assertGreater(sum(second), 0, "the neurons of the example spike")

    def test_flops_of_the_network(self):
        # A product [2, k] @ [k, n]: k multiplications and k - 1 additions for each result. The neurons: for each of 32
        # elements a comparison and a subtraction in every step, an addition in every step but the first.
        products = 4 * (2 * 16 * 15 + 2 * 4 * 31)
        self.assertEqual(self.total("net.opj", "flop"), products + (4 + 4 + 3) * 32)

    def test_one_layer_on_spikes(self):
        self.assertEqual(self.total("synop.opj", "synop"), 7 * 4)
        self.assertEqual(self.total("synop.opj", "ac"), 7 * 4)
        self.assertEqual(self.total("synop.opj", "mac"), 0)
        golden = self.golden("tutorial_synop")["counters"]
        for counter in ("synop", "ac", "mac", "flop", "memory"):
            self.assertEqual(self.total("synop.opj", counter), golden[counter]["total"], counter)

    def test_one_layer_on_dense_input(self):
        self.assertEqual(self.total("dense.opj", "synop"), 0)
        self.assertEqual(self.total("dense.opj", "mac"), 2 * 8 * 4)
        estimate = self.analyze("dense.opj", "-m", "compute")["estimates"][0]
        self.assertIn("294.4", json.dumps(estimate))
        golden = self.golden("tutorial_compute")["counters"]
        for counter in ("synop", "ac", "mac", "flop", "memory"):
            self.assertEqual(self.total("dense.opj", counter), golden[counter]["total"], counter)

    def test_roofline(self):
        flops, traffic = self.total("roofline.opj", "flop"), self.total("roofline.opj", "memory")
        self.assertEqual(
            self.printed["python3 intensity.py roofline.json"],
            f"{flops} FLOPs, {traffic} bytes, {flops / traffic:.3f} FLOPs per byte\n",
        )
        golden = self.golden("tutorial_roofline")["counters"]
        self.assertEqual(flops, golden["flop"]["total"])
        self.assertEqual(traffic, golden["memory"]["total"])

    def test_stages(self):
        table = self.printed["opjoule analyze stages.opj -c flop --by stage"]
        for stage in ("forward_t0", "backward_t0", "forward_t1", "backward_t1"):
            self.assertIn(stage, table)
        for stage in ("forward", "backward", "optimizer"):
            self.assertIn(stage, self.printed["opjoule analyze train.opj -m neuromc --by stage"])

    def test_spikingjelly(self):
        if not os.environ.get("OPJ_SPIKINGJELLY"):
            self.skipTest("SKIPPED: OPJ_SPIKINGJELLY is not set")
        golden = self.golden("tutorial_linear_if")["counters"]
        for counter in ("flop", "memory"):
            self.assertEqual(self.total("jelly.opj", counter), golden[counter]["total"], counter)


if __name__ == "__main__":
    unittest.main()
