"""Optimisers over lists of tensors, by the kernels of torch.optim without its classes.

The first optimiser of torch.optim imports torch's compiler (torch._dynamo), though nothing here is
compiled: 74 MB of memory and 1.5 seconds before the first step. And each of its steps spends more
time in Python than the kernel takes for small networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

EPSILON = 1e-8  # added to Adam's root of the second moment
MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam:
    """Adam (Kingma, Ba 2014, arXiv 1412.6980) over named parameters, with a rate given every step.

    A change of the rate leaves the moments as they are. They exist from the start, so `state()` has
    the same names always. engine/nn/flat_mlp.py has FlatAdam for networks whose parameters are one
    vector.
    """

    def __init__(self, name: str, parameters: Mapping[str, Tensor], betas: tuple[float, float] = (0.9, 0.999)) -> None:
        """name: the first word of the tensors' names in `state()`. betas: β₁ and β₂."""
        self.name = name
        self.parameters = dict(parameters)
        self._betas = betas
        self._moments = {moment: [torch.zeros_like(p) for p in self.parameters.values()] for moment in MOMENTS}
        self._steps = [torch.zeros(()) for _ in self.parameters]

    def step(self, loss: Tensor, rate: float, retain: bool = False) -> tuple[Tensor, ...]:
        """One step along −∇loss of these parameters alone; returns the gradients, in their order.

        retain: keep the graph of `loss` for another step.
        """
        gradients = torch.autograd.grad(loss, list(self.parameters.values()), retain_graph=retain)
        self.descend(gradients, rate)
        return gradients

    @torch.no_grad()
    def descend(self, gradients: Sequence[Tensor], rate: float) -> None:
        """One step along given gradients, in the order of the parameters."""
        torch._foreach_add_(self._steps, 1)
        torch._fused_adam_(
            list(self.parameters.values()),
            list(gradients),
            *(self._moments[moment] for moment in MOMENTS),
            [],
            self._steps,
            lr=rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for k, key in enumerate(self.parameters):
            prefix = f"optimiser.{self.name}.{key}"
            yield f"{prefix}.step", self._steps[k]
            for moment in MOMENTS:
                yield f"{prefix}.{moment}", self._moments[moment][k]

    def state(self) -> dict[str, Tensor]:
        """Moments and step counts by name, every name beginning with `optimiser.`."""
        return {key: tensor.clone() for key, tensor in self._tensors()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        for key, tensor in self._tensors():
            tensor.copy_(state[key])


class Momentum:
    """Gradient descent with momentum: v ← μ·v + ∇, θ ← θ − rate·v.

    Sutskever et al. 2013 (ICML), with torch.optim.SGD's arithmetic.
    """

    def __init__(self, parameters: Sequence[Tensor], rate: float, momentum: float) -> None:
        self.parameters = list(parameters)
        self.velocities = [torch.zeros_like(p) for p in self.parameters]
        self._rate = rate
        self._momentum = momentum

    @torch.no_grad()
    def descend(self) -> None:
        """One step along the gradients noted at the parameters, which are then forgotten."""
        torch._fused_sgd_(
            self.parameters,
            [p.grad for p in self.parameters],
            self.velocities,
            weight_decay=0.0,
            momentum=self._momentum,
            lr=self._rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        for p in self.parameters:
            p.grad = None


@torch.no_grad()
def adam_step(p: Tensor, gradient: Tensor, moments: Mapping[str, Tensor], rate: float) -> None:
    """One step of Adam with the default betas on one tensor, operation by operation.

    moments: `step`, `exp_avg` and `exp_avg_sq`, changed in place. Its last bits differ from those
    of the fused kernel.
    """
    beta1, beta2 = 0.9, 0.999
    moments["step"].add_(1)
    t = moments["step"].item()
    moments["exp_avg"].lerp_(gradient, 1 - beta1)
    moments["exp_avg_sq"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    root = moments["exp_avg_sq"].sqrt().div_((1 - beta2**t) ** 0.5).add_(EPSILON)
    p.addcdiv_(moments["exp_avg"], root, value=-rate / (1 - beta1**t))
