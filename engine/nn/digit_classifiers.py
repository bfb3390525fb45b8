"""Digit classifiers of the attack bench: four architectures, standard and robust, which ship.

The architectures are those of Kolter and Madry's "Adversarial Robustness: Theory and Practice"
(adversarial-ml-tutorial.org, chapters 2 and 4). `python -m engine train-digits NAME` trains one
(engine/methods/training/classifier_recipes.py has the recipes).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.core.assets import ASSETS
from engine.core.declare import InvalidValue, brief, offer
from engine.data.mnist import CLASSES, PIXELS, SIDE

# name → (architecture, ε in pixel units it was trained to withstand, what it is)
NETS: Mapping[str, tuple[str, float, str]] = {
    "linear": ("linear", 0.0, "linear softmax"),
    "dnn2": ("dnn2", 0.0, "DNN-2"),
    "dnn4": ("dnn4", 0.0, "DNN-4"),
    "cnn": ("cnn", 0.0, "CNN"),
    "linear-robust": ("linear", 0.1, "linear softmax, robust"),
    "dnn2-robust": ("dnn2", 0.1, "DNN-2, robust"),
    "dnn4-robust": ("dnn4", 0.1, "DNN-4, robust"),
    "cnn-robust": ("cnn", 0.1, "CNN, robust"),
    "cnn-robust-3": ("cnn", 0.3, "CNN, robust to ε = 0.3"),
}
BENCH = tuple(name for name in NETS if name != "cnn-robust-3")  # the eight of the side-by-side view


class Image(nn.Module):
    """Grey images as rows (N, 784) → with a channel axis, (N, 1, 28, 28)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, 1, SIDE, SIDE)


def build(architecture: str) -> nn.Sequential:
    """A new net, images (N, 784) in [0, 1] → logits (N, 10), of one of linear, dnn2, dnn4, cnn.

    Its weights are torch's own draw; `initialise` replaces them. Raises KeyError for another name.
    """
    if architecture == "cnn":
        layers: list[nn.Module] = [Image()]
        for inside, outside, stride in ((1, 32, 1), (32, 32, 2), (32, 64, 1), (64, 64, 2)):
            layers += [nn.Conv2d(inside, outside, 3, stride, 1), nn.ReLU()]
        return nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(64 * (SIDE // 4) ** 2, 100), nn.ReLU(), nn.Linear(100, CLASSES)
        )
    widths = {"linear": (), "dnn2": (200,), "dnn4": (200, 100, 100)}[architecture]
    layers = []
    for inside, outside in zip((PIXELS, *widths), widths):
        layers += [nn.Linear(inside, outside), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear((PIXELS, *widths)[-1], CLASSES))


@torch.no_grad()
def initialise(net: nn.Sequential, generator: torch.Generator) -> None:
    """Draw weights and biases uniform in ±1/√fan_in, torch's default, from `generator`."""
    for layer in net:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            bound = layer.weight[0].numel() ** -0.5
            layer.weight.uniform_(-bound, bound, generator=generator)
            layer.bias.uniform_(-bound, bound, generator=generator)


@functools.cache
def load(name: str) -> nn.Sequential:
    """The shipped net `name`, frozen; read once in a process. Raises InvalidValue."""
    if name not in NETS:
        raise InvalidValue(f"there is no digit model {brief(name)}: {offer(name, NETS)}")
    return open_file(NETS[name][0], ASSETS / "digits" / f"{name}.safetensors")


def open_file(architecture: str, path: object) -> nn.Sequential:
    """A net from a weights file (float16 on disk, float32 in use), frozen."""
    weights = {key: value.float() for key, value in safetensors.torch.load_file(path).items()}
    with torch.device("meta"):  # no draw from torch's global generator
        net = build(architecture)
    net.load_state_dict(weights, assign=True)
    return net.eval().requires_grad_(False)


def save(net: nn.Module, path: object) -> None:
    """Write the weights as float16, which halves the file.

    The published figures are measured with these rounded weights.
    """
    safetensors.torch.save_file({key: value.half().contiguous() for key, value in net.state_dict().items()}, path)
