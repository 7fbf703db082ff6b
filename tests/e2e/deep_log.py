"""Writes an op log of a deep network: COUNT convolutions in four groups, each timed. deep_log.py COUNT"""

import json
import sys

COUNT = int(sys.argv[1])
STORAGE = iter(range(1, 1 << 30))


def tensor(*shape):
    storage = next(STORAGE)
    return {"T": shape, "d": "float32", "u": storage, "a": storage}


def write(**line):
    print(json.dumps(line, separators=(",", ":")))


def module(index, path, name):
    write(k="module", id=index, path=path, cls=name, bases=[name, "Module"], kind=None, training=False, step_mode="s",
          backend=None, attrs={}, params=[])


write(k="oplog", version=1, case="deep", framework="pencil 1", model="Net")
paths = ["Net.layer%d.block%d.conv%d" % (i * 4 // COUNT + 1, i // 2 + 1, i % 2 + 1) for i in range(COUNT)]
module(0, "Net", "Net")
for i, path in enumerate(paths):
    module(i + 1, path, "Conv2d")
for i, path in enumerate(paths):
    group = i * 4 // COUNT
    channels, size, kernel = 64 << group, 32 >> group, 3 if i % 2 else 1
    ns = 2 * (channels * kernel * size) ** 2 // (30 + i * 7 % 13 * 2) + 1000
    pad = kernel // 2
    write(k="op", i=i, op="aten.convolution.default", stage="forward", grad=False, mods=[0, i + 1],
          parents=sorted(["Global", "Net", path]), ns=ns,
          **{"in": [tensor(1, channels, size, size), tensor(channels, channels, kernel, kernel), None,
                    [1, 1], [pad, pad], [1, 1], False, [0, 0], 1]},
          out=tensor(1, channels, size, size))
write(k="end", ops=COUNT)
