"""Counters computed from an op log by what docs/counters.md says of each op that the network of these tests runs; an op that
is not here is an error, so that none is left out in silence."""

from math import prod


def size(tensor):
    return prod(tensor["T"])


def nbytes(*tensors):
    width = {"float32": 4, "int64": 8, "bool": 1, "uint8": 1}
    return sum(size(t) * width[t["d"]] for t in tensors if isinstance(t, dict))


class Op:
    def __init__(self, line):
        self.line = line
        self.name = line["op"].removeprefix("aten.")
        self.args = line["in"]
        self.kw = line.get("kw", {})
        self.out = line["out"]
        self.spike = line.get("spike", {})

    def tensors(self):
        return [a for a in self.args if isinstance(a, dict)]


def elementwise(op):
    n, operands = size(op.out), op.tensors()
    return {"flop": n, "memory": nbytes(*operands, op.out)}


def addition(op):
    figures = elementwise(op)
    other = op.args[1]
    if op.kw.get("alpha", 1) != 1:
        figures["flop"] += size(other) if isinstance(other, dict) else 1
    binary = [t for t in op.args[:2] if isinstance(t, dict) and t["b"]]
    figures["ac"] = sum(t["z"] for t in binary) if len(binary) == 2 else size(op.out)
    return figures


def product(x, y, op, rows, columns, inner):
    both = x["b"] and y["b"]
    synops = op.spike["pair_sum"] if both else x["z"] * columns if x["b"] else y["z"] * rows if y["b"] else 0
    return {
        "flop": rows * columns * (2 * inner - 1),
        "synop": synops,
        "ac": synops,
        "mac": 0 if x["b"] or y["b"] else rows * columns * inner,
    }


def mm(op):
    x, y = op.args
    return product(x, y, op, x["T"][0], y["T"][1], x["T"][1]) | {"memory": nbytes(x, y, op.out)}


def addmm(op):
    bias, x, y = op.args
    figures = product(x, y, op, x["T"][0], y["T"][1], x["T"][1])
    return figures | {"flop": figures["flop"] + 0 * size(bias) + size(op.out), "memory": nbytes(bias, x, y, op.out)}


def convolution_flop(weight, outputs, batch, out, bias):
    """weight [c_out, c_in / groups, k…]"""
    return 2 * prod(weight) * outputs * batch - out + (out if bias else 0)


def convolution(op):
    x, w, bias = op.args[:3]
    batch, outputs = x["T"][0], prod(op.out["T"][2:])
    if not x["b"] and w["b"]:
        raise NotImplementedError("a convolution with a weight of zeros and ones")
    return {
        "flop": convolution_flop(w["T"], outputs, batch, size(op.out), bias),
        "memory": nbytes(x, w, bias, op.out),
        "synop": op.spike.get("synops", 0),
        "ac": op.spike.get("synops", 0),
        "mac": 0 if x["b"] else prod(w["T"]) * outputs * batch,
    }


def convolution_backward(op):
    grad, x, w = op.args[:3]
    wants_x, wants_w, wants_bias = op.args[10]
    grad_x, grad_w, grad_bias = op.out
    batch, c_out, sites = grad["T"][0], grad["T"][1], prod(grad["T"][2:])
    flop = memory = 0
    if wants_x:  # transposed: work by input site, the input being the gradient
        flop += 2 * prod(w["T"]) * sites * batch - size(grad_x)
        memory += nbytes(w, grad_x)
    if wants_w:  # x with the channels as batch, the gradient as kernel
        flop += 2 * c_out * batch * sites * prod(w["T"][2:]) * x["T"][1] - size(grad_w)
        memory += nbytes(x, grad_w)
    if wants_bias:
        flop += c_out * (batch * sites - 1)
        memory += nbytes(grad_bias)
    return {"flop": flop, "memory": memory + nbytes(grad)}


def batch_norm(op):
    x, weight, bias, mean, variance, training = op.args[:6]
    n, c = size(x), x["T"][1]
    figures = {"memory": nbytes(x, weight, bias, mean, variance, op.out[0])}
    if training:
        figures["flop"] = 5 * n + 4 * c + 2 * n + 6 * c
        figures["memory"] += nbytes(op.out[1], op.out[2])
        return figures | {"mac": n + 2 * c, "ac": 3 * n + 2 * c}
    return figures | {"flop": 2 * n + 2 * c + 2 * n, "mac": n, "ac": n + c}


def batch_norm_backward(op):
    grad, x, weight, _, _, mean, deviation = op.args[:7]
    return {"flop": 10 * size(x), "memory": nbytes(grad, x, weight, mean, deviation)}


def reduction(op):
    n, out = size(op.args[0]), size(op.out)
    return {"flop": n if op.name.startswith("mean") else n - out, "memory": nbytes(op.args[0], op.out), "ac": n - out}


def max_pool(op):
    return {"flop": size(op.out[0]) * (prod(op.args[1]) - 1), "memory": nbytes(op.args[0], *op.out)}


def max_pool_backward(op):
    return {"flop": 0, "memory": nbytes(op.args[0], op.args[1], op.out)}


def free(op):
    return {"flop": 0, "memory": 0}


def copied(op):
    sources = op.args[0] if isinstance(op.args[0], list) else op.tensors()
    return {"flop": 0, "memory": nbytes(*sources, op.out)}


def filled(op):
    return {"flop": 0, "memory": nbytes(op.out)}


RULES = {
    "_to_copy.default": copied,
    "add.Tensor": addition,
    "add_.Tensor": addition,
    "addmm.default": addmm,
    "clone.default": copied,
    "convolution.default": convolution,
    "convolution_backward.default": convolution_backward,
    "div.Scalar": elementwise,
    "div.Tensor": elementwise,
    "ge.Scalar": elementwise,
    "max_pool2d_with_indices.default": max_pool,
    "max_pool2d_with_indices_backward.default": max_pool_backward,
    "mean.default": reduction,
    "mm.default": mm,
    "mul.Scalar": elementwise,
    "mul.Tensor": elementwise,
    "mul_.Tensor": elementwise,
    "ones_like.default": filled,
    "native_batch_norm.default": batch_norm,
    "native_batch_norm_backward.default": batch_norm_backward,
    "neg.default": elementwise,
    "sub.Tensor": addition,
    "rsub.Scalar": addition,
    "sum.dim_IntList": reduction,
    "t.default": free,
    "view.default": free,
    "detach.default": free,
    "expand.default": free,
}


def totals(lines, names):
    """{counter: {op: total}} of the ops in `names`."""
    found = {}
    for line in lines:
        op = Op(line)
        if op.line["op"] not in names:
            continue
        for counter, value in RULES[op.name](op).items():
            by_op = found.setdefault(counter, {})
            by_op[op.line["op"]] = by_op.get(op.line["op"], 0) + value
    return found
