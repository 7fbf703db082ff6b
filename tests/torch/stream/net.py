"""A script as a user has it, which knows nothing of opjoule: a spiking CNN in plain torch. usage: net.py CASE, where CASE is
inference, inference_mode, or sgd (with momentum) or adam (two training steps each)."""

import sys

import torch
from torch import nn


class Spike(torch.autograd.Function):
    """A step forward, the slope of an arc tangent backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad / (1 + (x * 3.14).pow(2))


class IFNode(nn.Module):
    def __init__(self, v_reset=0.0):
        super().__init__()
        self.v = None
        self.v_threshold = 1.0
        self.v_reset = v_reset

    def charge(self, x):
        return self.v + x

    def forward(self, x):
        if self.v is None:
            self.v = torch.zeros_like(x)
        h = self.charge(x)
        spike = Spike.apply(h - self.v_threshold)
        self.v = h - spike if self.v_reset is None else h * (1.0 - spike)
        return spike


class LIFNode(IFNode):
    tau = 2.0

    def charge(self, x):
        return self.v + (x - self.v) / self.tau


class SpikingCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.n1 = IFNode()
        self.conv2 = nn.Conv2d(6, 8, 3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(8)
        self.n2 = LIFNode(v_reset=None)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 3 * 3, 5)
        self.n3 = LIFNode()

    def forward(self, frames):
        rates = 0
        for x in frames:
            x = self.n1(self.bn1(self.conv1(x)))
            x = self.n2(self.bn2(self.conv2(x)))
            rates = rates + self.n3(self.fc(self.pool(x).flatten(1)))
        return rates / len(frames)


def main(case):
    torch.manual_seed(1)
    net = SpikingCNN()
    for parameter in net.parameters():  # more spikes than initial weights give
        parameter.data.mul_(3)
    frames = (torch.rand(4, 3, 2, 12, 12) < 0.3).float()
    if case.startswith("inference"):
        with torch.inference_mode() if case == "inference_mode" else torch.no_grad():
            net.eval()(frames)
        return
    target = torch.rand(3, 5)
    if case == "sgd":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(2):
        for neuron in (net.n1, net.n2, net.n3):
            neuron.v = None
        loss = (net(frames) - target).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    main(sys.argv[1])
