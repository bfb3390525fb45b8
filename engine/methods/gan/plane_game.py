"""One game of a generator against a discriminator in the plane, and its training step.

Goodfellow et al. 2014 (arXiv 1406.2661), algorithm 1: k_D updates of D, each on a new batch, then
k_G updates of G.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor

from engine.core.streams import stream
from engine.data.density import Density
from engine.nn.flat_mlp import ACTIVATIONS, FlatAdam, FlatMLP
from engine.nn.gan_losses import between, discriminator_loss, generator_loss, gradient_norm_penalty

STREAMS = ("data", "codes", "noise")
PHASES = ("sample", "generate", "judge", "losses", "d_gradient", "d_update", "g_gradient", "g_update")
PRIORS = {"uniform": "Uniform on [−1, 1]", "gaussian": "Normal N(0, 1)"}


@dataclass(frozen=True)
class Sizes:
    """Sizes of both networks and of a batch.

    z: dimension of the code. layers_ and width_: the hidden layers of G and D. activation: one of
    flat_mlp.ACTIVATIONS. spectral: whether D has spectral norm. prior: one of PRIORS.
    """

    z: int
    layers_g: int
    width_g: int
    layers_d: int
    width_d: int
    activation: str
    spectral: bool
    batch: int
    prior: str


@dataclass
class Moment:
    """A phase just carried out: its name, and the tensors that the step has made so far."""

    name: str
    made: dict[str, Any] = field(default_factory=dict)


def draw_codes(prior: str, n: int, dimension: int, g: Generator) -> Tensor:
    """n draws of z (n, dimension) from the prior, one of PRIORS."""
    if prior == "gaussian":
        return torch.randn(n, dimension, generator=g)
    return torch.rand(n, dimension, generator=g).mul_(2).sub_(1)


class Game:
    """G, D and everything their training needs.

    Initial weights depend on the seed and the sizes alone, never on knobs. Streams of the seed:
    weights, data, codes, noise.
    """

    def __init__(self, sizes: Sizes, seed: int, start: tuple[float, float] = (0.0, 0.0)) -> None:
        """start: the mean of G's samples at first, in the plane."""
        assert sizes.activation in ACTIVATIONS
        self.sizes = sizes
        weights = stream(seed, "weights")
        self.g = FlatMLP((sizes.z, *[sizes.width_g] * sizes.layers_g, 2), sizes.activation, weights)
        self.d = FlatMLP((2, *[sizes.width_d] * sizes.layers_d, 1), sizes.activation, weights, sizes.spectral)
        with torch.no_grad():
            self.g.parameters[-1].copy_(torch.tensor(start))
        self.adam_g, self.adam_d = FlatAdam(len(self.g.vector)), FlatAdam(len(self.d.vector))
        self.streams = {name: stream(seed, name) for name in STREAMS}

    def judge(self, x: Tensor, fixed: bool = True) -> Tensor:
        """D's raw output s (N,) at x (N, 2). fixed: gradients reach x alone, not D's weights."""
        return self.d(x, fixed)[:, 0]

    @torch.no_grad()
    def generate(self, z: Tensor) -> Tensor:
        """G(z), (N, 2), of codes (N, d)."""
        return self.g(z, fixed=True)

    def codes(self) -> Tensor:
        """A batch of z (B, d) from training's stream."""
        return draw_codes(self.sizes.prior, self.sizes.batch, self.sizes.z, self.streams["codes"])

    def _noised(self, x: Tensor, sd: float) -> Tensor:
        """x + N(0, sd²): instance noise (Sønderby et al. 2016, arXiv 1610.04490, §3.4).

        x is real and fake samples alike.
        """
        return x + sd * torch.randn(x.shape, generator=self.streams["noise"]) if sd else x

    def step(self, density: Density, knobs: Any) -> Iterator[Moment]:
        """One full step in its phases; it is carried out only as far as the iterator is taken."""
        if knobs.update != "g":
            for _ in range(knobs.k_d):
                yield from self._update_d(density, knobs)
        if knobs.update != "d":
            for _ in range(knobs.k_g):
                yield from self._update_g(knobs)

    def _update_d(self, density: Density, knobs: Any) -> Iterator[Moment]:
        n = self.sizes.batch
        made: dict[str, Any] = {"real": density.sample(n, self.streams["data"]), "z": self.codes()}
        yield Moment("sample", made)
        made["fake"] = self.generate(made["z"])
        yield Moment("generate", made)
        x = made["x"] = self._noised(torch.cat([made["real"], made["fake"]]), knobs.noise)
        self.d.iterate()
        s = self.judge(x, fixed=False)
        made["s_real"], made["s_fake"] = s[:n], s[n:]
        yield Moment("judge", made)
        loss = made["loss_d"] = discriminator_loss(knobs.loss, made["s_real"], made["s_fake"])
        if knobs.loss == "wgan_gp" and knobs.penalty:
            share = torch.rand(n, 1, generator=self.streams["noise"])
            made["penalty"] = gradient_norm_penalty(
                lambda at: self.judge(at, fixed=False), between(x[:n], x[n:], share)
            )
            loss = loss + knobs.penalty * made["penalty"]
        yield Moment("losses", made)
        gradient = made["gradient_d"] = self.d.gradient(loss)
        yield Moment("d_gradient", made)
        self.adam_d.update(self.d.vector, gradient, knobs.lr_d, knobs.beta1, knobs.beta2)
        if knobs.loss == "wgan":
            self.d.vector.clamp_(-knobs.clip, knobs.clip)
        yield Moment("d_update", made)

    def _update_g(self, knobs: Any) -> Iterator[Moment]:
        made: dict[str, Any] = {"z": self.codes()}
        fake = made["fake"] = self.g(made["z"])
        seen = self._noised(fake, knobs.noise)
        made["noise"] = (seen - fake).detach()
        made["loss_g"] = generator_loss(knobs.loss, self.judge(seen)).mean()
        gradient = made["gradient_g"] = self.g.gradient(made["loss_g"])
        yield Moment("g_gradient", made)
        self.adam_g.update(self.g.vector, gradient, knobs.lr_g, knobs.beta1, knobs.beta2)
        yield Moment("g_update", made)

    def arrows(self, x: Tensor, loss: str) -> Tensor:
        """−∇ₓ (N, 2) of G's loss for a sample at x (N, 2): the way D would have a fake go."""
        x = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(generator_loss(loss, self.judge(x)).sum(), x)
        return -gradient

    def _parts(self) -> dict[str, FlatMLP | FlatAdam]:
        return {"g": self.g, "d": self.d, "optimiser.g": self.adam_g, "optimiser.d": self.adam_d}

    def state(self) -> dict[str, Tensor]:
        """Weights, moments and generator states by name."""
        out = {f"{name}.{key}": t for name, part in self._parts().items() for key, t in part.state().items()}
        return out | {f"stream.{name}": g.get_state() for name, g in self.streams.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit."""
        for name, part in self._parts().items():
            part.load({key[len(name) + 1 :]: t for key, t in state.items() if key.startswith(f"{name}.")})
        for name, g in self.streams.items():
            g.set_state(state[f"stream.{name}"])
