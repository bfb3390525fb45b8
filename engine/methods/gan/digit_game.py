"""One game of a generator against a discriminator on MNIST digits, and its training step.

Samples are taken from a running mean of the generator's weights.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from engine.core.streams import stream
from engine.data import mnist
from engine.methods.gan.digit_networks import as_vector, build
from engine.nn.flat_mlp import FlatAdam
from engine.nn.gan_losses import between, discriminator_loss, generator_loss, gradient_norm_penalty, r1_penalty

STREAMS = ("data", "codes", "noise")
# Steps between two R1 penalties, each of which then weighs LAZY times as much (lazy regularisation:
# Karras et al. 2020, arXiv 1912.04958, §3.1).
LAZY = 8
PRIORS = {
    "gaussian": "Normal N(0, 1)",
    "uniform": "Uniform on [−√3, √3]",
    "clusters": "Ten normals, one along each of ten axes",
}
CLUSTERS, APART = 10, 5.0  # how many, and how far from the origin each is


def draw_codes(prior: str, n: int, dimension: int, g: torch.Generator) -> Tensor:
    """n draws of z (n, dimension) from the prior, one of PRIORS.

    Uniform codes have the normal's mean 0 and variance 1. Clusters are N(APART·e_k, I) with k drawn
    from CLUSTERS.
    """
    if prior == "uniform":
        return (torch.rand(n, dimension, generator=g) * 2 - 1) * 3**0.5
    z = torch.randn(n, dimension, generator=g)
    if prior == "clusters":
        z[torch.arange(n), torch.randint(CLUSTERS, (n,), generator=g)] += APART
    return z


@contextlib.contextmanager
def _statistics_kept(network: nn.Module) -> Iterator[None]:
    """Batch norm as in training, but with its running statistics left as they are.

    An update of D must not change G.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms:
        m.track_running_stats = False
        m.saved, m.running_mean, m.running_var = (m.running_mean, m.running_var), None, None
    yield
    for m in norms:
        m.track_running_stats = True
        (m.running_mean, m.running_var), m.saved = m.saved, None


class DigitGame:
    """G, D, Ḡ (the running mean of G's weights) and everything their training needs.

    Streams of the seed: weights, data, codes, noise.
    """

    def __init__(self, net: str, z: int, width: int, prior: str, batch: int, seed: int) -> None:
        """net: one of NETS. z: dimension of the code. prior: one of PRIORS. batch: B."""
        self.z = z
        self.prior = prior
        self.batch = batch
        self.g, self.d = build(net, z, width, stream(seed, "weights"))
        self.mean = copy.deepcopy(self.g).requires_grad_(False).eval()
        self.vectors = {"g": as_vector(self.g), "d": as_vector(self.d), "mean": as_vector(self.mean)}
        self._of = {"g": list(self.g.parameters()), "d": list(self.d.parameters())}
        self.adam = {side: FlatAdam(len(self.vectors[side])) for side in "gd"}
        self.streams = {name: stream(seed, name) for name in STREAMS}
        self.updates = 0  # of G
        self._images = mnist.images("train")

    def codes(self) -> Tensor:
        """A batch of z (B, z) from training's stream."""
        return draw_codes(self.prior, self.batch, self.z, self.streams["codes"])

    @torch.no_grad()
    def images(self, z: Tensor) -> Tensor:
        """Ḡ(z): (N, 784) in [0, 1], of codes (N, z)."""
        return torch.cat([self.mean(part) for part in z.split(500)])

    def step(self, knobs: Any, step: int) -> None:
        """k_D updates of D, then k_G of G; `step` is the number of steps done before."""
        if knobs.update != "g":
            for _ in range(knobs.k_d):
                self._update_d(knobs, step)
        if knobs.update != "d":
            for _ in range(knobs.k_g):
                self._update_g(knobs)

    def _dropout_masks(self, knobs: Any, n: int) -> tuple[Tensor, ...]:
        """Dropout masks of D for n samples, none without dropout."""
        if not knobs.dropout:
            return ()
        p, noise = knobs.dropout, self.streams["noise"]
        return tuple((torch.rand(n, *shape, generator=noise) >= p).float().div_(1 - p) for shape in self.d.hidden)

    def _noised(self, x: Tensor, sd: float) -> Tensor:
        return x + sd * torch.randn(x.shape, generator=self.streams["noise"]) if sd else x

    def _update_d(self, knobs: Any, step: int) -> None:
        n = self.batch
        real = self._images[torch.randint(len(self._images), (n,), generator=self.streams["data"])].float() / 255
        with torch.no_grad(), _statistics_kept(self.g):
            fake = self.g(self.codes())
        x = self._noised(torch.cat([real, fake]), knobs.noise)
        masks = self._dropout_masks(knobs, 2 * n)
        s = self.d(x, masks)
        loss = discriminator_loss(knobs.loss, s[:n], s[n:])
        if knobs.r1 and step % LAZY == 0:
            loss = loss + LAZY * knobs.r1 * r1_penalty(self.d, x[:n])
        if knobs.loss == "wgan_gp" and knobs.penalty:
            share = torch.rand(n, 1, generator=self.streams["noise"])
            loss = loss + knobs.penalty * gradient_norm_penalty(self.d, between(x[:n], x[n:], share))
        self._descend("d", loss, knobs.lr_d, knobs)
        if knobs.loss == "wgan":
            self.vectors["d"].clamp_(-knobs.clip, knobs.clip)

    def _update_g(self, knobs: Any) -> None:
        fake = self._noised(self.g(self.codes()), knobs.noise)
        self.d.requires_grad_(False)
        loss = generator_loss(knobs.loss, self.d(fake, self._dropout_masks(knobs, self.batch))).mean()
        self.d.requires_grad_(True)
        self._descend("g", loss, knobs.lr_g, knobs)
        self.updates += 1
        # Early weights are soon out of date, so the mean covers few updates at first.
        share = 1 - min(knobs.ema, self.updates / (10 + self.updates))
        self.vectors["mean"].lerp_(self.vectors["g"], share)
        for mean, now in zip(self.mean.buffers(), self.g.buffers()):
            if mean.is_floating_point():
                mean.lerp_(now, share)

    def _descend(self, side: str, loss: Tensor, rate: float, knobs: Any) -> None:
        gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, self._of[side])])
        self.adam[side].update(self.vectors[side], gradient, rate, knobs.beta1, knobs.beta2)

    def _networks(self) -> dict[str, nn.Module]:
        return {"g": self.g, "d": self.d, "mean": self.mean}

    def state(self) -> dict[str, Tensor]:
        """Weights, moments and generator states by name."""
        out = {
            f"{name}.{key}": t.detach().clone(memory_format=torch.contiguous_format)
            for name, network in self._networks().items()
            for key, t in network.state_dict().items()
        }
        out |= {f"optimiser.{side}.{key}": t for side, adam in self.adam.items() for key, t in adam.state().items()}
        out |= {f"stream.{name}": g.get_state() for name, g in self.streams.items()}
        return out | {"updates": torch.tensor(self.updates)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`. Raises KeyError or RuntimeError where it does not fit."""
        for name, network in self._networks().items():
            network.load_state_dict({key[len(name) + 1 :]: t for key, t in state.items() if key.startswith(f"{name}.")})
        for side, adam in self.adam.items():
            adam.load({key: state[f"optimiser.{side}.{key}"] for key in adam.state()})
        for name, g in self.streams.items():
            g.set_state(state[f"stream.{name}"])
        self.updates = int(state["updates"])
