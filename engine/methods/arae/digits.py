"""ARAE on digits: the discretised-image variant, on MNIST thresholded at mid-grey.

Zhao, Kim et al. 2017 (arXiv 1706.04223), §5 and appendix: dense encoder and decoder, a learned
prior of codes. Here, as in the model of sentences, codes lie on the unit sphere; the paper bounds
them by tanh.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Setup, whole
from engine.core.diverged import NotFinite, drawable, or_nan
from engine.core.frame import Answer
from engine.core.phased import Look, Phased
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.arae.game import ARAEGame
from engine.methods.arae.knobs import PriorKnobs, trained_phases
from engine.methods.arae.networks import DigitDecoder, DigitEncoder
from engine.methods.arae.sentence_view import EDGE, SPREAD, spread
from engine.metrics.digit_evaluator import digit_evaluator
from engine.nn.autoencoder import grey, reconstruction_loss
from engine.nn.interpolation import arc

CLOUD = 256  # codes of either cloud
GRID = 64  # samples shown
ORIGINALS = 16  # test images shown with their reconstructions
CHECKED = 128  # test images behind the losses
QUICK_SAMPLES = 300  # samples behind the class shares while training is watched
SAMPLES = 10_000  # samples behind the published class shares
PART = 250  # samples evaluated at a time
SURE = 0.9  # probability above which a sample counts as a clear digit
UPDATES = {"all": "All phases", "ae": "Autoencoder only", "critic": "Critic only", "game": "Encoder and generator only"}


class DigitARAEGame(ARAEGame):
    """The game whose L_rec is −log p(x|c) of Bernoulli pixels.

    It counts in nats a pixel, which keeps λ₁ on the scale it has for words.
    """

    def loss(self, logits: Tensor, x: Tensor) -> Tensor:
        return reconstruction_loss(logits, x) / mnist.PIXELS


@dataclass(frozen=True)
class ARAEDigitsSetup(Setup):
    """Sizes; the data are MNIST's 60,000 training images, thresholded."""

    code: int = whole(100, 8, 300, symbol="d_z", label="Code", help="Dimensions of the code z", step=4)
    hidden: int = whole(
        400,
        16,
        1000,
        symbol="H",
        label="Hidden units",
        help="Units of the encoder's first layer; its second has half, the decoder mirrors them",
        step=16,
    )
    s: int = whole(32, 2, 128, symbol="d_s", label="Noise s", help="Dimensions of the noise s that g turns into codes")
    width: int = whole(
        128,
        8,
        400,
        symbol="H_g",
        label="Units of g, f",
        help="Units of each hidden layer of generator and critic",
        step=8,
    )
    batch: int = whole(64, 8, 256, symbol="B", label="Batch", help="Images an update", step=8)
    judged: int = whole(
        SAMPLES,
        50,
        SAMPLES,
        help="Samples behind the class shares printed at the end of a run on the command line",
        label="samples evaluated",
    )


@dataclass(frozen=True)
class ARAEDigitsKnobs(PriorKnobs):
    """What may change while it trains."""

    update: str = trained_phases(UPDATES)


@register
class ARAEDigits(Phased):
    """ARAE of binary images.

    Streams of the seed: weights, critic, generator; batches, prior, noise, mix.
    """

    name = "arae-digits"
    title = "Adversarially regularised autoencoder of binary digits"
    Setup, Knobs = ARAEDigitsSetup, ARAEDigitsKnobs
    default_steps = 3000
    batches = False
    quick_metrics = ("loss_ae", "wasserstein", "loss_f", "loss_g", "code_variance", "noise_now")
    slow_metrics = ("pixel_accuracy", "class_share_min", "confident_share")
    slow_knobs = ()
    frame_layers = ("samples", "reconstructions", "codes_real", "codes_prior")
    scene_layers = ("codes_class", "codes_images", "originals")
    scene_knobs = ()
    questions = ("decode", "walk", "interpolate")
    measures = {"classes": "Digits among 10,000 samples"}
    phases = ("reconstruction", "critic", "adversarial")
    companions = {"clip": {"penalty": "clip"}, "ema": {"ema": 0.1}}
    contract_setup = {"code": 16, "hidden": 16, "s": 8, "width": 16, "batch": 8, "judged": 50}

    def __init__(self, setup: ARAEDigitsSetup, seeds: Sequence[int]) -> None:
        self.setup = setup
        (self.seed,) = seeds
        g = stream(self.seed, "weights")
        encoder = DigitEncoder(setup.hidden, setup.code, g)
        decoder = DigitDecoder(setup.hidden, setup.code, g)
        self.game = DigitARAEGame(encoder, decoder, "learned", 1, setup.to_dict(), self.seed)
        self.x = mnist.images("train")
        self.generator = stream(self.seed, "batches")
        x, y = mnist.mixed_test()
        self.test = binary(x[:2000])
        self.test_y = y[:2000]
        self.look_s = self.game.draw(CLOUD, stream(self.seed, "look_s"))
        self.plane = (
            torch.linalg.qr(torch.randn(setup.code, 2, generator=stream(self.seed, "projection")))[0]
            * SPREAD
            * setup.code**0.5
        )

    # -- training ----------------------------------------------------------------------------------

    def batch(self, n: int) -> Tensor:
        """n binary training images (n, 784), drawn with replacement."""
        return binary(self.x[torch.randint(len(self.x), (n,), generator=self.generator)])

    def carry_out(self, knobs: ARAEDigitsKnobs, step: int) -> Iterator[tuple[str, Look]]:
        game, size = self.game, self.setup.batch
        decay = knobs.decay(step)
        none = torch.zeros(size, dtype=torch.long)  # the game takes classes, which digits do not use
        if knobs.update in ("all", "ae"):
            x = self.batch(size)
            loss, code, logits = game.reconstruct(x, none, knobs.sigma(step), knobs.rate_ae * decay)
            yield "reconstruction", self._view_reconstruction(loss, x, code, logits)
        if knobs.update in ("all", "critic"):
            with torch.no_grad():
                codes = game.encoder(self.batch(size * knobs.critic_steps))
            for real in codes.split(size):
                seen = game.criticise(real, knobs, knobs.rate_f * decay)
            yield "critic", self._view_critic(seen, real)
        if knobs.update in ("all", "game"):
            x = self.batch(size)
            misled = game.mislead(x, none, knobs, knobs.rate_ae * decay)
            loss = game.generate(size, knobs.rate_g * decay)
            yield "adversarial", self._view_adversarial(misled, loss, x)
        game.follow(knobs.ema)

    def _view_reconstruction(self, loss: Tensor, x: Tensor, code: Tensor, logits: Tensor) -> Look:
        """The phase of the autoencoder.

        Layers: images and reconstructions uint8 (8, 28, 28), codes and codes_after (64, 2).
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.game.encoder(x)
            return {"loss": loss.item()}, {
                "images": ink(x[:8]),
                "reconstructions": grey(logits[:8]).numpy(),
                "codes": self.project(code[:64]).numpy(),
                "codes_after": self.project(after[:64]).numpy(),
            }

        return look

    def _view_critic(self, seen: Mapping[str, Tensor], real: Tensor) -> Look:
        """The phase of the critic.

        Layers: real and prior (64, 3): x, y and f after its last update.
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            layers = {
                name: torch.cat([self.project(c), self.game.f(c)], 1)[:64].numpy()
                for name, c in (("real", real), ("prior", seen["fake"]))
            }
            return {k: seen[k].item() for k in ("loss", "wasserstein", "penalty")}, layers

        return look

    def _view_adversarial(self, misled: Mapping[str, Tensor], loss: Tensor, x: Tensor) -> Look:
        """The phase of encoder and generator.

        Layers: codes and codes_after (64, 2): before and after the encoder's update; prior_after
        (64, 2): g's codes after its update.
        """

        @torch.no_grad()
        def look() -> tuple[dict[str, float], dict[str, np.ndarray]]:
            after = self.game.encoder(x)
            before = misled.get("code", after)
            numbers = {"loss_g": loss.item(), "moved": (after - before).norm(dim=1).mean().item()}
            if "f" in misled:
                numbers["f"] = misled["f"].item()
            return numbers, {
                "codes": self.project(before[:64]).numpy(),
                "codes_after": self.project(after[:64]).numpy(),
                "prior_after": self.project(self.game.prior_codes(self.look_s[:64])).numpy(),
            }

        return look

    def state(self) -> dict[str, Tensor]:
        return self.game.parts() | {"generator.batches": self.generator.get_state()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.game.take(state)
        self.generator.set_state(state["generator.batches"].clone())

    # -- looking -----------------------------------------------------------------------------------

    def project(self, codes: Tensor) -> Tensor:
        """Codes in the plane, (N, 2)."""
        return (codes @ self.plane).clamp(-EDGE, EDGE)

    @torch.no_grad()
    def images(self, codes: Tensor) -> Tensor:
        """p(pixel = 1) by the running mean of the decoder: (N, 784)."""
        return torch.sigmoid(self.game.mean["decoder"](codes))

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Codes by the running mean of the encoder."""
        return self.game.mean["encoder"](x)

    @torch.no_grad()
    def sampled(self, s: Tensor) -> Tensor:
        """Codes by the running mean of g."""
        return self.game.prior_codes(s, mean=True)

    @torch.no_grad()
    def metrics(self, knobs: ARAEDigitsKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """Numbers of the run now.

        loss_ae: nats an image of 128 test images without noise. wasserstein, loss_f, loss_g,
        code_variance(.prior), noise_now: as in the model of sentences.

        pixel_accuracy: per cent of pixels right after reconstruction. class_share_min: share of the
        rarest digit among thresholded samples, as the digit evaluator classifies them.
        confident_share: share of samples whose class it gives over 90 %. Both are of 300 samples,
        or of `judged` of the set-up where the published metrics are asked for.
        """
        wanted = set(self.quick_metrics + self.slow_metrics if names is None else names)
        out: dict[str, float] = {}
        if wanted & set(self.quick_metrics):
            game, x = self.game, self.test[:CHECKED]
            code, fake = game.encoder(x), game.prior_codes(self.look_s)
            real, prior = game.f(code).mean().item(), game.f(fake).mean().item()
            out |= {
                "loss_ae": reconstruction_loss(game.decoder(code), x).item(),
                "wasserstein": real - prior,
                "loss_f": prior - real,
                "loss_g": -prior,
                "code_variance": spread(code),
                "code_variance.prior": spread(fake),
                "noise_now": knobs.sigma(self.game.updates),
            }
        if "pixel_accuracy" in wanted:
            x = self.test[:500]
            out["pixel_accuracy"] = or_nan(
                lambda: 100 * ((drawable(self.images(self.encode(x))) > 0.5) == (x > 0.5)).double().mean().item()
            )
        if wanted & {"class_share_min", "confident_share"}:
            n = self.setup.judged if names is None else QUICK_SAMPLES
            try:
                out |= shares(torch.cat(list(self._evaluated(n))))
            except NotFinite:
                out |= dict.fromkeys(("class_share_min", "confident_share"), math.nan)
        return [{k: v for k, v in out.items() if k.split(".")[0] in wanted}]

    def _evaluated(self, n: int) -> Iterator[Tensor]:
        """The digit evaluator's probabilities (PART, 10) of n samples, part by part."""
        s = self.game.draw(n, stream(self.seed, "judged"))
        for part in s.split(PART):
            yield digit_evaluator().probabilities((drawable(self.images(self.sampled(part))) > 0.5).float())

    def layers(self, knobs: ARAEDigitsKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw.

        samples: uint8 (64, 28, 28); originals, reconstructions: uint8 (16, 28, 28). codes_real,
        codes_prior: float32 (256, 2) in a fixed random plane; codes_class: uint8 (256,),
        codes_images: uint8 (256, 28, 28), of codes_real.
        """
        return {name: getattr(self, f"_layer_{name}")() for name in names}

    def _layer_samples(self) -> np.ndarray:
        return ink(self.images(self.sampled(self.look_s[:GRID])))

    def _layer_reconstructions(self) -> np.ndarray:
        return ink(self.images(self.encode(self.test[:ORIGINALS])))

    def _layer_originals(self) -> np.ndarray:
        return ink(self.test[:ORIGINALS])

    def _layer_codes_real(self) -> np.ndarray:
        return self.project(self.encode(self.test[:CLOUD])).numpy()

    def _layer_codes_prior(self) -> np.ndarray:
        return self.project(self.sampled(self.look_s)).numpy()

    def _layer_codes_images(self) -> np.ndarray:
        return ink(self.test[:CLOUD])

    def _layer_codes_class(self) -> np.ndarray:
        return self.test_y[:CLOUD].to(torch.uint8).numpy()

    # -- questions ---------------------------------------------------------------------------------

    def ask(self, knobs: ARAEDigitsKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """Answer one of `questions`.

        decode {seeds}: images uint8 (N, 28, 28) of s drawn from each seed. walk {s_a, s_b: seeds,
        steps = 12}: images along the arc between two s. interpolate {a, b: test digits, 0 to 1999,
        steps = 12}: images along the arc between their codes. Numbers of each: codes [[x, y]].
        """
        if name not in self.questions:
            return super().ask(knobs, name, values)
        if name == "decode":
            seeds = values.get("seeds")
            if not isinstance(seeds, (list, tuple)) or not 1 <= len(seeds) <= 100:
                raise InvalidValue("seeds: give a list of 1 to 100 whole numbers")
            codes = self.sampled(torch.cat([self._s(seed) for seed in seeds]))
        else:
            steps = _whole("steps", values.get("steps", 12), 2, 60)
            if name == "walk":
                codes = self.sampled(arc(self._s(values.get("s_a", 0))[0], self._s(values.get("s_b", 1))[0], steps))
            else:
                ends = [self.test[_whole(k, values.get(k), 0, len(self.test) - 1)] for k in "ab"]
                codes = arc(*self.encode(torch.stack(ends)), steps)
        return Answer({"codes": self.project(codes).tolist()}, {"images": ink(self.images(codes))})

    def _s(self, seed: Any) -> Tensor:
        return self.game.draw(1, stream(_whole("seed", seed, 0, 2**53), "asked"))

    def measure(self, knobs: ARAEDigitsKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """The measurement `classes`.

        Of 10,000 samples {counts (10), class_share_min, confident_share}.
        """
        if name not in self.measures:
            yield from super().measure(knobs, name, values)
        seen: list[Tensor] = []
        for p in self._evaluated(SAMPLES):
            seen.append(p)
            yield len(seen) * PART / SAMPLES
        p = torch.cat(seen)
        yield Answer({**shares(p), "counts": torch.bincount(p.argmax(1), minlength=10).tolist()})


def binary(x: Tensor) -> Tensor:
    """Grey levels thresholded at mid-grey: 0.0 or 1.0."""
    return (x > 127).float()


def ink(x: Tensor) -> np.ndarray:
    """Images (N, 784) in [0, 1] as uint8 (N, 28, 28). Raises NotFinite."""
    return (drawable(x) * 255).round().to(torch.uint8).reshape(-1, mnist.SIDE, mnist.SIDE).numpy()


def shares(p: Tensor) -> dict[str, float]:
    """Share of the rarest class and of clear digits, from an evaluator's probabilities (N, 10)."""
    return {
        "class_share_min": torch.bincount(p.argmax(1), minlength=10).min().item() / len(p),
        "confident_share": (p.amax(1) > SURE).double().mean().item(),
    }


def _whole(name: str, n: Any, low: int, high: int) -> int:
    if isinstance(n, bool) or not isinstance(n, int) or not low <= n <= high:
        raise InvalidValue(f"{name} = {n!r} is not allowed: give a whole number from {low} to {high}")
    return n
