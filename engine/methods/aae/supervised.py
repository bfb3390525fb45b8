"""Supervised AAE: the decoder is given the digit, so that the code holds the style alone.

Makhzani et al. 2015, "Adversarial autoencoders" (arXiv 1511.05644), §4: Dec(z, y) with a
15-dimensional Gaussian style z and y one-hot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.declare import InvalidValue, Knobs, Setup, brief, choice, flag, number, offer, whole
from engine.core.frame import Answer
from engine.core.phased import Look, Phased
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.data.priors import CLASSES
from engine.methods.aae.style_view import HELD_OUT, StyleView
from engine.metrics.digit_evaluator import digit_evaluator
from engine.metrics.distances import sliced_w2
from engine.metrics.parzen import parzen
from engine.nn.autoencoder import Autoencoder, grey, reconstruction_loss
from engine.nn.dense import Parts, named
from engine.nn.discriminator import Discriminator, discriminator_loss, generator_loss
from engine.nn.optimisers import Adam

SHOWN = 64  # codes that a phase shows
FEW = 256  # test images for the numbers that every frame may carry
SAMPLES = 10000  # behind the Parzen estimate


@dataclass(frozen=True)
class StyleSetup(Setup):
    """Sizes of the networks and batches of an AAE whose decoder takes a style and a digit."""

    style: int = whole(15, 2, 50, symbol="d", label="Style dimensions", help="Dimension of the style z")
    hidden: int = whole(
        256,
        16,
        1000,
        symbol="H",
        label="Hidden units",
        help="Units of each of the two hidden layers of encoder and decoder",
        step=16,
    )
    adversary: int = whole(
        256, 16, 1000, symbol="H_D", label="Hidden units of D", help="Units of each of D's two hidden layers", step=16
    )
    batch: int = whole(128, 8, 512, symbol="B", label="Batch", help="Images a step", step=8)
    test: int = whole(
        10000, 100, 10000, label="Test images", help="Test images that final metrics are measured on", step=100
    )


@dataclass(frozen=True)
class SupervisedSetup(StyleSetup):
    """Sizes of the networks and batches of a supervised AAE."""


@dataclass(frozen=True)
class GameKnobs(Knobs):
    """What every AAE with a style has: rates of the phases, the game, noise."""

    lam: float = number(
        1,
        0.01,
        100,
        0,
        symbol="λ",
        label="game",
        scale="log",
        zero=True,
        help="Weight of the encoder's game; it scales the step",
    )
    rate_reconstruction: float = number(
        5e-4, 1e-6, 1e-2, 0, symbol="η_rec", label="rate", scale="log", help="Learning rate of the reconstruction phase"
    )
    rate_d: float = number(
        1e-3, 1e-6, 1e-2, 0, symbol="η_D", label="rate of D", scale="log", help="Learning rate of the discriminator"
    )
    rate_encoder: float = number(
        2e-4,
        1e-6,
        1e-2,
        0,
        symbol="η_E",
        label="game rate",
        scale="log",
        help="Learning rate of the encoder's game, times λ",
    )
    penalty: float = number(
        0.3,
        1e-3,
        10,
        0,
        symbol="γ",
        label="penalty",
        scale="log",
        zero=True,
        help="Weight of ‖∇D‖² at prior samples and codes",
    )
    noise: float = number(
        0.05, 0, 1, 0.01, symbol="σ_D", label="D's noise", help="Standard deviation of the noise D sees codes under"
    )
    half_life: int = whole(
        0,
        0,
        100000,
        label="half-life",
        unit="steps",
        step=500,
        help="Steps in which all learning rates and γ halve; 0 keeps them",
    )

    def decay(self, step: int) -> float:
        """What rates and γ are multiplied by at `step`: ½ after each half-life."""
        return 0.5 ** (step / self.half_life) if self.half_life else 1.0


@dataclass(frozen=True)
class SupervisedKnobs(GameKnobs):
    """What may change while a supervised AAE trains."""

    told: bool = flag(
        True, label="D is given y", help="D judges styles digit by digit, so that each digit's styles fill N(0, I)"
    )
    update: str = choice(
        "all",
        {"all": "All phases", "reconstruction": "Reconstruction only", "d": "D only", "encoder": "Encoder only"},
        label="update",
        help="Which phases of a step are carried out",
    )


@register
class SupervisedAAE(StyleView, Parts, Phased):
    """Enc(x) → z, Dec(z, y) → x, D(z, y).

    engine/methods/aae/style_view.py has layers and questions.

    Metric groups: reconstruction (nats an image), loss_d, loss_encoder (nats); sliced_w2 of the
    styles of test images to N(0, I) and sliced_w2_null; controlled: per cent of decoded (z ~ N(0,
    I), y) that the evaluator reads as y.

    Streams of the seed: weights, adversary (the discriminator's weights), batches, prior, noise (of
    D's input).
    """

    knows_label = True
    name = "aae-supervised"
    title = "Supervised AAE: digit and style"
    Setup = SupervisedSetup
    Knobs = SupervisedKnobs
    batches = False
    default_steps = 3000
    contract_setup = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}
    quick_metrics = ("reconstruction", "loss_d", "loss_encoder")
    slow_metrics = ("sliced_w2", "sliced_w2_null", "controlled")
    slow_knobs = ()
    frame_layers = ("codes", "style")
    slow_layers = {"style": 0.4}
    scene_layers = ("prior_density",)
    scene_knobs = ()
    phases = ("reconstruction", "d", "encoder")
    questions = ("decode", "row", "look", "encode")
    measures = {"parzen": "Parzen log-likelihood of samples"}

    def __init__(self, setup: SupervisedSetup, seeds: Sequence[int]) -> None:
        (seed,) = seeds
        self.setup = setup
        self.seed = seed
        self.x, self.y = mnist.images("train"), mnist.labels("train")
        self.generators = {name: stream(seed, name) for name in ("batches", "prior", "noise")}
        self.autoencoder = Autoencoder(setup.hidden, setup.style + CLASSES, setup.style, stream(seed, "weights"))
        self.discriminator = Discriminator(setup.style, setup.adversary, CLASSES + 1, stream(seed, "adversary"))
        # Snapshots call the autoencoder "coder".
        both, d = named(coder=self.autoencoder), named(d=self.discriminator)
        encoder = {k: p for k, p in both.items() if ".encoder." in k}
        self.optimisers = {
            "coder": Adam("coder", both),
            "d": Adam("d", d, (0.5, 0.999)),
            "encoder": Adam("encoder", encoder, (0.5, 0.999)),
        }
        self.parameters = both | d
        self._prepare_view()

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        """Logits (N, 784) of styles (N, style) and digits as distributions (N, 10)."""
        return self.autoencoder.decoder(torch.cat([z, y], 1))

    def style_of(self, x: Tensor, y: Tensor) -> Tensor:
        """Enc(x): styles (N, style) of images (N, 784); the encoder does not use y."""
        return self.autoencoder.encoder(x)

    def read(self, x: Tensor) -> Tensor:
        """p(y|x) (N, 10) by the evaluator, since this network classifies nothing."""
        return digit_evaluator().probabilities(x)

    # -- training ----------------------------------------------------------------------------------

    def carry_out(self, knobs: SupervisedKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """Reconstruction, D, encoder.

        Layers: images and reconstructions (8, 28, 28); real and codes (64, 2), codes_after (64, 2):
        the first two directions of styles.
        """
        decay = knobs.decay(step)
        index = torch.randint(len(self.x), (self.setup.batch,), generator=self.generators["batches"])
        x, digits = self.x[index].float() / 255, self.y[index]
        labels = _given_to_d(digits, knobs)
        if knobs.update in ("all", "reconstruction"):
            logits = self.decode(self.autoencoder.encoder(x), F.one_hot(digits, CLASSES).float())
            nats = reconstruction_loss(logits, x)
            self.optimisers["coder"].step(nats, knobs.rate_reconstruction * decay)
            yield (
                "reconstruction",
                lambda: (
                    {"loss": nats.item()},
                    {
                        "images": grey(torch.logit(x[:8], 1e-6)).numpy(),
                        "reconstructions": grey(logits[:8].detach()).numpy(),
                    },
                ),
            )
        z = self.autoencoder.encoder(x)
        if knobs.update in ("all", "d"):
            real = torch.randn(z.shape, generator=self.generators["prior"])
            noisy_real, noisy_fake = self._noisy(real, knobs), self._noisy(z.detach(), knobs)
            loss_d, out = self.discriminator.loss(noisy_real, noisy_fake, knobs.penalty * decay, labels)
            self.optimisers["d"].step(loss_d, knobs.rate_d * decay)
            yield (
                "d",
                lambda: (
                    {"loss": loss_d.item(), "cross_entropy": discriminator_loss(out).item()},
                    {"real": real[:SHOWN, :2].numpy(), "codes": z[:SHOWN, :2].detach().numpy()},
                ),
            )
        if knobs.update in ("all", "encoder"):
            loss = generator_loss(self.discriminator(self._noisy(z, knobs), labels))
            if knobs.lam:
                self.optimisers["encoder"].step(loss, knobs.lam * knobs.rate_encoder * decay)
            yield (
                "encoder",
                lambda: (
                    {"loss": loss.item()},
                    {
                        "codes": z[:SHOWN, :2].detach().numpy(),
                        "codes_after": self.autoencoder.encoder(x[:SHOWN])[:, :2].detach().numpy(),
                    },
                ),
            )

    def _noisy(self, z: Tensor, knobs: SupervisedKnobs) -> Tensor:
        return z + knobs.noise * torch.randn(z.shape, generator=self.generators["noise"])

    # -- looking -----------------------------------------------------------------------------------

    @torch.no_grad()
    def metrics(self, knobs: SupervisedKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        published = names is None
        names = self.slow_metrics + self.quick_metrics if published else names
        size = self.setup.test if published else HELD_OUT
        quick = size if published else FEW
        x, y = self.test_x[:size].float() / 255, self.test_y[:size]
        encoded = x if "sliced_w2" in names else x[:quick]
        z = torch.cat([self.autoencoder.encoder(part) for part in encoded.split(1000)])
        directions = torch.Generator().manual_seed(0xD1CE)
        real, others = torch.randn(2, size, self.setup.style, generator=torch.Generator().manual_seed(0xC0DE))
        labels = _given_to_d(y, knobs)
        pair = torch.cat([real[:quick], z[:quick]])
        numbers = {
            "sliced_w2": lambda: sliced_w2(z, real, directions) if z.isfinite().all() else float("nan"),
            "sliced_w2_null": lambda: sliced_w2(others, real, torch.Generator().manual_seed(0xD1CE)),
            "controlled": lambda: self.controlled(min(size, HELD_OUT) if published else FEW),
            "reconstruction": lambda: reconstruction_loss(
                self.decode(z[:quick], F.one_hot(y[:quick], CLASSES).float()), x[:quick]
            ).item(),
            "loss_d": lambda: discriminator_loss(self.discriminator(pair, torch.cat([labels[:quick]] * 2))).item(),
            "loss_encoder": lambda: generator_loss(self.discriminator(z[:quick], labels[:quick])).item(),
        }
        return [{name: numbers[name]() for name in names if name in numbers}]

    def measure(self, knobs: SupervisedKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """parzen: numbers sigma, nats and error of engine/metrics/parzen.py for 10,000 samples.

        σ is chosen on the last 1000 training images. The paper's §3 reports 340 ± 2 for samples of
        its AAE. Raises InvalidValue for another name.
        """
        if name not in self.measures:
            raise InvalidValue(f"there is no measure {brief(name)}: {offer(name, self.measures)}")
        g = torch.Generator().manual_seed(0x9A12)
        with torch.no_grad():
            z = torch.randn(SAMPLES, self.setup.style, generator=g)
            y = F.one_hot(torch.arange(SAMPLES) % CLASSES, CLASSES).float()
            samples = torch.cat([self.decode(a, b).sigmoid() for a, b in zip(z.split(1000), y.split(1000))])
        validation, test = self.x[-1000:].float() / 255, self.test_x[:].float() / 255
        for done in parzen(samples, validation, test):
            yield Answer(done) if isinstance(done, dict) else done


def _given_to_d(digits: Tensor, knobs: SupervisedKnobs) -> Tensor:
    """The labels (N,) that D is conditioned on: the digits (N,), or CLASSES for none."""
    return digits if knobs.told else torch.full_like(digits, CLASSES)
