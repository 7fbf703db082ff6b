#!/usr/bin/env python3
"""Programs at the edge of what torch allows: memory that is gone, lists and shapes that lie, writes that nobody saw, what
must die or be silent when a trace ends. Each runs under `opjoule record` in a process of its own."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust"))
import run

BEFORE = """
import gc, io, sys, threading, warnings, weakref
import torch, opjoule
from torch import nn
net, x = nn.Linear(4, 2), torch.ones(3, 4)
"""


class Edges(unittest.TestCase):
    def recorded(self, text, env=None):
        folder = run.folder(self)
        ran = run.Recorded(folder, [sys.executable, run.script(folder, BEFORE + text)], env)
        self.assertEqual(ran.status, 0, ran.err)
        return ran

    def ops(self, text):
        ran = self.recorded(text)
        self.assertEqual(ran.err, "")
        return [op for op in ran.ops() if op["k"] == "op"]


class Memory(Edges):
    def test_memory_that_was_given_up(self):
        """Views of it are tensors of unknown values."""
        ops = self.ops(
            "with opjoule.trace():\n"
            "    for left in 0, 8:\n"
            "        whole = torch.ones(1 << 22)\n"
            "        part = whole[10:]\n"
            "        whole.untyped_storage().resize_(left)\n"
            "        part.view(-1)\n"
            "        whole.view(-1)\n"
        )
        views = [op["out"] for op in ops if op["op"] == "aten.view.default"]
        self.assertEqual(len(views), 4)
        self.assertEqual([view.get("z") for view in views], [None] * 4)

    def test_a_shape_that_lies(self):
        self.recorded(
            "class Far(torch.Tensor):\n"
            "    shape = property(lambda self: torch.Size((1 << 30,)))\n"
            "class More(torch.Tensor):\n"
            "    shape = property(lambda self: torch.Size((2,) * 40))\n"
            "with opjoule.trace():\n"
            "    torch.ones(4).as_subclass(Far) + 1\n"
            "    torch.ones(4).as_subclass(More) + 1\n"
        )

    def test_lists_that_lie(self):
        self.recorded(
            "class Long(list):\n"
            "    def __len__(self): return 1 << 20\n"
            "class Bad(list):\n"
            "    def __len__(self): raise RuntimeError('no length')\n"
            "class First(nn.Module):\n"
            "    def forward(self, batch): return batch[0] + 1\n"
            "with opjoule.trace():\n"
            "    First()(Long([x])), First()(Bad([x]))\n"
        )

    def test_ordinary_memory_beside_a_device(self):
        """A record is never made from memory that was freed while it waited."""
        ops = self.ops(
            "with opjoule.trace(), torch.no_grad():\n"
            "    torch.ones(2, device='meta') + 1\n"
            "    for i in range(50):\n"
            "        some = torch.zeros(1000 + i); some[:i + 1] = 1\n"
            "        some * 1\n"
            "        del some\n"
            "        torch.full((1000 + i,), 2.0)\n"
        )
        counts = [(op["in"][0]["z"], op["out"]["z"]) for op in ops if op["op"] == "aten.mul.Tensor"]
        self.assertEqual(counts, [(i + 1, i + 1) for i in range(50)])


class Writes(Edges):
    def test_between_two_traces(self):
        """Writes past torch's versions that no trace saw."""
        ops = self.ops(
            "with torch.no_grad():\n"
            "    with opjoule.trace(net): net(x); made = torch.ones(5); made + 1\n"
            "    net.weight.data.zero_(); made.data.zero_()\n"
            "    with opjoule.trace(net): net(x); made + 1\n"
        )
        self.assertEqual([op["out"]["z"] for op in ops if op["op"] == "aten.t.default"], [8, 0])
        self.assertEqual([op["in"][0]["z"] for op in ops if op["op"] == "aten.add.Tensor"], [5, 0])


class Labels(Edges):
    def test_around_the_trace(self):
        """A label set before anything is recorded is in force, and no count of them goes below zero."""
        ops = self.ops(
            "with opjoule.stage('mine'), opjoule.suspended(), opjoule.trace(net): net(x)\n"
            "with opjoule.trace(net): net(x)\n"
            "with opjoule.trace(net), opjoule.suspended(): net(x)\n"
        )
        said = [(op["stage"], bool(op.get("suspended"))) for op in ops if op["op"] == "aten.addmm.default"]
        self.assertEqual(said, [("mine", True), ("forward", False), ("forward", True)])


class Ends(Edges):
    def test_no_hooks_gather_on_a_parameter(self):
        self.ops(
            "class Own(nn.Module):\n"
            "    def __init__(self): super().__init__(); self.p = nn.Parameter(torch.ones(4))\n"
            "    def forward(self): return self.p\n"
            "own = Own()\n"
            "with opjoule.trace():\n"
            "    for _ in range(20): (own() * 2).sum().backward()\n"
            "assert not own.p._backward_hooks, len(own.p._backward_hooks)\n"
        )

    def test_a_result_is_saved_without_a_warning(self):
        self.ops(
            "warnings.simplefilter('error')\n"
            "with opjoule.trace(net): y = net(x)\n"
            "torch.save(y, io.BytesIO())\n"
        )

    def test_a_model_that_was_interrupted_dies(self):
        self.ops(
            "class Stopped(nn.Module):\n"
            "    def __init__(self): super().__init__(); self.inner = nn.Linear(4, 4)\n"
            "    def forward(self, x): self.inner(x); raise KeyboardInterrupt\n"
            "model = Stopped(); alive = weakref.ref(model)\n"
            "try:\n"
            "    with opjoule.trace(model, neurons=['Stopped']): model(x)\n"
            "except KeyboardInterrupt: pass\n"
            "del model; gc.collect()\n"
            "assert alive() is None\n"
        )

    def test_no_frame_of_ours(self):
        self.ops(
            "import traceback\n"
            "with opjoule.trace(net), torch.inference_mode():\n"
            "    try: net(torch.ones(3, 5))\n"
            "    except RuntimeError: said = traceback.format_exc()\n"
            "assert 'mat1' in said and 'opjoule' not in said, said\n"
        )

    def test_a_class_dies(self):
        self.ops(
            "def make():\n"
            "    class Here(nn.Module):\n"
            "        def forward(self, x): return x + 1\n"
            "    with opjoule.trace(): Here()(x)\n"
            "    return weakref.ref(Here)\n"
            "alive = make(); gc.collect()\n"
            "assert alive() is None, gc.get_referrers(alive())\n"
        )

    def test_a_model_that_is_none(self):
        ran = self.recorded("with opjoule.trace(lambda x: x): x + 1\n")
        self.assertIn("the model of a trace could not be recorded", ran.err)
        self.assertEqual(ran.names(), ["aten.add.Tensor"])

    def test_a_forked_child_asks_no_device(self):
        """What waits for a device in the parent is the parent's to record."""
        self.recorded(
            "import os; from opjoule import _device\n"
            "with opjoule.trace(net): net(x)\n"
            "_device._counts.read = lambda: os._exit(3)\n"
            "child = os.fork()\n"
            "if not child: os._exit(0)\n"
            "del _device._counts.read\n"
            "assert os.waitpid(child, 0)[1] == 0\n",
            {"OPJOULE_COUNT_ON_DEVICE": "cpu"},
        )

    def test_threads_in_ops_at_the_end(self):
        """Several begin the trace at once, and it ends while they compute."""
        ran = self.recorded(
            "done = threading.Event()\n"
            "def work():\n"
            "    with opjoule.trace():\n"
            "        while not done.is_set(): torch.ones(1 << 16).sqrt_().sum()\n"
            "threads = [threading.Thread(target=work) for _ in range(4)]\n"
            "for thread in threads: thread.start()\n"
            "with opjoule.trace(net): net(x)\n"
            "from opjoule import _hooks; _hooks._end()\n"
            "for _ in range(100): net(x)\n"
            "done.set()\n"
            "for thread in threads: thread.join()\n"
        )
        self.assertEqual(ran.err, "")


if __name__ == "__main__":
    unittest.main()
