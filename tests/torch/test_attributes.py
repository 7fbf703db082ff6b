#!/usr/bin/env python3
"""What a module's definition says of it: layers of torch, and neurons of SpikingJelly, snnTorch and Norse where copies are
($OPJ_SPIKINGJELLY, $OPJ_SNNTORCH, $OPJ_NORSE), against what they were made with."""

import unittest

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from opjoule._attributes import attributes
from opjoule._neurons import Neurons
from test_neurons import peer


class Seen(TorchDispatchMode):
    """Names of the ops that a mode sees."""

    def __init__(self):
        super().__init__()
        self.ops = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.ops.append(str(func))
        return func(*args, **(kwargs or {}))


def of(module):
    return attributes(module, Neurons().rule(module) is not None)


class Layers(unittest.TestCase):
    def expect(self, module, **said):
        found = of(module)
        self.assertEqual({name: found.get(name, "not said") for name in said}, said)

    def test_convolutions_say_how_they_pad(self):
        self.expect(nn.Conv2d(2, 4, 3, padding="same", padding_mode="circular"), padding="same", padding_mode="circular")
        self.expect(nn.Conv1d(2, 4, 3, padding="valid"), padding="valid", padding_mode="zeros", groups=1)
        self.expect(nn.ConvTranspose2d(2, 4, 3, 2, output_padding=1), output_padding=(1, 1), stride=(2, 2))

    def test_pooling(self):
        self.expect(nn.MaxPool2d(3, 2, 1, 2, ceil_mode=True), kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True)
        self.expect(nn.AvgPool2d(2, count_include_pad=False, divisor_override=3), count_include_pad=False, divisor_override=3)
        self.expect(nn.AdaptiveAvgPool2d((1, 2)), output_size=(1, 2))

    def test_normalisation(self):
        self.expect(nn.BatchNorm2d(7, eps=0.5, momentum=0.25, affine=False), num_features=7, eps=0.5, momentum=0.25,
                    affine=False, track_running_stats=True)  # fmt: skip
        self.expect(nn.LayerNorm((3, 4), eps=0.125), normalized_shape=(3, 4), eps=0.125, elementwise_affine=True)
        self.expect(nn.GroupNorm(2, 6), num_groups=2, num_channels=6, eps=1e-5)

    def test_sequences(self):
        self.expect(nn.LSTM(3, 5, 2, bidirectional=True, dropout=0.5, batch_first=True, proj_size=4), mode="LSTM",
                    input_size=3, hidden_size=5, num_layers=2, bidirectional=True, dropout=0.5, batch_first=True,
                    proj_size=4, bias=True)  # fmt: skip
        self.expect(nn.GRUCell(3, 5, bias=False), input_size=3, hidden_size=5, bias=False)
        self.expect(nn.MultiheadAttention(8, 2, dropout=0.25, batch_first=True), embed_dim=8, num_heads=2, dropout=0.25,
                    batch_first=True)  # fmt: skip
        self.expect(nn.EmbeddingBag(10, 3, mode="sum"), num_embeddings=10, embedding_dim=3, mode="sum")

    def test_others(self):
        self.expect(nn.Dropout2d(0.25), p=0.25)
        self.expect(nn.LeakyReLU(0.5), negative_slope=0.5)
        self.expect(nn.Upsample(scale_factor=2, mode="bilinear"), scale_factor=2.0, mode="bilinear")

    def test_what_a_layer_of_the_user_calls_like_a_size_is_said(self):
        class Own(nn.Module):
            kernel_size = (3, 5)
            p = 0.5  # of no class that is known to have it
            stride = object()

            @property
            def in_features(self):
                raise ValueError("not yet")

        self.assertEqual(of(Own()), {"kernel_size": (3, 5)})

    def test_a_plain_network_says_nothing(self):
        self.assertEqual(of(nn.Sequential(nn.ReLU())), {})


class OwnLIF(nn.Module):
    def __init__(self, beta):
        super().__init__()
        self.register_buffer("beta", beta)
        self.v_threshold = 0.75
        self.v_reset = None


class Constants(unittest.TestCase):
    def test_one_value_is_a_number_many_are_summed_up(self):
        self.assertEqual(attributes(OwnLIF(torch.tensor([0.5, 0.5])), True)["beta"], 0.5)
        many = attributes(OwnLIF(torch.tensor([0.5, 0.25, 0.0])), True)
        self.assertEqual([many[f"beta_{what}"] for what in ("min", "mean", "max")], [0.0, 0.25, 0.5])
        self.assertNotIn("beta", many)

    def test_values_that_are_not_there_are_not_said(self):
        for beta in (torch.zeros(0), torch.zeros(2, device="meta")):
            self.assertEqual([n for n in attributes(OwnLIF(beta), True) if n.startswith("beta")], [])

    def test_nobody_sees_it_look(self):
        with Seen() as seen:
            attributes(OwnLIF(nn.Parameter(torch.rand(3)).data), True)
        self.assertEqual(seen.ops, ["aten.rand.default", "aten.detach.default"])  # the test's own


class OfLibraries(unittest.TestCase):
    def expect(self, module, **said):
        with Seen() as seen:
            found = of(module)
        self.assertEqual(seen.ops, [])
        self.assertEqual({name: found.get(name, "not said") for name in said}, said)

    def test_spikingjelly(self):
        neuron, surrogate = peer(self, "OPJ_SPIKINGJELLY", "spikingjelly.activation_based.neuron",
                                 "spikingjelly.activation_based.surrogate")  # fmt: skip
        self.expect(
            neuron.LIFNode(tau=3.0, v_threshold=0.5, v_reset=None, decay_input=False, detach_reset=True,
                           surrogate_function=surrogate.ATan(alpha=1.5)),
            tau=3.0, v_threshold=0.5, v_reset=None, decay_input=False, detach_reset=True, surrogate="ATan",
            surrogate_alpha=1.5, surrogate_spiking=True, store_v_seq=False)  # fmt: skip
        self.expect(neuron.IFNode(v_reset=0.25), v_threshold=1.0, v_reset=0.25, tau="not said", surrogate="Sigmoid",
                    surrogate_alpha=4.0)  # fmt: skip
        plif = neuron.ParametricLIFNode(init_tau=2.5)
        self.assertAlmostEqual(of(plif)["tau"], 2.5, places=5)
        self.expect(plif, decay_input=True, v_reset=0.0)

    def test_snntorch(self):
        snn, surrogate = peer(self, "OPJ_SNNTORCH", "snntorch", "snntorch.surrogate")
        self.expect(
            snn.Leaky(beta=0.75, threshold=0.5, reset_mechanism="zero", spike_grad=surrogate.fast_sigmoid(slope=10)),
            beta=0.75, v_threshold=0.5, threshold="not said", reset_mechanism="zero", v_reset=0.0,
            surrogate="fast_sigmoid", surrogate_slope=10)  # fmt: skip
        self.expect(snn.Synaptic(alpha=0.5, beta=torch.tensor([0.25, 0.75])), alpha=0.5, beta_min=0.25, beta_mean=0.5,
                    beta_max=0.75, v_reset=None, surrogate="atan", v_threshold=1.0)  # fmt: skip
        self.expect(snn.Leaky(beta=0.5, reset_mechanism="none"), v_reset="not said", reset_mechanism="none")

    def test_norse(self):
        norse, lif = peer(self, "OPJ_NORSE", "norse.torch", "norse.torch.functional.lif")
        constants = lif.LIFParameters(tau_mem_inv=torch.tensor(50.0), v_th=torch.tensor(0.5), method="super", alpha=80.0)
        self.expect(norse.LIFCell(p=constants, dt=0.002), tau_mem_inv=50.0, tau_syn_inv=200.0, v_threshold=0.5,
                    v_reset=0.0, v_leak=0.0, dt=0.002, surrogate="super", surrogate_alpha=80.0)  # fmt: skip
        self.expect(norse.LIFRecurrentCell(3, 4), v_threshold=1.0, autapses=False)


if __name__ == "__main__":
    unittest.main()
