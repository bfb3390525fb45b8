"""Losses on logits: they sum over classes and keep the sample axes; callers choose the mean."""

from __future__ import annotations

import torch
from torch import Tensor


def cross_entropy(target: Tensor, logits: Tensor) -> Tensor:
    """−Σ_k target_k·log softmax(logits)_k, (...), in nats.

    target: distributions (..., C). logits: (..., C).
    """
    return -(target * logits.log_softmax(-1)).sum(-1)


def kl(clean: Tensor, perturbed: Tensor) -> Tensor:
    """KL(softmax(clean) ‖ softmax(perturbed)), (...), in nats, for logits (..., C).

    Δ_KL of Miyato et al. 2015 (arXiv 1507.00677, eq. 2), clean side first. Clamped at 0, because
    rounding may make it slightly negative.
    """
    log_p, log_q = clean.log_softmax(-1), perturbed.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1).clamp_min(0)


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Labels (...), int64, as distributions (..., classes)."""
    return torch.nn.functional.one_hot(labels, classes).to(dtype)
