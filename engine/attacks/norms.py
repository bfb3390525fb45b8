"""Norms: the ball and the pixel range that an adversarial image may lie in, once for each norm.

An attack is written once. Norms differ in the hooks below: random start, steepest step, projection.
Images are (N, ...) in [0, 1]; ε is in pixel units (the unit of the input, so 2/255 is two grey
levels). FGSM and PGD in L∞ and L2: Madry et al. 2017 (arXiv 1706.06083, §2.1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from engine.attacks.perturbations import unit

PixelBounds = tuple[float, float] | tuple[Tensor, Tensor]


class Norm(ABC):
    """A norm on perturbations δ (N, ...), one sample a row."""

    name: str
    symbol: str

    @abstractmethod
    def size(self, delta: Tensor) -> Tensor:
        """‖δ‖ of each sample, (N,)."""

    @abstractmethod
    def random(self, like: Tensor, epsilon: float, generator: torch.Generator) -> Tensor:
        """A uniform draw from the ball of radius ε, of the shape of `like`."""

    @abstractmethod
    def steepest(self, gradient: Tensor) -> Tensor:
        """The direction of norm 1 along which a loss with this gradient (N, ...) grows fastest.

        0 where the gradient is 0.
        """

    @abstractmethod
    def project(self, delta: Tensor, epsilon: float | Tensor) -> Tensor:
        """The nearest point of the ball of radius ε; works in place and returns δ. epsilon: a
        number, or for flat δ (N, D) one above 0 for each, (N, 1).
        """

    @abstractmethod
    def within(self, delta: Tensor, epsilon: float) -> Tensor:
        """The nearest point of the ball as its floats are: ‖δ‖ ≤ ε in double precision, exactly.

        `project` may leave the ball by a rounding bit, which training does not mind.
        """

    @abstractmethod
    def undo_rounding(self, x: Tensor, adversarial: Tensor, epsilon: float) -> Tensor:
        """`adversarial`, moved back into the ball where the rounding of x + δ put it outside.

        x + δ with δ from `within`. Afterwards ‖adversarial − x‖ ≤ ε holds in double precision, and
        for the difference as its own floats hold it.
        """

    def projected_step(self, x: Tensor, delta: Tensor, step: Tensor, step_size: float, epsilon: float) -> Tensor:
        """δ ← project(δ + step_size·step), to the ball and then to the box [0, 1], in place.

        The step of the attacks that networks are trained against.
        """
        return into_box(x, self.project(delta.add_(step, alpha=step_size), epsilon))

    def pixel_bounds(self, x: Tensor, epsilon: float) -> PixelBounds:
        """The least and the largest value each pixel may have.

        A ball that is not an interval for each pixel is left to `projected_image_step`.
        """
        return 0.0, 1.0

    def projected_image_step(
        self, x: Tensor, image: Tensor, step: Tensor, step_size: float, epsilon: float, bounds: PixelBounds
    ) -> Tensor:
        """The same step on the image: image ← box(ball(image + step_size·step)), in place.

        bounds: `pixel_bounds(x, epsilon)`, computed once for an attack.
        """
        return self.project(image.add_(step, alpha=step_size).sub_(x), epsilon).add_(x).clamp_(*bounds)

    def inside(self, x: Tensor, delta: Tensor, epsilon: float) -> Tensor:
        """The image x + δ to return: in [0, 1], and at most ε from x.

        That distance is measured in double precision on the image as the floats have rounded it.
        """
        return self.undo_rounding(x, (x + self.within(delta, epsilon)).clamp_(0, 1), epsilon)


class LInf(Norm):
    """‖δ‖_∞ = max |δᵢ|: every pixel may move by ε."""

    name = "linf"
    symbol = "L∞"

    def size(self, delta: Tensor) -> Tensor:
        return delta.flatten(1).abs().amax(1)

    def random(self, like: Tensor, epsilon: float, generator: torch.Generator) -> Tensor:
        return torch.rand(like.shape, generator=generator, dtype=like.dtype).mul_(2).sub_(1).mul_(epsilon)

    def steepest(self, gradient: Tensor) -> Tensor:
        return gradient.sign()

    def project(self, delta: Tensor, epsilon: float | Tensor) -> Tensor:
        return delta.clamp_(-epsilon, epsilon)

    def pixel_bounds(self, x: Tensor, epsilon: float) -> PixelBounds:
        return (x - epsilon).clamp_min_(0), (x + epsilon).clamp_max_(1)

    def projected_image_step(
        self, x: Tensor, image: Tensor, step: Tensor, step_size: float, epsilon: float, bounds: PixelBounds
    ) -> Tensor:
        # Ball and box are one interval for each pixel.
        return image.add_(step, alpha=step_size).clamp_(*bounds)

    def within(self, delta: Tensor, epsilon: float) -> Tensor:
        bound = below(epsilon, delta.dtype)
        return delta.clamp(-bound, bound)

    def undo_rounding(self, x: Tensor, adversarial: Tensor, epsilon: float) -> Tensor:
        # x + δ was rounded to nearest, so the neighbour towards x is inside.
        outside = _exact(x, adversarial).abs() > below(epsilon, x.dtype)
        return torch.where(outside, torch.nextafter(adversarial, x), adversarial)


class L2(Norm):
    """‖δ‖₂ over all pixels of a sample."""

    name = "l2"
    symbol = "L2"

    def size(self, delta: Tensor) -> Tensor:
        return torch.linalg.vector_norm(delta.flatten(1), dim=1)

    def random(self, like: Tensor, epsilon: float, generator: torch.Generator) -> Tensor:
        direction = unit(torch.randn(like.shape, generator=generator, dtype=like.dtype).flatten(1))
        n = direction.shape[1]
        # The n-th root makes the draw uniform in the volume of the ball.
        radius = torch.rand(len(like), 1, generator=generator, dtype=like.dtype) ** (1 / n)
        return (direction * (epsilon * radius)).view(like.shape)

    def steepest(self, gradient: Tensor) -> Tensor:
        return unit(gradient.flatten(1)).view(gradient.shape)

    def project(self, delta: Tensor, epsilon: float | Tensor) -> Tensor:
        if not isinstance(epsilon, Tensor) and epsilon < torch.finfo(delta.dtype).tiny:  # 0, or would be rounded to it
            return delta.zero_()
        flat = delta.view(len(delta), -1)
        times_too_long = torch.linalg.vector_norm(flat, dim=1, keepdim=True).div_(epsilon).clamp_min_(1)
        flat.div_(times_too_long)
        return delta

    def within(self, delta: Tensor, epsilon: float) -> Tensor:
        return self.undo_rounding(torch.zeros_like(delta), self.project(delta.clone(), epsilon), epsilon)

    def undo_rounding(self, x: Tensor, adversarial: Tensor, epsilon: float) -> Tensor:
        # Shortened by the spacing of floats, and by more and more until it is inside. The last
        # share returns x itself, for a radius below that spacing.
        shares = [torch.finfo(x.dtype).eps * 4**k for k in range(27)]
        for shrink in [share for share in shares if share < 1] + [1.0]:
            exact, stored = (d.double().flatten(1).norm(dim=1) for d in (_exact(x, adversarial), adversarial - x))
            size = torch.maximum(exact, stored)
            outside = size > epsilon
            if not outside.any():
                break
            factor = torch.where(outside, epsilon * (1 - shrink) / size.clamp_min(1e-300), 1).to(x.dtype)
            shorter = x + (adversarial - x) * factor.view(-1, *[1] * (x.dim() - 1))
            adversarial = torch.where(outside.view(-1, *[1] * (x.dim() - 1)), shorter, adversarial)
        return adversarial


NORMS: dict[str, Norm] = {norm.name: norm for norm in (LInf(), L2())}


def below(epsilon: float, dtype: torch.dtype) -> float:
    """The largest number of `dtype` that is not above ε: 2/255 rounded to float32 is."""
    nearest = torch.tensor(epsilon, dtype=dtype)
    if nearest.item() > epsilon:
        nearest = torch.nextafter(nearest, torch.zeros((), dtype=dtype))
    return nearest.item()


def _exact(x: Tensor, adversarial: Tensor) -> Tensor:
    """adversarial − x without the rounding of float32."""
    return adversarial.double() - x.double()


def into_box(x: Tensor, delta: Tensor) -> Tensor:
    """δ shortened, pixel by pixel and in place, so that x + δ is in [0, 1].

    For x in [0, 1] this never makes δ larger.
    """
    return delta.add_(x).clamp_(0, 1).sub_(x)
