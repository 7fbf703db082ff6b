"""Modules: definitions, calls, and what is active in forward and backward, through torch's global module hooks."""

import weakref

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from . import _opjoule as core
from ._neurons import Neurons

INPUT, PARAMETER, BUFFER, STATE, GRADIENT = 1, 2, 3, 4, 5

_GEOMETRY = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "in_features",
    "out_features",
    "num_features",
)


def _tensors(tree):
    """All tensors in nested tuples, lists and dicts."""
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _tensors(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from _tensors(item)


def _bases(cls):
    return tuple(c.__name__ for c in cls.__mro__ if c is not object)


def _attributes(module):
    found = {name: getattr(module, name, None) for name in _GEOMETRY}
    return {k: v for k, v in found.items() if isinstance(v, (bool, int, float, str, tuple, list))}


class _Known:
    """What is known of one module object: its path, and the id it has with the flags that it has now."""

    def __init__(self, module, path, neurons):
        self.path = path
        self.neurons = neurons
        self.neuron = neurons.rule(module) is not None
        self.ids = {}
        self.root = None  # weak list of (module, prefix) where it has been an outermost module

    def id_of(self, module):
        key = (module.training, self.neurons.multi_step(module), self.neurons.backend(module))
        known = self.ids.get(key)
        if known is None:
            known = self.ids[key] = self._define(module, *key)
        return known

    def _define(self, module, training, multi_step, backend):
        parameters = [
            (name, tuple(p.shape), p.dtype, p.requires_grad)
            for name, p in module._parameters.items()
            if p is not None and not isinstance(p, torch.nn.parameter.UninitializedTensorMixin)
        ]
        return core.define(
            self.path,
            _bases(type(module)),
            self.neuron,
            training,
            multi_step,
            backend,
            _attributes(module),
            parameters,
        )


class _Pass:
    """The backward of one call: entered with the first gradient of its results, left with the last of its arguments."""

    def __init__(self, module, known, id, inputs):
        self.known = known
        self.module = weakref.ref(module)
        self.id = id
        self.inputs = inputs
        self.missing = sum(1 for i in inputs if i)
        self.reset()

    def reset(self):
        self.entered = False
        self.grads_out = {}
        self.grads_in = {}

    def watch(self, tensors, arrived):
        for index, tensor in tensors:
            tensor.register_hook(lambda grad, index=index: arrived(index, grad))

    def result(self, count):
        def arrived(index, grad):
            self.grads_out[index] = grad
            if not self.entered:
                self.entered = True
                core.enter(self.id, True, self.known.neurons.backward(self.module()))
            if len(self.grads_out) == count and not self.missing:
                self.finish(leave=False)

        return arrived

    def argument(self, index, grad):
        self.grads_in[index] = grad
        if self.entered and len(self.grads_in) == self.missing:
            self.finish(leave=True)

    def finish(self, leave):
        if leave:
            core.exit(self.id, True)
        out = tuple(self.grads_out[i] for i in sorted(self.grads_out))
        core.call(self.id, True, out, tuple(self.grads_in.get(i) for i in range(len(self.inputs))))
        self.reset()


def guarded(function):
    """A hook that never raises into the program."""

    def hook(*args):
        try:
            function(*args)
        except Exception as error:
            core.trouble(function.__name__, error)

    return hook


class Modules:
    """Watches all modules of the process from start to stop."""

    def __init__(self, begin, neurons):
        self._neurons = Neurons(neurons)
        self._known = weakref.WeakKeyDictionary()
        self._depth = 0
        self._begin = begin  # called with the first outermost module
        self._handles = []
        self._passes = []

    def start(self):
        self._handles = [
            register_module_forward_pre_hook(guarded(self._called)),
            register_module_forward_hook(guarded(self._returned), always_call=True),
        ]

    def stop(self):
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def know(self, root):
        """Gives a module and all modules in it their paths and ids, as a root."""
        known = self._known.get(root)
        if known is None:
            prefix = type(root).__name__
            for name, module in root.named_modules():
                if module not in self._known:
                    self._known[module] = _Known(module, f"{prefix}.{name}" if name else prefix, self._neurons)
                    self._known[module].id_of(module)
            known = self._known[root]
        return known

    def _mark(self, root):
        """Roles of a root's parameters, their gradients and its buffers: storages may have been replaced."""
        for name, parameter in root.named_parameters():
            core.mark(parameter, PARAMETER, name)
            if parameter.grad is not None:
                core.mark(parameter.grad, GRADIENT, None)
        for _, buffer in root.named_buffers():
            core.mark(buffer, BUFFER, None)

    def _called(self, module, args):
        if self._depth == 0:
            self._begin(module)
            core.doubt()
            self.know(module)
            self._mark(module)
            for tensor in _tensors(args):
                core.mark(tensor, INPUT, None)
        self._depth += 1
        known = self._known.get(module) or self.know(module)
        id = known.id_of(module)
        core.enter(id, False, self._neurons.call(module, args, {}))
        if torch.is_grad_enabled():
            inputs = list(_tensors(args))
            watched = _Pass(module, known, id, [t.requires_grad for t in inputs])
            watched.watch([(i, t) for i, t in enumerate(inputs) if t.requires_grad], watched.argument)
            self._passes.append(watched)
        else:
            self._passes.append(None)

    def _returned(self, module, args, result):
        self._depth = max(self._depth - 1, 0)
        id = self._known[module].id_of(module)
        core.exit(id, False)
        watched = self._passes.pop()
        results = [t for t in _tensors(result) if t.requires_grad]
        if watched and results:
            watched.watch(list(enumerate(results)), watched.result(len(results)))
        core.call(id, False, args, result if isinstance(result, tuple) else (result,))
