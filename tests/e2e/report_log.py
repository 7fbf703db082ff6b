#!/usr/bin/env python3
"""report_log.py LAYERS STEPS [HOSTILE]: an op log of a deep spiking network on standard output.

Blocks of a convolution and a neuron; sparsity grows with depth and changes with the step. With a third argument
modules, model, stages and framework have names that would do harm on a page that took them for HTML."""
import json
import sys

layers, steps = int(sys.argv[1]), int(sys.argv[2])
hostile = len(sys.argv) > 3
HARM = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "\"><svg onload=alert(3)>", "constructor",
        "__proto__", "javascript:alert(4)", "{a|b}{value}", "<!--", "&lt;b&gt;&amp;", "\u202egnp.exe", "%s%n${x}`"]
root = HARM[0] if hostile else "DeepSpikingNet"


def line(**fields):
    print(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


GEOMETRY = {"in_channels": 16, "out_channels": 16, "kernel_size": [3, 3], "stride": [1, 1], "padding": [1, 1],
            "dilation": [1, 1], "groups": 1, "bias": False}


def module(number, path, cls, kind=None, attrs={}):
    line(k="module", id=number, path=path, cls=cls, bases=[cls, "Module"], kind=kind, training=False, step_mode="s",
         backend=None, attrs=attrs, params=[])


def tensor(shape, storage, nonzero, binary, **more):
    return {"T": shape, "d": "float32", "u": storage, "a": storage, "z": nonzero, "b": int(binary), **more}


def block(layer):
    """Path of the module around a layer's two; every third hostile one has none, its dots make two names of one."""
    if not hostile:
        return f"{root}.stage{layer // 10}"
    name = HARM[layer % len(HARM)]
    return f"{root}.{name}" if layer % 3 else f"{root}.{name}.{layer}"


def path(layer, part):
    return f"{block(layer)}.{part}{layer}"


blocks = list(dict.fromkeys(block(layer) for layer in range(layers)))


def number_of(layer, part):
    return 1 + len(blocks) + 2 * layer + (part == "spike")


line(k="oplog", version=1, case=HARM[1] if hostile else "deep", framework=HARM[2] if hostile else "script 1",
     model=root)
module(0, root, root)
for number, name in enumerate(blocks):
    module(1 + number, name, HARM[4] if hostile else "Sequential")
for layer in range(layers):
    module(number_of(layer, "conv"), path(layer, "conv"), HARM[1] if hostile else "Conv2d", attrs=GEOMETRY)
    module(number_of(layer, "spike"), path(layer, "spike"), "IFNode", "neuron")

SHAPE, N = [4, 16, 8, 8], 4 * 16 * 64
WEIGHT, W = [16, 16, 3, 3], 16 * 16 * 9
index = storage = 0


def op(name, layer, part, **fields):
    global index
    scopes = ["Global", root, block(layer), path(layer, part)]
    line(k="op", i=index, op=name, stage=HARM[3] if hostile and layer == 0 else "forward", grad=False,
         mods=[0, 1 + blocks.index(block(layer)), number_of(layer, part)],
         parents=sorted(scopes), ns=1000 + 10 * layer, **fields)
    index += 1


def call(number, given, returned):
    line(k="call", dir="forward", mod=number, stage="forward", after=index, suspended=False, **{"in": [given]},
         out=[returned])


for step in range(steps):
    storage += 1
    first = x = tensor(SHAPE, storage, N // 2, True)
    for layer in range(layers):
        spikes = x["z"]
        weight = tensor(WEIGHT, 10**6 + layer, W, False, g=1, p=f"conv{layer}.weight")
        storage += 1
        current = tensor(SHAPE, storage, N, False)
        op("aten.convolution.default", layer, "conv",
           **{"in": [x, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1]}, out=current,
           spike={"synops": spikes * 144, "active_out": N})
        call(number_of(layer, "conv"), x, current)
        storage += 1
        busy = (8 + (step * 5 + layer * 3) % 11) * (layers + 10 - layer // 2)
        x = tensor(SHAPE, storage, N * busy // (60 * (layers + 10)), True)
        op("aten.ge.Scalar", layer, "spike", **{"in": [current, 1.0]}, out={**x, "d": "bool"})
        call(number_of(layer, "spike"), current, x)
    call(0, first, x)
line(k="end", ops=index)
