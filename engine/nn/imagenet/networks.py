"""The two classifiers that ship, with the names of parameters that timm and torchvision give them.

They are bit for bit what these libraries build. But to import those takes 110 MB and two seconds,
most of it for torch's compiler, which torchvision imports.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

CLASSES = 1000
# EfficientNet-Lite0: kernel, stride and width of the first block of each stage, and its blocks.
STAGES = ((3, 1, 16, 1), (3, 2, 24, 2), (5, 2, 40, 2), (3, 2, 80, 3), (5, 1, 112, 3), (5, 2, 192, 4), (3, 1, 320, 1))
WIDER = 6  # times as many channels inside a block, except in the first
EPSILON = 1e-3  # of the batch normalisation
# SqueezeNet 1.1: channels of a Fire's squeezed layer, and of either of its two expanded ones.
FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
POOLED = (0, 2, 4)  # the Fires before which the largest of 3 × 3 is taken


class _Same(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does: the output has ⌈side/stride⌉ pixels,
    and what cannot be shared evenly goes to the right and below.
    """

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(before, after, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        if stride > 1:
            down, across = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in x.shape[-2:])
            x = pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
        return super().forward(x)


class _Normalised(nn.BatchNorm2d):
    """Batch normalisation, and ReLU6 where `bent`."""

    def __init__(self, channels: int, bent: bool = True) -> None:
        super().__init__(channels, EPSILON)
        self.act = nn.ReLU6(inplace=True) if bent else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(super().forward(x))


class _Separable(nn.Module):
    """A convolution of each channel by itself, then one of all channels at each pixel."""

    def __init__(self, before: int, after: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv_dw, self.bn1 = _Same(before, before, kernel, stride, before), _Normalised(before)
        self.conv_pw, self.bn2 = _Same(before, after, 1), _Normalised(after, bent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv_pw(self.bn1(self.conv_dw(x))))


class _Inverted(nn.Module):
    """An inverted residual (Sandler et al. 2018, arXiv 1801.04381)."""

    def __init__(self, before: int, after: int, kernel: int, stride: int) -> None:
        super().__init__()
        inside = WIDER * before
        self.conv_pw, self.bn1 = _Same(before, inside, 1), _Normalised(inside)
        self.conv_dw, self.bn2 = _Same(inside, inside, kernel, stride, inside), _Normalised(inside)
        self.conv_pwl, self.bn3 = _Same(inside, after, 1), _Normalised(after, bent=False)
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn1(self.conv_pw(x))
        h = self.bn3(self.conv_pwl(self.bn2(self.conv_dw(h))))
        return h + x if self.residual else h


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 (Tan, Le 2019, arXiv 1905.11946, without its squeeze-and-excitation):
    (N, 3, side, side) → logits (N, 1000).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn1 = _Same(3, 32, 3, 2), _Normalised(32)
        width, stages = 32, []
        for k, (kernel, stride, after, count) in enumerate(STAGES):
            stage = []
            for block in range(count):
                stage.append((_Inverted if k else _Separable)(width, after, kernel, 1 if block else stride))
                width = after
            stages.append(nn.Sequential(*stage))
        self.blocks = nn.Sequential(*stages)
        self.conv_head, self.bn2 = _Same(width, 1280, 1), _Normalised(1280)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(1280, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.bn1(self.conv_stem(x)))
        return self.classifier(self.global_pool(self.bn2(self.conv_head(x))).flatten(1))


class _Fire(nn.Module):
    """A layer of few channels, and from it two of many: of single pixels and of 3 × 3."""

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu_()
        return torch.cat([self.expand1x1(x).relu_(), self.expand3x3(x).relu_()], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 (Iandola et al. 2016, arXiv 1602.07360): (N, 3, side, side) → logits
    (N, 1000).
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(inplace=True)]
        width = 64
        for k, (squeezed, expanded) in enumerate(FIRES):
            if k in POOLED:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            layers.append(_Fire(width, squeezed, expanded))
            width = 2 * expanded
        self.features = nn.Sequential(*layers)
        last = nn.Conv2d(width, CLASSES, 1)
        self.classifier = nn.Sequential(nn.Dropout(0.5), last, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x)).flatten(1)
