"""What a trace puts in force: the dispatch mode, and the hooks of modules and optimizers."""

import atexit
import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from . import _opjoule as core
from ._modules import Modules
from ._optimizers import Optimizers

_recorder = None  # None: not yet; True: there is one; False: it could not be made


def _record(model):
    """Makes the recorder of this process when the first thing is to be recorded."""
    global _recorder
    if _recorder is None:
        try:
            core.start(f"torch {torch.__version__}", type(model).__name__ if model is not None else None)
            atexit.register(core.stop)
            _recorder = True
        except RuntimeError as error:
            _recorder = False
            print(f"opjoule: nothing is recorded: {error}", file=sys.stderr)
    return _recorder


class _Ops(TorchDispatchMode):
    supports_higher_order_operators = True

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return core.dispatch(func, args, kwargs)


class Hooks:
    """In force from start to stop."""

    def __init__(self, model, neurons=()):
        self._model = model
        self._ops = _Ops()
        self._modules = Modules(_record, neurons)
        self._optimizers = Optimizers()

    def start(self, from_start):
        """Records from now on, or from the first call of a module on."""
        if from_start and _record(self._model) and self._model is not None:
            self._modules.know(self._model)
        self._modules.start()
        self._optimizers.start()
        self._ops.__enter__()

    def stop(self):
        self._ops.__exit__(None, None, None)
        self._optimizers.stop()
        self._modules.stop()
