"""Programs that users may write: what test_robust.py runs plain and recorded. Prints a digest of each one's results, with
the state of the random generator behind it, as a line of JSON: the two must be the same to the bit.

    cases.py [NAME…]

With OPJ_TRACE=1 each runs in a stage of its own name, inside one opjoule.trace; OPJ_TRACE=outer leaves the tracing to
`python3 -m opjoule`.
"""

import contextlib
import copy
import gc
import hashlib
import io
import json
import os
import pickle
import sys
import threading
import traceback
import warnings
import weakref

import torch
import torch.nn.functional as F
import torch.nn.utils.prune
from torch import nn

CASES = {}
HOW = os.environ.get("OPJ_TRACE", "")
if HOW:
    import opjoule


def case(function):
    CASES[function.__name__] = function
    return function


def feed(hash_, value):
    """Puts every bit of a result into a hash, whatever it is."""
    if isinstance(value, torch.Tensor):
        hash_.update(f"{type(value).__name__} {value.dtype} {tuple(value.shape) if not value.is_nested else ''}".encode())
        if value.is_meta or type(value).__name__ == "FakeTensor":
            return
        if value.is_nested:
            feed(hash_, list(value.unbind()))
            return
        if value.layout is not torch.strided:
            value = value.to_dense()
        if value.is_quantized:
            value = value.int_repr()
        value = value.detach().resolve_conj().resolve_neg().contiguous()
        hash_.update(bytes(value.reshape(-1).view(torch.uint8).tolist()) if value.numel() else b"")
    elif isinstance(value, dict):
        for key in value:
            hash_.update(str(key).encode())
            feed(hash_, value[key])
    elif isinstance(value, (list, tuple)):
        for part in value:
            feed(hash_, part)
    else:
        hash_.update(repr(value).encode())


def net():
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5))


def step(model, x, loss=lambda y: y.pow(2).sum()):
    """Output, loss and gradients of one training step."""
    y = model(x)
    value = loss(y)
    value.backward()
    return [y, value, [p.grad for p in model.parameters()]]


# Tensors ------------------------------------------------------------------------------------------------------------------


@case
def noncontiguous():
    x = torch.rand(4, 5, 6).permute(2, 0, 1)
    y = x[:, ::2] * 2
    return [y, y.sum(0), x.transpose(0, 1) @ x.new_ones(5, 1), torch.rand(3, 3).t().flip(0), x.expand(2, 6, 4, 5) + 1]


@case
def zero_size():
    x = torch.rand(0, 3)
    return [x @ torch.rand(3, 4), torch.cat([x, torch.rand(2, 3)]), x.sum(), F.conv2d(torch.rand(0, 1, 4, 4), torch.rand(2, 1, 3, 3))]


@case
def zero_dimensions():
    x = torch.tensor(3.0)
    return [x * 2, x + torch.rand(2), x.reshape(1), torch.rand(3).sum() ** 2, x.item()]


@case
def booleans():
    x = torch.rand(8) > 0.5
    return [x, ~x, x & x.flip(0), x.any(), x.sum(), torch.rand(8)[x].shape[0] >= 0, torch.where(x, 1.0, 2.0)]


@case
def small_floats():
    kept = []
    for dtype in (torch.half, torch.bfloat16):
        x = torch.rand(4, 4).to(dtype)
        kept += [x @ x, x + 1, x.sum(), F.linear(x, x), x.to(torch.float32)]
    for dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
        x = torch.rand(4).to(dtype)
        kept += [x.to(torch.float32), x.view(torch.uint8)]
    return kept


@case
def integers():
    kept = []
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        x = torch.arange(7).to(dtype)
        kept += [x * 2, x.sum(), x // 2, x.bitwise_and(3)]
    for dtype in (torch.uint16, torch.uint32, torch.uint64):
        kept += [torch.arange(7).to(dtype).clone(), torch.arange(7).to(dtype).to(torch.int64) + 1]
    return kept + [torch.tensor([2**63 - 1, -(2**63)]) + 0]


@case
def strange_scalars():
    x = torch.rand(3)
    return [x * float("nan"), x + float("inf"), x.clamp(min=float("-inf")), x * 1e308, torch.full((2,), True), x * (1 + 2j)]


@case
def complexes():
    x = torch.randn(4, 4, dtype=torch.complex64)
    return [x @ x, torch.fft.fft2(torch.rand(4, 4)), x.abs(), torch.view_as_real(x), x.conj() @ x, x.conj().clone()]


@case
def conjugate_and_negative_bits():
    x = torch.randn(4, dtype=torch.complex64)
    y = x.conj()
    z = y.imag
    return [y.is_conj(), z.is_neg(), y * 2, z + 1, z.abs(), y.resolve_conj(), z.resolve_neg(), torch.dot(y, x)]


@case
def sparse_coo():
    x = torch.rand(4, 5) * (torch.rand(4, 5) > 0.5)
    s = x.to_sparse().requires_grad_()
    y = torch.sparse.mm(s, torch.rand(5, 3))
    y.sum().backward()
    return [y, s.grad, (s + s).coalesce().values(), s.t() @ torch.rand(4, 2), s.detach().mul(2), torch.sparse.sum(s)]


@case
def sparse_compressed():
    x = torch.eye(4) * torch.rand(4, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [x.to_sparse_csr() @ torch.rand(4, 2), x.to_sparse_csc().to_dense(), x.to_sparse_bsr((2, 2)).values()]


@case
def sparse_gradients():
    embedding = nn.Embedding(10, 3, sparse=True)
    optimizer = torch.optim.SparseAdam(embedding.parameters())
    embedding(torch.tensor([1, 2, 2])).sum().backward()
    optimizer.step()
    return [embedding.weight, embedding.weight.grad]


@case
def quantised():
    x = torch.rand(3, 4)
    q = torch.quantize_per_tensor(x, 0.1, 3, torch.quint8)
    c = torch.quantize_per_channel(x, torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0, 0, 0]), 0, torch.qint8)
    kept = [q, q.dequantize(), c.dequantize(), q.view(4, 3), q.q_scale(), F.relu(q)]
    if "fbgemm" in torch.backends.quantized.supported_engines or "qnnpack" in torch.backends.quantized.supported_engines:
        kept.append(torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)), {nn.Linear})(x))
    return kept


@case
def meta():
    x = torch.rand(3, 4, device="meta")
    return [x @ x.t(), nn.Linear(4, 2, device="meta")(x), torch.empty(10**12, device="meta") + 1]


@case
def nested():
    parts = [torch.rand(2, 3), torch.rand(4, 3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.nested.nested_tensor(parts)
        jagged = torch.nested.nested_tensor(parts, layout=torch.jagged)
        return [x * 2, F.linear(x, torch.rand(2, 3)), torch.nested.to_padded_tensor(x, 0.0), (jagged * 2).values()]


class Loud(torch.Tensor):
    """A subclass as users make it."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return super().__torch_function__(function, types, args, kwargs or {})


class Wrapped(torch.Tensor):
    """A subclass that has no memory of its own and handles ops below autograd."""

    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype, requires_grad=inner.requires_grad)
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        from torch.utils._pytree import tree_map

        def open_(x):
            return x.inner if isinstance(x, cls) else x

        def close(x):
            return cls(x) if isinstance(x, torch.Tensor) else x

        return tree_map(close, function(*tree_map(open_, args), **tree_map(open_, kwargs or {})))


@case
def subclasses():
    x = torch.rand(3, 3).as_subclass(Loud)
    w = Wrapped(torch.rand(3, 3))
    y = w @ w + 1
    parameter = nn.Parameter(torch.rand(3).as_subclass(Loud))
    (parameter * 2).sum().backward()
    return [x @ x, x.sum(), y.inner, type(y).__name__, parameter.grad]


@case
def lazy_parameters():
    model = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(2))
    return step(model, torch.rand(3, 5))


@case
def transformed():
    from torch.func import functional_call, grad, hessian, jacrev, jvp, vmap

    x, w = torch.rand(3, 4), torch.rand(4)
    model = nn.Linear(4, 2)
    weights = dict(model.named_parameters())
    return [
        vmap(torch.dot)(x, torch.rand(3, 4)),
        vmap(lambda row: row * row.sum(), in_dims=1)(x),
        grad(lambda v: (v**3).sum())(w),
        vmap(grad(lambda v: v.sin().sum()))(x),
        jacrev(lambda v: v * v.sum())(w),
        hessian(lambda v: (v**3).sum())(w),
        jvp(torch.tanh, (w,), (torch.ones(4),)),
        grad(lambda p: functional_call(model, p, (x,)).sum())(weights),
        vmap(lambda v: v + torch.randn(4), randomness="different")(x),
    ]


@case
def forward_mode():
    import torch.autograd.forward_ad as fwAD

    model = nn.Linear(3, 2)
    with fwAD.dual_level():
        y = model(fwAD.make_dual(torch.rand(3), torch.ones(3)))
        return list(fwAD.unpack_dual(y))


@case
def fake():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode() as mode:
        x = torch.rand(3, 4)
        y = nn.Linear(4, 2)(x)
        z = mode.from_tensor(torch.rand(2, 2)) * 2
    return [y.shape, z.shape]


@case
def inference_mode():
    model = net().eval()
    with torch.inference_mode():
        x = model(torch.rand(2, 1, 4, 4))
        x.mul_(2)
        y = x[0] + 1
    return [x, y, x.is_inference(), torch.zeros(2, 5) + x.clone()]


@case
def without_tensors():
    generator = torch.Generator().manual_seed(3)
    return [
        torch.zeros(3), torch.arange(5), torch.rand(2), torch.eye(2), torch.randperm(5, generator=generator),
        torch.linspace(0, 1, 3), torch.empty(0), torch.tensor([1, 2]), torch.hann_window(4),
    ]  # fmt: skip


@case
def given_results():
    a, b, c = torch.rand(3), torch.rand(3), torch.empty(3)
    torch.add(a, b, out=c)
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.max(torch.rand(2, 3), 1, out=(values, indices))
        d = torch.empty(1)
        torch.mul(a, 2, out=d)
    torch.mm(torch.rand(2, 2), torch.rand(2, 2), out=(e := torch.empty(2, 2)))
    return [c, values, indices, d, e]


@case
def written_views():
    x = torch.arange(12.0).reshape(3, 4)
    x[1:].mul_(2)
    x[:, 0] = -1
    x.t()[1].add_(x[:, 2])
    x.diagonal().zero_()
    y = x.view(-1)
    y[::2] = y[1::2]
    x[x > 3] = 0
    x.index_put_((torch.tensor([0, 0]),), torch.ones(4), accumulate=True)
    x.data += 1
    x.transpose_(0, 1)
    return [x, y, x._version]


@case
def moved_storages():
    x = torch.rand(4)
    x.resize_(6).fill_(1)
    y = torch.rand(3)
    x.set_(y)
    x.add_(1)
    parameter = nn.Parameter(torch.rand(2))
    parameter.data = torch.rand(2)
    z = torch.rand(4)
    freed = z * 2
    freed.untyped_storage().resize_(0)
    freed.untyped_storage().resize_(16)
    freed.copy_(z)
    return [x, y, parameter * 2, freed, x.untyped_storage().size(), torch.as_strided(z, (2, 2), (1, 1)) + 1]


@case
def foreign_memory():
    import numpy

    array = numpy.arange(6, dtype=numpy.float32)
    x = torch.from_numpy(array)
    y = x * 2
    array[:] = 1
    readonly = numpy.arange(3.0)
    readonly.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z = torch.from_numpy(readonly) + 1
        b = torch.frombuffer(bytearray(b"abcdefgh"), dtype=torch.int32) + 1
    return [y, x + 1, z, b, torch.from_dlpack(array) + 1]


@case
def list_results():
    x = torch.rand(6, 4)
    many = torch._foreach_add([torch.rand(2), torch.rand(3)], 1.0)
    torch._foreach_mul_(many, 2.0)
    return [
        x.split(2), x.unbind(1), x.chunk(4), x.topk(2), x.sort(), x.max(1), many, torch.linalg.svd(x), x.aminmax(),
        torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij"), torch.unique(x.round(), return_counts=True),
        torch.nonzero(x > 0.5), x.tensor_split([1, 3]), torch.histogram(x, 4), torch.frexp(x), torch.var_mean(x),
    ]  # fmt: skip


@case
def too_many_tensors():
    return [torch.cat([torch.ones(1)] * 5000).sum(), torch.stack([torch.zeros(1)] * 4096).shape]


@case
def many_dimensions():
    return [torch.ones([1] * 64) + 1, torch.ones([2] * 14).permute(*reversed(range(14))).sum(3)]


@case
def mixed_precision():
    model = net()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = model(torch.rand(2, 1, 4, 4))
        loss = y.float().pow(2).sum()
    loss.backward()
    return [y, [p.grad for p in model.parameters()]]


@case
def randomness():
    x = F.dropout(torch.ones(20), 0.5)
    with torch.random.fork_rng():
        y = torch.rand(3)
    return [x, y, torch.bernoulli(torch.full((5,), 0.5)), torch.multinomial(torch.rand(4), 2), torch.normal(0.0, 1.0, (3,))]


@case
def fused_and_composed():
    q = torch.rand(1, 2, 5, 4, requires_grad=True)
    y = F.scaled_dot_product_attention(q, q, q, is_causal=True)
    y.sum().backward()
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    rnn = nn.LSTM(3, 4, 2, bidirectional=True)
    kept = [y, q.grad, layer(torch.rand(2, 3, 8)), rnn(torch.rand(5, 2, 3))[0], torch.einsum("ij,kj->ik", torch.rand(2, 3), torch.rand(4, 3))]
    with torch.inference_mode():
        kept.append(layer.eval()(torch.rand(2, 3, 8)))
    return kept + [F.interpolate(torch.rand(1, 1, 3, 3), scale_factor=2.0, mode="bilinear"), F.ctc_loss(
        torch.rand(5, 1, 3).log_softmax(2), torch.ones(1, 2, dtype=torch.long), torch.tensor([5]), torch.tensor([2]))]  # fmt: skip


@case
def channels_last():
    model = net().to(memory_format=torch.channels_last)
    return step(model, torch.rand(2, 1, 4, 4).to(memory_format=torch.channels_last))


# Autograd -----------------------------------------------------------------------------------------------------------------


@case
def double_backward():
    x = torch.rand(3, requires_grad=True)
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    g.sum().backward()
    y = x.exp()
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return [g, x.grad]


@case
def checkpointing():
    from torch.utils.checkpoint import checkpoint

    kept = []
    for reentrant in (False, True):
        model = net()
        x = torch.rand(2, 1, 4, 4, requires_grad=True)
        checkpoint(model, x, use_reentrant=reentrant).sum().backward()
        kept += [x.grad, [p.grad for p in model.parameters()]]
    return kept


@case
def hooks_of_the_user():
    model, seen = net(), []
    handles = [
        model.register_forward_pre_hook(lambda m, a: (a[0] * 2,)),
        model[0].register_forward_hook(lambda m, a, out: out + 1),
        model[4].register_full_backward_hook(lambda m, gi, go: seen.append(go[0].sum().item())),
        model[4].register_full_backward_pre_hook(lambda m, go: (go[0] * 0.5,)),
        model[0].register_forward_pre_hook(lambda m, a, kw: (a, kw), with_kwargs=True),
        model[0].weight.register_hook(lambda g: g * 2),
        model[0].weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.sum().item())),
    ]
    kept = step(model, torch.rand(2, 1, 4, 4, requires_grad=True))
    for handle in handles:
        handle.remove()
    return kept + [seen, len(model._forward_hooks), model(torch.rand(2, 1, 4, 4))]


@case
def saved_tensor_hooks():
    model = net()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        kept = step(model, torch.rand(2, 1, 4, 4))
    with torch.autograd.graph.save_on_cpu():
        return kept + step(nn.Linear(3, 3), torch.rand(2, 3))


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.mark_non_differentiable()
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


@case
def functions_of_the_user():
    x = torch.rand(3, requires_grad=True)
    y = Square.apply(x)
    y.sum().backward()
    try:
        torch.ones(2).backward()
    except RuntimeError as error:
        return [y, x.grad, str(error)]


@case
def accumulated_gradients():
    model = net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, amsgrad=True)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        for _ in range(2):
            (model(torch.rand(2, 1, 4, 4)).pow(2).mean() / 2).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
    return [list(model.parameters()), optimizer.state_dict()["state"]]


@case
def optimizers():
    kept = []
    for name, options in (
        ("SGD", {"momentum": 0.9, "nesterov": True}), ("SGD", {"foreach": True}), ("SGD", {"maximize": True}),
        ("Adam", {"fused": True}), ("Adam", {"foreach": False}), ("RMSprop", {"momentum": 0.1}), ("Adagrad", {}),
        ("Adadelta", {}), ("Rprop", {}), ("ASGD", {}), ("NAdam", {}), ("RAdam", {}), ("Adamax", {}),
    ):  # fmt: skip
        model = nn.Linear(3, 2)
        optimizer = getattr(torch.optim, name)([{"params": [model.weight]}, {"params": [model.bias], "lr": 0.5}], lr=0.1, **options)
        for _ in range(2):
            optimizer.zero_grad()
            model(torch.rand(4, 3)).pow(2).sum().backward()
            optimizer.step()
        kept += list(model.parameters())
    model = nn.Linear(3, 1)
    lbfgs = torch.optim.LBFGS(model.parameters(), max_iter=3)
    x = torch.rand(4, 3)

    def closure():
        lbfgs.zero_grad()
        loss = model(x).pow(2).sum()
        loss.backward()
        return loss

    return kept + [lbfgs.step(closure), list(model.parameters())]


# Modules ------------------------------------------------------------------------------------------------------------------


class Recursive(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)

    def forward(self, x, depth=4):
        return self.fc(x) if depth == 0 else self(self.fc(x), depth - 1).relu()


class Slotted(nn.Module):
    __slots__ = ("extra",)

    def __init__(self):
        super().__init__()
        self.extra = torch.ones(2)
        self.fc = nn.Linear(2, 2)

    def forward(self, *, x):
        return {"y": self.fc(x + self.extra), "none": None}


class Generating(nn.Module):
    """A forward that is left in the middle, and one that is never finished."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        def steps():
            y = x
            while True:
                y = self.fc(y)
                yield y

        return steps()


class Hostile(nn.Module):
    """Attributes that are nobody's business to read."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def __getattr__(self, name):
        if name in ("step_mode", "backend", "in_features", "stride", "_memories"):
            raise RuntimeError("who asks?")
        return super().__getattr__(name)

    def __len__(self):
        raise TypeError("no length")

    def __eq__(self, other):
        raise TypeError("not comparable")

    __hash__ = nn.Module.__hash__

    def __repr__(self):
        raise ValueError("no text")

    def forward(self, x):
        return self.fc(x)


@case
def unusual_modules():
    generating = Generating()(torch.rand(2))
    kept = [next(generating), next(generating)]
    del generating
    shared = nn.Linear(2, 2)
    twice = nn.Sequential(shared, nn.ReLU(), shared)
    named = nn.ModuleDict({"a b": nn.Linear(2, 2)})
    hostile = Hostile()
    return kept + [
        step(Recursive(), torch.rand(2, 3)), Slotted()(x=torch.rand(2)), step(twice, torch.rand(2, 2)),
        hostile(torch.rand(2)), named["a b"](torch.rand(2)),
    ]  # fmt: skip


@case
def models_that_change():
    model = net()
    first = model(torch.rand(2, 1, 4, 4))
    model.append(nn.Linear(5, 2))
    model[0] = nn.Conv2d(1, 3, 3, padding=1, bias=False)
    second = model(torch.rand(2, 1, 4, 4))
    del model[5]
    model[4].weight = nn.Parameter(torch.rand(5, 48))
    model.eval()
    third = model(torch.rand(2, 1, 4, 4))
    return [first, second, third, model.half().float()(torch.rand(2, 1, 4, 4)), model.double()(torch.rand(2, 1, 4, 4).double())]


@case
def copied_and_saved_models():
    model = net()
    step(model, torch.rand(2, 1, 4, 4))
    copied = copy.deepcopy(model)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    fresh = net()
    fresh.load_state_dict(torch.load(file, weights_only=True))
    pickled = pickle.loads(pickle.dumps(model))
    with torch.no_grad():
        x = torch.rand(2, 1, 4, 4)
        return [m.eval()(x) for m in (model, copied, fresh, pickled)] + [list(fresh.state_dict())]


@case
def reparametrised():
    model = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    pruned = nn.Linear(3, 3)
    nn.utils.prune.l1_unstructured(pruned, "weight", 0.5)
    averaged = torch.optim.swa_utils.AveragedModel(nn.Linear(3, 3))
    averaged.update_parameters(nn.Linear(3, 3))
    x = torch.rand(2, 3)
    return [step(model, x), spectral(x), pruned(x), averaged(x)]


@case
def scripted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = net().eval()
        scripted_, traced = torch.jit.script(model), torch.jit.trace(model, torch.rand(2, 1, 4, 4))
    x = torch.rand(2, 1, 4, 4)
    mixed = nn.Sequential(scripted_, nn.Linear(5, 2))
    kept = [scripted_(x), traced(x), mixed(x)]
    for _ in range(3):  # the profiling executor changes its mind
        kept.append(scripted_(x))
    return kept


@case
def symbolic():
    from torch.fx import symbolic_trace

    model = net().eval()
    x = torch.rand(2, 1, 4, 4)
    return [symbolic_trace(model)(x), torch.export.export(model, (x,)).module()(x)]


@case
def compiled():
    # Behind the export: under any dispatch mode torch.compile notes for good which code it leaves as it is, and the
    # export of such code fails then, with or without us.
    kept = []
    for backend in ("eager", "aot_eager"):
        model = net()
        fast = torch.compile(model, backend=backend)
        for _ in range(2):
            y = fast(torch.rand(2, 1, 4, 4))
            y.sum().backward()
            kept += [y]
        kept.append([p.grad for p in model.parameters()])
        torch._dynamo.reset()
    return kept


@case
def modes_of_the_user():
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode

    names = []

    class Log(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            names.append(str(function))
            return function(*args, **(kwargs or {}))

    class Functions(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            names.append(getattr(function, "__name__", "?"))
            return function(*args, **(kwargs or {}))

    model = net()
    with Log():
        kept = step(model, torch.rand(2, 1, 4, 4))
    with Functions(), FlopCounterMode(display=False) as flops:
        kept.append(model(torch.rand(2, 1, 4, 4)))
    return kept + [names, flops.get_total_flops()]


@case
def ops_of_the_user():
    library = torch.library.Library("opjtest", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: x * 2, "CompositeExplicitAutograd")
    library.define("into(Tensor x, Tensor(a!) y) -> ()")
    library.impl("into", lambda x, y: (y.copy_(x), None)[1], "CompositeExplicitAutograd")
    library.define("words(Tensor x, str how, Device? d=None, ScalarType? t=None) -> (Tensor, int)")
    library.impl("words", lambda x, how, d=None, t=None: (x + 1, 7), "CompositeExplicitAutograd")
    y = torch.empty(2)
    torch.ops.opjtest.into(torch.ones(2), y)
    return [torch.ops.opjtest.twice(torch.rand(2)), y, torch.ops.opjtest.words(torch.rand(2), "é\n", t=torch.float32)]


# Threads, and what goes wrong -------------------------------------------------------------------------------------------


@case
def threads():
    model, results = net().eval(), {}

    def work(i):
        with torch.no_grad():
            results[i] = model(torch.full((2, 1, 4, 4), float(i)))

    pool = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return [results[i] for i in range(4)]


@case
def backward_in_threads():
    model, grads = net(), {}

    def work(i):
        x = torch.full((2, 1, 4, 4), float(i + 1), requires_grad=True)
        grads[i] = torch.autograd.grad(model.eval()(x).sum(), x)

    for i in range(3):
        thread = threading.Thread(target=work, args=(i,))
        thread.start()
        thread.join()
    return [grads[i] for i in range(3)]


@case
def exceptions():
    model, kept = net(), []
    for x in (torch.rand(2, 2, 4, 4), torch.rand(3)):
        try:
            model(x)
        except RuntimeError as error:
            kept.append(str(error))
    try:
        model[0].register_forward_hook(lambda m, a, out: 1 / 0)
        model(torch.rand(2, 1, 4, 4))
    except ZeroDivisionError as error:
        kept.append(str(error))
    model[0]._forward_hooks.clear()

    class Stop(BaseException):
        pass

    handle = model[2].register_forward_pre_hook(lambda m, a: (_ for _ in ()).throw(Stop()))
    try:
        model(torch.rand(2, 1, 4, 4))
    except Stop:
        kept.append("stopped")
    handle.remove()
    x = torch.rand(2, 1, 4, 4, requires_grad=True)
    y = model(x)
    y.register_hook(lambda g: 1 / 0)
    try:
        y.sum().backward()
    except ZeroDivisionError:
        kept.append("backward")
    return kept + step(model, torch.rand(2, 1, 4, 4))


@case
def too_deep():
    def down(x):
        return down(x + 1)

    old = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        down(torch.zeros(1))
    except RecursionError:
        return ["too deep", torch.ones(1) + 1]
    finally:
        sys.setrecursionlimit(old)


@case
def nothing_is_kept_alive():
    gc.collect()
    model, freed = net(), []
    x = torch.rand(2, 1, 4, 4)
    y = model(x)
    y.sum().backward()
    for tensor in (x, y, model[0].weight.grad, model[0].weight):
        freed.append(weakref.ref(tensor))
    module = weakref.ref(model)
    del x, y, tensor
    alive = [r() is None for r in freed[:2]]
    model.zero_grad(set_to_none=True)
    alive.append(freed[2]() is None)
    del model
    gc.collect()
    return alive + [freed[3]() is None, module() is None]


def main(names):
    torch.set_num_threads(1)
    for name in names or CASES:
        torch.manual_seed(1)
        digest = hashlib.sha256()
        stage = opjoule.stage(name) if HOW else contextlib.nullcontext()
        try:
            with stage:
                result = CASES[name]()
            feed(digest, result)
            feed(digest, torch.get_rng_state())
            said = {"case": name, "digest": digest.hexdigest()[:16]}
        except Exception as error:  # the test compares even that
            said = {"case": name, "error": f"{type(error).__name__}: {error}"[:300]}
            if os.environ.get("OPJ_SHOW"):
                traceback.print_exc()
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    with opjoule.trace() if HOW == "1" else contextlib.nullcontext():
        main(sys.argv[1:])
