"""What a game in the plane looks like: arrays to draw and numbers to plot.

They come from samples that training does not see.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from torch import Tensor

from engine.core.diverged import drawable, finite
from engine.core.streams import stream
from engine.data import density as plane
from engine.data.density import CELL, COLUMNS, ROWS, Density
from engine.data.plane import VIEW
from engine.methods.gan.plane_game import Game, Moment, draw_codes
from engine.metrics import divergences
from engine.metrics.distances import sliced_w2
from engine.nn.gan_losses import PROBABILITY, accuracy, discriminator_loss, generator_loss, probability, value

POINTS = 500  # real and fake points to draw
QUICK = 512  # samples behind the quick numbers
MANY = 4096  # samples behind the densities in the numbers
FEW = 2048  # samples behind the densities to draw
SLICED = 1000  # samples of each side whose sliced distance is taken
APART = 4096  # further samples behind the measured C(G), which must not be those that D* comes from
ARROWS = 100  # fake points that carry an arrow
FAINT = 1e-3  # of p_data's peak: densities below this are too faint to see
MESH = 21  # lines of the manifold's grid in each direction
LINE = 200  # points of a manifold of one dimension
# Names of the numbers of `slow`; the last where the distribution has modes.
DISTANCES = ("js", "two_js_minus_log4", "cost", "kl", "sliced_w2")
MODES = ("modes_covered", "in_a_mode")
EDGE = 1e6  # coordinates are drawn up to here


class GameView:
    """A game seen on fixed samples, which come from the view's own streams."""

    def __init__(self, game: Game, seed: int, density: Density) -> None:
        self.game = game
        self.density = density
        self._seed = seed
        look = stream(seed, "look")
        sizes = game.sizes
        self._codes = draw_codes(sizes.prior, MANY + APART, sizes.z, look)
        self._jitter = torch.randn(2 * APART, 2, generator=look) * CELL
        self._cells = plane.grid_points()
        self._mesh_shape, self._mesh_codes = _mesh(sizes.prior, sizes.z)

    @functools.cached_property
    def _real(self) -> Tensor:
        return self.density.sample(MANY, stream(self._seed, "look_real"))

    @functools.cached_property
    def _p(self) -> Tensor:
        """p_data on the grid, (ROWS, COLUMNS)."""
        return self.density.grid()

    def over(self, density: Density) -> GameView:
        """A view with the same samples of z and another real distribution."""
        out = object.__new__(GameView)
        out.__dict__ = {k: v for k, v in self.__dict__.items() if k not in ("_real", "_p")} | {"density": density}
        return out

    # -- numbers -----------------------------------------------------------------------------------

    def quick(self, loss: str) -> dict[str, float]:
        """V, losses, accuracy, mean D, gradient norms, and the field's range for a critic.

        The gradients are those of the losses without penalty and noise.
        """
        game, n = self.game, QUICK
        z = self._codes[:n]
        fake = game.g(z)
        s = game.judge(torch.cat([self._real[:n], fake.detach()]), fixed=False)
        loss_d = discriminator_loss(loss, s[:n], s[n:])
        loss_g = generator_loss(loss, game.judge(fake)).mean()
        with torch.no_grad():
            out = {"value": value(loss, s[:n], s[n:]).item(), "loss_d": loss_d.item(), "loss_g": loss_g.item()}
            if (share := accuracy(loss, s[:n], s[n:])) is not None:
                out["accuracy"] = share.item()  # NaN where an output is
            seen = probability(loss, s)
            out |= {"d_real": seen[:n].mean().item(), "d_fake": seen[n:].mean().item()}
        out |= {"grad_d": game.d.gradient(loss_d).norm().item(), "grad_g": game.g.gradient(loss_g).norm().item()}
        if loss not in PROBABILITY:
            low, high = self._range()
            out |= {"field_low": low, "field_high": high}
        return out

    @torch.no_grad()
    def slow(self) -> dict[str, float]:
        """Distances of p_g from p_data, in nats or plane units; NaN where a sample is not finite.

        Densities are blurred by one cell (see engine/data/density.py).
        """
        fake = self.game.generate(self._codes)
        if not finite(fake):
            return dict.fromkeys(DISTANCES + MODES * bool(self.density.modes), math.nan)
        p, q = self._p, plane.blurred(fake[:MANY]).double()
        js = divergences.js(p, q)
        out = {
            "js": js,
            "two_js_minus_log4": 2 * js - divergences.LOG4,
            "cost": self._cost(p, q, fake[MANY:]),
            "kl": divergences.smoothed_kl(p, q),
        }
        out["sliced_w2"] = sliced_w2(self._real[:SLICED], fake[:SLICED], stream(self._seed, "projections"), 64)
        if self.density.modes:
            near = plane.near_modes(fake[:MANY], self.density)
            out["modes_covered"] = float((near.float().mean(0) > plane.MODE_SHARE).sum())
            out["in_a_mode"] = near.any(1).double().mean().item()
        return out

    def _cost(self, p: Tensor, q: Tensor, fake: Tensor) -> float:
        """C(G) = E log D*(x) + E log(1 − D*(G(z))), measured on samples with the grid's blur.

        D* comes from the densities p and q (ROWS, COLUMNS), which other samples made.
        """
        best = divergences.optimal_discriminator(p, q).clamp(1e-7, 1 - 1e-7).flatten()
        real, fake = self._real[-APART:] + self._jitter[:APART], fake + self._jitter[APART:]
        return (best[_cell(real)].log().mean() + (1 - best[_cell(fake)]).log().mean()).item()

    @torch.no_grad()
    def _field(self) -> Tensor:
        return self.game.judge(self._cells).reshape(ROWS, COLUMNS)

    def _range(self) -> tuple[float, float]:
        s = self._field()
        return s.min().item(), s.max().item()

    # -- arrays ------------------------------------------------------------------------------------

    def layers(self, loss: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        """Arrays by name; see GAN.layers in engine/methods/gan/plane.py for what they are."""
        wanted, out = set(names), {}
        if wanted & {"fake", "optimal", "density_fake", "arrows"}:
            count = FEW if wanted & {"optimal", "density_fake"} else POINTS
            fake = drawable(self.game.generate(self._codes[:count]))
        if wanted & {"optimal", "density_fake"}:
            q = plane.blurred(fake).double()
        for name in names:
            if name == "fake":
                out[name] = fake[:POINTS].clamp(-EDGE, EDGE).numpy()
            elif name == "field":
                out[name] = self.field(loss)
            elif name == "optimal":
                # Where both are practically 0 their ratio has no meaning, so it fades to ½ there.
                floor = FAINT * self._p.max() / 2
                out[name] = _bytes(divergences.optimal_discriminator(self._p + floor, q + floor))
            elif name == "density_fake":
                out[name] = _bytes(q / self._p.max())
            elif name == "density_real":
                out[name] = _bytes(self._p / self._p.max())
            elif name == "real":
                out[name] = self._real[:POINTS].numpy()
            elif name == "mesh":
                out[name] = self.mesh()
            elif name == "arrows":
                out[name] = self.arrows(fake[:ARROWS], loss)
        return out

    def field(self, loss: str) -> np.ndarray:
        """D over the plane as uint8 (ROWS, COLUMNS), a critic's from its lowest to its highest."""
        s = self._field()
        if loss in PROBABILITY:
            return _bytes(torch.sigmoid(s))
        if loss == "lsgan":
            return _bytes(s)
        low, high = s.min(), s.max()
        return _bytes((s - low) / (high - low).clamp_min(1e-12))

    def mesh(self) -> np.ndarray:
        """G over a fixed grid of z, float32 (rows, columns, 2)."""
        mesh = drawable(self.game.generate(self._mesh_codes)).clamp(-EDGE, EDGE)
        return mesh.reshape(*self._mesh_shape, 2).numpy()

    def arrows(self, x: Tensor, loss: str) -> np.ndarray:
        """float32 (N, 4): x, y of x (N, 2), and −∇ of G's loss there."""
        return torch.cat([x, drawable(self.game.arrows(x, loss))], 1).detach().numpy()

    def phase(self, moment: Moment, loss: str) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        """Numbers and arrays of a phase that was just carried out, to be taken before the next."""
        made, name = moment.made, moment.name
        numbers: dict[str, float] = {}
        layers: dict[str, np.ndarray] = {}
        if name == "sample":
            layers = {"real": made["real"].numpy(), "codes": made["z"].numpy()}
            numbers = {"batch": len(made["z"]), "z_norm": made["z"].norm(dim=1).mean().item()}
        elif name == "generate":
            layers = {"fake": made["fake"].numpy()}
            numbers = {"fake_x": made["fake"][:, 0].mean().item(), "fake_y": made["fake"][:, 1].mean().item()}
        elif name == "judge":
            for side in ("real", "fake"):
                numbers[f"s_{side}"] = made[f"s_{side}"].mean().item()
                numbers[f"d_{side}"] = probability(loss, made[f"s_{side}"].detach()).mean().item()
            layers = {"field": self.field(loss)}
        elif name == "losses":
            real, fake = made["s_real"].detach(), made["s_fake"].detach()
            numbers = {
                "loss_d": made["loss_d"].item(),
                "loss_g": generator_loss(loss, fake).mean().item(),
                "value": value(loss, real, fake).item(),
            }
            numbers["penalty"] = made["penalty"].item() if "penalty" in made else 0.0
        elif name in ("d_gradient", "g_gradient"):
            gradient = made[f"gradient_{name[0]}"]
            numbers = {"norm": gradient.norm().item(), "largest": gradient.abs().max().item()}
            if name == "g_gradient":
                numbers["loss_g"] = made["loss_g"].item()
                layers = {"fake": made["fake"].detach().numpy(), "arrows": self.arrows(made["fake"][:ARROWS], loss)}
        elif name == "d_update":
            layers = {"field": self.field(loss)}
            with torch.no_grad():
                s = self.game.judge(made["x"])  # with the noise that the update saw
            n = len(made["real"])
            numbers = {
                "loss_d": discriminator_loss(loss, s[:n], s[n:]).item(),
                "d_real": probability(loss, s[:n]).mean().item(),
                "d_fake": probability(loss, s[n:]).mean().item(),
            }
        else:  # g_update
            fake = self.game.generate(made["z"])
            layers = {"fake": fake.numpy(), "mesh": self.mesh()}
            with torch.no_grad():
                numbers = {
                    "loss_g": generator_loss(loss, self.game.judge(fake + made["noise"])).mean().item(),
                    "moved": (fake - made["fake"]).norm(dim=1).mean().item(),
                }
        return numbers, layers


def _bytes(x: Tensor) -> np.ndarray:
    """Numbers in [0, 1] as uint8, 0 to 255."""
    return (drawable(x).clamp(0, 1) * 255).round_().to(torch.uint8).numpy()


def _cell(x: Tensor) -> Tensor:
    """Index (N,) of the grid's cell of each point (N, 2), the nearest one for points outside."""
    column = ((x[:, 0] + VIEW[0]) / CELL).long().clamp(0, COLUMNS - 1)
    row = ((x[:, 1] + VIEW[1]) / CELL).long().clamp(0, ROWS - 1)
    return row * COLUMNS + column


def _mesh(prior: str, z: int) -> tuple[tuple[int, int], Tensor]:
    """Shape and codes (N, z) of the manifold's grid, whose lines are equal steps of probability.

    The grid goes over the first two dimensions; the others are 0.
    """

    def lines(n: int) -> Tensor:
        share = (torch.arange(n) + 0.5) / n
        return torch.special.ndtri(share) if prior == "gaussian" else 2 * share - 1

    if z == 1:
        return (1, LINE), lines(LINE)[:, None]
    codes = torch.zeros(MESH * MESH, z)
    codes[:, :2] = torch.cartesian_prod(lines(MESH), lines(MESH)).flip(1)
    return (MESH, MESH), codes
