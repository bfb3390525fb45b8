"""AAE lab: digits of MNIST as codes in the plane that follow a prior, by an AAE, a VAE or both.

Makhzani, Shlens, Jaitly, Goodfellow, Frey 2015, "Adversarial autoencoders" (arXiv 1511.05644), §2:
a deterministic encoder, three phases a step. The VAE (Kingma, Welling 2013, arXiv 1312.6114) beside
it has the same networks, initial weights, batches and clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from engine.core.declare import Knobs, Setup, choice, ink, number, whole
from engine.core.phased import Look, Phased
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.data.augmentation import perturbed
from engine.data.priors import CLASSES, KINDS, SIDE, UNLABELLED, Prior
from engine.methods.aae.plane_view import PlaneView
from engine.metrics.prior_fit import FIT, NULL
from engine.nn.autoencoder import CODE, Autoencoder, Spread, grey, kl_to_prior, posterior, reconstruction_loss
from engine.nn.dense import Parts, named
from engine.nn.discriminator import Discriminator, discriminator_loss, generator_loss
from engine.nn.optimisers import Adam

TURN, SHIFT, GRAIN = 15.0, 2.0, 0.2  # degrees, pixels and noise of the strongest warp
SHOWN = 64  # codes that a phase shows
NOISY = ("petals", "swiss", "ring", "square", "painted")  # priors that carry noise


@dataclass(frozen=True)
class CodeSetup(Setup):
    """Sizes of the networks and batches.

    The data are MNIST's 60,000 training images and 10,000 test images.
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


@dataclass(frozen=True)
class CodeKnobs(Knobs):
    """The knobs that AAE and VAE share."""

    prior: str = choice("petals", KINDS, symbol="p(z)", label="prior", help="The distribution that codes should follow")
    s: float = number(
        0.1,
        0.03,
        0.6,
        0.01,
        symbol="s",
        label="prior noise",
        unit="code units",
        when=("prior", NOISY),
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
        help="How much training images are rotated, moved and given noise before the encoder sees them: at 1 by up "
        "to 15 degrees and 2 pixels, noise 0.2",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.p()  # raises InvalidValue where a painted prior has no ink

    def p(self) -> Prior:
        """The prior p(z). Raises InvalidValue where a painted one has no ink."""
        return Prior(self.prior, self.s, self.modes, self.ink)

    def decay(self, step: int) -> float:
        """What rates and γ are multiplied by at `step`: ½ after each half-life."""
        return 0.5 ** (step / self.half_life) if self.half_life else 1.0


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
        help="Training images whose label D is given: each digit is sent to its own tenth of the prior",
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


class Codes(PlaneView, Parts, Phased):
    """Base of the three methods; `members` names the autoencoders that a run has.

    engine/methods/aae/plane_view.py has metrics, layers and questions. Streams of the seed: weights
    (the same first draws for both members), adversary (the discriminator's weights), labels (which
    images are labelled), batches, warps, prior, noise (of D's input), posterior (of the VAE).
    """

    members: ClassVar[tuple[str, ...]]
    batches = False
    default_steps = 3000
    contract_setup = {"hidden": 32, "adversary": 16, "batch": 32, "test": 300}
    companions = {"ink": {"prior": "painted", "ink": (1,) * SIDE**2}}
    scene_layers = ("prior_density", "prior_samples")
    scene_knobs = ("prior", "s", "modes", "ink")
    questions = ("decode", "look", "encode")

    def __init__(self, setup: CodeSetup, seeds: Sequence[int]) -> None:
        (seed,) = seeds
        self.setup = setup
        self.seed = seed
        self.x, self.y = mnist.images("train"), mnist.labels("train")
        self.order = mnist.balanced_order(stream(seed, "labels"))
        self.generators = {name: stream(seed, name) for name in ("batches", "warps", "prior", "noise", "posterior")}
        self.autoencoders = {m: Autoencoder(setup.hidden, CODE, CODE, stream(seed, "weights")) for m in self.members}
        parts = {m: named(**{m: autoencoder}) for m, autoencoder in self.autoencoders.items()}
        if "vae" in self.members:
            self.spread = Spread(setup.hidden)
            parts["vae"] |= named(spread=self.spread)
        self.optimisers = {m: Adam(m, p) for m, p in parts.items()}
        if "aae" in self.members:
            weights = stream(seed, "adversary")
            self.discriminator = Discriminator(CODE, setup.adversary, CLASSES + 1, weights, setup.waves)
            encoder = {k: p for k, p in parts["aae"].items() if ".encoder." in k}
            parts["d"] = named(d=self.discriminator)
            self.optimisers["d"] = Adam("d", parts["d"], (0.5, 0.999))
            self.optimisers["encoder"] = Adam("encoder", encoder, (0.5, 0.999))
        self.parameters = {k: p for part in parts.values() for k, p in part.items()}
        self._prepare_view()

    # -- training ----------------------------------------------------------------------------------

    def draw_batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Images (B, 784) in [0, 1] and the labels (B,) that D is given: a digit, or UNLABELLED.

        count: how many training images have a label. If there are any, at least half of the batch
        are labelled images, and at most seven eighths. The rest is drawn from the whole training
        set and counts as unlabelled: layers and metrics show D for unlabelled codes, so it must go
        on learning them.
        """
        size = self.setup.batch
        n = len(self.x)
        u = torch.rand(size, generator=self.generators["batches"], dtype=torch.float64)
        labelled = min(max(size // 2, round(size * count / n)), size - size // 8) if count else 0
        index = torch.cat([self.order[(u[:labelled] * count).long()], (u[labelled:] * n).long()])
        labels = torch.full((size,), UNLABELLED)
        labels[:labelled] = self.y[index[:labelled]]
        return self.x[index].float() / 255, labels

    def carry_out(self, knobs: CodeKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """The AAE's phases, then the VAE's; both see the same batch and the same warped images."""
        decay = knobs.decay(step)
        x, labels = self.draw_batch(getattr(knobs, "labels", 0))
        w = knobs.warp
        seen = x
        if w:  # skip the random draws when warp is 0: they are slow
            seen = perturbed(x, self.generators["warps"], w * TURN, w * SHIFT, w * GRAIN)
        if "aae" in self.members:
            yield from self._aae(knobs, decay, x, seen, labels)
        if "vae" in self.members:
            yield "elbo", self._elbo(knobs, decay, x, seen)

    def _aae(
        self, knobs: AAEKnobs, decay: float, x: Tensor, seen: Tensor, labels: Tensor
    ) -> Iterator[tuple[str, Look]]:
        encoder, decoder = self.autoencoders["aae"].encoder, self.autoencoders["aae"].decoder
        if knobs.update in ("all", "reconstruction"):
            z = encoder(seen)
            logits = decoder(z)
            loss = reconstruction_loss(logits, x)
            self.optimisers["aae"].step(loss, knobs.rate_reconstruction * decay)
            losses = {"loss": loss}
            yield "reconstruction", self._view_reconstruction("aae", losses, x, seen, z.detach(), logits.detach())
        z = encoder(seen)
        if knobs.update in ("all", "d"):
            prior, fake = knobs.p(), z.detach()
            for _ in range(knobs.d_steps):
                real = prior.sample_of(labels, self.generators["prior"])
                noisy_real, noisy_fake = self._noisy(real, knobs), self._noisy(fake, knobs)
                loss, out = self.discriminator.loss(noisy_real, noisy_fake, knobs.penalty * decay, labels)
                self.optimisers["d"].step(loss, knobs.rate_d * decay)
            yield "d", self._view_d(loss, out, real, fake, labels)
        if knobs.update in ("all", "encoder"):
            loss = generator_loss(self.discriminator(self._noisy(z, knobs), labels))
            if knobs.lam:  # at 0 the encoder is not touched at all: a plain autoencoder, bit for bit
                self.optimisers["encoder"].step(loss, knobs.lam * knobs.rate_encoder * decay)
            yield "encoder", self._view_encoder(loss, seen, z.detach(), labels)

    def _noisy(self, z: Tensor, knobs: AAEKnobs) -> Tensor:
        return z + knobs.noise * torch.randn(z.shape, generator=self.generators["noise"])

    def _elbo(self, knobs: VAEKnobs, decay: float, x: Tensor, seen: Tensor) -> Look:
        """A step on −ELBO (Kingma, Welling 2013, eq. 3) with one draw of q(z|x) an image."""
        mean, log_var = posterior(self.autoencoders["vae"], self.spread, seen)
        z = mean + (0.5 * log_var).exp() * torch.randn(mean.shape, generator=self.generators["posterior"])
        logits = self.autoencoders["vae"].decoder(z)
        nats, kl = reconstruction_loss(logits, x), kl_to_prior(mean, log_var, z, knobs.p())
        loss = nats + knobs.beta * kl
        self.optimisers["vae"].step(loss, knobs.rate_reconstruction * decay)
        losses = {"loss": loss, "reconstruction": nats, "kl": kl}
        return self._view_reconstruction("vae", losses, x, seen, z.detach(), logits.detach())

    # -- what a phase shows ------------------------------------------------------------------------

    def _view_reconstruction(
        self, member: str, losses: dict[str, Tensor], x: Tensor, seen: Tensor, z: Tensor, logits: Tensor
    ) -> Look:
        """Layers: images and reconstructions (8, 28, 28), codes (64, 2) before and codes_after."""

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.autoencoders[member].encoder(seen[:SHOWN])
            return {k: v.item() for k, v in losses.items()}, {
                "images": grey(torch.logit(x[:8], 1e-6)).numpy(),
                "reconstructions": grey(logits[:8]).numpy(),
                "codes": z[:SHOWN].numpy(),
                "codes_after": after.numpy(),
            }

        return look

    def _view_d(self, loss: Tensor, out: Tensor, real: Tensor, fake: Tensor, labels: Tensor) -> Look:
        """Layers: real and codes (64, 3) of x, y and D's probability before its step; told (64,).

        told: the label that D was given (10: none).
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
            return numbers, layers | {"told": labels[:SHOWN].float().numpy()}

        return look

    def _view_encoder(self, loss: Tensor, seen: Tensor, z: Tensor, labels: Tensor) -> Look:
        """Layers: codes (64, 2) before, arrows (64, 2) where D pulls them, codes_after (64, 2).

        told (64,): the label that D was given (10: none).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.autoencoders["aae"].encoder(seen[:SHOWN])
            moved = (after - z[:SHOWN]).norm(dim=1).mean().item()
            return {"loss": loss.item(), "moved": moved}, {
                "codes": z[:SHOWN].numpy(),
                "arrows": self.pull(z[:SHOWN], labels[:SHOWN]).numpy(),
                "codes_after": after.numpy(),
                "told": labels[:SHOWN].float().numpy(),
            }

        return look


@register
class AAE(Codes):
    """The adversarial autoencoder alone."""

    name = "aae"
    title = "Adversarial autoencoder, two-dimensional code"
    members = ("aae",)
    Setup = CodeSetup
    Knobs = AAEKnobs
    phases = ("reconstruction", "d", "encoder")
    quick_metrics = ("reconstruction", "loss_d", "loss_encoder")
    slow_metrics = FIT + NULL
    slow_knobs = ("prior", "s", "modes", "ink")
    threads = 2
    frame_layers = ("codes", "field", "arrows", "decoded")
    slow_layers = {"decoded": 0.4}


@register
class VAE(Codes):
    """The variational autoencoder alone."""

    name = "vae"
    title = "Variational autoencoder, two-dimensional code"
    members = ("vae",)
    Setup = CodeSetup
    Knobs = VAEKnobs
    phases = ("elbo",)
    quick_metrics = ("reconstruction", "kl")
    slow_metrics = FIT + NULL
    slow_knobs = ("prior", "s", "modes", "ink")
    frame_layers = ("codes", "decoded")
    slow_layers = {"decoded": 0.4}


@register
class Both(Codes):
    """Adversarial and variational autoencoder side by side.

    Metrics end in .aae and .vae; the VAE's layers begin with vae_.
    """

    name = "aae-vae"
    title = "Adversarial autoencoder beside a VAE"
    members = ("aae", "vae")
    Setup = CodeSetup
    Knobs = BothKnobs
    phases = ("reconstruction", "d", "encoder", "elbo")
    quick_metrics = ("reconstruction", "loss_d", "loss_encoder", "kl")
    slow_metrics = FIT + NULL
    slow_knobs = ("prior", "s", "modes", "ink")
    frame_layers = ("codes", "field", "arrows", "decoded", "vae_codes", "vae_decoded")
    slow_layers = {"decoded": 0.4, "vae_decoded": 0.4}
