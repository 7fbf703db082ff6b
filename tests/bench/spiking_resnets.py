"""Spiking ResNet-18 and SEW-ResNet-18 with integrate-and-fire neurons, in plain torch, for the benchmark where there is
no copy of SpikingJelly: layer for layer what its models run in inference."""

import torch
from torch import nn


class IFNode(nn.Module):
    """Adds its input to its potential; fires and returns to 0 at 1. In multi-step mode the first dimension is time."""

    def __init__(self, multi_step):
        super().__init__()
        self.multi_step = multi_step
        self.v = None

    def step(self, x):
        v = x + (torch.full_like(x, 0.0) if self.v is None else self.v)
        spike = (v - 1.0 >= 0).to(x)
        self.v = (1.0 - spike) * v + spike * 0.0
        return spike

    def forward(self, x):
        return torch.stack([self.step(x_t) for x_t in x]) if self.multi_step else self.step(x)


class OverTime(nn.Module):
    """A stateless layer over [T, N, …] as over [T·N, …]."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride, multi_step):
        super().__init__()
        wrap = OverTime if multi_step else nn.Sequential

        def convolution(c, kernel, stride):
            return wrap(nn.Conv2d(c, channels, kernel, stride, kernel // 2, bias=False)), wrap(nn.BatchNorm2d(channels))

        self.sew = multi_step
        self.conv1, self.bn1 = convolution(channels_in, 3, stride)
        self.conv2, self.bn2 = convolution(channels, 3, 1)
        self.sn1, self.sn2 = IFNode(multi_step), IFNode(multi_step)
        self.down = self.down_sn = None
        if stride != 1 or channels_in != channels:
            self.down = nn.Sequential(*convolution(channels_in, 1, stride))
            self.down_sn = IFNode(multi_step) if self.sew else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(self.sn1(self.bn1(self.conv1(x)))))
        x = self.down_sn(self.down(x)) if self.down else x
        return self.sn2(y) + x if self.sew else self.sn2(y + x)


class ResNet18(nn.Module):
    """multi_step: SEW-ResNet, [T, N, 3, H, W], spikes are added; else spiking ResNet, [N, 3, H, W], currents are
    added."""

    def __init__(self, multi_step, classes=1000):
        super().__init__()
        wrap = OverTime if multi_step else nn.Sequential
        self.stem = nn.Sequential(
            wrap(nn.Conv2d(3, 64, 7, 2, 3, bias=False)),
            wrap(nn.BatchNorm2d(64)),
            IFNode(multi_step),
            wrap(nn.MaxPool2d(3, 2, 1)),
        )
        channels = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        self.blocks = nn.Sequential(
            *[Block(c, d, 1 if c == d else 2, multi_step) for c, d in zip(channels, channels[1:])]
        )
        self.head = wrap(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes)))

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)))

    def reset(self):
        for module in self.modules():
            if isinstance(module, IFNode):
                module.v = None
