"""How well codes fit their prior: five numbers, because no single one is enough.

Each comes with its null value, the one that draws of the prior itself have.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from engine.data.priors import Prior
from engine.metrics.distances import mmd2, sliced_w2

FIT = ("mmd2", "sliced_w2", "log_p_prior", "within_3sigma", "modes_covered")
NULL = tuple(f"{name}_null" for name in FIT)
REPEATS = 4  # samples the null values are averaged over; one where it has more than 1000 points
# Seeds, the same at every call, of: the draws compared with, directions, the draws for null values.
REFERENCE, DIRECTIONS, SELF = 0xC0DE, 0xD1CE, 0x5E1F


def prior_fit(z: Tensor, prior: Prior, names: Sequence[str] = FIT) -> dict[str, float]:
    """Numbers of FIT for codes z (N, 2) against as many draws of the prior.

    mmd2: unbiased MMD². sliced_w2: in code units. log_p_prior: mean log p(z) in nats; codes that
    shrink onto the modes raise it too, so it is not enough alone. within_3sigma: share (0 to 1).
    modes_covered: how many of the prior's components. All NaN where a code is not finite.
    """
    if not z.isfinite().all():
        return dict.fromkeys(names, math.nan)
    y = prior.sample(len(z), torch.Generator().manual_seed(REFERENCE))
    numbers = {
        "mmd2": lambda: mmd2(z, y),
        "sliced_w2": lambda: sliced_w2(z, y, torch.Generator().manual_seed(DIRECTIONS)),
        "log_p_prior": lambda: sum(prior.log_density(part).sum().item() for part in z.split(1000)) / len(z),
        "within_3sigma": lambda: sum(prior.within(part).sum().item() for part in z.split(1000)) / len(z),
        "modes_covered": lambda: float(prior.covered(z)),
    }
    return {name: numbers[name]() for name in names}


def null_fit(prior: Prior, n: int, names: Sequence[str] = NULL) -> dict[str, float]:
    """The numbers of NULL: what `prior_fit` gives on average for n draws of the prior itself."""
    values = _null_fit(prior, n)
    return {name: values[name] for name in names}


@lru_cache(maxsize=16)
def _null_fit(prior: Prior, n: int) -> dict[str, float]:
    g = torch.Generator().manual_seed(SELF)
    each = [prior_fit(prior.sample(n, g), prior) for _ in range(REPEATS if n <= 1000 else 1)]
    return {f"{name}_null": statistics.fmean(e[name] for e in each) for name in FIT}
