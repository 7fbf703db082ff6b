"""An op log (docs/oplog.md) of a script, written without anything of opjoule: usage: plain_log.py LOG NEURON,… script.py …

A plain TorchDispatchMode sees the ops, torch's own ModuleTracker says which modules are active, and all facts of tensors and
spikes are computed with torch itself. Every storage that was seen is kept, so that its address stays its own.
"""

import json
import runpy
import sys

import torch
from torch.nn import functional
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.module_tracker import ModuleTracker

CONSTANTS = {  # what the trace shall say of each class
    "Conv2d": "in_channels out_channels kernel_size stride padding dilation groups output_padding padding_mode",
    "Linear": "in_features out_features",
    "BatchNorm1d": "num_features eps momentum affine track_running_stats",
    "BatchNorm2d": "num_features eps momentum affine track_running_stats",
    "MaxPool2d": "kernel_size stride padding dilation ceil_mode return_indices",
    "IFNode": "v_threshold v_reset",
    "LIFNode": "v_threshold v_reset tau",
}
# Ops that are made of others, and in inference mode arrive as a whole.
WHOLE = {"aten::" + name for name in "batch_norm _batch_norm_impl_index linear _has_compatible_shallow_copy_type".split()}


def bare(function):
    """Without the mode: what the log itself computes is no op of the script."""

    def call(*args, **kwargs):
        with torch.utils._python_dispatch._disable_current_modes(), torch.no_grad():
            return function(*args, **kwargs)

    return call


class Log:
    def __init__(self, path, neurons):
        self.file = open(path, "w", encoding="utf-8")
        self.neurons = neurons
        self.ops = 0
        self.storages = {}
        self.ids = {}  # of modules
        self.names = {}  # of parameters, by storage
        self.tracker = ModuleTracker()
        self.in_optimizer = 0

    def put(self, **line):
        print(json.dumps(line, separators=(",", ":")), file=self.file)

    def storage(self, tensor):
        return self.stored(tensor)[0]

    def stored(self, tensor):
        """Id of a storage, the storage, and how large it was when it was met."""
        held = tensor.untyped_storage()
        return self.storages.setdefault(held._cdata, (len(self.storages) + 1, held, held.nbytes()))

    def tensor(self, t):
        line = {"T": list(t.shape), "d": str(t.dtype)[6:], "u": self.storage(t), "a": self.storage(t)}
        values = t.detach().double()
        line["z"] = int((values != 0).sum())
        line["b"] = int(bool(((values == 0) | (values == 1)).all()))
        if not line["b"] and bool((values == values.round()).all()):
            line["s"] = int(values.abs().sum())
        if t.requires_grad:
            line["g"] = 1
        if line["u"] in self.names:
            line["p"] = self.names[line["u"]]
        line.update(place(t, self.stored(t)[2]))
        line.update(width(t.detach(), values))
        return line

    def tree(self, value):
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, (list, tuple)):
            return [self.tree(v) for v in value]
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        return str(value)

    def know(self, root):
        self.put(k="oplog", version=2, case="", framework="torch", model=type(root).__name__)
        for name, module in root.named_modules():
            self.ids[module] = len(self.ids)
            attrs = {n: getattr(module, n) for n in CONSTANTS.get(type(module).__name__, "").split()}
            self.put(
                k="module",
                id=self.ids[module],
                path=".".join([type(root).__name__] + ([name] if name else [])),
                cls=type(module).__name__,
                bases=[c.__name__ for c in type(module).__mro__[:-1]],
                kind="neuron" if type(module).__name__ in self.neurons else None,
                training=module.training,
                step_mode="s",
                backend=None,
                attrs=attrs,
                params=[
                    {"name": n, "shape": list(p.shape), "dtype": str(p.dtype)[6:], "requires_grad": p.requires_grad}
                    for n, p in module.named_parameters(recurse=False)
                ],
                **self.more(module),
            )

    def more(self, module):
        kept = [(n, b) for n, b in module.named_buffers(recurse=False)]
        more = {"buffers": [{"name": n, "shape": list(b.shape), "dtype": str(b.dtype)[6:]} for n, b in kept]} if kept else {}
        return more | ({"batch_axis": 1} if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) else {})

    def name(self, root):
        for name, parameter in root.named_parameters():
            self.names[self.storage(parameter)] = name

    def where(self):
        parents = set(self.tracker.parents)
        mods = sorted(i for m, i in self.ids.items() if self.tracker._get_mod_name(m) in parents)
        return {"mods": mods, "parents": sorted(parents)}

    def stage(self):
        if torch._C._current_graph_task_id() != -1:
            return "backward"
        return "optimizer" if self.in_optimizer else "forward"

    def phase(self):
        """What opjoule knows of a stage that it has found itself."""
        return {} if self.stage() == "forward" else {"phase": self.stage()}

    def op(self, func, args, kwargs, out):
        name = str(func)
        starts = name.startswith("profiler._record_function_enter") and args[0].startswith("Optimizer.")
        self.in_optimizer += starts
        where = self.where()
        line = {"k": "op", "i": self.ops, "op": name, "stage": self.stage(), "grad": self.grad, **where, **self.phase()}
        if self.in_optimizer:
            line["suspended"] = True
        line.update(op_in := {"in": self.tree(args)})
        if kwargs:
            line["kw"] = {k: self.tree(v) for k, v in kwargs.items()}
        line["out"] = self.tree(out)
        states = [m.v for m, i in self.ids.items() if i in where["mods"] and isinstance(getattr(m, "v", None), torch.Tensor)]
        if states:
            line["states"] = [self.storage(v) for v in states]
        spike = self.spike(name, args, op_in["in"])
        if spike:
            line["spike"] = spike
        self.put(**line)
        self.ops += 1
        if name.startswith("profiler._record_function_exit"):
            self.in_optimizer = 0

    def spike(self, name, args, seen):
        if name == "aten.convolution.default" and seen[0]["b"]:
            return convolution_spikes(args[0], args[1], *args[3:6], args[8])
        if name in ("aten.mm.default", "aten.addmm.default"):
            first = name == "aten.addmm.default"
            x, y, found = args[first], args[first + 1], {}
            if seen[first]["b"]:
                found["x_active_rows"] = int((x != 0).any(1).sum())
            if seen[first + 1]["b"]:
                found["y_active_cols"] = int((y != 0).any(0).sum())
            if len(found) == 2:
                found.update(pair_sum=int((x @ y).sum()), pair_active=int((x @ y != 0).sum()))
            return found
        return None

    def call(self, module, direction, given, returned, **more):
        self.put(
            k="call",
            dir=direction,
            mod=self.ids[module],
            stage=self.stage(),
            after=self.ops,
            suspended=False,
            **{"in": [self.tree(t) for t in given], "out": [self.tree(t) for t in returned]},
            **self.phase(),
            **more,
        )

    def left(self, module):
        """What a neuron carries on."""
        if type(module).__name__ not in self.neurons:
            return {}
        return {"states": [{"name": "v", "shape": list(module.v.shape), "dtype": str(module.v.dtype)[6:]}]}

    def optimizer(self, optimizer, args, kwargs):
        groups = []
        for group in optimizer.param_groups:
            hyper = {k: list(v) if isinstance(v, tuple) else v for k, v in group.items() if k != "params"}
            params = [
                {
                    "shape": list(p.shape),
                    "has_grad": p.grad is not None,
                    "momentum_buffer": optimizer.state[p].get("momentum_buffer") is not None,
                }
                for p in group["params"]
            ]
            groups.append({"hyper": hyper, "params": params})
        name = type(optimizer).__name__
        self.put(k="optimizer", cls=name, stage="optimizer", after=self.ops, phase="optimizer", groups=groups)


def place(t, size):
    """Where a tensor lies in its storage: strides where they are not those of its shape, bytes of all, elements before."""
    natural, reach = [], 1
    for extent in reversed(t.shape):
        natural.insert(0, reach)
        reach *= extent
    told = {}
    if t.numel() and any(n > 1 and s != c for n, s, c in zip(t.shape, t.stride(), natural)):
        told["st"] = list(t.stride())
    if size:
        told["sb"] = size
        if t.storage_offset():
            told["o"] = t.storage_offset()
    return told


SIGNIFICANDS = {torch.float32: (torch.int32, 23), torch.float64: (torch.int64, 52)}


def trailing_zeros(t):
    """Low bits that are 0 in every element, of a float in the significand that is stored."""
    whole, bits = SIGNIFICANDS.get(t.dtype, (None, t.element_size() * 8))
    words = (t.contiguous().view(whole) if whole else t).long()
    for bit in range(bits):
        if bool((words >> bit & 1).any()):
            return bit
    return bits


def width(t, values):
    """The least e with all |x| < 2^e, whether some are negative, and trailing zeros, of values that are not only -1, 0
    and 1."""
    if not bool(((values != 0) & (values.abs() != 1)).any()):
        return {}
    finite = bool(values.isfinite().all())
    exponent = int(torch.frexp(values.abs().max()).exponent) if finite else 127
    return {"e": max(-128, min(127, exponent)), "n": int(bool((values < 0).any())), "tz": trailing_zeros(t)}


def convolution_spikes(x, weight, stride, padding, dilation, groups):
    """By definition: fan-out by a convolution with ones, tiles by receptive fields laid out one by one."""
    spikes, ones = x.double(), torch.ones_like(weight, dtype=torch.float64)
    reached = functional.conv2d(spikes, ones, None, stride, padding, dilation, groups)
    fields = functional.unfold(spikes, weight.shape[2:], dilation, padding, stride)
    fields = fields.reshape(x.shape[0], x.shape[1], -1, fields.shape[-1]).sum(2)  # [N, C, sites]
    tiles = {}
    for size in (16, 32, 64, 128, 256):
        parts = [part.sum(1) for part in fields.split(size, 1)]
        tiles[str(size)] = {
            "patches": sum(int((p != 0).sum()) for p in parts),
            "rows": [int(p.sum()) for p in parts],
            "sites": int((fields.sum(1) != 0).sum()),
        }
    return {"synops": int(reached.sum()), "active_out": int((reached != 0).sum()), "tiles": tiles}


class Mode(TorchDispatchMode):
    def __init__(self, log):
        super().__init__()
        self.log = log

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if torch.is_inference_mode_enabled() and func.name() in WHOLE:
            with self:
                return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **(kwargs or {}))
        out = func(*args, **(kwargs or {}))
        if self.log.ids:
            self.log.grad = torch.is_grad_enabled()
            bare(self.log.op)(func, args, kwargs, out)
        return out


def watch(log):
    """Calls of modules; backward ones by hooks of the tensors that go in and come out, which add no ops."""
    given = {}  # gradients of results, by call

    def called(module, args):
        if not log.ids:
            bare(log.know)(module)
        if log.ids[module] == 0:
            bare(log.name)(module)

    def returned(module, args, result):
        bare(log.call)(module, "forward", args, (result,), grad=torch.is_grad_enabled(), **log.left(module))
        if not (torch.is_grad_enabled() and result.requires_grad):
            return
        key = object()
        waits = args[0].requires_grad

        def result_hook(grad):
            given[key] = grad
            if not waits:
                bare(log.call)(module, "backward", (grad,), (None,))

        result.register_hook(result_hook)
        if waits:
            args[0].register_hook(lambda grad: bare(log.call)(module, "backward", (given[key],), (grad,)))

    register_module_forward_pre_hook(called)
    register_module_forward_hook(returned)
    register_optimizer_step_pre_hook(bare(log.optimizer))


def main():
    log = Log(sys.argv[1], sys.argv[2].split(","))
    sys.argv[:] = sys.argv[3:]
    watch(log)
    with log.tracker, Mode(log):
        runpy.run_path(sys.argv[0], run_name="__main__")
    log.put(k="end", ops=log.ops)
    log.file.close()


if __name__ == "__main__":
    main()
