"""An op log written by a plain TorchDispatchMode, with nothing of opjoule: docs/oplog.md, by the shortest way.

Slow and simple on purpose: it is what the recorder's trace is compared with. Which modules are active it asks the
tracker of SpikingJelly's counters that run beside it, so that both see the same scopes. """

import contextlib
import json

import cases
import torch
import torch.nn.functional as F
from spikingjelly.activation_based.neuron.base_node import BaseNode
from torch.autograd.graph import register_multi_grad_hook
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import resolve_name
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

ATTRS = (
    "in_channels",
    "out_channels",
    "in_features",
    "out_features",
    "num_features",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "groups",
)
CALLS = (
    torch.nn.Conv1d,
    torch.nn.Conv2d,
    torch.nn.Conv3d,
    torch.nn.Linear,
    torch.nn.BatchNorm1d,
    torch.nn.BatchNorm2d,
    torch.nn.BatchNorm3d,
    BaseNode,
)
TILES = (16, 32, 64, 128, 256)
PRODUCTS = {"aten.mm.default": 0, "aten.addmm.default": 1, "aten.bmm.default": 0, "aten.baddbmm.default": 1}


class OpLog(TorchDispatchMode):
    """Use: with OpLog(…) as log: … ; with log.stage("backward"): … ; with log.suspended(): …"""

    def __init__(self, file, case, model, tracker):
        super().__init__()
        self.file, self.case, self.model, self.tracker = file, case, model, tracker
        self.ids = {}  # module: id
        self.paths = cases.last_paths(model)
        self.storages = {}  # StorageWeakRef: storage id; the weak reference keeps the key from being used again
        self.addresses = {}  # data_ptr: address id
        self.parameters = {StorageWeakRef(p.untyped_storage()): n for n, p in model.named_parameters()}
        self.ops = 0
        self.label = None
        self.quiet = False
        self.hooks = []

    def line(self, **fields):
        json.dump(fields, self.file, ensure_ascii=False, separators=(",", ":"))
        self.file.write("\n")

    @contextlib.contextmanager
    def stage(self, label):
        before, self.label = self.label, label
        yield
        self.label = before

    @contextlib.contextmanager
    def suspended(self):
        before, self.quiet = self.quiet, True
        yield
        self.quiet = before

    def __enter__(self):
        model = type(self.model).__name__
        self.line(k="oplog", version=1, case=self.case.name, framework=f"torch {torch.__version__}", model=model)
        for path, module in self.model.named_modules(prefix=model):
            self.define(path, module)
        for module in self.model.modules():
            if isinstance(module, CALLS):
                self.hooks.append(module.register_forward_hook(self.forward_call))
        return super().__enter__()

    def __exit__(self, *exception):
        super().__exit__(*exception)
        for hook in self.hooks:
            hook.remove()
        self.line(k="end", ops=self.ops)

    def define(self, path, module):
        self.ids[module] = len(self.ids)
        attrs = {name: getattr(module, name) for name in ATTRS if hasattr(module, name)}
        params = [
            {"name": n, "shape": list(p.shape), "dtype": str(p.dtype)[6:], "requires_grad": p.requires_grad}
            for n, p in module.named_parameters(recurse=False)
        ]
        bases = [cls.__name__ for cls in type(module).__mro__ if cls is not object]
        self.line(
            k="module",
            id=self.ids[module],
            path=path,
            cls=bases[0],
            bases=bases,
            kind="neuron" if isinstance(module, BaseNode) else None,
            training=module.training,
            step_mode=getattr(module, "step_mode", "s"),
            backend=getattr(module, "backend", None),
            attrs=attrs,
            params=params,
        )

    def storage(self, tensor):
        return self.storages.setdefault(StorageWeakRef(tensor.untyped_storage()), len(self.storages) + 1)

    def address(self, tensor):
        key = tensor.untyped_storage().data_ptr() or -self.storage(tensor)
        return self.addresses.setdefault(key, len(self.addresses) + 1)

    def tensor(self, tensor):
        fields = {
            "T": list(tensor.shape),
            "d": str(tensor.dtype)[6:],
            "u": self.storage(tensor),
            "a": self.address(tensor),
            "z": int(tensor.count_nonzero()),
            "b": int(binary(tensor)),
        }
        if not fields["b"] and bool((tensor == tensor.round()).all()):
            fields["s"] = float(tensor.double().abs().sum())
        if tensor.requires_grad:
            fields["g"] = 1
        name = self.parameters.get(StorageWeakRef(tensor.untyped_storage()))
        if name is not None:
            fields["p"] = name
        return fields

    def tree(self, value):
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, (tuple, list)):
            return [self.tree(v) for v in value]
        if isinstance(value, dict):
            return {k: self.tree(v) for k, v in value.items()}
        return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)

    def forward_call(self, module, inputs, output):
        self.call("forward", module, inputs, [output])
        # Backward by hooks on tensors: those on modules put views around them that are not the model's own ops, and
        # fail where a result is changed in place. The gradient of an input is then that of all its uses; its shape is
        # the same.
        if output.requires_grad:
            gradients = []
            output.register_hook(gradients.append)
            x = [i for i in inputs if isinstance(i, torch.Tensor) and i.requires_grad] or [output]
            nothing = x[0] is output
            register_multi_grad_hook(
                x, lambda found: self.call("backward", module, gradients, [None] if nothing else found)
            )

    def call(self, direction, module, arguments, results):
        with _disable_current_modes():
            self.line(
                k="call",
                dir=direction,
                mod=self.ids[module],
                stage=self.label,
                after=self.ops,
                suspended=self.quiet,
                **{"in": self.tree(arguments), "out": self.tree(results)},
            )

    def optimizer(self, optimizer):
        """Notes that a step is about to be taken."""
        groups = []
        for group in optimizer.param_groups:
            params = [
                {
                    "shape": list(p.shape),
                    "has_grad": p.grad is not None,
                    "momentum_buffer": optimizer.state[p].get("momentum_buffer") is not None,
                }
                for p in group["params"]
            ]
            groups.append({"hyper": self.tree({k: v for k, v in group.items() if k != "params"}), "params": params})
        self.line(k="optimizer", cls=type(optimizer).__name__, stage=self.label, after=self.ops, groups=groups)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        with _disable_current_modes(), torch.no_grad():
            self.op(resolve_name(func), args, kwargs or {}, out)
        return out

    def op(self, name, args, kwargs, out):
        active = self.tracker.active_modules
        fields = {
            "k": "op",
            "i": self.ops,
            "op": name,
            "stage": self.label,
            "grad": torch.is_grad_enabled(),
            "mods": sorted(self.ids[m] for m in active if m in self.ids),
            "parents": sorted(self.paths.get(path, path) for path in self.tracker.parents),
        }
        if self.quiet:
            fields["suspended"] = True
        fields["in"] = self.tree(args)
        if kwargs:
            fields["kw"] = self.tree(kwargs)
        fields["out"] = self.tree(out)
        states = {
            self.storage(v)
            for m in active
            if isinstance(m, BaseNode)
            for v in m._memories.values()
            if isinstance(v, torch.Tensor)
        }
        if states:
            fields["states"] = sorted(states)
        spike = spikes(name, args, out)
        if spike:
            fields["spike"] = spike
        self.line(**fields)
        self.ops += 1


def binary(tensor):
    return tensor.dtype == torch.bool or bool(((tensor == 0) | (tensor == 1)).all())


def spikes(name, args, out):
    """Where the spikes are: docs/oplog.md."""
    if name == "aten.convolution.default" and args[0].numel() and binary(args[0]):
        return convolution_spikes(*args[:9], out)
    if name in PRODUCTS:
        x, y = args[PRODUCTS[name] :][:2]
        return product_spikes(x.double(), y.double(), binary(x), binary(y))
    return {}


def convolution_spikes(x, w, bias, stride, padding, dilation, transposed, output_padding, groups, out):
    ones = torch.ones_like(w, dtype=torch.double)
    reach = torch.ops.aten.convolution(
        x.double(), ones, None, stride, padding, dilation, transposed, output_padding, groups
    )
    stats = {"synops": int(reach.sum()), "active_out": int((reach > 0).sum())}
    if not transposed and groups == 1 and w.dim() == 4:
        stats["tiles"] = {
            str(size): tile_spikes(x.double(), size, w.shape[2:], stride, padding, dilation) for size in TILES
        }
    return stats


def tile_spikes(x, size, kernel, stride, padding, dilation):
    tiles = -(-x.shape[1] // size)
    sums = F.pad(x, (0, 0, 0, 0, 0, tiles * size - x.shape[1])).unflatten(1, (tiles, size)).sum(2)
    reach = F.conv2d(sums, sums.new_ones(tiles, 1, *kernel), None, stride, padding, dilation, tiles)
    return {
        "patches": int((reach > 0).sum()),
        "rows": [int(v) for v in reach.sum((0, 2, 3))],
        "sites": int((reach > 0).any(1).sum()),
    }


def product_spikes(x, y, x_binary, y_binary):
    stats = {}
    if x_binary:
        stats["x_active_rows"] = int((x != 0).any(-1).sum())
    if y_binary:
        stats["y_active_cols"] = int((y != 0).any(-2).sum())
    if x_binary and y_binary:
        pair = x @ y
        stats["pair_sum"], stats["pair_active"] = int(pair.sum()), int((pair > 0).sum())
    return stats
