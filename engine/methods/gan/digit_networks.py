"""Generators and discriminators of 28 × 28 digits: dense and convolutional.

Images are rows (N, 784) in [0, 1]; D's output is its raw score (N,).
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import leaky_relu, relu

from engine.data.mnist import PIXELS, SIDE
from engine.nn.undrawn import undrawn

NETS = {"conv": "Convolutional", "dense": "Dense"}
SLOPE = 0.2  # of leaky ReLU in D


class DenseG(nn.Module):
    """z → width → width → 784, ReLU between and a sigmoid at the end.

    As in Goodfellow et al. 2014 (arXiv 1406.2661), where the width is 1200.
    """

    def __init__(self, z: int, width: int) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(z, width), nn.Linear(width, width), nn.Linear(width, PIXELS)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.c(relu(self.b(relu(self.a(z))))))


class DenseD(nn.Module):
    """784 → width → width → 1, leaky ReLU.

    `masks`: dropout masks, drawn by the caller, which multiply the hidden units.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(PIXELS, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.hidden = ((width,), (width,))  # shapes of what dropout acts on

    def forward(self, x: Tensor, masks: tuple[Tensor, ...] = ()) -> Tensor:
        h = leaky_relu(self.a(2 * x - 1), SLOPE)
        h = leaky_relu(self.b(h * masks[0] if masks else h), SLOPE)
        return self.c(h * masks[1] if masks else h)[:, 0]


class ConvG(nn.Module):
    """z → width × 7 × 7 → width/2 × 14 × 14 → 28 × 28: transposed convolutions with batch norm.

    After Radford et al. 2015 (arXiv 1511.06434).
    """

    def __init__(self, z: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.a, self.norm_a = nn.Linear(z, width * 49), nn.BatchNorm2d(width)
        self.b, self.norm_b = nn.ConvTranspose2d(width, width // 2, 4, 2, 1), nn.BatchNorm2d(width // 2)
        self.c = nn.ConvTranspose2d(width // 2, 1, 4, 2, 1)

    def forward(self, z: Tensor) -> Tensor:
        h = self.a(z).view(-1, self.width, 7, 7).contiguous(memory_format=torch.channels_last)
        h = relu(self.norm_b(self.b(relu(self.norm_a(h)))))
        return torch.sigmoid(self.c(h)).reshape(-1, PIXELS)


class ConvD(nn.Module):
    """28 × 28 → width/2 × 14 × 14 → width × 7 × 7 → 2·width × 4 × 4 → 1: convolutions, leaky ReLU.

    `masks`: dropout masks as in DenseD.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(1, width // 2, 4, 2, 1), nn.Conv2d(width // 2, width, 4, 2, 1)
        self.c, self.d = nn.Conv2d(width, 2 * width, 3, 2, 1), nn.Linear(2 * width * 16, 1)
        self.hidden = ((width, 7, 7), (2 * width, 4, 4))

    def forward(self, x: Tensor, masks: tuple[Tensor, ...] = ()) -> Tensor:
        x = (2 * x - 1).view(-1, 1, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
        h = leaky_relu(self.b(leaky_relu(self.a(x), SLOPE)), SLOPE)
        h = leaky_relu(self.c(h * masks[0] if masks else h), SLOPE)
        return self.d((h * masks[1] if masks else h).flatten(1))[:, 0]


def build(net: str, z: int, width: int, generator: Generator) -> tuple[nn.Module, nn.Module]:
    """New G and D of a kind of NETS: weights N(0, 2/fan_in) from `generator`, biases 0."""
    kinds = (ConvG, ConvD) if net == "conv" else (DenseG, DenseD)
    g, d = undrawn(lambda: kinds[0](z, width)), undrawn(lambda: kinds[1](width))
    for module in (g, d):
        _initialise(module, generator)
    return g, d


@torch.no_grad()
def _initialise(module: nn.Module, generator: Generator) -> None:
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()  # ones and zeros: nothing is drawn
        elif isinstance(part, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            # Each output of a transposed convolution of stride 2 sees a quarter of the kernel's
            # weights.
            fan_in = part.weight.shape[0] * 4 if isinstance(part, nn.ConvTranspose2d) else part.weight[0].numel()
            part.weight.copy_(torch.randn(part.weight.shape, generator=generator) * (2 / fan_in) ** 0.5)
            part.bias.zero_()


def as_vector(module: nn.Module) -> Tensor:
    """Make all parameters of `module` views of one vector (n,), and return it.

    Optimisers and running means then take one operation.
    """
    parameters = list(module.parameters())
    vector = torch.cat([p.detach().flatten() for p in parameters])
    for p, part in zip(parameters, vector.split([p.numel() for p in parameters])):
        p.data = part.view(p.shape)
    return vector
