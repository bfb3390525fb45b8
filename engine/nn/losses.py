"""Losses on logits. All sum over classes and keep the sample axes, so callers choose their own
mean.
"""

from __future__ import annotations

import torch
from torch import Tensor


def cross_entropy(target: Tensor, logits: Tensor) -> Tensor:
    """−Σ_k target_k·log softmax(logits)_k for distributions `target` (..., C); shape (...)."""
    return -(target * logits.log_softmax(-1)).sum(-1)


def kl(clean: Tensor, perturbed: Tensor) -> Tensor:
    """KL(softmax(clean) ‖ softmax(perturbed)) for logits (..., C), in nats; shape (...).

    Δ_KL of Miyato et al. 2015 (arXiv 1507.00677, eq. 2) with the clean side first. Clamped at 0
    against rounding.
    """
    log_p, log_q = clean.log_softmax(-1), perturbed.log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1).clamp_min(0)


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Labels (...) as distributions (..., classes)."""
    return torch.nn.functional.one_hot(labels, classes).to(dtype)
