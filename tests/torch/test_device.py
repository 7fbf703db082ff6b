#!/usr/bin/env python3
"""Counting on a device, tried on memory that is treated as one: what is counted, when it is read, in which order it is
recorded. A run whose tensors are counted this way gives the trace that the recorder's own scans give."""

import os
import sys
import unittest

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust"))
import run

from opjoule._device import BINARY, DENSE, INTEGRAL, PLACES, TERNARY, Counts


def expected(tensor):
    """The definition of docs/scans.md, element by element."""
    values = [float(value) for value in tensor.reshape(-1).tolist()]
    nnz = sum(value != 0 for value in values)
    if all(value in (0, 1) for value in values):
        return nnz, BINARY, 0.0
    magnitude = float(sum(abs(value) for value in values))
    if all(value in (0, 1, -1) for value in values):
        return nnz, TERNARY, magnitude
    if all(value.is_integer() for value in values):
        return nnz, INTEGRAL, magnitude
    return nnz, DENSE, 0.0


FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
SIGNED = (torch.int8, torch.int16, torch.int32, torch.int64)


class Facts(unittest.TestCase):
    def check(self, tensor):
        counts = Counts("cpu")
        before = tensor.clone() if tensor.numel() else tensor
        version = tensor._version
        count = counts.count(tensor)
        self.assertTrue(count.facts is None or tensor.numel() == 0, "nothing is known before it is read")
        counts.read()
        self.assertEqual(count.facts, expected(tensor), tensor.dtype)
        self.assertEqual(tensor._version, version)
        self.assertTrue(torch.equal(torch.nan_to_num(tensor), torch.nan_to_num(before)))

    def test_kinds_and_types(self):
        for values in ([0, 1, 1, 0], [0, 1, -1], [0, 3, -2], [1, 1], [0, 0], [-1, -1], [2]):
            for dtype in FLOATS + SIGNED:
                self.check(torch.tensor(values, dtype=dtype))
        self.check(torch.tensor([True, False, True]))
        self.check(torch.tensor([0, 1, 255, 7], dtype=torch.uint8))
        self.check(torch.tensor([0, 1, 1], dtype=torch.uint8))

    def test_what_is_no_whole_number(self):
        for value in (0.5, float("inf"), float("-inf"), 1e-42):
            counts = Counts("cpu")
            count = counts.count(torch.tensor([0.0, 1.0, value]))
            counts.read()
            self.assertEqual(count.facts, (2, DENSE, 0.0), value)
        counts = Counts("cpu")
        count = counts.count(torch.tensor([0.0, -0.0, float("nan")]))
        counts.read()
        self.assertEqual(count.facts, (1, DENSE, 0.0), "NaN is not zero, -0.0 is")

    def test_shapes(self):
        base = torch.arange(24.0).reshape(2, 3, 4)
        for view in (base.permute(2, 0, 1), base[:, ::2], base[0, 0, 0], base[:, :0], base.expand(5, 2, 3, 4)):
            self.check(view)
        self.check(torch.randn(5, requires_grad=True).detach())

    def test_what_cannot_be_counted(self):
        counts = Counts("cpu")
        self.assertIsNone(counts.count(torch.ones(2, dtype=torch.complex64)))
        self.assertIsNone(counts.count(torch.ones(2, 2).to_sparse()))
        self.assertIsNone(counts.count(torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)))
        self.assertIsNone(counts.count(torch.ones(2).to(torch.float8_e4m3fn)))

    def test_a_graph_is_not_touched(self):
        x = torch.randn(4, requires_grad=True)
        y = x * 2
        counts = Counts("cpu")
        counts.count(y)
        counts.read()
        y.sum().backward()
        self.assertTrue(torch.equal(x.grad, torch.full((4,), 2.0)))

    def test_the_same_elements_are_counted_once(self):
        counts = Counts("cpu")
        x = torch.ones(4)
        self.assertIs(counts.count(x, (1, 0)), counts.count(x, (1, 0)))
        self.assertIsNot(counts.count(x, (1, 0)), counts.count(x, (1, 1)))

    def test_more_than_a_buffer(self):
        counts = Counts("cpu")
        made = [counts.count(torch.full((3,), float(i))) for i in range(PLACES + 3)]
        self.assertIsNotNone(made[0].facts)
        self.assertIsNone(made[-1].facts)
        counts.read()
        self.assertEqual([count.facts for count in made[2:]], [(3, INTEGRAL, 3.0 * i) for i in range(2, PLACES + 3)])

    def test_only_devices_are_concerned(self):
        counts = Counts("")
        self.assertFalse(counts.concerns(torch.ones(1)))
        self.assertFalse(counts.concerns(torch.ones(1, device="meta")))
        self.assertTrue(Counts("cpu").concerns(torch.ones(1)))


SCRIPT = """
import torch, opjoule
from torch import nn
torch.manual_seed(0)
torch.set_num_threads(1)
net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
x = (torch.rand(2, 1, 6, 6) > 0.5).float()
with opjoule.trace(net):
    for step in range(3):
        optimizer.zero_grad()
        loss = net(x).pow(2).sum()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            y = x.permute(3, 2, 1, 0) - 1
            y.add_(1).mul_(3)
    for _ in range(1500):
        y = y + 1
print(loss.item(), [p.sum().item() for p in net.parameters()], y.sum().item())
"""


def plain(entry):
    """Without what differs from run to run, the device, and what is not looked at on one: where spikes are, and
    the range of values."""
    if isinstance(entry, dict):
        return {key: plain(value) for key, value in entry.items() if key not in ("ns", "a", "spike", "dev", "e", "n", "tz")}
    return [plain(value) for value in entry] if isinstance(entry, list) else entry


class Recorded(unittest.TestCase):
    def log(self, env):
        folder = run.folder(self)
        recorded = run.Recorded(folder, [sys.executable, run.script(folder, SCRIPT)], env)
        self.assertEqual((recorded.status, recorded.err), (0, ""))
        log = recorded.ops()
        return recorded.out, [plain(entry) for entry in log]

    def test_the_trace_is_the_same(self):
        out, log = self.log({"OPJOULE_COUNT_ON_DEVICE": ""})
        out_held, held = self.log({"OPJOULE_COUNT_ON_DEVICE": "cpu"})
        self.assertEqual(out_held, out)
        self.assertEqual(len(held), len(log))
        for one, other in zip(held, log):
            self.assertEqual(one, other)


if __name__ == "__main__":
    unittest.main()
