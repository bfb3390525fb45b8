"""Points of the plane as the training set of a batched run: data of each seed, embedding, labels.

The VAT lab trains on x = z·B in many dimensions, the adversarial training lab on z itself. In both
a visitor may place the training points by hand instead (the knob `points`).

Shapes: S seeds, K kinds of member, M = K·S members (kind k of seed s is member k·S + s), N points,
D input dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engine.core.diverged import finite, in_words
from engine.data import plane
from engine.nn.losses import one_hot

CLASSES = 2


class PlaneSetup(Protocol):
    """The set-up fields read here, as VATSetup and TrainingSetup declare them."""

    dataset: str
    rows: tuple[plane.Row, ...]
    noise: float
    train: int
    test: int
    precision: str


class PlaneTask:
    """One data set for each seed, on which all kinds of member train.

    data: the plane.PlaneData of each seed. dtype: of inputs and labels. basis: B of each seed,
    (S, 2, D), or None where the inputs are the plane itself.
    """

    def __init__(
        self, setup: PlaneSetup, seeds: Sequence[int], kinds: int, unlabelled: int = 0, dimension: int | None = None
    ) -> None:
        """Draw the data.

        unlabelled: points without labels, of each seed. dimension: D to embed in, None for none.
        """
        self.kinds = kinds
        self.dtype = getattr(torch, setup.precision)
        made = {
            seed: plane.make(
                setup.dataset,
                setup.rows,
                seed,
                noise=setup.noise,
                train=setup.train,
                unlabelled=unlabelled,
                test=setup.test,
                dimension=2 if dimension is None else dimension,
            )
            for seed in set(seeds)
        }
        self.data = [made[seed] for seed in seeds]
        self.basis = torch.stack([d.basis for d in self.data]).to(self.dtype) if dimension else None
        self._batch_of: tuple[Sequence[plane.Row], Tensor, Tensor] | None = None  # the last training batch

    def inputs(self, z: Sequence[Tensor]) -> Tensor:
        """The inputs x (S, N, D) at plane points z, one (N, 2) for each seed."""
        x = torch.stack(list(z)).to(self.dtype)
        return x if self.basis is None else x @ self.basis

    def batch(self, z: Sequence[Tensor], y: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """x (M, N, D) and one-hot labels (M, N, 2) of points z (N, 2), labels y (N,) a seed."""
        target = one_hot(torch.stack(list(y)), CLASSES, self.dtype)
        return repeat(self.inputs(z), self.kinds), repeat(target, self.kinds)

    def training_points(self, placed: Sequence[plane.Row]) -> tuple[list[Tensor], list[Tensor]]:
        """Training points (N, 2) and labels (N,) of each seed: those placed, or the data's."""
        if not placed:
            return [d.train_z for d in self.data], [d.train_y for d in self.data]
        table = torch.tensor(placed, dtype=torch.float64)
        return [table[:, :2]] * len(self.data), [table[:, 2].long()] * len(self.data)

    def training_batch(self, placed: Sequence[plane.Row]) -> tuple[Tensor, Tensor]:
        """The training points as `batch`; kept until the points placed by hand change."""
        if self._batch_of is None or self._batch_of[0] != placed:
            self._batch_of = (placed, *self.batch(*self.training_points(placed)))
        return self._batch_of[1:]

    def test_points(self) -> tuple[list[Tensor], list[Tensor]]:
        """Test points (T, 2) and labels (T,) of each seed; own points may leave none."""
        return [d.test_z for d in self.data], [d.test_y for d in self.data]


def repeat(x: Tensor, times: int) -> Tensor:
    """What belongs to each seed, (S, ...), for `times` kinds of member: (times·S, ...)."""
    return torch.cat([x] * times) if times else x[:0]


def members_not_finite(
    state: Mapping[str, Tensor], kinds: Sequence[str], seeds: int, first: Mapping[str, int] | None = None
) -> list[str]:
    """For each seed the kinds whose weights or moments are not finite, as Method.not_finite has it.

    state: tensors with a member axis in front; others are no floating-point numbers. first: part of
    a tensor's name → the member that its axis begins with, 0 by default.
    """
    bad = torch.zeros(len(kinds) * seeds, dtype=torch.bool)
    for name, x in state.items():
        if x.is_floating_point() and not finite(x):
            start = next((m for part, m in (first or {}).items() if part in name), 0)
            bad[start : start + len(x)] |= ~x.flatten(1).isfinite().all(1)
    if not bad.any():
        return [""] * seeds
    each = bad.view(len(kinds), seeds)
    named = ([kind for k, kind in enumerate(kinds) if each[k, s]] for s in range(seeds))
    return [f"weights of {in_words(found)}" if found else "" for found in named]


def labelled_rows(z: Tensor, y: Tensor) -> np.ndarray:
    """Points z (N, 2) and labels y (N,) as rows x, y, label to draw, float32 (N, 3)."""
    return torch.cat([z, y[:, None]], 1).float().numpy()
