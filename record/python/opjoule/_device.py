"""Counts what is in tensors on a device, there, without waiting for the device at each op.

A count is a handful of reductions that go on the stream that the op itself went on, right behind it, and end in a few
numbers of a buffer on the device. The buffers are read in batches: one wait for thousands of counts. Until then a Count
is a promise, and what needs it is held back in the order in which it came (held.c). Memory of the user's
tensors is neither kept alive nor written. The facts are those of record/scan (docs/scans.md).
"""

import collections
import os
import threading

import torch

PLACES = 4096  # of counts in a buffer: as many can be outstanding on one stream before it is read
FACTS = 5  # zeros, ones, minus ones, whole numbers, sum of absolute values
REMEMBERED = 16384  # counts that are looked up again when the tensor is an operand later

BINARY, TERNARY, INTEGRAL, DENSE = 1, 2, 3, 4  # enum opj_kind
_FLOATS = frozenset((torch.float16, torch.bfloat16, torch.float32, torch.float64))
_WHOLE = frozenset((torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64))


class Count:
    """What is, or will be, known of a tensor: `facts` is (nnz, kind, magnitude) once the device has been asked."""

    __slots__ = ("facts", "size")

    def __init__(self, size):
        self.size = size
        self.facts = None

    def settle(self, zeros, ones, minus, whole, magnitude):
        size = self.size
        if zeros + ones == size:
            kind, magnitude = BINARY, 0.0
        elif zeros + ones + minus == size:
            kind = TERNARY
        elif whole == size:
            kind = INTEGRAL
        else:
            kind, magnitude = DENSE, 0.0
        self.facts = (size - int(zeros), kind, magnitude)


class _Buffer:
    """Where the counts of one stream of one device end up. Only that stream writes it, so that reading it there comes
    after all of them."""

    def __init__(self, device, stream):
        self.stream = stream
        self.rows = torch.zeros((PLACES, FACTS), dtype=torch.float64, device=device)
        self.counts = []

    def full(self):
        return len(self.counts) == PLACES

    def add(self, tensor):
        count = Count(tensor.numel())
        _measure(tensor, self.rows[len(self.counts)])
        self.counts.append(count)
        return count

    def read(self):
        """Waits for the stream and settles every count."""
        if not self.counts:
            return
        with _on_stream(self.stream):
            rows = self.rows[: len(self.counts)].tolist()
        for count, row in zip(self.counts, rows):
            count.settle(*row)
        self.counts = []


def _measure(tensor, row):
    """Enqueues the reductions of `tensor`; their results go into the five places of `row`."""
    if tensor.dtype is torch.bool:
        tensor = tensor.to(torch.uint8)
    facts = [(tensor == value).sum() for value in ((0, 1, -1) if tensor.dtype is not torch.uint8 else (0, 1))]
    if tensor.dtype is torch.uint8:
        facts.append(torch.zeros_like(facts[0]))
    if tensor.dtype in _FLOATS:
        facts.append(((tensor - tensor.trunc()) == 0).sum())
        magnitude = tensor.abs().sum(dtype=torch.float64)
    else:
        facts.append(torch.full_like(facts[0], tensor.numel()))
        magnitude = tensor.to(torch.float64).abs().sum()
    row.copy_(torch.stack([fact.to(torch.float64) for fact in facts] + [magnitude]))


def _stream(device):
    """The stream that the device's next op of this thread goes on; None where the device has no such thing."""
    module = getattr(torch, device.type, None)
    current = getattr(module, "current_stream", None)
    return current(device) if current and device.type != "cpu" else None


def _on_stream(stream):
    if stream is None:
        return torch.no_grad()
    return getattr(torch, stream.device.type).stream(stream)


def capturing(device):
    """Whether ops are being captured into a graph: they do not run yet, and nothing may wait."""
    return device.type == "cuda" and torch.cuda.is_current_streamcapturing()


class Counts:
    """All counts that are outstanding. Safe for threads. `also`: a device type to treat so as well, which tests use to
    send tensors in ordinary memory along this path; by default what OPJOULE_COUNT_ON_DEVICE names."""

    def __init__(self, also=None):
        self._also = also if also is not None else os.environ.get("OPJOULE_COUNT_ON_DEVICE", "")
        self._buffers = {}
        self._known = collections.OrderedDict()
        self._lock = threading.RLock()

    def concerns(self, tensor):
        """Whether tensors where this one is are counted here and not by the recorder."""
        kind = tensor.device.type
        return kind == self._also or kind not in ("cpu", "meta")

    def count(self, tensor, identity=None):
        """Asks the device what is in `tensor`: a Count, or None if it cannot be counted (a type without a rule, a
        graph being captured). Never waits, unless a buffer is full. `identity`: hashable, the same for tensors of the
        same elements, in which case they are counted once."""
        if tensor.dtype not in _FLOATS and tensor.dtype not in _WHOLE or tensor.layout is not torch.strided:
            return None
        with self._lock:
            known = self._known.get(identity) if identity is not None else None
            if known is None and not capturing(tensor.device):
                known = self._enqueue(tensor)
                if identity is not None:
                    self._remember(identity, known)
            return known

    def read(self):
        """Waits for every stream that counted something; all counts are settled afterwards."""
        with self._lock, torch.no_grad():
            for buffer in self._buffers.values():
                buffer.read()

    def _enqueue(self, tensor):
        if tensor.numel() == 0:
            empty = Count(0)
            empty.settle(0, 0, 0, 0, 0.0)
            return empty
        with torch.no_grad():
            tensor = tensor.detach()
            if tensor.is_neg():
                tensor = tensor.resolve_neg()
            stream = _stream(tensor.device)
            key = (tensor.device, stream)
            buffer = self._buffers.get(key)
            if buffer is None:
                buffer = self._buffers[key] = _Buffer(tensor.device, stream)
            if buffer.full():
                buffer.read()
            return buffer.add(tensor)

    def _remember(self, identity, count):
        self._known[identity] = count
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


_counts = Counts()


def count(tensor, storage, version):
    """What the extension asks for each tensor that is on a device: a Count, or None."""
    if not _counts.concerns(tensor):
        return None
    return _counts.count(tensor, (storage, version, tensor.storage_offset(), tensor.dtype, tensor.shape, tensor.stride()))


def read():
    """What it asks before it takes what the counts came to."""
    _counts.read()
