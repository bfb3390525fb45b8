"""Semi-supervised AAE: the encoder finds digit and style apart, with labels for a few images.

Makhzani et al. 2015, "Adversarial autoencoders" (arXiv 1511.05644), §5: q(y|x) is matched with a
uniform categorical distribution, q(z|x) with N(0, I), in three phases a step: reconstruction,
regularisation (both games), classification on labelled images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.declare import choice, number, whole
from engine.core.diverged import drawable, or_nan
from engine.core.phased import Look, Phased
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.data.augmentation import perturbed
from engine.data.priors import CLASSES
from engine.methods.aae.style_view import HELD_OUT, StyleView
from engine.methods.aae.supervised import FEW, SHOWN, GameKnobs, StyleSetup
from engine.nn.autoencoder import Autoencoder, grey, reconstruction_loss
from engine.nn.dense import Parts, named
from engine.nn.discriminator import Discriminator, discriminator_loss, generator_loss
from engine.nn.optimisers import Adam


@dataclass(frozen=True)
class SemiSetup(StyleSetup):
    """Sizes of the networks and batches of a semi-supervised AAE."""

    style: int = whole(10, 2, 50, symbol="d", label="Style dimensions", help="Dimension of the style z")
    adversary: int = whole(
        128,
        16,
        1000,
        symbol="H_D",
        label="Hidden units of each D",
        help="Units of each of the hidden layers of D_y and D_z",
        step=16,
    )
    batch: int = whole(
        100, 8, 512, symbol="B", label="Batch", help="Unlabelled images a step, and as many labelled ones", step=4
    )


@dataclass(frozen=True)
class SemiKnobs(GameKnobs):
    """What may change while a semi-supervised AAE trains."""

    labels: int = whole(
        100,
        10,
        60000,
        symbol="N_y",
        label="labels",
        step=10,
        help="Training images whose label is known, all digits equally often",
    )
    rate_classification: float = number(
        5e-4,
        1e-6,
        1e-2,
        0,
        symbol="η_y",
        label="class rate",
        scale="log",
        zero=True,
        help="Learning rate of the classification phase",
    )
    turn: float = number(
        15, 0, 45, 1, label="rotation", unit="degrees", help="The encoder sees training images rotated by up to this"
    )
    shift: float = number(
        2, 0, 4, 0.5, label="shifts", unit="pixels", help="The encoder sees training images moved by up to this"
    )
    grain: float = number(
        0.2,
        0,
        1,
        0.05,
        symbol="σ_x",
        label="image noise",
        help="Standard deviation of the noise on the encoder's training images",
    )
    update: str = choice(
        "all",
        {
            "all": "All phases",
            "reconstruction": "Reconstruction only",
            "regularisation": "Regularisation only",
            "classification": "Classification only",
        },
        label="update",
        help="Which phases of a step are carried out",
    )


@register
class SemiAAE(StyleView, Parts, Phased):
    """Enc(x) → q(y|x), z; Dec(y, z) → x; D_y, D_z.

    engine/methods/aae/style_view.py has questions and the layers codes, style, prior_density.
    Layers beside those: confusion (10, 10) float32, test images of each digit (row) read as each
    digit (column), in per cent of the row.

    Metric groups: test_error (per cent), reconstruction (nats an image), loss_dy, loss_dz,
    loss_encoder (nats), certainty (mean of the largest q(y|x)), controlled (per cent of decoded (z
    ~ N(0, I), y) that the evaluator reads as y). Published on `test` images, live on 1000.

    Streams of the seed: weights, adversary_y and adversary_z (the discriminators' weights), labels
    (which images are labelled), batches, warps, prior, noise (of the discriminators' input).
    """

    name = "aae-semi"
    title = "Semi-supervised AAE: few labels, digit and style apart"
    Setup = SemiSetup
    Knobs = SemiKnobs
    batches = False
    default_steps = 5000
    contract_setup = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}
    quick_metrics = ("reconstruction", "loss_dy", "loss_dz", "loss_encoder", "certainty")
    slow_metrics = ("test_error", "controlled")
    slow_knobs = ()
    frame_layers = ("codes", "style", "confusion")
    slow_layers = {"style": 0.4, "confusion": 1.0}
    scene_layers = ("prior_density",)
    scene_knobs = ()
    phases = ("reconstruction", "regularisation", "classification")
    questions = ("decode", "row", "look", "encode")

    def __init__(self, setup: SemiSetup, seeds: Sequence[int]) -> None:
        (seed,) = seeds
        self.setup = setup
        self.seed = seed
        self.x, self.y = mnist.images("train"), mnist.labels("train")
        self.order = mnist.balanced_order(stream(seed, "labels"))
        self.generators = {name: stream(seed, name) for name in ("batches", "warps", "prior", "noise")}
        both_heads = CLASSES + setup.style
        self.autoencoder = Autoencoder(setup.hidden, both_heads, both_heads, stream(seed, "weights"))
        self.discriminator_y = Discriminator(CLASSES, setup.adversary, 0, stream(seed, "adversary_y"))
        self.discriminator_z = Discriminator(setup.style, setup.adversary, 0, stream(seed, "adversary_z"))
        # Snapshots call the autoencoder "coder".
        both, d = named(coder=self.autoencoder), named(dy=self.discriminator_y, dz=self.discriminator_z)
        encoder = {k: p for k, p in both.items() if ".encoder." in k}
        self.optimisers = {
            "coder": Adam("coder", both),
            "d": Adam("d", d, (0.5, 0.999)),
            "encoder": Adam("encoder", encoder, (0.5, 0.999)),
            "classification": Adam("classification", encoder),
        }
        self.parameters = both | d
        self._prepare_view()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of q(y|x) (N, 10) and z (N, style) of images (N, 784)."""
        return self.autoencoder.encoder(x).split((CLASSES, self.setup.style), 1)

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        """Logits (N, 784) of styles (N, style) and digits as distributions (N, 10)."""
        return self.autoencoder.decoder(torch.cat([y, z], 1))

    def style_of(self, x: Tensor, y: Tensor) -> Tensor:
        """z (N, style) of images (N, 784); the encoder does not use y."""
        return self.encode(x)[1]

    def read(self, x: Tensor) -> Tensor:
        """q(y|x) (N, 10) of images (N, 784)."""
        return self.encode(x)[0].softmax(1)

    # -- training ----------------------------------------------------------------------------------

    def carry_out(self, knobs: SemiKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """Reconstruction, regularisation (both games), classification.

        Layers: images, seen (what the encoder sees) and reconstructions (8, 28, 28); told (8,), the
        labels, and read (8, 10), q(y|x); real and codes (64, 2), the first two directions of z.
        """
        decay = knobs.decay(step)
        u = torch.rand(2, self.setup.batch, generator=self.generators["batches"], dtype=torch.float64)
        unlabelled = (u[0] * len(self.x)).long()
        labelled = self.order[(u[1] * knobs.labels).long()]
        x = self.x[unlabelled].float() / 255
        images = torch.cat([x, self.x[labelled].float() / 255])
        seen, seen_labelled = perturbed(images, self.generators["warps"], knobs.turn, knobs.shift, knobs.grain).chunk(2)
        if knobs.update in ("all", "reconstruction"):
            logits, z = self.encode(seen)
            out = self.decode(z, logits.softmax(1))
            nats = reconstruction_loss(out, x)
            self.optimisers["coder"].step(nats, knobs.rate_reconstruction * decay)
            yield (
                "reconstruction",
                lambda: (
                    {"loss": nats.item()},
                    {
                        "images": grey(torch.logit(x[:8], 1e-6)).numpy(),
                        "seen": _as_images(seen[:8]),
                        "reconstructions": grey(out[:8].detach()).numpy(),
                    },
                ),
            )
        if knobs.update in ("all", "regularisation"):
            yield "regularisation", self._regularise(knobs, decay, seen)
        if knobs.update in ("all", "classification"):
            logits = self.encode(seen_labelled)[0]
            target = self.y[labelled]
            loss = F.cross_entropy(logits, target)  # takes logits, not softmax outputs
            self.optimisers["classification"].step(loss, knobs.rate_classification * decay)
            yield (
                "classification",
                lambda: (
                    {"loss": loss.item(), "wrong": 100 * (logits.argmax(1) != target).double().mean().item()},
                    {
                        "seen": _as_images(seen_labelled[:8]),
                        "told": target[:8].float().numpy(),
                        "read": logits[:8].softmax(1).detach().numpy(),
                    },
                ),
            )

    def _regularise(self, knobs: SemiKnobs, decay: float, seen: Tensor) -> Look:
        logits, z = self.encode(seen)
        y = logits.softmax(1)
        digits = torch.randint(CLASSES, (len(seen),), generator=self.generators["prior"])
        real_y = F.one_hot(digits, CLASSES).float()
        real_z = torch.randn(z.shape, generator=self.generators["prior"])
        loss_y, out_y = self.discriminator_y.loss(
            self._noisy(real_y, knobs), self._noisy(y.detach(), knobs), knobs.penalty * decay
        )
        loss_z, out_z = self.discriminator_z.loss(
            self._noisy(real_z, knobs), self._noisy(z.detach(), knobs), knobs.penalty * decay
        )
        self.optimisers["d"].step(loss_y + loss_z, knobs.rate_d * decay)
        loss = generator_loss(self.discriminator_y(self._noisy(y, knobs))) + generator_loss(
            self.discriminator_z(self._noisy(z, knobs))
        )
        if knobs.lam:
            self.optimisers["encoder"].step(loss, knobs.lam * knobs.rate_encoder * decay)
        return lambda: (
            {
                "loss_dy": discriminator_loss(out_y).item(),
                "loss_dz": discriminator_loss(out_z).item(),
                "loss_encoder": loss.item(),
            },
            {
                "real": real_z[:SHOWN, :2].numpy(),
                "codes": z[:SHOWN, :2].detach().numpy(),
                "read": y[:8].detach().numpy(),
            },
        )

    def _noisy(self, z: Tensor, knobs: SemiKnobs) -> Tensor:
        return z + knobs.noise * torch.randn(z.shape, generator=self.generators["noise"])

    # -- looking -----------------------------------------------------------------------------------

    def _confusion(self, n: int) -> Tensor:
        """Counts (10, 10) of the first n test images: true digit (row) by digit read (column).

        Raises NotFinite where the logits are not finite: argmax would still name a digit.
        """
        x = self.held_out if n == HELD_OUT else self.test_x[:n].float() / 255
        logits = torch.cat([self.encode(part)[0] for part in x.split(1000)])
        read = drawable(logits).argmax(1)
        return torch.bincount(self.test_y[:n] * CLASSES + read, minlength=CLASSES**2).reshape(CLASSES, CLASSES)

    def _layer_confusion(self, knobs: SemiKnobs) -> np.ndarray:
        counts = self._confusion(HELD_OUT).float()
        return (100 * counts / counts.sum(1, keepdim=True).clamp_min(1)).numpy()

    @torch.no_grad()
    def metrics(self, knobs: SemiKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        published = names is None
        names = self.slow_metrics + self.quick_metrics if published else names
        size = self.setup.test if published else HELD_OUT
        few = min(size, HELD_OUT) if published else FEW
        out: dict[str, float] = {}
        if "test_error" in names:
            out["test_error"] = or_nan(lambda: 100 * (1 - self._confusion(size).trace().item() / size))
        if "controlled" in names:
            out["controlled"] = self.controlled(few)
        if set(names) & set(self.quick_metrics):
            x = self.held_out[:few]
            logits, z = self.encode(x)
            y = logits.softmax(1)
            g = torch.Generator().manual_seed(0x100C)
            real_y = torch.eye(CLASSES).repeat(-(-few // CLASSES), 1)[:few]
            real_z = torch.randn(z.shape, generator=g)
            out_y = self.discriminator_y(torch.cat([real_y, y]))
            out_z = self.discriminator_z(torch.cat([real_z, z]))
            numbers = {
                "reconstruction": lambda: reconstruction_loss(self.decode(z, y), x),
                "loss_dy": lambda: discriminator_loss(out_y),
                "loss_dz": lambda: discriminator_loss(out_z),
                "loss_encoder": lambda: generator_loss(out_y[few:]) + generator_loss(out_z[few:]),
                "certainty": lambda: y.amax(1).mean(),
            }
            out |= {name: numbers[name]().item() for name in names if name in numbers}
        return [out]


def _as_images(x: Tensor) -> np.ndarray:
    """Grey levels (N, 784), cut to [0, 1], as uint8 (N, 28, 28)."""
    return (x.clamp(0, 1) * 255).to(torch.uint8).reshape(-1, 28, 28).numpy()
