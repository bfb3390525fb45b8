"""Divergences of discrete distributions, and the theory of the minimax game in terms of them.

Goodfellow et al. 2014 (arXiv 1406.2661), §4: for fixed G the best discriminator is D*(x) =
p_data/(p_data + p_g) (proposition 1), and then V(D*, G) = C(G) = 2·JS(p_data ‖ p_g) − log 4
(theorem 1). All tensors hold probabilities of the same cells, any shape, sum 1; results in nats.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG4 = math.log(4)
FLOOR = 1e-5  # share of a uniform distribution mixed in by `smoothed_kl`


def kl(p: Tensor, q: Tensor) -> float:
    """KL(p ‖ q) = Σ p·log(p/q); infinite where q is 0 and p is not."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum().item()


def smoothed_kl(p: Tensor, q: Tensor) -> float:
    """KL(p ‖ q) after mixing FLOOR of a uniform distribution into both.

    So a region that q misses costs much, but the result stays finite.
    """
    p, q = ((1 - FLOOR) * r + FLOOR / r.numel() for r in (p, q))
    return kl(p, q)


def js(p: Tensor, q: Tensor) -> float:
    """JS(p ‖ q) = ½·KL(p ‖ m) + ½·KL(q ‖ m), m = (p + q)/2: between 0 and log 2."""
    # p/m = 2·p/(p + q). The mean itself rounds to 0 where p is the smallest number there is.
    parts = (torch.xlogy(a, 2 * optimal_discriminator(a, b)).sum() for a, b in ((p, q), (q, p)))
    return max(sum(parts).item() / 2, 0.0)


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    """D* = p/(p + q) for p = p_data and q = p_g; ½ where both are 0, where D does not matter."""
    both = p + q
    return torch.where(both > 0, p / both, 0.5)


def cost(p: Tensor, q: Tensor) -> float:
    """C(G) = V(D*, G) = Σ p·log D* + Σ q·log(1 − D*), for p = p_data and q = p_g."""
    # 1 − D* = q/(p + q), which does not round to 0 where q is far below p.
    best, rest = optimal_discriminator(p, q), optimal_discriminator(q, p)
    return (torch.xlogy(p, best) + torch.xlogy(q, rest)).sum().item()
