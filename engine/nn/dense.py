"""Dense networks with weights from a run's own generators, and Adam over named parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Generator, Tensor, nn


@torch.no_grad()
def dense(widths: Sequence[int], generator: Generator, leak: float = 0.0) -> nn.Sequential:
    """Linear layers from widths[0] inputs to widths[-1] outputs, with ReLU between them.

    W ~ N(0, 2/fan_in), of the last layer N(0, 1/fan_in); b = 0. leak: the slope of a leaky ReLU
    below 0.
    """
    layers: list[nn.Module] = []
    last = len(widths) - 2
    for k, (i, o) in enumerate(zip(widths, widths[1:])):
        linear = nn.Linear(i, o, device="meta").to_empty(device="cpu")  # no draw from the global generator
        linear.weight.copy_(torch.randn(o, i, generator=generator) * ((1 if k == last else 2) / i) ** 0.5)
        linear.bias.zero_()
        layers += [linear] if k == last else [linear, nn.LeakyReLU(leak) if leak else nn.ReLU()]
    return nn.Sequential(*layers)


class Adam:
    """Adam (Kingma, Ba 2014, arXiv 1412.6980) over named parameters, with a rate given every step.

    A change of the rate leaves the moments as they are. The arithmetic is torch.optim.Adam's fused
    kernel. Moments exist from the start, so that `state()` always has the same names.
    engine/nn/flat_mlp.py has FlatAdam for networks whose parameters are one vector.
    """

    def __init__(self, name: str, parameters: Mapping[str, Tensor], betas: tuple[float, float] = (0.9, 0.999)) -> None:
        """name: the first word of the tensors' names in `state()`. betas: β₁ and β₂."""
        self.name = name
        self.parameters = dict(parameters)
        self._inner = torch.optim.Adam(self.parameters.values(), lr=1e-3, betas=betas, fused=True)
        for p in self.parameters.values():
            self._inner.state[p] = {
                "step": torch.zeros(()),
                "exp_avg": torch.zeros_like(p),
                "exp_avg_sq": torch.zeros_like(p),
            }

    def step(self, loss: Tensor, rate: float, retain: bool = False) -> tuple[Tensor, ...]:
        """One step along −∇loss of these parameters alone; returns the gradients, in their order.

        retain: keep the graph of `loss` for another step.
        """
        gradients = torch.autograd.grad(loss, list(self.parameters.values()), retain_graph=retain)
        self.descend(gradients, rate)
        return gradients

    def descend(self, gradients: Sequence[Tensor], rate: float) -> None:
        """One step along given gradients, in the order of the parameters."""
        for p, gradient in zip(self.parameters.values(), gradients):
            p.grad = gradient
        self._inner.param_groups[0]["lr"] = rate
        self._inner.step()
        for p in self.parameters.values():
            p.grad = None

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for key, p in self.parameters.items():
            for moment, tensor in self._inner.state[p].items():
                yield f"optimiser.{self.name}.{key}.{moment}", tensor

    def state(self) -> dict[str, Tensor]:
        """Moments and step counts by name, every name beginning with `optimiser.`."""
        return {key: tensor.clone() for key, tensor in self._tensors()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        for key, tensor in self._tensors():
            tensor.copy_(state[key])


class Parts:
    """Mixin: `state` and `load` for named parameters, optimisers and generators of a method."""

    parameters: dict[str, Tensor]
    optimisers: dict[str, Adam]
    generators: dict[str, Generator]

    def state(self) -> dict[str, Tensor]:
        """Weights, moments and generators by name."""
        out = {key: p.detach().clone() for key, p in self.parameters.items()}
        for optimiser in self.optimisers.values():
            out |= optimiser.state()
        return out | {f"generator.{name}": g.get_state() for name, g in self.generators.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take up a `state()`.

        Raises KeyError for a missing tensor, RuntimeError for a wrong shape.
        """
        load_parameters(self.parameters, state)
        for optimiser in self.optimisers.values():
            optimiser.load(state)
        for name, g in self.generators.items():
            g.set_state(state[f"generator.{name}"].clone())


def named(**modules: nn.Module) -> dict[str, Tensor]:
    """The parameters of several modules, named by the keyword, a dot and the name in the module."""
    return {f"{prefix}.{key}": p for prefix, module in modules.items() for key, p in module.named_parameters()}


@torch.no_grad()
def load_parameters(parameters: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Copy the tensors of `state` that have the names of `parameters` into these.

    Raises KeyError for a missing one, RuntimeError for a wrong shape.
    """
    for key, p in parameters.items():
        if p.shape != state[key].shape:
            raise RuntimeError(f"{key} has the shape {tuple(state[key].shape)}, not {tuple(p.shape)}")
        p.copy_(state[key])
