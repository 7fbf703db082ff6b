"""Modules: definitions, calls, and what is active in forward and backward, through torch's global module hooks."""

import functools
import sys
import threading
import weakref

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from . import _opjoule as core
from ._attributes import attributes
from ._neurons import Neurons, tensors

INPUT, PARAMETER, BUFFER, STATE, GRADIENT = 1, 2, 3, 4, 5


def _bases(cls):
    return tuple(c.__name__ for c in cls.__mro__ if c is not object)


def _described(held):
    """Name, shape, type and whether it is trained of what a module holds itself."""
    return [
        (name, tuple(t.shape), t.dtype, t.requires_grad)
        for name, t in held.items()
        if t is not None and not isinstance(t, torch.nn.parameter.UninitializedTensorMixin)
    ]


class _Known:
    """What is known of one module object: its path, and the id it has with the flags that it has now."""

    def __init__(self, module, path, neurons):
        self.module = weakref.ref(module)
        self.path = path
        self.neurons = neurons
        self.neuron = neurons.rule(module) is not None
        self.ids = {}
        self.places = None  # _places, once it has been an outermost module

    def id_of(self, module):
        key = (module.training, self.neurons.multi_step(module), self.neurons.backend(module))
        known = self.ids.get(key)
        if known is None:
            known = self.ids[key] = self._define(module, *key)
        return known

    def _define(self, module, training, multi_step, backend):
        return core.define(
            self.path,
            _bases(type(module)),
            self.neuron,
            training,
            multi_step,
            backend,
            attributes(module, self.neuron),
            _described(module._parameters),
            _described(module._buffers),
            *self.neurons.axes(module),
        )


def guarded(function):
    """A hook that never raises into the program, that no mode of the user's sees at work, and that keeps out of the
    graphs that torch.jit.trace makes of everything asked of a tensor."""

    @functools.wraps(function)
    def hook(*args):
        if core.paused() or torch._C._get_tracing_state() is not None:
            return
        try:
            with torch._C.DisableTorchFunction():
                function(*args)
        except Exception as error:
            core.trouble(getattr(function, "__name__", "a gradient"), error)

    hook.__torch_unserializable__ = True  # torch.save shall not warn of it
    return hook


def _places(root):
    """Where the parameters and buffers of a root are found again: the dict, the key in it, role, name. Dicts stay when
    what is in them is replaced."""
    seen, places = set(), []
    for prefix, module in root.named_modules():
        for role, own in (PARAMETER, module._parameters), (BUFFER, module._buffers):
            for key, tensor in own.items():
                if tensor is None or id(tensor) not in seen:
                    seen.add(id(tensor))
                    places.append((own, key, role, (f"{prefix}.{key}" if prefix else key) if role == PARAMETER else None))
    return places


class _Pass:
    """The backward of one call: entered with the first gradient of its results, left with the last of its arguments.

    The graph keeps it alive by the hooks of the results. Those of the arguments do not, and go when it goes: an argument
    may be a leaf that outlives many calls."""

    def __init__(self, module, known, id, inputs):
        self.handles = []
        self.known = known
        self.module = weakref.ref(module)
        self.id = id
        self.inputs = [t.requires_grad for t in inputs]
        self.missing = sum(self.inputs)
        self.reset()
        me = weakref.ref(self)
        for index, tensor in enumerate(inputs):
            if tensor.requires_grad:
                self.handles.append(tensor.register_hook(_argument_hook(me, index)))

    def __del__(self):
        for handle in self.handles:
            handle.remove()

    def reset(self):
        self.entered = False
        self.grads_out = {}
        self.grads_in = {}

    def watch(self, results):
        for index, tensor in enumerate(results):
            tensor.register_hook(guarded(functools.partial(self.result, len(results), index)))

    def result(self, count, index, grad):
        self.grads_out[index] = grad
        if not self.entered:
            self.entered = True
            core.enter(self.id, True, self.known.neurons.backward(self.module()))
        if len(self.grads_out) == count and not self.missing:
            self.finish(leave=False)

    def argument(self, index, grad):
        self.grads_in[index] = grad
        if self.entered and len(self.grads_in) == self.missing:
            self.finish(leave=True)

    def finish(self, leave):
        if leave:
            core.exit(self.id, True)
        out = tuple(self.grads_out[i] for i in sorted(self.grads_out))
        grads_in = tuple(self.grads_in.get(i) for i in range(len(self.inputs)))
        core.call(self.id, True, out, {}, grads_in, [], None)
        self.reset()


def _argument_hook(reference, index):
    @guarded
    def argument(grad):
        owner = reference()
        if owner is not None:
            owner.argument(index, grad)

    return argument


class _Call:
    """A module that runs on this thread."""

    __slots__ = ("frame", "grad", "id", "kwargs", "module", "neuron", "watched")

    def __init__(self, module, id, frame, kwargs, neuron):
        self.module = module
        self.id = id
        self.frame = frame  # the identity of the Python frame that calls it
        self.kwargs = kwargs
        self.neuron = neuron  # its _neurons.Call, or None
        self.grad = torch.is_grad_enabled()
        self.watched = None


class _Thread(threading.local):
    def __init__(self):
        self.calls = []
        self.mode = None  # put in force by us because a module was called where no trace was entered


def _runs(frame, identity):
    while frame is not None and id(frame) != identity:
        frame = frame.f_back
    return frame is not None


class Modules:
    """Watches all modules of the process from start to stop, on every thread."""

    def __init__(self, begin, mode):
        self.neurons = Neurons()
        self._known = {}  # _Known by id of the module, as long as that lives
        self._begin = begin  # called with the first outermost module
        self._mode = mode  # the dispatch mode, for threads that the user starts: they inherit none
        self._thread = _Thread()
        self._handles = []

    def start(self):
        self.stop()
        self._handles = [
            register_module_forward_pre_hook(guarded(self._called)),
            register_module_forward_hook(guarded(self._returned), always_call=True),
        ]

    def stop(self):
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def depth(self):
        """How many calls this thread is in."""
        return len(self._thread.calls)

    def leave(self, depth):
        """Ends the calls of this thread beyond `depth`: those of which torch tells no hook how they ended."""
        while self.depth() > depth:
            core.exit(self._thread.calls.pop().id, False)

    def forget(self):
        """What was defined in another recorder."""
        self._known = {}  # _Known by id of the module, as long as that lives
        self._thread.calls.clear()

    def _find(self, module):
        known = self._known.get(id(module))
        return known if known is not None and known.module() is module else None

    def know(self, root):
        """Gives a module and all modules in it their paths and ids, as a root; and a known root's modules that are new."""
        known = self._find(root)
        prefix = known.path if known else type(root).__name__
        for name, module in root.named_modules():
            if self._find(module) is None:
                one = self._known[id(module)] = _Known(module, f"{prefix}.{name}" if name else prefix, self.neurons)
                weakref.finalize(module, self._forget, id(module), weakref.ref(one)).atexit = False
                one.id_of(module)
        known = self._find(root)
        known.places = _places(root)
        return known

    def _forget(self, key, known):
        one = known()
        if one is not None and self._known.get(key) is one:
            del self._known[key]

    def _mark(self, known):
        """Roles of a root's parameters and buffers: their storages may have been replaced."""
        for own, key, role, name in known.places:
            tensor = own.get(key)
            if tensor is not None:
                core.role(tensor, role, name)

    def _called(self, module, args):
        thread = self._thread
        frame = sys._getframe(2)  # of Module._call_impl, or in it: this function's caller is `hook`
        kwargs = frame.f_locals.get("kwargs") or {}  # of which torch tells no hook for all modules
        while thread.calls and not _runs(frame.f_back, thread.calls[-1].frame):
            core.exit(thread.calls.pop().id, False)  # left by an exception that torch tells no hook of: KeyboardInterrupt
        if not thread.calls:
            self._outermost(module, (args, kwargs))
        known = self._find(module) or self._new(module)
        call = _Call(module, known.id_of(module), id(frame), kwargs, self.neurons.call(module, args, kwargs))
        thread.calls.append(call)
        core.enter(call.id, False, call.neuron)
        if call.grad:
            call.watched = _Pass(module, known, call.id, list(tensors(args)))

    def _new(self, module):
        """A module that is called for the first time: put into its root since that was last looked at, or a root itself."""
        calls = self._thread.calls
        if calls:
            self.know(calls[0].module)
        return self._find(module) or self.know(module)

    def _outermost(self, module, given):
        self._begin(module)
        if self._thread.mode is None and not self._mode.here():
            self._thread.mode = self._mode.enter()
        core.doubt(False)
        known = self._find(module)
        if known is None or known.places is None:
            known = self.know(module)
        self._mark(known)
        for tensor in tensors(given):
            core.role(tensor, INPUT, None)

    def _returned(self, module, args, result):
        calls = self._thread.calls
        if not any(call.module is module for call in calls):
            return  # it was called before we looked
        while (call := calls.pop()).module is not module:
            core.exit(call.id, False)
        core.exit(call.id, False)
        if call.watched:
            # A leaf, a parameter that is handed out, has no backward to go through, and would keep every hook.
            results = [t for t in tensors(result) if t.requires_grad and not t.is_leaf]
            if results:
                call.watched.watch(results)
        results = result if isinstance(result, tuple) else (result,)
        core.call(call.id, False, args, call.kwargs, results, call.neuron.left(result) if call.neuron else [], call.grad)
        if not calls and self._thread.mode is not None:
            self._mode.leave(self._thread.mode)
            self._thread.mode = None
