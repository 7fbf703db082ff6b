"""A script that tells opjoule what it cannot find by itself: stages with options, marks; and calls modules by keyword."""

import torch
from torch import nn

import opjoule


class Gain(nn.Module):
    def forward(self, x, *, gain=None, twice=False):
        return x * gain * (2 if twice else 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.rnn = nn.GRU(4, 3, batch_first=True)
        self.gain = Gain()

    def forward(self, x, factor=None):
        x = self.gain(self.fc(x), gain=factor, twice=True)
        return self.rnn(input=x)[0]


def main():
    torch.manual_seed(7)
    net, x, factor = Net(), torch.rand(2, 5, 4), torch.rand(4)
    with opjoule.trace(net):
        with torch.no_grad():
            net(x, factor=factor)
        with opjoule.stage("learn", phase="backward", reuse_weights=True, batch_norm_backward=False):
            with opjoule.stage("inner"):
                net.fc(x)
            net(x, factor=factor).sum().backward()
        net.fc(x)
        opjoule.mark("iteration", samples=2, loss=torch.tensor(0.25))
        opjoule.mark("epoch", 5, accuracy=0.5)
        opjoule.mark("iteration")


main()
