"""Small networks whose parameters are views of one vector, and Adam on that vector.

An update takes a few operations, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Generator, Tensor

ACTIVATIONS: dict[str, tuple[str, Callable[[Tensor], Tensor], float]] = {
    "leaky": ("Leaky ReLU", lambda x: torch.nn.functional.leaky_relu_(x, 0.2), 2**0.5),
    "relu": ("ReLU", torch.relu_, 2**0.5),
    "tanh": ("tanh", torch.tanh_, 1.0),
    "elu": ("ELU", torch.nn.functional.elu_, 2**0.5),
}
"""value of the choice → (label, function that works in place, gain of the initial weights)."""


# Power iterations before the first step. After so many the estimate is within 1 % for any width,
# depth and activation (10 leave up to 16 %, 100 up to 1.2 %); one an update then follows.
AT_FIRST = 300


class FlatMLP:
    """A multilayer perceptron whose parameters are one vector.

    `vector` (n,) holds all of them; `parameters` are the weights (in, out) and biases (out,) in
    turn, leaves of the graph that share the vector's memory.
    """

    def __init__(self, widths: Sequence[int], activation: str, generator: Generator, spectral: bool = False) -> None:
        """Layers of the given widths, W ~ N(0, gain²/fan_in), without the gain in the last; b = 0.

        activation: one of ACTIVATIONS. spectral: divide each weight by its largest singular value,
        estimated by power iteration (Miyato et al. 2018, arXiv 1802.05957, algorithm 1).
        """
        _, self._act, gain = ACTIVATIONS[activation]
        pairs = list(zip(widths, widths[1:]))
        sizes = [n for i, o in pairs for n in (i * o, o)]
        self.vector = torch.zeros(sum(sizes))
        parts = self.vector.split(sizes)
        # PyTorch takes each for a leaf of its own. An update of the vector outside the graph
        # updates them all.
        self.parameters = [
            p.detach().view(i, o) if k == 0 else p.detach()
            for (i, o), two in zip(pairs, zip(parts[::2], parts[1::2]))
            for k, p in enumerate(two)
        ]
        self._fixed = [p.detach() for p in self.parameters]
        for n, (weight, (fan_in, _)) in enumerate(zip(self._fixed[::2], pairs)):
            scale = gain if n < len(pairs) - 1 else 1.0
            weight.copy_(torch.randn(weight.shape, generator=generator) * (scale / fan_in**0.5))
        for p in self.parameters:
            p.requires_grad_()
        # Left (in,) and right (out,) singular vector of each weight; empty without spectral norm.
        self.singular: list[tuple[Tensor, Tensor]] = []
        if spectral:
            self.singular = [
                (_unit(torch.randn(i, generator=generator)), _unit(torch.randn(o, generator=generator)))
                for i, o in pairs
            ]
            for _ in range(AT_FIRST):
                self.iterate()

    def __call__(self, x: Tensor, fixed: bool = False) -> Tensor:
        """Outputs (N, last width) at x (N, first width).

        fixed: leave the parameters out of the graph; gradients then reach x alone.
        """
        parameters = self._fixed if fixed else self.parameters
        weights = parameters[::2]
        if self.singular:
            weights = [w / (u @ w @ v) for w, (u, v) in zip(weights, self.singular)]
        last = len(weights) - 1
        for n, (w, b) in enumerate(zip(weights, parameters[1::2])):
            x = torch.addmm(b, x, w)
            if n < last:
                x = self._act(x)
        return x

    @torch.no_grad()
    def iterate(self) -> None:
        """One power iteration for each weight's singular vectors; nothing without spectral norm."""
        for w, (u, v) in zip(self._fixed[::2], self.singular):
            v.copy_(_unit(u @ w))
            u.copy_(_unit(w @ v))

    def gradient(self, loss: Tensor) -> Tensor:
        """∇ loss with respect to `vector`, of its shape."""
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, self.parameters)])

    def state(self) -> dict[str, Tensor]:
        """Weights and singular vectors by name."""
        out = {"weights": self.vector.clone()}
        return out | {
            f"singular.{n}.{side}": t.clone() for n, pair in enumerate(self.singular) for side, t in zip("uv", pair)
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit."""
        _fill(self.vector, state["weights"])
        for n, pair in enumerate(self.singular):
            for side, t in zip("uv", pair):
                _fill(t, state[f"singular.{n}.{side}"])


class FlatAdam:
    """Adam on one vector (Kingma, Ba 2014, arXiv 1412.6980, algorithm 1), with knobs every update.

    A change of rate or betas leaves the moments as they are. Their bias is corrected by the
    products of the betas that were used, which are the paper's β^t while the betas stay the same.
    """

    EPSILON = 1e-8

    def __init__(self, size: int) -> None:
        self.mean, self.square = torch.zeros(size), torch.zeros(size)
        # Π β₁ and Π β₂: the weight that the zeros at the start still have in the moments.
        self._rest1 = self._rest2 = 1.0

    def update(self, vector: Tensor, gradient: Tensor, rate: float, beta1: float, beta2: float) -> None:
        """Move `vector` (n,) in place along minus the corrected moments of `gradient` (n,)."""
        self._rest1 *= beta1
        self._rest2 *= beta2
        self.mean.lerp_(gradient, 1 - beta1)
        self.square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        root = self.square.sqrt().mul_((1 - self._rest2) ** -0.5).add_(self.EPSILON)
        vector.addcdiv_(self.mean, root, value=-rate / (1 - self._rest1))

    def state(self) -> dict[str, Tensor]:
        """The moments, and what weight their zeros at the start still have."""
        rest = torch.tensor([self._rest1, self._rest2], dtype=torch.float64)
        return {"mean": self.mean.clone(), "square": self.square.clone(), "rest": rest}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit."""
        _fill(self.mean, state["mean"])
        _fill(self.square, state["square"])
        self._rest1, self._rest2 = state["rest"].tolist()


def _unit(x: Tensor) -> Tensor:
    return x / x.norm().clamp_min(1e-12)


def _fill(target: Tensor, source: Tensor) -> None:
    if target.shape != source.shape:
        raise RuntimeError(f"a tensor of shape {tuple(source.shape)} where {tuple(target.shape)} is needed")
    target.copy_(source)
