"""Many small networks as one: a multilayer perceptron whose parameters carry a leading member axis."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor, nn

Layers = list[tuple[Tensor, Tensor]]  # (weight (M, in, out), bias (M, 1, out)) a layer


class BatchedMLP(nn.Module):
    """`members` ReLU networks of the same widths, evaluated together with `torch.baddbmm`.

    Members never mix: each has its own weights, inputs and gradient. Measured against a loop over single networks in
    tests/benchmarks.
    """

    def __init__(self, members: int, widths: Sequence[int], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.members = members
        pairs = list(zip(widths, widths[1:]))
        self.weights = nn.ParameterList(torch.zeros(members, i, o, dtype=dtype) for i, o in pairs)
        self.biases = nn.ParameterList(torch.zeros(members, 1, o, dtype=dtype) for _, o in pairs)

    @torch.no_grad()
    def initialise(self, members: slice | Tensor, generator: torch.Generator) -> None:
        """Give all of `members` the same draw of W ~ N(0, 1/fan_in), b = 0."""
        for weight, bias in zip(self.weights, self.biases):
            _, fan_in, fan_out = weight.shape
            # Drawn in float32 whatever the precision, so that both precisions start from the same numbers.
            draw = torch.randn(fan_in, fan_out, generator=generator) / fan_in**0.5
            weight[members] = draw.to(weight.dtype)
            bias[members] = 0

    def layers(self, members: slice | Tensor = slice(None)) -> Layers:
        """The parameters of some members, as differentiable views (or copies, for an index tensor)."""
        everyone = isinstance(members, slice) and members == slice(None)
        return [(w, b) if everyone else (w[members], b[members]) for w, b in zip(self.weights, self.biases)]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (M, N, C) of inputs (M, N, D)."""
        return forward(self.layers(), x)


def forward(layers: Layers, x: Tensor) -> Tensor:
    """Logits (M, N, C) of inputs (M, N, D) under explicit parameters."""
    *hidden, (weight, bias) = layers
    for w, b in hidden:
        x = torch.baddbmm(b, x, w).relu_()
    return torch.baddbmm(bias, x, weight)


def detached(layers: Layers) -> Layers:
    """The same parameters outside the graph, for gradients with respect to inputs alone."""
    return [(w.detach(), b.detach()) for w, b in layers]


def folded(layers: Layers, basis: Tensor) -> Layers:
    """Networks on plane coordinates z equal to `layers` on x = z·basis, without ever building x.

    basis: (M, 2, D) or (2, D). The first weight becomes basis·W, so a field over the plane costs no D-dimensional grid.
    """
    (weight, bias), *rest = layers
    return [(basis @ weight, bias), *rest]
