"""What is shown of adversarial training in the plane: metrics, layers, answers and the report.

Nothing here draws from the generators of training or changes the networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.attacks.batched_pgd import moved, pgd_path, pgd_step, within
from engine.attacks.norms import NORMS, Norm
from engine.core.declare import Declaration, InvalidValue
from engine.core.diverged import drawable
from engine.core.frame import Answer
from engine.core.streams import stream
from engine.data import plane
from engine.methods.plane_task import PlaneTask, labelled_rows
from engine.methods.training import danskin
from engine.methods.training.ensemble import KINDS, Draws, RobustEnsemble, RobustTerms
from engine.methods.training.robustness import NO_RADIUS, report
from engine.metrics.margins import cell_centres, lattice, margins
from engine.nn.batched_mlp import Layers, cross_entropy_gradient, forward, pick
from engine.nn.losses import cross_entropy
from engine.nn.margin_field import margin_field

ROWS = 36  # of the field
COLUMNS = 48
DRAWN = 40  # points whose ball and path are drawn
PLACES = 11  # of a drawn path
ATTACKED = 400  # test points the attacks are run on
REPORTED = 200  # test points of the report
PGD_STEPS = 20  # of the PGD that errors are measured with
PGD_SHARE = 0.125  # its step as a share of ε
CHECKED = 12  # points of the check of Danskin's theorem
SURFACE = 33  # points along a side of the loss surface
METRICS = ("clean_error", "train_error", "fgsm_error", "pgd_error", "margin")


class PlaneView:
    """The networks of a run and its points, as they are shown.

    Shapes: S seeds, M = 6·S members, N training points. In the functions below `placed` are the
    training points placed by hand (empty: the data set's) and `terms` the knobs after the warm-up.
    """

    def __init__(self, nets: RobustEnsemble, plane_task: PlaneTask, norm: Norm, seeds: Sequence[int]) -> None:
        self.nets = nets
        self.plane_task = plane_task
        self.norm = norm
        self.seeds = tuple(seeds)
        # Centres of the field's cells, x and y.
        self._cells = tuple(
            cell_centres(half, count, plane_task.dtype) for half, count in zip(plane.VIEW, (COLUMNS, ROWS))
        )

    # -- metrics -----------------------------------------------------------------------------------

    def metrics(
        self, placed: Sequence[plane.Row], terms: RobustTerms, names: Sequence[str] | None
    ) -> list[dict[str, float]]:
        """The numbers `name.kind` of the groups `names` (None: METRICS), a dict for each seed.

        clean_error, train_error: per cent on all test points and on the training points.
        fgsm_error, pgd_error: per cent under FGSM and under PGD (20 steps of ε/8 from the point
        itself) of radius ε on at most 400 test points. margin: mean signed distance of the test
        points to the boundary in the run's norm, plane units.

        Only where asked for: clean_term and moved_term, the two terms of each member's loss at the
        training points, in nats, and danskin, the check of engine/methods/training/danskin.py for
        the pgd member at a dozen training points.
        """
        names = METRICS if names is None else names
        values: dict[str, Tensor] = {}
        z, y = self.plane_task.test_points()
        if len(z[0]):  # own points may leave none to test on
            if "clean_error" in names:
                values["clean_error"] = self._error(*self.plane_task.batch(z, y))
            some = [some_of_each_class(labels, ATTACKED) for labels in y]
            x, target = self.plane_task.batch([a[at] for a, at in zip(z, some)], [b[at] for b, at in zip(y, some)])
            for name in {"fgsm_error", "pgd_error"} & set(names):
                delta = self.attack(x, target, terms.epsilon, name.removesuffix("_error"))
                values[name] = self._error(moved(self.norm, x, delta, terms.epsilon), target)
            if "margin" in names:
                values["margin"] = self._margin()
        if "train_error" in names:
            values["train_error"] = self._error(*self.plane_task.training_batch(placed))
        if {"clean_term", "moved_term"} & set(names):
            values |= self._loss_terms(placed, terms)
        out = [
            {
                f"{name}.{kind}": values[name][k, s].item()
                for name in names
                if name in values
                for k, kind in enumerate(self.nets.kinds)
            }
            for s in range(len(self.seeds))
        ]
        if "danskin" in names:
            out = [numbers | self._danskin(placed, terms, s) for s, numbers in enumerate(out)]
        return out

    def _error(self, x: Tensor, target: Tensor) -> Tensor:
        """Per cent of wrong answers at x (M, N, 2), (6, S).

        NaN for a network that has diverged: argmax would count half of its answers as right.
        """
        logits = forward(self.nets.layers(), x)
        wrong = (logits.argmax(-1) != target.argmax(-1)).to(torch.float64)
        return (100 * torch.where(logits.isfinite().all(-1), wrong, torch.nan).mean(-1)).view(len(self.nets.kinds), -1)

    def attack(self, x: Tensor, target: Tensor, epsilon: float, name: str) -> Tensor:
        """δ (M, N, 2) of "fgsm" or "pgd" on every member, without a random start."""
        layers = self.nets.layers()
        if name == "fgsm":
            gradient = cross_entropy_gradient(layers, x, target)
            return within(self.norm, pgd_step(self.norm, torch.zeros_like(x), gradient, epsilon, epsilon), epsilon)
        return pgd_path(layers, x, target, self.norm, epsilon, PGD_SHARE * epsilon, PGD_STEPS)[-1]

    def _margin(self) -> Tensor:
        """Mean signed distance of the test points to the boundary, (6, S)."""
        each = []
        for s, d in enumerate(self.plane_task.data):
            layers = pick(self.nets.layers(), slice(s, None, len(self.seeds)))
            distance, _ = margins(layers, d.test_z.to(self.plane_task.dtype), d.test_y, self.norm.name, plane.VIEW)
            each.append(distance.mean(-1))
        return torch.stack(each, 1)

    def _loss_terms(self, placed: Sequence[plane.Row], terms: RobustTerms) -> dict[str, Tensor]:
        """Mean loss at the training points, and at each member's own perturbation, (6, S) each.

        The second is the divergence for vat.
        """
        x, target = self.plane_task.training_batch(placed)
        r = self.perturbations(placed, terms)
        clean = forward(self.nets.layers(), x)
        there = forward(self.nets.layers(), x + r)
        out = {"clean_term": cross_entropy(target, clean), "moved_term": cross_entropy(target, there)}
        vat = self.nets.span("vat")
        p = clean[vat].softmax(-1)
        # KL(p ‖ q) is the cross-entropy of q less that of p itself.
        out["moved_term"][vat] = cross_entropy(p, there[vat]) - cross_entropy(p, clean[vat])
        return {name: t.mean(-1).view(len(self.nets.kinds), -1) for name, t in out.items()}

    def perturbations(self, placed: Sequence[plane.Row], terms: RobustTerms) -> Tensor:
        """r (M, N, 2) at the training points that each member would train on.

        The random numbers are the same at every call, from streams that training does not use.
        """
        x, target = self.plane_task.training_batch(placed)
        streams = [stream(seed, "look") for seed in self.seeds]
        return self.nets.perturbations(x, target, Draws.of(self.norm, streams, x.shape[1], x.dtype), terms)

    def _danskin(self, placed: Sequence[plane.Row], terms: RobustTerms, s: int) -> dict[str, float]:
        """The check of Danskin's theorem for the pgd member of seed number s."""
        x, target = self.plane_task.training_batch(placed)
        member = self.nets.span("pgd").start + s
        at = some_of_each_class(target[member].argmax(-1), CHECKED)
        check = danskin.check(
            pick(self.nets.layers(), slice(member, member + 1)),
            x[member, at],
            target[member, at],
            self.norm,
            terms.epsilon,
            stream(self.seeds[s], "danskin"),
        )
        numbers = {
            "slope": check.slope,
            "difference": check.difference,
            "error": check.error,
            "points": check.points,
            "of": check.of,
        }
        return {f"danskin.{name}": float(value) for name, value in numbers.items()}

    # -- layers ------------------------------------------------------------------------------------

    def layers(self, placed: Sequence[plane.Row], terms: RobustTerms, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The arrays `names` to draw, for the first seed; members in the order of KINDS.

        field: p(y = 1 | z) as uint8 (6, 36, 48), rows from low to high y. points: (N, 3) of x, y,
        label. test: (T, 3). The others are of n ≤ 40 training points, spread over all. paths:
        (6, n, 11, 2), the places of PGD with the present K and step size on each network, from the
        point. broken: uint8 (6, n), whether one of these places is answered wrongly. own:
        (3, n, 4), x, y and the perturbation that random, fgsm and vat train on.
        """
        out: dict[str, np.ndarray] = {}
        if {"paths", "broken"} & set(names):
            out = self._paths(placed, terms)
        return {name: out[name] if name in out else getattr(self, f"_layer_{name}")(placed, terms) for name in names}

    def _first(self) -> slice:
        """The members of the first seed, one of each kind."""
        return slice(0, None, len(self.seeds))

    def _layer_field(self, placed: Sequence[plane.Row], terms: RobustTerms) -> np.ndarray:
        field = margin_field(pick(self.nets.layers(), self._first()), *self._cells)
        return (torch.sigmoid(drawable(field)) * 255).round().to(torch.uint8).numpy()

    def miniatures(self, side: int) -> dict[str, np.ndarray]:
        """p(y = 1 | z) on side × side cells of every member: kind → uint8 (S, side, side)."""
        cells = (cell_centres(half, side, self.plane_task.dtype) for half in plane.VIEW)
        p = torch.sigmoid(margin_field(self.nets.layers(), *cells)).nan_to_num(0)
        pictures = (p * 255).round().to(torch.uint8).unflatten(0, (len(self.nets.kinds), -1)).numpy()
        return dict(zip(self.nets.kinds, pictures))

    def _paths(self, placed: Sequence[plane.Row], terms: RobustTerms) -> dict[str, np.ndarray]:
        """The layers paths and broken."""
        x, target = (t[self._first()] for t in self.plane_task.training_batch(placed))
        at = some_of_each_class(target[0].argmax(-1), DRAWN)
        x, target = x[:, at], target[:, at]
        layers = pick(self.nets.layers(), self._first())
        deltas = torch.stack(pgd_path(layers, x, target, self.norm, terms.epsilon, terms.step_size, terms.steps), 2)
        places = moved(self.norm, x[:, :, None], deltas, terms.epsilon)  # (6, n, K + 1, 2)
        answers = drawable(forward(layers, places.flatten(1, 2))).argmax(-1).view(places.shape[:-1])
        broken = (answers != target.argmax(-1)[..., None]).any(-1)
        drawn = torch.linspace(0, terms.steps, min(PLACES, terms.steps + 1)).round().long()
        return {"paths": places[:, :, drawn].float().numpy(), "broken": broken.to(torch.uint8).numpy()}

    def _layer_own(self, placed: Sequence[plane.Row], terms: RobustTerms) -> np.ndarray:
        x, target = self.plane_task.training_batch(placed)
        drawable(forward(self.nets.layers(), x))  # the sign of NaN is 0, which would be drawn as no step
        at = some_of_each_class(target[0].argmax(-1), DRAWN)
        r = self.perturbations(placed, terms)
        for first, last, norm in (("random", "fgsm", self.norm), ("vat", "vat", NORMS["l2"])):
            span = self.nets.span(first, last)
            r[span] = within(norm, r[span], terms.epsilon)
        rows = torch.cat([x, r], -1)[self.nets.span("random", "vat")]
        return rows[self._first()][:, at].float().numpy()

    def _layer_points(self, placed: Sequence[plane.Row], terms: RobustTerms) -> np.ndarray:
        z, y = self.plane_task.training_points(placed)
        return labelled_rows(z[0], y[0])

    def _layer_test(self, placed: Sequence[plane.Row], terms: RobustTerms) -> np.ndarray:
        z, y = self.plane_task.test_points()
        return labelled_rows(z[0], y[0])

    # -- questions and measurements ----------------------------------------------------------------

    @torch.no_grad()
    def surface(self, placed: Sequence[plane.Row], terms: RobustTerms, values: Mapping[str, Any]) -> Answer:
        """The loss of one member over the ball of one training point, and PGD's path in it.

        values: member, one of KINDS, and point, its number. Layers: surface, uint8 (33, 33) over
        [−ε, ε]² around the point, from `least` to `most` nats (of an L2 ball the corners are
        outside); path, float32 (K + 1, 2) of δ. Numbers: least, most, clean, pgd (nats), broken, x,
        y, label, epsilon. Raises InvalidValue for other values and for ε = 0.
        """
        x, target = self.plane_task.training_batch(placed)
        kind = Declaration("choice", "pgd", "", options=tuple((kind, kind) for kind in KINDS)).check(
            "member", values.get("member")
        )
        point = Declaration("whole", 0, "", low=0, high=x.shape[1] - 1).check("point", values.get("point"))
        if terms.epsilon == 0:
            raise InvalidValue("epsilon = 0 has a ball without an inside: turn ε up to see the loss over it")
        member = self.nets.span(kind).start
        layers = pick(self.nets.layers(), slice(member, member + 1))
        x = x[member : member + 1, point : point + 1]
        target = target[member : member + 1, point : point + 1]
        path = torch.cat(pgd_path(layers, x, target, self.norm, terms.epsilon, terms.step_size, terms.steps), 1)
        deltas = lattice((1.0, 1.0), SURFACE, SURFACE, self.plane_task.dtype) * terms.epsilon
        loss = cross_entropy(target, forward(layers, x + torch.cat([deltas[None], path], 1)))[0]
        surface, along = loss[: len(deltas)], loss[len(deltas) :]
        within = self.norm.size(deltas) <= terms.epsilon
        least, most = torch.cat([surface[within], along]).aminmax()
        levels = drawable((surface - least) / (most - least).clamp_min(1e-12)).clamp(0, 1)
        answers = forward(layers, x + path).argmax(-1)[0]
        numbers = {
            "least": least.item(),
            "most": most.item(),
            "clean": along[0].item(),
            "pgd": along[-1].item(),
            "epsilon": terms.epsilon,
            "broken": bool((answers != target.argmax(-1)[0]).any()),
            "x": x[0, 0, 0].item(),
            "y": x[0, 0, 1].item(),
            "label": int(target.argmax(-1)),
        }
        return Answer(
            numbers,
            {
                "surface": (levels * 255).round().to(torch.uint8).view(SURFACE, SURFACE).numpy(),
                "path": path[0].float().numpy(),
            },
        )

    def robustness(self, placed: Sequence[plane.Row], terms: RobustTerms) -> Iterator[float | Answer]:
        """The report of engine/methods/training/robustness.py, for the first seed.

        On at most 200 of its test points, or of the training points where there are no test points.
        Raises InvalidValue for ε = 0.
        """
        if terms.epsilon == 0:
            raise InvalidValue(NO_RADIUS)
        z, y = (points[0] for points in self.plane_task.test_points())
        if not len(z):
            z, y = (points[0] for points in self.plane_task.training_points(placed))
        at = some_of_each_class(y, REPORTED)
        yield from report(
            self._members(),
            z[at].to(self.plane_task.dtype),
            y[at],
            self.norm,
            terms.epsilon,
            plane.VIEW,
            stream(self.seeds[0], "report"),
        )

    def _members(self) -> dict[str, Layers]:
        """Kind → its member of the first seed, with a member axis of 1."""
        starts = {kind: self.nets.span(kind).start for kind in KINDS}
        return {kind: pick(self.nets.layers(), slice(m, m + 1)) for kind, m in starts.items()}


def some_of_each_class(labels: Tensor, most: int) -> Tensor:
    """Indices of at most `most` of labels (N,), each class by its share, in ascending order.

    The same at every call. They are drawn at random, because in some data sets every tenth point is
    of a special kind.
    """
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(len(labels)))
    order = order[labels[order].argsort(stable=True)]
    n = min(len(labels), most)
    return order[torch.linspace(0, len(labels) - 1, n).round().long()].sort().values if n else order
