"""Task: what an attack has to solve: a model, images, labels, a ball, perhaps target classes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attacks.norms import NORMS, Norm, PixelBounds
from engine.core.declare import InvalidValue

Model = Callable[[Tensor], Tensor]

SURE = 0.999  # above this probability 1 − p is taken from the other classes


@dataclass(frozen=True)
class Task:
    """A model and the images on which it is to be fooled, within a ball around each.

    model: images (N, ...) in [0, 1] → logits (N, C). x: the images. labels: (N,) true classes y.
    targets: (N,) classes t to reach, or None where any other class will do. norm and epsilon: the
    ball, its radius in pixel units. difference: with targets, raise L(·, y) − L(·, t) instead of
    −L(·, t), the variant of S. Ryu's "Survey on adversarial training".

    Raises InvalidValue for images outside [0, 1], labels or targets that are not one for each
    image, and a negative or undefined ε.
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

    @functools.cached_property
    def pixel_bounds(self) -> PixelBounds:
        """The least and the largest value each pixel may have."""
        return self.norm.pixel_bounds(self.x, self.epsilon)

    def objective(self, logits: Tensor) -> Tensor:
        """What the attack raises, (N,), in nats: L(·, y), −L(·, t), or their sum."""
        nll = -logits.log_softmax(1)
        toward = 0 if self.targets is None else nll.gather(1, self.targets[:, None])[:, 0]
        away = nll.gather(1, self.labels[:, None])[:, 0] if self.targets is None or self.difference else 0
        return away - toward

    def logit_gradient(self, logits: Tensor) -> Tensor:
        """∂(objective)/∂logits, (N, C), in closed form: softmax − one-hot of the cross-entropy.

        A graph through the loss would cost more than the loss itself. Of the difference of two
        losses only the logits t and y are left. The entry of y (or t) is p − 1, to the bit what
        autograd makes of the loss. Where a model is sure, p − 1 would round to 0: the gradient
        would vanish and the model would look robust. There the entry is minus the sum of the
        others.
        """
        if self.targets is not None and self.difference:
            return (
                torch.zeros_like(logits)
                .scatter_(1, self.targets[:, None], 1.0)
                .scatter_(1, self.labels[:, None], -1.0, reduce="add")
            )
        rows = logits.log_softmax(1).exp_()
        at = (self.labels if self.targets is None else self.targets)[:, None]
        if float(rows.max()) > SURE:
            rows.scatter_(1, at, 0.0)
            rows.scatter_(1, at, rows.sum(1, keepdim=True).neg_())
        else:
            rows.scatter_(1, at, -1.0, reduce="add")
        return rows if self.targets is None else rows.neg_()

    def gradient(self, at: Tensor) -> Tensor:
        """∇ₓ of the objective at images `at` (N, ...); the model's parameters get no gradient."""
        return self.gradient_and_logits(at)[0]

    def gradient_and_logits(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient (N, ...) and the logits (N, C) computed on the way."""
        at = at.detach().requires_grad_()
        with torch.enable_grad():
            logits = self.model(at)
            # The gradient of this sum at the logits is exactly the one wanted there. Autograd takes
            # it as an argument too, and imports sympy, 34 MB, to compare the shapes.
            score = (logits * self.logit_gradient(logits.detach())).sum()
        (gradient,) = torch.autograd.grad(score, at)
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
        """Whether each attack has succeeded, (N,) bool.

        With targets: the answer is the target, and the target is not the label. Without: the answer
        is not the label.
        """
        answer = logits.argmax(1)
        if self.targets is None:
            return answer != self.labels
        return (answer == self.targets) & (self.targets != self.labels)
