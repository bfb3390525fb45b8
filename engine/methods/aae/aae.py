"""AAE lab: an adversarial autoencoder and a VAE lay out the digits of MNIST in a plane, after one
of several priors.

Makhzani, Shlens, Jaitly, Goodfellow, Frey 2015, "Adversarial autoencoders" (arXiv 1511.05644), §2:
a deterministic encoder, three phases a step. The VAE (Kingma, Welling 2013, arXiv 1312.6114) beside
it has the same networks, initial weights, batches and clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from engine.core.declare import Knobs, Setup, choice, ink, number, whole
from engine.core.frame import Phase
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.data.augmentation import perturbed
from engine.data.priors import CLASSES, KINDS, SIDE, UNLABELLED, Prior
from engine.methods.aae.plane_view import PlaneLook
from engine.metrics.prior_fit import FIT, NULL
from engine.nn.autoencoder import CODE, Autoencoder, Spread, grey, kl_to_prior, posterior, reconstruction_loss
from engine.nn.dense import Adam, Parts, named
from engine.nn.discriminator import Discriminator, discriminator_loss, generator_loss

TURN, SHIFT, GRAIN = 15.0, 2.0, 0.2  # degrees, pixels and noise of the strongest warp
SHOWN = 64  # codes that a phase shows
Look = Callable[[], tuple[dict[str, float], dict[str, np.ndarray]]]


@dataclass(frozen=True)
class CodeSetup(Setup):
    """Sizes of the networks and batches; the data are MNIST's 60,000 training and 10,000 test
    images.
    """

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
        128, 16, 1000, symbol="H_D", label="Hidden units of D", help="Units of each of D's two hidden layers", step=16
    )
    waves: int = whole(
        32,
        0,
        64,
        label="Waves before D",
        help="Fixed waves sin(wᵀz), cos(wᵀz) that D sees beside z, which let it learn fine shapes; 0 is a plain dense "
        "D",
        step=8,
    )
    batch: int = whole(128, 8, 512, symbol="B", label="Batch", help="Images a step", step=8)
    test: int = whole(
        10000, 100, 10000, label="Test images", help="Test images that final metrics are measured on", step=100
    )


PAINTED = ("petals", "swiss", "ring", "square", "painted")  # priors that carry noise


@dataclass(frozen=True)
class CodeKnobs(Knobs):
    """What AAE and VAE share."""

    prior: str = choice("petals", KINDS, symbol="p(z)", label="prior", help="The distribution that codes should follow")
    s: float = number(
        0.1,
        0.03,
        0.6,
        0.01,
        symbol="s",
        label="prior noise",
        unit="code units",
        when=("prior", PAINTED),
        help="Standard deviation across a petal; of the noise on the other priors",
    )
    modes: int = whole(
        10, 2, 16, symbol="K", label="modes", when=("prior", ("petals",)), help="Number of Gaussians in the mixture"
    )
    ink: tuple[int, ...] = ink(SIDE, help="The density painted on the code plane", when=("prior", ("painted",)))
    rate_reconstruction: float = number(
        3e-4,
        1e-6,
        1e-2,
        0,
        symbol="η_rec",
        label="rate",
        scale="log",
        help="Learning rate of encoder and decoder (VAE: of the ELBO)",
    )
    half_life: int = whole(
        2000,
        0,
        100000,
        label="half-life",
        unit="steps",
        step=500,
        help="Steps in which all learning rates and γ halve; 0 keeps them, and then the game throws the codes about "
        "now and then",
    )

    warp: float = number(
        0,
        0,
        1,
        0.05,
        label="warp",
        help="How much training images are turned, moved and noised before the encoder sees them: at 1 by up "
        "to 15 degrees and 2 pixels, noise .2",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.p()

    def p(self) -> Prior:
        """The prior. Raises InvalidValue where a painted one is chosen and nothing is painted."""
        return Prior(self.prior, self.s, self.modes, self.ink)


@dataclass(frozen=True)
class AAEKnobs(CodeKnobs):
    """What may change while an adversarial autoencoder trains."""

    lam: float = number(
        1,
        0.01,
        100,
        0,
        symbol="λ",
        label="game",
        scale="log",
        zero=True,
        help="Weight of the encoder's game against D; 0 is a plain autoencoder. It scales the step, since Adam "
        "ignores a loss's scale",
    )
    rate_d: float = number(
        1e-3, 1e-6, 1e-2, 0, symbol="η_D", label="rate of D", scale="log", help="Learning rate of the discriminator"
    )
    rate_encoder: float = number(
        5e-4,
        1e-6,
        1e-2,
        0,
        symbol="η_E",
        label="game rate",
        scale="log",
        help="Learning rate of the encoder's phase, times λ",
    )
    d_steps: int = whole(1, 1, 5, symbol="k_D", label="D steps", help="Steps of D for each step of the encoder")
    penalty: float = number(
        0.2,
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
        0.03,
        0,
        1,
        0.01,
        symbol="σ_D",
        label="D's noise",
        unit="code units",
        help="Standard deviation of the noise D sees codes under",
    )
    labels: int = whole(
        0,
        0,
        60000,
        symbol="N_y",
        label="labels",
        step=100,
        help="Training images whose label D is told: each digit is sent to its own tenth of the prior",
    )
    update: str = choice(
        "all",
        {"all": "All phases", "reconstruction": "Reconstruction only", "d": "D only", "encoder": "Encoder only"},
        label="update",
        help="Which phases of a step are carried out",
    )


_BETA = {
    "symbol": "β",
    "label": "weight of KL",
    "scale": "log",
    "zero": True,
    "help": "Weight of the VAE's KL(q(z|x) ‖ p(z)); 1 is the ELBO",
}


@dataclass(frozen=True)
class VAEKnobs(CodeKnobs):
    """What may change while a variational autoencoder trains."""

    beta: float = number(1, 0.01, 100, 0, **_BETA)


@dataclass(frozen=True)
class BothKnobs(AAEKnobs):
    """What may change while the two train side by side."""

    beta: float = number(1, 0.01, 100, 0, **_BETA)


class Codes(PlaneLook, Parts, Method):
    """Base of the three: `members` says which autoencoders a run has.
    engine/methods/aae/plane_view.py has metrics, layers and questions.

    Streams of the seed: weights (the same first draws for both members), batches, warps, prior,
    noise (of D's input), posterior (of the VAE).
    """

    members: ClassVar[tuple[str, ...]]
    batches = False
    default_steps = 3000
    contract_setup = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}
    companions = {"ink": {"prior": "painted", "ink": (1,) * SIDE**2}}
    scene_layers, scene_knobs = ("prior_density", "prior_samples"), ("prior", "s", "modes", "ink")
    questions = ("decode", "look", "encode")

    def __init__(self, setup: CodeSetup, seeds: Sequence[int]) -> None:
        (seed,) = seeds
        self.setup, self.seed = setup, seed
        self.x, self.y = mnist.images("train"), mnist.labels("train")
        self.order = mnist.balanced_order(stream(seed, "labels"))
        self.generators = {name: stream(seed, name) for name in ("batches", "warps", "prior", "noise", "posterior")}
        self.coders = {m: Autoencoder(setup.hidden, CODE, CODE, stream(seed, "weights")) for m in self.members}
        parts = {m: named(**{m: coder}) for m, coder in self.coders.items()}
        if "vae" in self.members:
            self.spread = Spread(setup.hidden)
            parts["vae"] |= named(spread=self.spread)
        self.optimisers = {m: Adam(m, p) for m, p in parts.items()}
        if "aae" in self.members:
            self.adversary = Discriminator(CODE, setup.adversary, CLASSES + 1, stream(seed, "adversary"), setup.waves)
            encoder = {k: p for k, p in parts["aae"].items() if ".encoder." in k}
            parts["d"] = named(d=self.adversary)
            self.optimisers["d"] = Adam("d", parts["d"], (0.5, 0.999))
            self.optimisers["encoder"] = Adam("encoder", encoder, (0.5, 0.999))
        self.parameters = {k: p for part in parts.values() for k, p in part.items()}
        self._prepare_look()

    # -- training ----------------------------------------------------------------------------------------------------

    def draw_batch(self, labels: int) -> tuple[Tensor, Tensor]:
        """Images (B, 784) in [0, 1] and what D is told of them (B,): the digit, or UNLABELLED.

        With labels, at least half of a batch are labelled images, and at most seven eighths: the
        rest is drawn from the whole training set and counts as unlabelled, so that what D says of
        an unlabelled code, which is what we look at, is always something it has learnt.
        """
        size, n = self.setup.batch, len(self.x)
        u = torch.rand(size, generator=self.generators["batches"], dtype=torch.float64)
        told = min(max(size // 2, round(size * labels / n)), size - size // 8) if labels else 0
        index = torch.cat([self.order[(u[:told] * labels).long()], (u[told:] * n).long()])
        y = torch.full((size,), UNLABELLED)
        y[:told] = self.y[index[:told]]
        return self.x[index].float() / 255, y

    def step(self, knobs: CodeKnobs, step: int) -> None:
        for _ in self._phases(knobs, step):
            pass

    def phases_of(self, knobs: CodeKnobs, step: int) -> Iterator[Phase]:
        for name, look in self._phases(knobs, step):
            yield Phase(name, *look())

    def _phases(self, knobs: CodeKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """The phases of one step; each `look` must be called before the next phase."""
        decay = 0.5 ** (step / knobs.half_life) if knobs.half_life else 1.0
        x, told = self.draw_batch(getattr(knobs, "labels", 0))
        w, seen = knobs.warp, x
        if w:  # the draws are dear: none are made without
            seen = perturbed(x, self.generators["warps"], w * TURN, w * SHIFT, w * GRAIN)
        if "aae" in self.members:
            yield from self._aae(knobs, decay, x, seen, told)
        if "vae" in self.members:
            yield "elbo", self._elbo(knobs, decay, x, seen)

    def _aae(self, knobs: AAEKnobs, decay: float, x: Tensor, seen: Tensor, told: Tensor) -> Iterator[tuple[str, Look]]:
        encoder, decoder = self.coders["aae"].encoder, self.coders["aae"].decoder
        if knobs.update in ("all", "reconstruction"):
            z = encoder(seen)
            logits = decoder(z)
            loss = reconstruction_loss(logits, x)
            self.optimisers["aae"].step(loss, knobs.rate_reconstruction * decay)
            yield (
                "reconstruction",
                self._look_reconstruction("aae", {"loss": loss}, x, seen, z.detach(), logits.detach()),
            )
        z = encoder(seen)
        if knobs.update in ("all", "d"):
            prior, fake = knobs.p(), z.detach()
            for _ in range(knobs.d_steps):
                real = prior.sample_of(told, self.generators["prior"])
                loss, out = self.adversary.loss(
                    self._noisy(real, knobs), self._noisy(fake, knobs), knobs.penalty * decay, told
                )
                self.optimisers["d"].step(loss, knobs.rate_d * decay)
            yield "d", self._look_d(loss, out, real, fake, told)
        if knobs.update in ("all", "encoder"):
            loss = generator_loss(self.adversary(self._noisy(z, knobs), told))
            if knobs.lam:  # at 0 the encoder is not touched at all: a plain autoencoder, bit for bit
                self.optimisers["encoder"].step(loss, knobs.lam * knobs.rate_encoder * decay)
            yield "encoder", self._look_encoder(loss, seen, z.detach(), told)

    def _noisy(self, z: Tensor, knobs: AAEKnobs) -> Tensor:
        return z + knobs.noise * torch.randn(z.shape, generator=self.generators["noise"])

    def _elbo(self, knobs: VAEKnobs, decay: float, x: Tensor, seen: Tensor) -> Look:
        mean, log_var = posterior(self.coders["vae"], self.spread, seen)
        z = mean + (0.5 * log_var).exp() * torch.randn(mean.shape, generator=self.generators["posterior"])
        logits = self.coders["vae"].decoder(z)
        nats, kl = reconstruction_loss(logits, x), kl_to_prior(mean, log_var, z, knobs.p())
        self.optimisers["vae"].step(nats + knobs.beta * kl, knobs.rate_reconstruction * decay)
        return self._look_reconstruction(
            "vae",
            {"loss": nats + knobs.beta * kl, "reconstruction": nats, "kl": kl},
            x,
            seen,
            z.detach(),
            logits.detach(),
        )

    # -- walking -----------------------------------------------------------------------------------------------------

    def _look_reconstruction(
        self, member: str, losses: dict[str, Tensor], x: Tensor, seen: Tensor, z: Tensor, logits: Tensor
    ) -> Look:
        """Layers: images and reconstructions (8, 28, 28), codes (64, 2) before and codes_after."""

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.coders[member].encoder(seen[:SHOWN])
            return {k: v.item() for k, v in losses.items()}, {
                "images": grey(torch.logit(x[:8], 1e-6)).numpy(),
                "reconstructions": grey(logits[:8]).numpy(),
                "codes": z[:SHOWN].numpy(),
                "codes_after": after.numpy(),
            }

        return look

    def _look_d(self, loss: Tensor, out: Tensor, real: Tensor, fake: Tensor, told: Tensor) -> Look:
        """Layers: real and codes (64, 3) of x, y and D's probability before its step; told (64,),
        the label D was told (10: none).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            p_real, p_fake = out.sigmoid().chunk(2)
            numbers = {
                "loss": loss.item(),
                "cross_entropy": discriminator_loss(out).item(),
                "d_real": p_real.mean().item(),
                "d_codes": p_fake.mean().item(),
            }
            layers = {
                name: torch.cat([z, p[:, None]], 1)[:SHOWN].numpy()
                for name, z, p in (("real", real, p_real), ("codes", fake, p_fake))
            }
            return numbers, layers | {"told": told[:SHOWN].float().numpy()}

        return look

    def _look_encoder(self, loss: Tensor, seen: Tensor, z: Tensor, told: Tensor) -> Look:
        """Layers: codes (64, 2) before, arrows (64, 2) where D pulls them, codes_after (64, 2),
        told (64,).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.coders["aae"].encoder(seen[:SHOWN])
            moved = (after - z[:SHOWN]).norm(dim=1).mean().item()
            return {"loss": loss.item(), "moved": moved}, {
                "codes": z[:SHOWN].numpy(),
                "arrows": self.pull(z[:SHOWN], told[:SHOWN]).numpy(),
                "codes_after": after.numpy(),
                "told": told[:SHOWN].float().numpy(),
            }

        return look


@register
class AAE(Codes):
    """The adversarial autoencoder alone."""

    name, title = "aae", "Adversarial autoencoder, two-dimensional code"
    members = ("aae",)
    Setup, Knobs = CodeSetup, AAEKnobs
    phases = ("reconstruction", "d", "encoder")
    quick_metrics, slow_metrics = ("reconstruction", "loss_d", "loss_encoder"), FIT + NULL
    frame_layers, slow_layers = ("codes", "field", "arrows", "decoded"), {"decoded": 0.4}


@register
class VAE(Codes):
    """The variational autoencoder alone."""

    name, title = "vae", "Variational autoencoder, two-dimensional code"
    members = ("vae",)
    Setup, Knobs = CodeSetup, VAEKnobs
    phases = ("elbo",)
    quick_metrics, slow_metrics = ("reconstruction", "kl"), FIT + NULL
    frame_layers, slow_layers = ("codes", "decoded"), {"decoded": 0.4}


@register
class Both(Codes):
    """Adversarial and variational autoencoder side by side: metrics end in .aae and .vae, the VAE's
    layers begin with vae_.
    """

    name, title = "aae-vae", "Adversarial autoencoder beside a VAE"
    members = ("aae", "vae")
    Setup, Knobs = CodeSetup, BothKnobs
    phases = ("reconstruction", "d", "encoder", "elbo")
    quick_metrics, slow_metrics = ("reconstruction", "loss_d", "loss_encoder", "kl"), FIT + NULL
    frame_layers = ("codes", "field", "arrows", "decoded", "vae_codes", "vae_decoded")
    slow_layers = {"decoded": 0.4, "vae_decoded": 0.4}
