"""The models, inputs and training steps of the comparison, all of them SpikingJelly's own and all made from a seed.

The copy of SpikingJelly that $OPJ_SPIKINGJELLY names is put on the path. What its `model` package imports for things
that are not needed here (its training loop, which draws curves, and the download of weights) is replaced by empty
modules. """

import dataclasses
import os
import sys
import types
from collections.abc import Callable

import torch

SEED = 20


def empty_module(name, **attributes):
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules.setdefault(name, module)


sys.path.insert(0, os.environ["OPJ_SPIKINGJELLY"])
empty_module("torchvision")
empty_module("torchvision.models")
empty_module("torchvision.models.utils", load_state_dict_from_url=None)
empty_module("spikingjelly.activation_based.model.train_classify", Trainer=None)

from spikingjelly.activation_based import functional, neuron, surrogate  # noqa: E402
from spikingjelly.activation_based.model import sew_resnet, spikformer, spiking_resnet  # noqa: E402


@dataclasses.dataclass
class Case:
    name: str
    about: str
    model: Callable[[], torch.nn.Module]
    shape: tuple[int, ...]  # of the input: normal numbers
    optimizer: Callable | None = None  # of the parameters; None: inference
    classes: int = 10

    def build(self, weights=None):
        """The model, its input and its target, the same for every call; no module is called where there are weights."""
        torch.manual_seed(SEED)
        model, x = self.model(), torch.randn(self.shape)
        if weights:
            model.load_state_dict(torch.load(weights))
        elif self.optimizer is None:
            settle(model, x)
        model.train(self.optimizer is not None)
        return model, x, torch.randint(self.classes, (self.shape[-4],))


def settle(model, x):
    """Gives batch normalisation the statistics of this input. With those of a fresh model, 0 and 1, the signal dies
    within a few layers and nothing fires."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None  # averages over all calls
    with torch.no_grad():
        model.train()(x)
    for norm in norms:
        norm.momentum = 0.1
    functional.reset_net(model)


def last_paths(model):
    """Paths by which torch's module tracker, and so SpikingJelly, knows modules that stand in several places: the last,
    where opjoule has the first, as named_modules does. {last: first}. (Neurons share their default surrogate
    function.)"""
    root = type(model).__name__
    paths = {}
    for path, module in model.named_modules(prefix=root, remove_duplicate=False):
        paths.setdefault(module, []).append(path)
    return {all_paths[-1]: all_paths[0] for all_paths in paths.values()}


class Repeat(torch.nn.Module):
    """A single-step network over the time steps of its input, T first; the mean of its results."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x_seq):
        return torch.stack([self.net(x) for x in x_seq]).mean(0)


class Mean(torch.nn.Module):
    """The mean over time of a multi-step network's results."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x_seq):
        return self.net(x_seq).mean(0)


NEURON = {"surrogate_function": surrogate.ATan(), "detach_reset": True}


def resnet(node=neuron.IFNode):
    return spiking_resnet.spiking_resnet18(spiking_neuron=node, num_classes=10, **NEURON)


def sew(cnf="ADD"):
    net = sew_resnet.sew_resnet18(cnf=cnf, spiking_neuron=neuron.LIFNode, num_classes=10, **NEURON)
    functional.set_step_mode(net, "m")
    return net


def former():
    return spikformer.Spikformer(
        T=4, img_size_h=32, img_size_w=32, num_classes=10, embed_dims=64, num_heads=4, depths=2
    )


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01)


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=1e-4)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3)


CASES = {
    case.name: case
    for case in [
        Case(
            "spiking_resnet18",
            "spiking ResNet-18, IF, single-step, T = 4; inference",
            lambda: Repeat(resnet()),
            (4, 2, 3, 32, 32),
        ),
        Case(
            "sew_resnet18",
            "SEW-ResNet-18 (ADD), LIF, multi-step, T = 4; inference",
            lambda: Mean(sew()),
            (4, 2, 3, 32, 32),
        ),
        Case(
            "spikformer",
            "Spikformer, 2 blocks, 64 channels, 4 heads, T = 4; inference",
            lambda: Mean(former()),
            (4, 2, 3, 32, 32),
        ),
        Case(
            "train_resnet",
            "spiking ResNet-18, LIF, T = 2; a training step with SGD",
            lambda: Repeat(resnet(neuron.LIFNode)),
            (2, 2, 3, 32, 32),
            sgd,
        ),
        Case(
            "train_sew",
            "SEW-ResNet-18 (ADD), LIF, T = 2; a training step with SGD, momentum, weight decay",
            lambda: Mean(sew()),
            (2, 2, 3, 32, 32),
            momentum,
        ),
        Case(
            "train_former",
            "Spikformer, 2 blocks, T = 2; a training step with Adam",
            lambda: Mean(former()),
            (2, 2, 3, 32, 32),
            adam,
        ),
    ]
}
