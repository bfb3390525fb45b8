"""The oracle of closed-form gradients: autograd."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def autograd_gradient(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇ₓ loss(x) at x, of the shape of x. loss: differentiable, summed over samples."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x), x)
    return gradient
