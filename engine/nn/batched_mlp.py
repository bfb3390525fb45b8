"""Many small networks as one: a multilayer perceptron with a leading member axis on its parameters.

Shapes: M members, N samples, D inputs, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

Layers = list[tuple[Tensor, Tensor]]  # (weight (M, in, out), bias (M, 1, out)) a layer


class BatchedMLP(nn.Module):
    """`members` ReLU networks of the same widths, evaluated together with `torch.baddbmm`.

    widths: units of each layer, from the inputs to the classes. Each member has its own weights,
    inputs and gradient; nothing passes between members. tests/benchmarks/vat/speed.py measures
    it against a loop over single networks.
    """

    def __init__(self, members: int, widths: Sequence[int], dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.members = members
        shapes = list(zip(widths, widths[1:]))
        self.weights = nn.ParameterList(torch.zeros(members, i, o, dtype=dtype) for i, o in shapes)
        self.biases = nn.ParameterList(torch.zeros(members, 1, o, dtype=dtype) for _, o in shapes)

    @torch.no_grad()
    def initialise(self, members: slice | Tensor, generator: torch.Generator) -> None:
        """Give all of `members` (a slice or indices) the same draw of W ~ N(0, 1/fan_in), b = 0."""
        for weight, bias in self.layers():
            _, fan_in, fan_out = weight.shape
            # Drawn in float32 whatever the precision, so that both precisions start from the same
            # numbers.
            draw = torch.randn(fan_in, fan_out, generator=generator) / fan_in**0.5
            weight[members] = draw.to(weight.dtype)
            bias[members] = 0

    def layers(self) -> Layers:
        """The parameters, layer by layer."""
        return list(zip(self.weights, self.biases))

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


@torch.no_grad()
def cross_entropy_gradient(layers: Layers, x: Tensor, target: Tensor) -> Tensor:
    """∇ₓ Σ CE(target, softmax(logits(x))), (M, N, D), in closed form.

    x: inputs (M, N, D). target: distributions (M, N, C). With target the labels this is the
    gradient of the NLL; with target = p(·|x₀) it is that of Σ KL(p(·|x₀) ‖ p(·|x)). Equal to
    autograd's (tests/engine/nn/test_batched_mlp.py), at half its cost for networks this
    small.
    """
    *hidden, (weight, bias) = layers
    outputs = [x]
    for w, b in hidden:
        outputs.append(torch.baddbmm(b, outputs[-1], w).relu_())
    delta = torch.baddbmm(bias, outputs[-1], weight).softmax(-1).sub_(target)
    for (w, _), h in zip(reversed(layers), reversed(outputs[1:])):
        # h is the output of ReLU, so its sign is the derivative of ReLU.
        delta = torch.bmm(delta, w.transpose(1, 2)).mul_(h.sign_())
    return torch.bmm(delta, layers[0][0].transpose(1, 2))


def folded(layers: Layers, basis: Tensor) -> Layers:
    """Networks of plane coordinates z that equal `layers` at x = z·basis, without building x.

    basis: (M, 2, D) or (2, D). The first weight becomes basis·W, so that a field over the plane
    needs no D-dimensional grid.
    """
    (weight, bias), *rest = layers
    return [(basis @ weight, bias), *rest]


def pick(layers: Layers, members: slice) -> Layers:
    """The parameters of the members of a slice."""
    return [(w[members], b[members]) for w, b in layers]
