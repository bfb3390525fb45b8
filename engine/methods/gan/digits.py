"""GAN lab, digits: a generator and a discriminator on all of MNIST, and walks through codes.

Goodfellow et al. 2014 (arXiv 1406.2661), §5 and figures 2 and 3. The networks are dense or
convolutional (engine/methods/gan/digit_networks.py), the step is in digit_game.py beside it.
Samples come from Ḡ, the running mean of G's weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.core.declare import InvalidValue, Knobs, Setup, choice, number, whole
from engine.core.diverged import drawable, finite
from engine.core.frame import Answer
from engine.core.method import Method
from engine.core.registry import register
from engine.core.streams import stream
from engine.data import mnist
from engine.methods.gan import latent_paths
from engine.methods.gan.digit_game import CLUSTERS, PRIORS, DigitGame, draw_codes
from engine.methods.gan.digit_networks import NETS
from engine.metrics.digit_evaluator import digit_evaluator
from engine.metrics.nearest_neighbour import nearest_neighbour
from engine.metrics.parzen import parzen
from engine.nn.gan_losses import LOSSES, accuracy, discriminator_loss, generator_loss, probability, value

SIDE = mnist.SIDE
GRID = 8  # samples shown: GRID rows of GRID
LOOK = 128  # images behind the quick numbers
GLANCE = 200  # samples the evaluator reads while the run is live
SURE = 0.9  # confidence of the evaluator above which a sample counts as a clear digit
SAMPLES = 10_000  # behind the measurements
VALIDATION = 1000  # of the last 10,000 training images, which choose Parzen's σ
MOST_CODES = 400  # decoded for one question
UPDATES = {"both": "D and G", "d": "D alone", "g": "G alone"}
QUICK = ("value", "loss_d", "loss_g", "accuracy", "d_real", "d_fake")
SLOW = ("class_share_min", "confident_share")
# Defaults of a network where they differ from those below.
NET_DEFAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "dense": {
        "setup": {"z_dim": 100, "width": 384, "prior": "uniform", "batch": 100},
        "knobs": {"dropout": 0.3, "r1": 0, "lr_d": 2e-4, "lr_g": 2e-4},
    },
    "conv": {"setup": {}, "knobs": {}},
}


@dataclass(frozen=True)
class DigitsSetup(Setup):
    """Networks, prior and batch."""

    net: str = choice("conv", NETS, help="Kind of both networks")
    z_dim: int = whole(32, 2, 128, help="Dimensions of the code z", symbol="d", label="dimension of z")
    width: int = whole(48, 8, 600, help="Units of a dense layer; channels of the convolutions at 7 × 7", step=8)
    prior: str = choice("gaussian", PRIORS, help="The distribution of the code z", symbol="p(z)", label="prior of z")
    batch: int = whole(64, 8, 256, help="Real and as many fake digits a step", symbol="B", label="batch size", step=4)
    judged: int = whole(
        SAMPLES,
        50,
        SAMPLES,
        help="Samples behind the class shares printed at the end of a run on the command line",
        label="samples evaluated",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prior == "clusters" and self.z_dim < CLUSTERS:
            raise InvalidValue(
                f"z_dim = {self.z_dim} is not allowed with the prior 'clusters': give {CLUSTERS} or more, one "
                f"axis a cluster"
            )


@dataclass(frozen=True)
class DigitsKnobs(Knobs):
    """What may change while G and D train. A change keeps the optimisers' moments."""

    loss: str = choice("ns", LOSSES, help="What D and G minimise", label="loss")
    lr_d: float = number(
        4e-4, 1e-6, 0.01, 0, scale="log", zero=True, symbol="η_D", label="rate of D", help="Adam's learning rate for D"
    )
    lr_g: float = number(
        4e-4, 1e-6, 0.01, 0, scale="log", zero=True, symbol="η_G", label="rate of G", help="Adam's learning rate for G"
    )
    k_d: int = whole(1, 1, 10, symbol="k_D", label="D updates", help="Updates of D a step")
    k_g: int = whole(1, 1, 10, symbol="k_G", label="G updates", help="Updates of G a step")
    beta1: float = number(
        0.5, 0, 0.95, 0.01, symbol="β₁", label="of Adam", help="Decay of the mean of Adam's gradients"
    )
    beta2: float = number(
        0.99, 0.5, 0.9999, 0.0001, symbol="β₂", label="of Adam", help="Decay of the mean of Adam's squared gradients"
    )
    r1: float = number(
        0.05, 0, 5, 0.01, symbol="γ", label="R1", help="Weight of ½‖∇ₓD‖² at real digits, taken every eighth step"
    )
    penalty: float = number(
        10, 0, 50, 0.5, symbol="λ", label="gradient penalty", when=("loss", ("wgan_gp",)), help="Weight of (‖∇ₓD‖ − 1)²"
    )
    clip: float = number(
        0.05,
        0.005,
        1,
        0,
        scale="log",
        symbol="c",
        label="clip",
        when=("loss", ("wgan",)),
        help="D's weights stay within ±c",
    )
    dropout: float = number(
        0, 0, 0.8, 0.05, label="dropout in D", help="Share of D's hidden units set to zero while training"
    )
    noise: float = number(
        0, 0, 1, 0.01, symbol="σ_D", label="noise for D", help="Noise added to all that D sees", unit="of full white"
    )
    ema: float = number(
        0.998,
        0,
        0.9999,
        0.0001,
        label="running mean",
        help="Decay of the running mean of G's weights that samples come from",
    )
    update: str = choice("both", UPDATES, help="Which of the two networks a step trains", label="train which network")


@register
class GANDigits(Method):
    """One game of one seed. engine/methods/gan/digit_game.py has the training step."""

    name = "gan-digits"
    title = "GAN on digits"
    Setup = DigitsSetup
    Knobs = DigitsKnobs
    default_steps = 2000
    batches = False
    quick_metrics = QUICK
    threads = 2
    slow_metrics = SLOW
    slow_knobs = ()
    frame_layers = ("samples", "nearest")
    scene_layers = ()
    scene_knobs = ()
    slow_layers = {"nearest": 2.0}
    questions = ("decode", "walk", "plane", "nearest")
    measures = {"parzen": "Parzen-window log-likelihood of the test digits", "classes": "Digits among 10,000 samples"}
    # The default mean is so long that a change shows only after many updates, see DigitGame.
    companions = {"penalty": {"loss": "wgan_gp"}, "clip": {"loss": "wgan"}, "ema": {"ema": 0.1}}
    contract_setup = {"net": "dense", "width": 16, "z_dim": 8, "batch": 8, "judged": 50}

    def __init__(self, setup: DigitsSetup, seeds: Sequence[int]) -> None:
        (self.seed,) = seeds
        self.setup = setup
        self.game = DigitGame(setup.net, setup.z_dim, setup.width, setup.prior, setup.batch, self.seed)
        self._shown = self._codes("look", GRID * GRID)
        self._probe = self._codes("probe", LOOK)
        chosen = torch.randperm(10_000, generator=stream(self.seed, "look_real"))[:LOOK]
        self._real = mnist.images("test")[chosen].float() / 255

    @classmethod
    def make_setup(cls, values: Mapping[str, Any]) -> DigitsSetup:
        defaults = NET_DEFAULTS.get(values.get("net", "conv"), {}).get("setup", {})
        return DigitsSetup.of({**defaults, **values})

    @classmethod
    def make_knobs(cls, setup: DigitsSetup, values: Mapping[str, Any] | None = None) -> DigitsKnobs:
        return DigitsKnobs.of({**NET_DEFAULTS[setup.net]["knobs"], **(values or {})})

    def step(self, knobs: DigitsKnobs, step: int) -> None:
        self.game.step(knobs, step)

    def state(self) -> dict[str, Tensor]:
        return self.game.state()

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.game.load(state)

    # -- looking -----------------------------------------------------------------------------------

    def _codes(self, name: str, n: int) -> Tensor:
        return draw_codes(self.setup.prior, n, self.setup.z_dim, stream(self.seed, name))

    @torch.no_grad()
    def metrics(self, knobs: DigitsKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """On 128 test digits and as many samples of Ḡ, and on samples read by the evaluator.

        value: V(D, G). loss_d, loss_g: without penalties and noise. accuracy: share (0 to 1) right,
        none for critics. d_real, d_fake: mean D of test digits and of samples. class_share_min:
        share of the rarest digit among samples, as the evaluator reads them; confident_share: share
        of samples it is over 90 % sure of. These two from 200 samples; for published metrics from
        the set-up's `judged`. parzen, in nats, only by name: it takes minutes.
        """
        wanted = QUICK + SLOW if names is None else names
        values: dict[str, float] = {}
        if set(wanted) & set(QUICK):
            s = self.game.d(torch.cat([self._real, self.game.images(self._probe)]))
            real, fake, loss = s[:LOOK], s[LOOK:], knobs.loss
            values = {
                "value": value(loss, real, fake).item(),
                "loss_d": discriminator_loss(loss, real, fake).item(),
                "loss_g": generator_loss(loss, fake).mean().item(),
                "d_real": probability(loss, real).mean().item(),
                "d_fake": probability(loss, fake).mean().item(),
            }
            if (share := accuracy(loss, real, fake)) is not None:
                values["accuracy"] = share.item()
        if set(wanted) & set(SLOW):
            codes = self._codes("judged", self.setup.judged if names is None else GLANCE)
            values |= _shares(digit_evaluator().probabilities(self.game.images(codes)))[0]
        if "parzen" in wanted:
            *_, answer = self.measure(knobs, "parzen", {})
            values["parzen"] = answer.numbers["nats"]
        return [{name: values[name] for name in wanted if name in values}]

    def layers(self, knobs: DigitsKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """samples: Ḡ at 64 fixed codes, uint8 (64, 28, 28), rows of 8.

        nearest: the training image nearest to the last sample of each row, uint8 (8, 28, 28).
        """
        out: dict[str, np.ndarray] = {}
        x = drawable(self.game.images(self._shown))
        for name in names:
            out[name] = _grey(x) if name == "samples" else _training(nearest_neighbour(x[GRID - 1 :: GRID])[0])
        return out

    # -- questions ---------------------------------------------------------------------------------

    def ask(self, knobs: DigitsKnobs, name: str, values: Mapping[str, Any]) -> Answer:
        """Questions on codes, given by anchors.

        An anchor is {"seed": n}, {"sample": index in the grid} or {"code": numbers}; a bare whole
        number is a seed, a bare list a code. The answers:

        decode {anchors}: images (N, 28, 28); codes, norms. walk {anchors (2 to 12), steps = 16, how
        = slerp or lerp, closed = false}: images (N, 28, 28) along the path; codes, norms, how.
        plane {anchors (3), at = [[u, v], ...] or side = n}: images at a + u(b − a) + v(c − a), for
        side over u, v from 0 to 1, row by row; codes, norms. nearest {anchor, or none for the
        grid's last column}: samples, nearest (N, 28, 28); distances, indices, labels. Raises
        InvalidValue for anchors and values out of range.
        """
        return getattr(self, f"_ask_{name}")(values) if name in self.questions else super().ask(knobs, name, values)

    def _ask_decode(self, values: Mapping[str, Any]) -> Answer:
        return self._decoded(self._anchors(values, 1, MOST_CODES))

    def _ask_walk(self, values: Mapping[str, Any]) -> Answer:
        anchors = self._anchors(values, 2, 12)
        steps = values.get("steps", 16)
        how = values.get("how") or self.default_path
        if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 60:
            raise InvalidValue(f"steps = {steps!r} is not allowed: give a whole number from 2 to 60")
        if how not in latent_paths.PATHS:
            raise InvalidValue(f"how = {how!r} is not allowed: choose one of {', '.join(latent_paths.PATHS)}")
        if len(anchors) * steps > MOST_CODES:
            raise InvalidValue(
                f"{len(anchors)} anchors with {steps} steps each are too many: at most {MOST_CODES} images a walk"
            )
        return self._decoded(latent_paths.tour(anchors, steps, how, bool(values.get("closed"))), how=how)

    def _ask_plane(self, values: Mapping[str, Any]) -> Answer:
        anchors = self._anchors(values, 3, 3)
        if "side" in values:
            side = values["side"]
            if isinstance(side, bool) or not isinstance(side, int) or not 2 <= side <= 15:
                raise InvalidValue(f"side = {side!r} is not allowed: give a whole number from 2 to 15")
            line = torch.linspace(0, 1, side)
            at = torch.cartesian_prod(line, line).flip(1)  # u runs along a row
        else:
            at = _numbers(values.get("at"), "at", "pairs [[u, v], ...]")
            if at.dim() != 2 or at.shape[1] != 2 or len(at) > MOST_CODES or at.abs().max() > 10:
                raise InvalidValue(f"at: give one to {MOST_CODES} pairs [u, v] between -10 and 10")
        return self._decoded(latent_paths.plane(anchors, at))

    def _ask_nearest(self, values: Mapping[str, Any]) -> Answer:
        z = (
            self._anchors({"anchors": [values["anchor"]]}, 1, 1)
            if "anchor" in values
            else self._shown[GRID - 1 :: GRID]
        )
        x = drawable(self.game.images(z))
        index, distance = nearest_neighbour(x)
        numbers = {
            "distances": distance.tolist(),
            "indices": index.tolist(),
            "labels": mnist.labels("train")[index].tolist(),
        }
        return Answer(numbers, {"samples": _grey(x), "nearest": _training(index)})

    @property
    def default_path(self) -> str:
        """slerp for Gaussian codes of 10 dimensions or more, else lerp.

        Gaussian codes of many dimensions lie near a sphere, which a straight line leaves.
        """
        return "slerp" if self.setup.prior == "gaussian" and self.setup.z_dim >= 10 else "lerp"

    def _anchors(self, values: Mapping[str, Any], least: int, most: int) -> Tensor:
        given = values.get("anchors")
        if not isinstance(given, (list, tuple)) or not least <= len(given) <= most:
            raise InvalidValue(f"anchors: give a list of {least if least == most else f'{least} to {most}'} codes")
        return torch.stack([self._anchor(a) for a in given])

    def _anchor(self, anchor: Any) -> Tensor:
        if not isinstance(anchor, Mapping):
            anchor = {"code": anchor} if isinstance(anchor, (list, tuple)) else {"seed": anchor}
        if "code" in anchor:
            code = _numbers(anchor["code"], "code", f"{self.setup.z_dim} numbers")
            if code.shape != (self.setup.z_dim,) or code.abs().max() > 100:
                raise InvalidValue(f"code: give {self.setup.z_dim} numbers between -100 and 100")
            return code
        kind, most = ("sample", GRID * GRID) if "sample" in anchor else ("seed", 2**53)
        n = anchor.get(kind)
        if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n < most:
            raise InvalidValue(f"{kind} = {n!r} is not allowed: give a whole number from 0 to {most - 1}")
        if kind == "sample":
            return self._shown[n]
        return draw_codes(self.setup.prior, 1, self.setup.z_dim, stream(n, "code"))[0]

    def _decoded(self, z: Tensor, **more: Any) -> Answer:
        numbers = {"norms": z.norm(dim=1).tolist(), "codes": [[round(v, 4) for v in row] for row in z.tolist()], **more}
        return Answer(numbers, {"images": _grey(self.game.images(z))})

    # -- measurements ------------------------------------------------------------------------------

    def measure(self, knobs: DigitsKnobs, name: str, values: Mapping[str, Any]) -> Iterator[float | Answer]:
        """parzen: {nats, error, sigma} of engine/metrics/parzen.py, σ chosen on 1000 images.

        Those are spread over the last 10,000 training images. classes: of 10,000 samples {counts
        (10), class_share_min, confident_share}. Raises InvalidValue for another name.
        """
        if name not in self.measures:
            yield from super().measure(knobs, name, values)
        codes = self._codes("measured", SAMPLES)
        if name == "parzen":
            samples = self.game.images(codes)
            validation, test = mnist.images("train")[-10_000:][:: 10_000 // VALIDATION], mnist.images("test")
            for done in parzen(samples, validation / 255, test / 255):
                yield done if isinstance(done, float) else Answer(done)
            return
        seen = []
        for k, part in enumerate(codes.split(GLANCE // 4)):
            seen.append(digit_evaluator().probabilities(self.game.images(part)))
            yield (k + 1) * len(part) / SAMPLES
        shares, counts = _shares(torch.cat(seen))
        yield Answer({**shares, "counts": counts})


def _shares(p: Tensor) -> tuple[dict[str, float], list[int]]:
    """Class shares, from p(digit | sample) (N, 10), and how often each digit is the likeliest. NaN
    and no counts where the samples are not finite.
    """
    if not finite(p):
        return dict.fromkeys(SLOW, math.nan), []
    counts = torch.bincount(p.argmax(1), minlength=10)
    shares = {
        "class_share_min": counts.min().item() / len(p),
        "confident_share": (p.amax(1) > SURE).double().mean().item(),
    }
    return shares, counts.tolist()


def _grey(x: Tensor) -> np.ndarray:
    """Images (N, 784) in [0, 1] as uint8 (N, 28, 28). Raises NotFinite."""
    return (drawable(x).clamp(0, 1) * 255).round().to(torch.uint8).reshape(-1, SIDE, SIDE).numpy()


def _training(index: Tensor) -> np.ndarray:
    """Training images of these indices (N,), uint8 (N, 28, 28)."""
    return mnist.images("train")[index].reshape(-1, SIDE, SIDE).numpy()


def _numbers(given: Any, name: str, wanted: str) -> Tensor:
    """Finite numbers as a tensor. Raises InvalidValue for anything else, naming what is wanted."""
    try:
        out = torch.tensor(given, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidValue(f"{name}: give {wanted}") from error
    if not out.numel() or not out.isfinite().all():
        raise InvalidValue(f"{name}: give {wanted}")
    return out
