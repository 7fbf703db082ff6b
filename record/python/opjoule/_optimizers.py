"""Optimizers: a record before each step, through torch's global optimizer hooks."""

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from . import _opjoule as core
from ._modules import guarded


def _hyper(group):
    plain = (bool, int, float, str, tuple, list, type(None))
    return {k: v for k, v in group.items() if k not in ("params", "param_names") and isinstance(v, plain)}


def _parameters(optimizer, group):
    return [
        (tuple(p.shape), p.grad is not None, optimizer.state.get(p, {}).get("momentum_buffer") is not None)
        for p in group["params"]
    ]


def _step(optimizer, args, kwargs):
    groups = [(_hyper(group), _parameters(optimizer, group)) for group in optimizer.param_groups]
    core.optimizer(type(optimizer).__name__, groups)


class Optimizers:
    """Watches all optimizers of the process from start to stop."""

    def start(self):
        self._handle = register_optimizer_step_pre_hook(guarded(_step))

    def stop(self):
        self._handle.remove()
