"""GAN lab, the plane: a generator and a discriminator play their game in two dimensions.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio 2014, "Generative
adversarial nets" (arXiv 1406.2661). The five losses are in engine/nn/gan_losses.py, the step in
engine/methods/gan/plane_game.py, the theory's D* and C(G) in engine/metrics/divergences.py.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from engine.core.declare import InvalidValue, Knobs, Setup, choice, flag, ink, number, points, whole
from engine.core.phased import Look, Phased
from engine.core.registry import register
from engine.core.side_by_side import twice
from engine.data import density
from engine.data.plane import Row
from engine.methods.gan.plane_game import PHASES, PRIORS, Game, Sizes
from engine.methods.gan.plane_view import GameView
from engine.nn.flat_mlp import ACTIVATIONS
from engine.nn.gan_losses import LOSSES

UPDATES = {"both": "D and G", "d": "D alone", "g": "G alone"}
QUICK = ("value", "loss_d", "loss_g", "accuracy", "d_real", "d_fake", "grad_d", "grad_g", "field_low", "field_high")
SLOW = ("modes_covered", "in_a_mode", "js", "kl", "two_js_minus_log4", "cost", "sliced_w2")


@dataclass(frozen=True)
class GANSetup(Setup):
    """Real distribution, prior and the sizes of both networks."""

    dataset: str = choice(
        "ring8",
        {name: label for name, (label, _) in density.SHAPES.items()} | {"own": density.OWN},
        help="The real distribution, p_data",
    )
    prior: str = choice("gaussian", PRIORS, help="The distribution of the code z", symbol="p(z)", label="prior of z")
    z_dim: int = whole(2, 1, 16, help="Dimensions of the code z", symbol="d", label="dimension of z")
    layers_g: int = whole(2, 1, 4, help="Hidden layers of G", label="G's layers")
    width_g: int = whole(64, 2, 256, help="Units in each of G's hidden layers", label="G's width")
    layers_d: int = whole(2, 1, 4, help="Hidden layers of D", label="D's layers")
    width_d: int = whole(64, 2, 256, help="Units in each of D's hidden layers", label="D's width")
    activation: str = choice(
        "tanh", {name: label for name, (label, *_) in ACTIVATIONS.items()}, help="Activation of the hidden layers"
    )
    spectral: bool = flag(
        False, help="Divide each of D's weights by its largest singular value", label="spectral norm on D"
    )
    batch: int = whole(
        128, 8, 1024, help="Real and as many fake samples a step", symbol="B", label="batch size", step=8
    )
    rows: tuple[Row, ...] = points(1000, 10, help="The distribution 'own': rows of x, y, label; labels are ignored")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset == "own":
            density.make("own", self.rows)  # raises InvalidValue for too few points


@dataclass(frozen=True)
class GANKnobs(Knobs):
    """What may change while G and D train. A change keeps the optimisers' moments."""

    loss: str = choice("ns", LOSSES, help="What D and G minimise", label="loss")
    lr_d: float = number(
        1e-3, 1e-5, 0.05, 0, scale="log", zero=True, symbol="η_D", label="rate of D", help="Adam's learning rate for D"
    )
    lr_g: float = number(
        1e-3, 1e-5, 0.05, 0, scale="log", zero=True, symbol="η_G", label="rate of G", help="Adam's learning rate for G"
    )
    k_d: int = whole(1, 1, 20, symbol="k_D", label="D updates", help="Updates of D a step")
    k_g: int = whole(1, 1, 20, symbol="k_G", label="G updates", help="Updates of G a step")
    beta1: float = number(
        0.5, 0, 0.95, 0.01, symbol="β₁", label="of Adam", help="Decay of the mean of Adam's gradients"
    )
    beta2: float = number(
        0.999, 0.5, 0.9999, 0.0001, symbol="β₂", label="of Adam", help="Decay of the mean of Adam's squared gradients"
    )
    noise: float = number(
        0, 0, 1, 0.01, symbol="σ_D", label="noise for D", unit="plane units", help="Noise added to all that D sees"
    )
    penalty: float = number(
        1, 0, 20, 0.1, symbol="λ", label="gradient penalty", when=("loss", ("wgan_gp",)), help="Weight of (‖∇ₓD‖ − 1)²"
    )
    clip: float = number(
        0.2,
        0.005,
        1,
        0,
        scale="log",
        symbol="c",
        label="clip",
        when=("loss", ("wgan",)),
        help="D's weights stay within ±c",
    )
    update: str = choice("both", UPDATES, help="Which of the two networks a step trains", label="train which network")
    ink: tuple[int, ...] = ink(
        density.INK_SIDE, help="A painted density in place of the data set; none means the data set"
    )

    def __post_init__(self) -> None:
        if isinstance(self.ink, Sequence) and len(self.ink) and all(level == 0 for level in self.ink):
            raise InvalidValue(
                "ink: the painted density has no ink. Paint at least one spot, or take the painting away (ink = [])."
            )
        super().__post_init__()


@register
class GAN(Phased):
    """One game of one seed. engine/methods/gan/plane_view.py computes metrics and layers."""

    name = "gan"
    title = "GAN in the plane"
    Setup = GANSetup
    Knobs = GANKnobs
    default_steps = 3000
    batches = False
    quick_metrics = QUICK
    slow_metrics = SLOW
    slow_knobs = ("ink",)
    pace = 4.0  # looks take a fifth of the time at most, and between them the browser glides
    frame_layers = ("field", "fake", "mesh", "arrows", "density_fake", "optimal")
    scene_layers = ("real", "density_real")
    scene_knobs = ("ink",)
    phases = PHASES
    companions = {"penalty": {"loss": "wgan_gp"}, "clip": {"loss": "wgan"}}

    def __init__(self, setup: GANSetup, seeds: Sequence[int]) -> None:
        (self.seed,) = seeds
        self.setup = setup
        sizes = Sizes(
            z=setup.z_dim,
            layers_g=setup.layers_g,
            width_g=setup.width_g,
            layers_d=setup.layers_d,
            width_d=setup.width_d,
            activation=setup.activation,
            spectral=setup.spectral,
            batch=setup.batch,
            prior=setup.prior,
        )
        self.game = Game(sizes, self.seed, density.STARTS.get(setup.dataset, (0.0, 0.0)))
        self._plain = GameView(self.game, self.seed, density.make(setup.dataset, setup.rows))
        self._painted: tuple[tuple[int, ...], GameView] | None = None

    def view(self, knobs: GANKnobs) -> GameView:
        """The game with its current real distribution: the painted one, else the data set's."""
        if not knobs.ink:
            return self._plain
        if self._painted is None or self._painted[0] != knobs.ink:
            self._painted = knobs.ink, self._plain.over(density.Painting(knobs.ink))
        return self._painted[1]

    def carry_out(self, knobs: GANKnobs, step: int) -> Iterator[tuple[str, Look]]:
        """The phases of D k_D times, then those of G k_G times.

        sample: real (B, 2), codes (B, d). generate: fake (B, 2). judge: field; means of s and D.
        losses: both, and V. d_gradient: its norm. d_update: field, loss and D afterwards, on the
        same batch. g_gradient: fake and arrows (100, 4). g_update: fake, mesh; loss afterwards.
        """
        view = self.view(knobs)
        for moment in self.game.step(view.density, knobs):
            yield moment.name, functools.partial(view.phase, moment, knobs.loss)

    def state(self) -> dict[str, Tensor]:
        return self.game.state()

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.game.load(state)

    def metrics(self, knobs: GANKnobs, names: Sequence[str] | None = None) -> list[dict[str, float]]:
        """All on fixed samples, which training does not see.

        value: V(D, G), for a critic its estimate of W₁. accuracy: share (0 to 1) right, none for
        critics. d_real, d_fake: mean D. grad_d, grad_g: norms of the losses' gradients. field_low,
        field_high: what 0 and 255 mean in a critic's field. js, kl (p_data ‖ p_g),
        two_js_minus_log4 and cost, C(G) measured on samples, in nats on the blurred grid.
        sliced_w2: plane units. modes_covered: modes with over 1 % of samples within 3σ. in_a_mode:
        share of samples within 3σ of any.
        """
        wanted = QUICK + SLOW if names is None else names
        view = self.view(knobs)
        values: dict[str, float] = {}
        if set(wanted) & set(QUICK):
            values |= view.quick(knobs.loss)
        if set(wanted) & set(SLOW):
            values |= view.slow()
        return [{name: values[name] for name in wanted if name in values}]

    def layers(self, knobs: GANKnobs, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Arrays to draw; grids are uint8 (48, 64), rows from low to high y.

        field: D over the plane, 0 to 255 for 0 to 1, for a critic from its lowest to its highest
        value. optimal: D* of the blurred densities, faded to ½ where both are below a thousandth of
        p_data's peak. density_real, density_fake: blurred densities, 255 at p_data's peak. real,
        fake: points (500, 2). mesh: G over equal steps of z's probability, (21, 21, 2), for one
        dimension (1, 200, 2). arrows: (100, 4), fake points and −∇ of G's loss there.
        """
        return self.view(knobs).layers(knobs.loss, tuple(names))


GANPair = twice(
    GAN, "gan-pair", "Two GANs in the plane side by side", shared=("update", "ink"), defaults={"loss_b": "minimax"}
)
