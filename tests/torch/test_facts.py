#!/usr/bin/env python3
"""What a trace says beside ops and modules: keyword arguments of calls, options of stages, marks, axes, and the facts of
the run (facts/script.py has a bit of everything)."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import unittest

import torch

SCRIPT = pathlib.Path(__file__).resolve().parent / "facts" / "script.py"
OPJOULE = os.environ.get("OPJOULE", "opjoule")


def record():
    with tempfile.TemporaryDirectory() as folder:
        trace = pathlib.Path(folder) / "run.opj"
        subprocess.run([OPJOULE, "record", "--quiet", "-o", trace, "--", sys.executable, SCRIPT], check=True)
        log = subprocess.run([OPJOULE, "replay", trace, "--format", "jsonl"], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in log.stdout.splitlines()]


class Facts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log = record()
        cls.paths = {line["id"]: line["path"] for line in cls.log if line["k"] == "module"}

    def calls(self, path, direction="forward"):
        return [l for l in self.log if l["k"] == "call" and l["dir"] == direction and self.paths[l["mod"]] == path]

    def test_arguments_by_keyword_are_in_the_call(self):
        first = self.calls("Net")[0]
        self.assertEqual([len(first["in"]), list(first["kw"])], [1, ["factor"]])
        factor = first["kw"]["factor"]
        self.assertEqual([factor["T"], factor["d"], factor["z"], factor["sb"]], [[4], "float32", 4, 16])
        gain = self.calls("Net.gain")[0]["kw"]
        self.assertEqual([gain["gain"]["u"], gain["twice"]], [factor["u"], True])
        rnn = self.calls("Net.rnn")[0]
        self.assertEqual([rnn["in"], rnn["kw"]["input"]["T"]], [[], [2, 5, 4]])
        self.assertEqual([call.get("kw") for call in self.calls("Net.fc")], [None] * 4)

    def test_what_the_model_is_given_by_keyword_is_its_input(self):
        factor = self.calls("Net")[0]["kw"]["factor"]
        read = [t["r"] for l in self.log if l["k"] == "op" for t in l["in"] if isinstance(t, dict) and t["u"] == factor["u"]]
        self.assertEqual(set(read), {"input"})

    def test_calls_say_whether_autograd_recorded(self):
        self.assertEqual([call["grad"] for call in self.calls("Net.fc")], [False, True, True, True])
        self.assertEqual([call.get("grad") for call in self.calls("Net.fc", "backward")], [None])

    def test_stages_have_options_where_they_were_given(self):
        keys = ("stage", "phase", "reuse_weights", "batch_norm_backward")
        stages = [tuple(call.get(key) for key in keys) for call in self.calls("Net.fc")]
        learn = ("learn", "backward", True, False)
        self.assertEqual(stages, [("forward",) + (None,) * 3, ("inner",) + (None,) * 3, learn, ("forward",) + (None,) * 3])
        ops = {tuple(l.get(key) for key in keys) for l in self.log if l["k"] == "op"}
        self.assertEqual(ops, set(stages))

    def test_marks_stand_where_they_were_made(self):
        marks = [line for line in self.log if line["k"] == "mark"]
        self.assertEqual([(m["name"], m["index"], m["numbers"]) for m in marks],
                         [("iteration", 0, {"samples": 2, "loss": 0.25}), ("epoch", 5, {"accuracy": 0.5}), ("iteration", 1, {})])  # fmt: skip
        self.assertTrue(all(mark["after"] >= self.calls("Net.fc")[-1]["after"] > 0 for mark in marks))
        self.assertNotIn("aten._local_scalar_dense.default", [l["op"] for l in self.log if l["k"] == "op"])

    def test_a_recurrent_layer_says_which_axis_is_time(self):
        axes = {l["path"]: (l.get("batch_axis"), l.get("time_axis")) for l in self.log if l["k"] == "module"}
        self.assertEqual(axes["Net.rnn"], (1, 2))
        self.assertEqual(axes["Net.fc"], (None, None))

    def test_the_run_says_what_it_ran_on(self):
        begin = self.log[0]
        self.assertEqual(begin["clock"], "wall")
        facts = begin["facts"]
        self.assertEqual([facts["torch"], facts["python"], facts["seed"]], [torch.__version__, platform.python_version(), 7])
        self.assertEqual([facts["threads"], facts["deterministic"]], [torch.get_num_threads(), False])


if __name__ == "__main__":
    unittest.main()
