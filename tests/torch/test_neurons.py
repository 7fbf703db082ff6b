#!/usr/bin/env python3
"""Which modules opjoule takes for spiking neurons, and where it finds their state: classes that the user names, and the
real ones of SpikingJelly, snnTorch and Norse where copies are ($OPJ_SPIKINGJELLY, $OPJ_SNNTORCH, $OPJ_NORSE)."""

import importlib.util
import os
import sys
import unittest
from unittest import mock

import torch
from torch import nn

from opjoule._neurons import Neurons


def ids(tensors):
    return {id(tensor) for tensor in tensors}


def after(call):
    return call.after("aten.mul.Tensor", None)


def kept(neurons, module):
    call = neurons.backward(module)
    return after(call) if call else []


class MyLIF(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("threshold", torch.tensor(1.0))
        self.register_buffer("trace", torch.zeros(3), persistent=False)
        self.v = None

    def forward(self, x):
        self.v = x if self.v is None else self.v * 0.5 + x
        spike = (self.v > self.threshold).float()
        self.v = self.v - spike
        return spike


class MyCell(nn.Module):
    def forward(self, x, v=None, i=None):
        return x, v, i


class Derived(MyLIF):
    pass


def peer(test, variable, *names):
    """Imports from a copy of a library that lies beside the project; skips the test where there is none."""
    folder = os.environ.get(variable)
    if not folder:
        test.skipTest(f"SKIPPED: {variable} does not say where a copy is")
    sys.path.insert(0, folder)
    for name in ("nir", "nirtorch"):  # a format that Norse imports and these tests do not use
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            sys.modules[name] = mock.MagicMock(__spec__=None)
    try:
        return [__import__(name, fromlist=["x"]) for name in names]
    except ImportError as error:
        test.skipTest(f"SKIPPED: the copy in {folder} does not run here: {error}")


class Named(unittest.TestCase):
    def test_nothing_is_a_neuron_unless_somebody_says_so(self):
        neurons = Neurons()
        for module in (nn.Linear(2, 2), nn.LSTM(2, 2), nn.BatchNorm2d(3), MyLIF(), nn.Sequential(MyLIF())):
            self.assertIsNone(neurons.rule(module))
            self.assertIsNone(neurons.call(module, (), {}))
            self.assertEqual(kept(neurons, module), [])
            self.assertIsNone(neurons.backend(module))
            self.assertFalse(neurons.multi_step(module))

    def test_classes_and_names(self):
        for spelled in (MyLIF, "MyLIF", f"{__name__}.MyLIF"):
            neurons = Neurons([spelled])
            self.assertIsNotNone(neurons.rule(MyLIF()))
            self.assertIsNotNone(neurons.rule(Derived()), "classes that derive from it are meant too")
            self.assertIsNone(neurons.rule(MyCell()))
        self.assertIsNotNone(Neurons(MyLIF).rule(MyLIF()), "one class needs no list")
        self.assertIsNotNone(Neurons("MyLIF").rule(MyLIF()))

    def test_a_name_that_nothing_answers_to(self):
        neurons = Neurons(["MyLIF", "Mylif", "elsewhere.MyLIF"])
        neurons.rule(MyLIF())
        self.assertEqual(neurons.missing(), ["Mylif", "elsewhere.MyLIF"])

    def test_state_is_what_the_module_sets_and_does_not_save(self):
        module = MyLIF()
        neurons = Neurons([MyLIF])
        self.assertEqual(ids(kept(neurons, module)), ids([module.trace]))
        module(torch.ones(3))
        self.assertEqual(ids(kept(neurons, module)), ids([module.trace, module.v]))

    def test_state_that_is_named(self):
        module = MyLIF()
        neurons = Neurons(["MyLIF:v"])
        call = neurons.call(module, (torch.ones(3),), {})
        self.assertEqual(after(call), [])
        module(torch.ones(3))
        self.assertEqual(ids(after(call)), ids([module.v]))

    def test_state_that_is_passed(self):
        module = MyCell()
        neurons = Neurons(["MyCell:v,i"])
        x, v, i = torch.ones(1), torch.ones(2), torch.ones(3)
        self.assertEqual(ids(after(neurons.call(module, (x, v, i), {}))), ids([v, i]))
        self.assertEqual(ids(after(neurons.call(module, (x,), {"i": i}))), ids([i]))
        self.assertEqual(after(neurons.call(module, (x,), {})), [])


class SpikingJelly(unittest.TestCase):
    def setUp(self):
        self.neuron, self.layer = peer(
            self, "OPJ_SPIKINGJELLY", "spikingjelly.activation_based.neuron", "spikingjelly.activation_based.layer"
        )

    def test_memories_are_state(self):
        for cls in ("IFNode", "LIFNode", "ParametricLIFNode", "QIFNode", "SimpleIFNode", "GatedLIFNode"):
            make = getattr(self.neuron, cls)
            module = make(T=4) if cls == "GatedLIFNode" else make()
            neurons = Neurons()
            self.assertIsNotNone(neurons.rule(module), cls)
            if cls == "GatedLIFNode":
                continue
            module(torch.rand(2, 3))
            self.assertEqual(
                ids(kept(neurons, module)), ids(m for m in module._memories.values() if torch.is_tensor(m)), cls
            )
            self.assertTrue(kept(neurons, module), cls)
            self.assertEqual(neurons.backend(module), "torch")

    def test_other_layers_with_memories_are_no_neurons(self):
        neurons = Neurons()
        for module in (self.layer.Dropout(0.5), self.layer.SynapseFilter(), self.layer.Conv2d(1, 1, 1)):
            self.assertIsNone(neurons.rule(module))

    def test_step_mode(self):
        neurons = Neurons()
        self.assertFalse(neurons.multi_step(self.neuron.IFNode()))
        self.assertTrue(neurons.multi_step(self.neuron.IFNode(step_mode="m")))
        self.assertTrue(neurons.multi_step(self.layer.Conv2d(1, 1, 1, step_mode="m")))


class SnnTorch(unittest.TestCase):
    def setUp(self):
        (self.snn,) = peer(self, "OPJ_SNNTORCH", "snntorch")

    def test_state(self):
        made = {
            "Leaky": ({"beta": 0.9}, ("mem",)),
            "Lapicque": ({"beta": 0.9}, ("mem",)),
            "Synaptic": ({"alpha": 0.8, "beta": 0.9}, ("syn", "mem")),
            "Alpha": ({"alpha": 0.9, "beta": 0.8}, ("syn_exc", "syn_inh", "mem")),
            "RLeaky": ({"beta": 0.9, "all_to_all": False}, ("spk", "mem")),
        }
        for cls, (arguments, names) in made.items():
            module = getattr(self.snn, cls)(**arguments)
            neurons = Neurons()
            x = torch.rand(2, 3)
            call = neurons.call(module, (x,), {})
            module(x)
            self.assertEqual(ids(after(call)), ids(getattr(module, name) for name in names), cls)
            self.assertFalse(neurons.multi_step(module))
            self.assertIsNone(neurons.backend(module))
            mem = torch.rand(2, 3)
            self.assertIn(id(mem), ids(after(neurons.call(module, (x,), {"mem": mem}))), cls)

    def test_all_steps_at_once(self):
        neurons = Neurons()
        module = self.snn.LeakyParallel(input_size=3, hidden_size=3)
        self.assertIsNotNone(neurons.rule(module))
        self.assertTrue(neurons.multi_step(module))


class Norse(unittest.TestCase):
    def setUp(self):
        (self.norse,) = peer(self, "OPJ_NORSE", "norse.torch")

    def test_state_is_passed(self):
        cell = self.norse.LIFCell()
        neurons = Neurons()
        x = torch.rand(2, 3)
        _, state = cell(x)
        self.assertEqual(ids(after(neurons.call(cell, (x, state), {}))), ids([state.v, state.i]))
        self.assertEqual(ids(after(neurons.call(cell, (x,), {"state": state}))), ids([state.v, state.i]))
        self.assertFalse(neurons.multi_step(cell))

    def test_state_is_made_by_the_first_call(self):
        call = Neurons().call(self.norse.LIFCell(), (torch.rand(2, 3),), {})
        made, later = torch.zeros(2, 3), torch.zeros(2, 3)
        call.after("aten.full.default", made)
        call.after("aten.add.Tensor", later)
        call.after("aten.zeros.default", later)
        self.assertEqual(ids(after(call)), ids([made]))

    def test_classes(self):
        neurons = Neurons()
        for cls, time in (("LIF", True), ("LI", True), ("LSNNCell", False), ("LIFBoxCell", False), ("IAFCell", False)):
            module = getattr(self.norse, cls)() if cls != "LSNNCell" else self.norse.LSNNCell()
            self.assertIsNotNone(neurons.rule(module), cls)
            self.assertEqual(neurons.multi_step(module), time, cls)
        recurrent = self.norse.LIFRecurrentCell(3, 4)
        self.assertIsNotNone(neurons.rule(recurrent))
        self.assertIsNone(neurons.rule(self.norse.SequentialState(self.norse.LIFCell())))
        self.assertIsNone(neurons.rule(self.norse.Lift(nn.Linear(1, 1))))


if __name__ == "__main__":
    unittest.main()
