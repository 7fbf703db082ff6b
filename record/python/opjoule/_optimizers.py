"""Optimizers: a record before each step, through torch's global optimizer hooks."""

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from . import _opjoule as core
from ._modules import GRADIENT, guarded


def _number(value):
    """A learning rate may be a tensor."""
    if isinstance(value, torch.Tensor) and value.numel() == 1 and value.is_cpu:
        core.pause(1)
        try:
            return value.item()
        finally:
            core.pause(-1)
    return value


def _hyper(group):
    plain = (bool, int, float, str, tuple, list, type(None))
    known = {name: _number(value) for name, value in group.items() if name not in ("params", "param_names")}
    return {name: value for name, value in known.items() if isinstance(value, plain)}


def _parameters(optimizer, group):
    return [
        (tuple(p.shape), p.grad is not None, optimizer.state.get(p, {}).get("momentum_buffer") is not None)
        for p in group["params"]
    ]


def _step(optimizer, args, kwargs):
    groups = [(_hyper(group), _parameters(optimizer, group)) for group in optimizer.param_groups]
    core.optimizer(type(optimizer).__name__, groups)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                core.role(parameter.grad, GRADIENT, None)


class Optimizers:
    """Watches all optimizers of the process from start to stop."""

    def start(self):
        self._handle = register_optimizer_step_pre_hook(guarded(_step))

    def stop(self):
        self._handle.remove()
