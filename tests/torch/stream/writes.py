"""A script that writes memory in every way PyTorch offers, so that a recorder that remembers what it saw of a tensor has to
notice each. Values are counts that differ from write to write. usage: writes.py CASE: writes, inference_mode or foreach."""

import sys

import torch
from torch import nn


class Writes(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.bn = nn.BatchNorm1d(8)

    def look(self, *tensors):
        """An op that only reads each."""
        for t in tensors:
            t.clone()

    def forward(self, x, shared=None):
        y = x.clone()
        views = y.view(-1), y.t(), y[1:], y.detach(), y.data
        self.look(y, *views)
        y.zero_()
        self.look(y, *views)
        y[0].fill_(2.0)
        self.look(y, *views)
        y.data.fill_(3.0)
        self.look(y, *views)
        y.detach()[2:].mul_(0.0)
        self.look(y, *views)
        torch.add(x, 1.0, out=y)
        self.look(y, *views)
        torch.ops.aten.add.out(x, x, out=y)
        self.look(y, *views)
        y.copy_(x)
        y.t().index_fill_(0, torch.tensor([1]), 0.0)
        self.look(y, *views)
        torch._foreach_mul_([y, self.bn.running_mean], 2.0)
        self.look(y, self.bn.running_mean)
        z = torch.ones(4, 8)
        z.set_(torch.zeros(4, 4))
        self.look(z)
        z.resize_(3, 3).fill_(1.0)
        self.look(z)
        self.bn(x)  # its statistics are written without a word of the op's schema
        self.look(self.bn.running_mean, self.bn.running_var)
        if shared is not None:
            self.look(shared, shared.view(-1))
        for size in range(1, 40):  # addresses come again, storages do not
            torch.full((64,), float(size % 3)).clone()
        w = self.fc.weight
        self.look(w)
        with torch.no_grad():
            w.mul_(0.0)
        self.look(w, w.t())
        w.data = torch.ones(8, 8)
        self.look(w)
        self.fc.weight = nn.Parameter(torch.full((8, 8), 0.5))
        return self.fc(x)


class Layers(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(8, 8), nn.BatchNorm1d(8))


def main(case):
    torch.manual_seed(1)
    net = Layers() if case == "foreach" else Writes()
    x = torch.rand(8, 8).round() + torch.eye(8)
    if case == "foreach":
        optimizer = torch.optim.Adam(net.parameters(), foreach=True)
        for _ in range(2):
            net(x).sum().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=False)
        return
    if case == "inference_mode":
        with torch.inference_mode():
            net(x.clone())
            net(x.clone())
        return
    array = x.numpy().copy()
    shared = torch.from_numpy(array)
    net(x, shared)
    array[:3] = 0  # behind torch's back
    net(x, shared)


if __name__ == "__main__":
    main(sys.argv[1])
