"""Parzen-window log-likelihood: of held-out images under Gaussians around a model's samples.

The protocol of Breuleux et al. 2011 as used by Goodfellow et al. 2014 (arXiv 1406.2661, §5): 10,000
samples, σ chosen on validation images, then the mean over the 10,000 test images. A kernel estimate
in 784 dimensions is a poor measure of the samples' quality; it is what the paper reports.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

SIGMAS = tuple(10 ** (-1 + k / 20) for k in range(13))  # .1 to .4, in units of full white
PIECE = 100  # test images at a time


def log_likelihoods(samples: Tensor, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """log 1/N Σ_i N(x; sample_i, σ²I) in nats, for each σ and each x: (len(sigmas), M).

    samples (N, D) and x (M, D), both float64.
    """
    gaps = (samples.square().sum(1) - 2 * x @ samples.T + x.square().sum(1)[:, None]).clamp_min_(0)
    dimension = samples.shape[1]
    return torch.stack(
        [
            torch.logsumexp(gaps / (-2 * s * s), 1)
            - math.log(len(samples))
            - dimension * math.log(s * math.sqrt(2 * math.pi))
            for s in sigmas
        ]
    )


def parzen(
    samples: Tensor, validation: Tensor, test: Tensor, sigmas: Sequence[float] = SIGMAS
) -> Iterator[float | dict[str, float]]:
    """Shares done (0 to 1) as it goes on, then {sigma, nats, error} as the last.

    sigma: the one of `sigmas` that is best on `validation`. nats: the mean over `test` at that one,
    and its standard error. All tensors (·, D); computed in float64.
    """
    samples = samples.double()
    found = []
    total = len(validation) + len(test)
    for k in range(0, len(validation), PIECE):
        found.append(log_likelihoods(samples, validation[k : k + PIECE].double(), sigmas))
        yield min(k + PIECE, len(validation)) / total
    sigma = sigmas[int(torch.cat(found, 1).mean(1).argmax())]
    found = []
    for k in range(0, len(test), PIECE):
        found.append(log_likelihoods(samples, test[k : k + PIECE].double(), (sigma,))[0])
        yield (len(validation) + min(k + PIECE, len(test))) / total
    each = torch.cat(found)
    yield {"sigma": sigma, "nats": each.mean().item(), "error": each.std().item() / math.sqrt(len(each))}
