"""What codes in the plane look like: metrics, layers and questions of the AAE lab.

Nothing here draws from training's generators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.core.declare import InvalidValue, brief, offer
from engine.core.diverged import drawable
from engine.core.frame import Answer
from engine.data import mnist
from engine.data.hand_drawn import drawn
from engine.data.priors import UNLABELLED, grid
from engine.metrics.digit_evaluator import digit_evaluator
from engine.metrics.prior_fit import FIT, NULL, null_fit, prior_fit
from engine.nn.autoencoder import grey, kl_to_prior, posterior, reconstruction_loss
from engine.nn.discriminator import discriminator_loss, generator_loss

CODES = 500  # test images whose codes are drawn
HELD_OUT = 1000  # test images that live metrics are measured on
FEW = 256  # test images for the numbers that every frame may carry
FIELD, DENSITY, DECODED = 36, 64, 16  # cells along a side
ARROWS = 150  # codes that carry an arrow
FAR = 1e4  # code coordinates are drawn, and accepted in questions, up to here


class PlaneView:
    """Metrics, layers and questions of `Codes`.

    Expects its autoencoders, discriminator, spread, members and setup (engine/methods/aae/aae.py).

    Layers (rows from low to high y, the plane is [−3.5, 3.5]²): codes (500, 3): x, y, digit of test
    images. field (36, 36) uint8: D(z) from 0 to 255, for unlabelled codes. arrows (150, 4): the
    first codes' x, y and where D pulls them, −∇ of −log D, the longest of length 1. decoded (256,
    28, 28) uint8: images at the centres of 16 × 16 cells. prior_density (64, 64) uint8: p(z) over
    its maximum. prior_samples (500, 2). vae_codes, vae_decoded: the VAE's, where there are two.

    Metric groups: those of engine/metrics/prior_fit.py (the VAE's of draws from q(z|x), while its
    dots are the means), and reconstruction (−log p(x|z), nats an image), loss_d (cross-entropy of
    codes against prior samples, nats), loss_encoder (nats), kl (nats an image). With two members,
    each but the null values ends in .aae or .vae. Published numbers are of `test` test images; live
    ones of the first 1000 for the fit and the first 256 for losses.

    Questions: decode {z: [x, y]} → image (28, 28). look {index: 0 … 9999} of a test image, in the
    order of mnist.mixed_test → image, reconstruction; z, label, digit (what the evaluator reads in
    the reconstruction). encode {pixels: 784 of 0 … 255} → image (as centred), reconstruction; z,
    digit, probabilities (the evaluator's). Each takes member: "aae" or "vae".
    """

    def _prepare_view(self) -> None:
        self.test_x, self.test_y = mnist.mixed_test()
        self.held_out = self.test_x[:HELD_OUT].float() / 255
        # A third of the pixels is black in all images whose codes every frame draws. They add
        # nothing to the first layer, so `drawn_codes` leaves them out.
        self.lit = self.held_out[:CODES].any(0).nonzero().flatten()
        self.drawn = self.held_out[:CODES, self.lit].contiguous()

    # -- metrics -----------------------------------------------------------------------------------

    @torch.no_grad()
    def metrics(self, knobs: Any, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        published = names is None
        names = (*FIT, *NULL, *self.quick_metrics) if published else names
        size = self.setup.test if published else HELD_OUT
        fits = [name for name in names if name in FIT]
        losses = [name for name in names if name in self.quick_metrics]
        prior = knobs.p()
        out: dict[str, float] = {}
        for member in self.members:
            values: dict[str, float] = {}
            if fits:
                values |= prior_fit(self.fitted(member, self._test(size)), prior, fits)
            if losses:
                values |= self._losses(member, knobs, self._test(size if published else FEW), losses)
            end = f".{member}" if len(self.members) > 1 else ""
            out |= {f"{name}{end}": value for name, value in values.items()}
        out |= null_fit(prior, size, [name for name in names if name in NULL])
        return [out]

    def _test(self, n: int) -> Tensor:
        """The first n test images (n, 784) in [0, 1]."""
        return self.held_out[:n] if n <= HELD_OUT else self.test_x[:n].float() / 255

    def codes(self, member: str, x: Tensor) -> Tensor:
        """Codes (N, 2) of images (N, 784): Enc(x), or the mean of q(z|x)."""
        with torch.no_grad():
            return torch.cat([self.autoencoders[member].encoder(part) for part in x.split(1000)])

    def fitted(self, member: str, x: Tensor) -> Tensor:
        """Codes (N, 2) of images (N, 784) whose fit to the prior is measured.

        Enc(x), or draws of the VAE's q(z|x), since it fits these to the prior and not their means.
        """
        if member == "aae":
            return self.codes(member, x)
        g = torch.Generator().manual_seed(0xD4A3)
        with torch.no_grad():
            parts = [posterior(self.autoencoders["vae"], self.spread, part) for part in x.split(1000)]
            means, log_vars = zip(*parts)
        mean = torch.cat(means)
        return mean + (0.5 * torch.cat(log_vars)).exp() * torch.randn(mean.shape, generator=g)

    def drawn_codes(self, member: str) -> Tensor:
        """Codes (500, 2) of the images that frames draw, at most FAR away. Raises NotFinite."""
        first, *rest = self.autoencoders[member].encoder
        h = F.linear(self.drawn, first.weight[:, self.lit], first.bias)
        for layer in rest:
            h = layer(h)
        return drawable(h).clamp(-FAR, FAR)

    def _losses(self, member: str, knobs: Any, x: Tensor, names: Sequence[str]) -> dict[str, float]:
        out = dict.fromkeys(names, 0.0)
        for part in x.split(1000):
            for name, value in self._losses_of(member, knobs, part, names).items():
                out[name] += value.item() * len(part) / len(x)
        # A loss that the member does not have is not 0 but absent.
        own = ("reconstruction", "loss_d", "loss_encoder") if member == "aae" else ("reconstruction", "kl")
        return {name: value for name, value in out.items() if name in own}

    def _losses_of(self, member: str, knobs: Any, x: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        g = torch.Generator().manual_seed(0x100C)
        if member == "vae":
            mean, log_var = posterior(self.autoencoders["vae"], self.spread, x)
            z = mean + (0.5 * log_var).exp() * torch.randn(mean.shape, generator=g)
            out = {"kl": lambda: kl_to_prior(mean, log_var, z, knobs.p())}
        else:
            z = self.autoencoders["aae"].encoder(x)
            labels = torch.full((len(x),), UNLABELLED)
            fake = self.discriminator(z, labels)
            real = self.discriminator(knobs.p().sample(len(x), g), labels)
            out = {
                "loss_d": lambda: discriminator_loss(torch.cat([real, fake])),
                "loss_encoder": lambda: generator_loss(fake),
            }
        out["reconstruction"] = lambda: reconstruction_loss(self.autoencoders[member].decoder(z), x)
        return {name: out[name]() for name in names if name in out}

    # -- layers ------------------------------------------------------------------------------------

    @torch.no_grad()
    def layers(self, knobs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
        known: dict[str, Tensor] = {}  # member → codes, which two layers need
        out = {}
        for name in names:
            member, kind = ("vae", name[4:]) if name.startswith("vae_") else (self.members[0], name)
            if kind in ("codes", "arrows") and member not in known:
                known[member] = self.drawn_codes(member)
            out[name] = getattr(self, f"_layer_{kind}")(knobs, member, known.get(member))
        return out

    def _layer_codes(self, knobs: Any, member: str, codes: Tensor) -> np.ndarray:
        return torch.cat([codes, self.test_y[:CODES, None].float()], 1).numpy()

    def _layer_field(self, knobs: Any, member: str, codes: Tensor | None) -> np.ndarray:
        at = grid(FIELD)
        p = torch.sigmoid(drawable(self.discriminator(at, torch.full((len(at),), UNLABELLED))))
        return (p * 255).round().to(torch.uint8).reshape(FIELD, FIELD).numpy()

    def _layer_arrows(self, knobs: Any, member: str, codes: Tensor) -> np.ndarray:
        z = codes[:ARROWS]
        return torch.cat([z, self.pull(z, torch.full((len(z),), UNLABELLED))], 1).numpy()

    def pull(self, z: Tensor, labels: Tensor) -> Tensor:
        """−∇_z of −log D(z) at codes (N, 2) with labels (N,): where the encoder's phase moves them.

        Shape (N, 2), scaled so that the longest has length 1.
        """
        with torch.enable_grad():
            at = z.detach().requires_grad_()
            (slope,) = torch.autograd.grad(generator_loss(self.discriminator(at, labels)), at)
        return drawable(-slope / slope.norm(dim=1).amax().clamp_min(1e-12))

    def _layer_decoded(self, knobs: Any, member: str, codes: Tensor | None) -> np.ndarray:
        return grey(self.autoencoders[member].decoder(grid(DECODED))).numpy()

    def _layer_prior_density(self, knobs: Any, member: str, codes: Tensor | None) -> np.ndarray:
        return (knobs.p().grid(DENSITY) * 255).round().to(torch.uint8).numpy()

    def _layer_prior_samples(self, knobs: Any, member: str, codes: Tensor | None) -> np.ndarray:
        return knobs.p().sample(CODES, torch.Generator().manual_seed(0x5A)).numpy()

    # -- questions ---------------------------------------------------------------------------------

    @torch.no_grad()
    def ask(self, knobs: Any, name: str, values: Mapping[str, Any]) -> Answer:
        if name not in self.questions:
            raise InvalidValue(f"{self.name} answers no question {brief(name)}: {offer(name, self.questions)}")
        member = values.get("member", self.members[0])
        if member not in self.members:
            raise InvalidValue(f"member = {brief(member)} is not allowed: choose one of {', '.join(self.members)}")
        return getattr(self, f"_answer_{name}")(self.autoencoders[member], values)

    def _answer_decode(self, autoencoder: Any, values: Mapping[str, Any]) -> Answer:
        z = vector(values.get("z"), 2)
        return Answer({"z": z.tolist()}, {"image": grey(autoencoder.decoder(z[None]))[0].numpy()})

    def _answer_look(self, autoencoder: Any, values: Mapping[str, Any]) -> Answer:
        index = held_out_index(values.get("index"), len(self.test_x))
        x = self.test_x[index : index + 1]
        z = autoencoder.encoder(x.float() / 255)
        logits = autoencoder.decoder(z)
        read = digit_evaluator().probabilities(logits.sigmoid())[0]
        return Answer(
            {"index": index, "z": z[0].tolist(), "label": self.test_y[index].item(), "digit": read.argmax().item()},
            {"image": x.reshape(28, 28).numpy(), "reconstruction": grey(logits)[0].numpy()},
        )

    def _answer_encode(self, autoencoder: Any, values: Mapping[str, Any]) -> Answer:
        x = drawn(values.get("pixels"))[None]
        z = autoencoder.encoder(x)
        p = digit_evaluator().probabilities(x)[0]
        return Answer(
            {"z": z[0].tolist(), "digit": p.argmax().item(), "probabilities": [round(v, 4) for v in p.tolist()]},
            {
                "image": (x * 255).round().to(torch.uint8).reshape(28, 28).numpy(),
                "reconstruction": grey(autoencoder.decoder(z))[0].numpy(),
            },
        )


def vector(value: Any, length: int) -> Tensor:
    """A code (length,) from a list of numbers within ±FAR. Raises InvalidValue for all else."""
    try:
        z = torch.tensor([float(v) for v in value])
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidValue(f"z: give a list of {length} numbers") from error
    if len(z) != length or not (z.abs() <= FAR).all():
        raise InvalidValue(f"z: give {length} numbers from {-FAR:g} to {FAR:g}")
    return z


def held_out_index(value: Any, most: int) -> int:
    """`value` if it is the number of a test image, 0 to most − 1. Raises InvalidValue otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < most:
        raise InvalidValue(f"index = {brief(value)} is not allowed: give a whole number from 0 to {most - 1}")
    return value
