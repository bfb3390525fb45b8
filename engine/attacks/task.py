"""Task: what an attack is asked for: a model, images, labels, a ball, and perhaps target classes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.norms import NORMS, Norm, PixelBounds
from engine.core.declare import InvalidValue

Model = Callable[[Tensor], Tensor]


SURE = 0.999  # probability beyond which 1 − p is left to the other classes to say


@dataclass(frozen=True)
class Task:
    """model: (N, ...) images in [0, 1] → (N, C) logits. labels: (N,) true classes y. targets: (N,)
    classes t wanted instead, or None.

    difference: with targets, ascend L(·, y) − L(·, t) instead of −L(·, t), the survey's variant.
    epsilon: radius in pixel units. Raises InvalidValue for images outside [0, 1], labels that do
    not fit and negative ε.
    """

    model: Model
    x: Tensor
    labels: Tensor
    targets: Tensor | None = None
    norm: Norm = NORMS["linf"]
    epsilon: float = 0.0
    difference: bool = False

    def __post_init__(self) -> None:
        low, high = map(float, self.x.aminmax()) if self.x.numel() else (0.0, 0.0)
        if not (low >= 0 and high <= 1):
            raise InvalidValue(
                "the images to attack must be in [0, 1]: scale them, the model's own normalisation belongs "
                "inside the model"
            )
        for name, y in (("labels", self.labels), ("targets", self.targets)):
            if y is not None and y.shape != self.x.shape[:1]:
                raise InvalidValue(
                    f"{name} have the shape {tuple(y.shape)}: give one for each of the {len(self.x)} images"
                )
        if not self.epsilon >= 0:
            raise InvalidValue(f"epsilon = {self.epsilon} is not allowed: give a radius of 0 or more")

    def slope(self, logits: Tensor) -> Tensor:
        """∂(objective)/∂logits (N, C), the objective being what the attack raises: L(·, y), −L(·,
        t), or their sum.

        By hand, from the cross-entropy's softmax − one-hot: a graph through the loss costs more
        than it. Of the difference only the logits t and y are left. Where a model is sure the entry
        of y (or t) is minus the sum of the others, not p − 1: that would round to 0, the pull of
        the logit itself lost, and a sure model would look robust. Elsewhere it is p − 1, to the bit
        what autograd makes of the loss.
        """
        if self.targets is not None and self.difference:
            return (
                torch.zeros_like(logits)
                .scatter_(1, self.targets[:, None], 1.0)
                .scatter_(1, self.labels[:, None], -1.0, reduce="add")
            )
        rows, at = logits.log_softmax(1).exp_(), (self.labels if self.targets is None else self.targets)[:, None]
        if float(rows.max()) > SURE:
            rows.scatter_(1, at, 0.0)
            rows.scatter_(1, at, rows.sum(1, keepdim=True).neg_())
        else:
            rows.scatter_(1, at, -1.0, reduce="add")
        return rows if self.targets is None else rows.neg_()

    @functools.cached_property
    def room(self) -> PixelBounds:
        """Between what values each pixel may lie."""
        return self.norm.room(self.x, self.epsilon)

    def objective(self, logits: Tensor) -> Tensor:
        """What the attack raises, (N,), in nats."""
        nll = -logits.log_softmax(1)
        toward = 0 if self.targets is None else nll.gather(1, self.targets[:, None])[:, 0]
        away = nll.gather(1, self.labels[:, None])[:, 0] if self.targets is None or self.difference else 0
        return away - toward

    def gradient(self, at: Tensor) -> Tensor:
        """∇ₓ of the objective at images `at`; the model's parameters get no gradient."""
        return self.gradient_and_logits(at)[0]

    def gradient_and_logits(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient and the logits (N, C) met on the way."""
        at = at.detach().requires_grad_()
        with torch.enable_grad():
            logits = self.model(at)
        slope = self.slope(logits.detach())
        (gradient,) = torch.autograd.grad(logits, at, slope)
        return gradient, logits.detach()

    def margin(self, logits: Tensor) -> Tensor:
        """How far each image is from success in logits, (N,): < 0 where the attack has succeeded.

        Targeted: max over i ≠ t of Zᵢ − Z_t. Untargeted: Z_y − max over i ≠ y of Zᵢ.
        """
        wanted = self.labels if self.targets is None else self.targets
        mine = logits.gather(1, wanted[:, None])[:, 0]
        others = logits.scatter(1, wanted[:, None], -torch.inf).amax(1)
        return mine - others if self.targets is None else others - mine

    def succeeded(self, logits: Tensor) -> Tensor:
        """(N,) bool: the answer is the target, which must not be the label itself, or without
        targets not the label.
        """
        answer = logits.argmax(1)
        return (
            answer != self.labels if self.targets is None else (answer == self.targets) & (self.targets != self.labels)
        )
