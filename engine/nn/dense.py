"""Dense networks with weights from a run's own generators, and the parts of a method by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn

from engine.nn.optimisers import Adam
from engine.nn.undrawn import undrawn


@torch.no_grad()
def dense(widths: Sequence[int], generator: Generator, leak: float = 0.0) -> nn.Sequential:
    """Linear layers from widths[0] inputs to widths[-1] outputs, with ReLU between them.

    W ~ N(0, 2/fan_in), of the last layer N(0, 1/fan_in); b = 0. leak: the slope of a leaky ReLU
    below 0.
    """
    layers: list[nn.Module] = []
    last = len(widths) - 2
    for k, (i, o) in enumerate(zip(widths, widths[1:])):
        linear = undrawn(lambda i=i, o=o: nn.Linear(i, o))
        linear.weight.copy_(torch.randn(o, i, generator=generator) * ((1 if k == last else 2) / i) ** 0.5)
        linear.bias.zero_()
        layers += [linear] if k == last else [linear, nn.LeakyReLU(leak) if leak else nn.ReLU()]
    return nn.Sequential(*layers)


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
