"""What a trace puts in force: the dispatch mode of a thread, and the hooks of modules and optimizers of the process."""

import atexit
import sys
import threading

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack

from . import _opjoule as core
from . import _forks
from ._aside import Aside, compiled_before
from ._facts import facts
from ._modules import Modules
from ._optimizers import Optimizers

_recorder = None  # None: not yet; True: there is one; False: it could not be made
_starting = threading.Lock()


def _record(model):
    """Makes the recorder of this process when the first thing is to be recorded."""
    if _recorder is None:
        with _starting:
            _start(model)
    return _recorder


def _start(model):
    global _recorder
    if _recorder is not None:
        return  # another thread has been faster
    try:
        core.start(f"torch {torch.__version__}", type(model).__name__ if model is not None else None, facts())
        _recorder = True
        _forks.before_exit(_end)
    except Exception as error:
        _recorder = False
        print(f"opjoule: nothing is recorded: {error}", file=sys.stderr)


class _Ops(core.Dispatch, TorchDispatchMode):
    supports_higher_order_operators = True


def comes_whole(args):
    """Whether a composite op is dispatched as one because no autograd took it apart, and not for the sake of a nested tensor,
    which has a kernel of its own for it."""
    if not torch.is_inference_mode_enabled():
        return False
    return not any(isinstance(arg, torch.Tensor) and arg.is_nested for arg in args)


def take_apart(func, args, kwargs=None):
    """A composite op as the ops that it is made of, which are dispatched anew."""
    with _Ops():
        return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **(kwargs or {}))


class _Mode:
    """The dispatch mode, which is in force thread by thread. Autograd's threads inherit it, those of the user do not.

    The modes are held here: when torch takes one that nobody else holds off its stack for a moment, as it does to print a
    tensor, it is freed (seen with torch 2.6)."""

    def __init__(self):
        self._own = threading.local()

    def _modes(self):
        if not hasattr(self._own, "modes"):
            self._own.modes = []
        return self._own.modes

    def here(self):
        """Whether it is in force, or just away because one of its own ops runs."""
        return bool(self._modes()) or any(isinstance(mode, _Ops) for mode in _get_current_dispatch_mode_stack())

    def enter(self):
        mode = _Ops()
        self._modes().append(mode)
        mode.__enter__()
        return mode

    def leave(self, mode):
        mode.__exit__(None, None, None)
        self._modes().remove(mode)


class _Process:
    """What all traces of a process share: made with the first, in force while there is one."""

    def __init__(self):
        self.mode = _Mode()
        self.modules = Modules(_record, self.mode)
        self.optimizers = Optimizers()
        self.aside = Aside(_Ops, self.modules)
        self._users = 0
        self._lock = threading.Lock()

    def use(self):
        with self._lock:
            self._users += 1
            if self._users == 1:
                self.modules.start()
                self.optimizers.start()
                self.aside.start()

    def release(self):
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self.aside.stop()
                self.optimizers.stop()
                self.modules.stop()


_process = None


def _forget():
    """In a forked child: the parent's trace goes on without it. One of its own begins with the first module called."""
    global _recorder, _starting
    core.stop()
    _recorder = None
    _starting = threading.Lock()  # a thread of the parent may hold the other
    _process.modules.forget()


def _end():
    """At the end of the process, which multiprocessing may announce before atexit does."""
    global _recorder
    if not _recorder:
        return
    _recorder = False
    for name in _process.modules.neurons.missing():
        print(f"opjoule: no module that ran is of class {name}, which was said to be a neuron", file=sys.stderr)
    core.stop()


class Region:
    """One trace: from enter to leave, both on the same thread."""

    def __init__(self, model, neurons=()):
        self._model = model
        self._neurons = neurons
        self._mode = None

    def enter(self, from_start):
        """Records from now on, or from the first call of a module on."""
        global _process
        if _process is None:
            _process = _Process()
            atexit.register(_end)
            _forks.watch(_forget)
        _process.modules.neurons.name(self._neurons)
        if from_start and _record(self._model) and self._model is not None:
            try:
                _process.modules.know(self._model)
            except Exception as error:
                core.trouble("the model of a trace", error)
        _process.use()
        if _recorder:
            compiled_before()
        self._depth = _process.modules.depth()
        if not _process.mode.here():
            core.doubt(True)
            self._mode = _process.mode.enter()

    def leave(self):
        _process.modules.leave(self._depth)
        if self._mode is not None:
            _process.mode.leave(self._mode)
            self._mode = None
        _process.release()
